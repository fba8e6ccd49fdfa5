// Serves a Lambda handler in Node.js to `asl`: node serve.mjs app.handler
//
// A line of JSON in, a line of JSON out; errors in Lambda's form. What the handler logs goes to standard error.

import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

console.log = console.info = console.debug = console.error;
const dot = process.argv[2].lastIndexOf(".");
const base = resolve(process.argv[2].slice(0, dot));
const file = [".mjs", ".cjs", ".js"].map((ending) => base + ending).find(existsSync);
const { [process.argv[2].slice(dot + 1)]: handler } = await import(pathToFileURL(file));

for await (const line of createInterface({ input: process.stdin })) {
  const context = { awsRequestId: randomUUID(), functionName: process.env.AWS_LAMBDA_FUNCTION_NAME };
  let answer;
  try {
    answer = (await handler(JSON.parse(line), context)) ?? null;
  } catch (error) {
    const { name = "Error", message = String(error), stack = "" } = error ?? {};
    answer = { errorType: name, errorMessage: message, trace: stack.split("\n") };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
