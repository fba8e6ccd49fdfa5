// Serves a Lambda handler in Node.js to `asl`: node serve.mjs app.handler
//
// A line of JSON in, a line of JSON out; errors in Lambda's form. What the handler prints goes to standard error; child
// processes of it must not inherit standard output.

import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const write = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr);
console.log = console.info = console.debug = console.error;
const dot = process.argv[2].lastIndexOf(".");
const base = resolve(process.argv[2].slice(0, dot));
const file = [".mjs", ".cjs", ".js"].map((ending) => base + ending).find(existsSync);
const { [process.argv[2].slice(dot + 1)]: handler } = await import(pathToFileURL(file));

const name = process.env.AWS_LAMBDA_FUNCTION_NAME;
const milliseconds = Number(process.env.ASL_FUNCTION_TIMEOUT ?? 60) * 1000;

function newContext() {
  const ends = performance.now() + milliseconds;
  return {
    awsRequestId: randomUUID(),
    functionName: name,
    functionVersion: "$LATEST",
    invokedFunctionArn: `arn:aws:lambda:us-east-1:123456789012:function:${name}`,
    memoryLimitInMB: "128",
    logGroupName: `/aws/lambda/${name}`,
    logStreamName: "local",
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, Math.floor(ends - performance.now())),
  };
}

// A handler answers by its promise, or by its third parameter.
function call(event, context) {
  if (handler.length < 3) return handler(event, context);
  return new Promise((succeed, fail) => {
    const returned = handler(event, context, (error, result) => (error ? fail(error) : succeed(result)));
    if (typeof returned?.then === "function") returned.then(succeed, fail);
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = JSON.stringify((await call(JSON.parse(line), newContext())) ?? null);
  } catch (error) {
    const { name = "Error", message = String(error), stack = "" } = error ?? {};
    answer = JSON.stringify({ errorType: name, errorMessage: message, trace: stack.split("\n") });
  }
  await new Promise((written) => write(answer + "\n", written));
}
process.exit(0); // Timers and connections that the handler has left open do not keep it alive.
