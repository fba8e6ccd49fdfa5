// The Step Functions API of `asl serve`, by the SDK for JavaScript: `node sdk.mjs ENDPOINT`.

import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import {
  CreateActivityCommand, CreateStateMachineAliasCommand, CreateStateMachineCommand, DescribeExecutionCommand,
  DescribeMapRunCommand, ExecutionDoesNotExist, GetActivityTaskCommand, GetExecutionHistoryCommand,
  ListMapRunsCommand, ListTagsForResourceCommand, RedriveExecutionCommand, SFNClient,
  SendTaskFailureCommand, SendTaskSuccessCommand, StartExecutionCommand, StartSyncExecutionCommand, StopExecutionCommand, TagResourceCommand,
  TestStateCommand, UpdateMapRunCommand, paginateGetExecutionHistory,
} from "@aws-sdk/client-sfn";

const client = new SFNClient({
  endpoint: process.argv[2],
  region: "us-east-1",
  credentials: { accessKeyId: "AKIDBAR", secretAccessKey: "flour" },
  disableHostPrefix: true,
  maxAttempts: 1,
});
const send = (Command, request = {}) => client.send(new Command(request));
const roleArn = "arn:aws:iam::123456789012:role/Orders";

function create(name, state, more = {}) {
  const definition = JSON.stringify({ StartAt: "Only", States: { Only: { ...state, End: true } } });
  return send(CreateStateMachineCommand, { name, definition, roleArn, ...more });
}

async function ended(executionArn) {
  for (;;) {
    const described = await send(DescribeExecutionCommand, { executionArn });
    if (described.status !== "RUNNING") return described;
    await setTimeout(50);
  }
}

const double = {
  Type: "Task", Resource: "arn:aws:states:::lambda:invoke", OutputPath: "$.Payload",
  Parameters: { FunctionName: "Double", "Payload.$": "$.number" },
};
const machine = await create("NodeDouble", double, { publish: true });
const started = await send(StartExecutionCommand, { stateMachineArn: machine.stateMachineArn, input: '{"number":21}' });
assert.ok(started.startDate instanceof Date);
const done = await ended(started.executionArn);
assert.equal(done.output, "42");
const types = [];
const pages = paginateGetExecutionHistory({ client, pageSize: 3 }, { executionArn: started.executionArn });
for await (const page of pages) types.push(...page.events.map((event) => event.type));
assert.equal(types.length, 7);
assert.equal(types.at(-1), "ExecutionSucceeded");

await assert.rejects(ended(`${started.executionArn}x`), ExecutionDoesNotExist);

const alias = await send(CreateStateMachineAliasCommand, {
  name: "prod", routingConfiguration: [{ stateMachineVersionArn: machine.stateMachineVersionArn, weight: 100 }],
});
assert.match(alias.stateMachineAliasArn, /:prod$/);
await send(TagResourceCommand, { resourceArn: machine.stateMachineArn, tags: [{ key: "team", value: "bar" }] });
const { tags } = await send(ListTagsForResourceCommand, { resourceArn: machine.stateMachineArn });
assert.deepEqual(tags, [{ key: "team", value: "bar" }]);

const wait = await create("NodeWait", { Type: "Wait", Seconds: 3600 });
const { executionArn } = await send(StartExecutionCommand, { stateMachineArn: wait.stateMachineArn });
await send(StopExecutionCommand, { executionArn, cause: "the bar closes" });
assert.equal((await ended(executionArn)).status, "ABORTED");
await send(RedriveExecutionCommand, { executionArn });
assert.equal((await send(DescribeExecutionCommand, { executionArn })).redriveCount, 1);
await send(StopExecutionCommand, { executionArn });

const { activityArn } = await send(CreateActivityCommand, { name: "NodeOvens" });
const bakery = await create("NodeBakery", { Type: "Task", Resource: activityArn });
const baking = await send(StartExecutionCommand, { stateMachineArn: bakery.stateMachineArn, input: '"funghi"' });
const task = await send(GetActivityTaskCommand, { activityArn, workerName: "baker" });
await send(SendTaskSuccessCommand, { taskToken: task.taskToken, output: JSON.stringify(`a hot ${JSON.parse(task.input)}`) });
assert.equal((await ended(baking.executionArn)).output, '"a hot funghi"');

const greet = { Type: "Pass", Result: "hello" };
const express = await create("NodeGreet", greet, { type: "EXPRESS" });
const greeted = await send(StartSyncExecutionCommand, { stateMachineArn: express.stateMachineArn });
assert.equal(greeted.output, '"hello"');
const tested = await send(TestStateCommand, { definition: JSON.stringify({ ...greet, End: true }), roleArn });
assert.equal(tested.output, '"hello"');

const callback = await create("NodeCallback", {
  Type: "Task", Resource: "arn:aws:states:::lambda:invoke.waitForTaskToken",
  Parameters: { FunctionName: "Double", Payload: { "token.$": "$$.Task.Token" } },
});
const asked = await send(StartExecutionCommand, { stateMachineArn: callback.stateMachineArn });
let events = [];
while (!events.some((event) => event.type === "TaskSubmitted")) {
  await setTimeout(50);
  ({ events } = await send(GetExecutionHistoryCommand, { executionArn: asked.executionArn }));
}
const { parameters } = events.find((event) => event.type === "TaskScheduled").taskScheduledEventDetails;
await send(SendTaskFailureCommand, { taskToken: JSON.parse(parameters).Payload.token, error: "Closed" });
assert.equal((await ended(asked.executionArn)).error, "Closed");

const each = await create("NodeEach", {
  Type: "Map", MaxConcurrency: 1, ItemProcessor: {
    ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" },
    StartAt: "Rest", States: { Rest: { Type: "Wait", Seconds: 3600, End: true } },
  },
});
const mapping = await send(StartExecutionCommand, { stateMachineArn: each.stateMachineArn, input: "[1, 2, 3]" });
let mapRuns = [];
while (mapRuns.length === 0) {
  await setTimeout(50);
  ({ mapRuns } = await send(ListMapRunsCommand, { executionArn: mapping.executionArn }));
}
const [{ mapRunArn }] = mapRuns;
await send(UpdateMapRunCommand, { mapRunArn, maxConcurrency: 2 });
assert.equal((await send(DescribeMapRunCommand, { mapRunArn })).maxConcurrency, 2);
await send(StopExecutionCommand, { executionArn: mapping.executionArn });

const charge = {
  StartAt: "Charge", States: { Charge: {
    Type: "Task", Resource: "arn:aws:states:::lambda:invoke", Parameters: { FunctionName: "Charge" },
    OutputPath: "$.Payload", End: true,
  } },
};
const mocked = await send(CreateStateMachineCommand, { name: "NodeMocked", definition: JSON.stringify(charge), roleArn });
const sold = await send(StartExecutionCommand, { stateMachineArn: `${mocked.stateMachineArn}#Sold` });
assert.equal((await ended(sold.executionArn)).output, '"sold"');
console.log("the SDK for JavaScript speaks to it");
