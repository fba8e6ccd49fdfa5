"""The Step Functions API of `asl serve`, by boto3: `boto.py ENDPOINT`.

The server serves the function `Double=python3 double.py`, and has the mock file `mocks.json`.
"""

import json
import sys
import threading
import time

import boto3
from botocore.config import Config

client = boto3.client(
    "stepfunctions",
    endpoint_url=sys.argv[1],
    region_name="us-east-1",
    aws_access_key_id="AKIDBAR",
    aws_secret_access_key="flour",
    config=Config(inject_host_prefix=False, retries={"max_attempts": 1}),
)
ROLE = "arn:aws:iam::123456789012:role/Orders"


def create(name, states, start, **more):
    definition = json.dumps({"StartAt": start, "States": states})
    return client.create_state_machine(name=name, definition=definition, roleArn=ROLE, **more)


def ended(execution):
    while True:
        described = client.describe_execution(executionArn=execution)
        if described["status"] != "RUNNING":
            return described
        time.sleep(0.05)


def task(resource, **more):
    return {"Type": "Task", "Resource": resource, "End": True, **more}


# Create, start, wait, and the history by pages.
double = {"FunctionName": "Double", "Payload.$": "$.number"}
invoke = task("arn:aws:states:::lambda:invoke", Parameters=double, OutputPath="$.Payload")
machine = create("Double", {"Double": invoke}, "Double", publish=True, tags=[{"key": "team", "value": "bar"}])
arn, version = machine["stateMachineArn"], machine["stateMachineVersionArn"]
started = client.start_execution(stateMachineArn=arn, name="first", input='{"number": 21}')
assert ended(started["executionArn"])["output"] == "42"
pages = client.get_paginator("get_execution_history").paginate(
    executionArn=started["executionArn"], PaginationConfig={"PageSize": 2}
)
pages = [[event["type"] for event in page["events"]] for page in pages]
assert [len(page) for page in pages] == [2, 2, 2, 1], pages
assert pages[-1] == ["ExecutionSucceeded"], pages
listed = client.list_executions(stateMachineArn=arn, statusFilter="SUCCEEDED")["executions"]
assert [execution["name"] for execution in listed] == ["first"]

# Typed exceptions.
try:
    client.start_execution(stateMachineArn=arn, name="first", input='{"number": 1}')
    raise AssertionError("a name may not be used twice")
except client.exceptions.ExecutionAlreadyExists as error:
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
try:
    client.describe_state_machine(stateMachineArn=arn + "Not")
    raise AssertionError("there is no such machine")
except client.exceptions.StateMachineDoesNotExist:
    pass

# Versions, aliases and tags.
alias = client.create_state_machine_alias(
    name="prod", routingConfiguration=[{"stateMachineVersionArn": version, "weight": 100}]
)["stateMachineAliasArn"]
started = client.start_execution(stateMachineArn=alias, input='{"number": 4}')
described = ended(started["executionArn"])
assert (described["output"], described["stateMachineAliasArn"]) == ("8", alias)
client.tag_resource(resourceArn=arn, tags=[{"key": "cost", "value": "low"}])
assert len(client.list_tags_for_resource(resourceArn=arn)["tags"]) == 2

# Stop, and redrive what was stopped.
wait = create("Wait", {"Wait": {"Type": "Wait", "Seconds": 3600, "End": True}}, "Wait")["stateMachineArn"]
execution = client.start_execution(stateMachineArn=wait)["executionArn"]
client.stop_execution(executionArn=execution, error="Closed", cause="the bar closes")
described = client.describe_execution(executionArn=execution)
assert (described["status"], described["error"]) == ("ABORTED", "Closed")
client.redrive_execution(executionArn=execution)
described = client.describe_execution(executionArn=execution)
assert (described["status"], described["redriveCount"]) == ("RUNNING", 1)
client.stop_execution(executionArn=execution)

# A worker of an activity.
activity = client.create_activity(name="Ovens")["activityArn"]


def bake():
    got = client.get_activity_task(activityArn=activity, workerName="baker")
    pizza = json.loads(got["input"])["pizza"]
    client.send_task_heartbeat(taskToken=got["taskToken"])
    client.send_task_success(taskToken=got["taskToken"], output=json.dumps(f"a hot {pizza}"))


worker = threading.Thread(target=bake)
worker.start()
bakery = create("Bakery", {"Bake": task(activity)}, "Bake")["stateMachineArn"]
execution = client.start_execution(stateMachineArn=bakery, input='{"pizza": "funghi"}')["executionArn"]
worker.join()
assert ended(execution)["output"] == '"a hot funghi"'

# A task that waits for its token, and is failed.
token = {"FunctionName": "Double", "Payload": {"token.$": "$$.Task.Token"}}
callback = create("Callback", {"Ask": task("arn:aws:states:::lambda:invoke.waitForTaskToken", Parameters=token)}, "Ask")
execution = client.start_execution(stateMachineArn=callback["stateMachineArn"])["executionArn"]
while True:
    events = client.get_execution_history(executionArn=execution)["events"]
    tokens = [event["taskScheduledEventDetails"] for event in events if event["type"] == "TaskScheduled"]
    if any(event["type"] == "TaskSubmitted" for event in events):
        break
    time.sleep(0.05)
token = json.loads(tokens[0]["parameters"])["Payload"]["token"]
client.send_task_failure(taskToken=token, error="Closed", cause="no answer")
assert ended(execution)["error"] == "Closed"

# Express, and one state alone.
greet = {"Greet": {"Type": "Pass", "Result": "hello", "End": True}}
express = create("Greet", greet, "Greet", type="EXPRESS")["stateMachineArn"]
answer = client.start_sync_execution(stateMachineArn=express)
assert (answer["status"], answer["output"]) == ("SUCCEEDED", '"hello"')
tested = client.test_state(definition=json.dumps(greet["Greet"]), roleArn=ROLE, input="{}")
assert (tested["status"], tested["output"]) == ("SUCCEEDED", '"hello"')

# A Map Run that takes a new concurrency while it runs.
rest = {"StartAt": "Rest", "States": {"Rest": {"Type": "Wait", "Seconds": 3600, "End": True}}}
processor = rest | {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
each = {"Type": "Map", "ItemProcessor": processor, "MaxConcurrency": 1, "End": True}
execution = client.start_execution(stateMachineArn=create("Each", {"Each": each}, "Each")["stateMachineArn"], input="[1, 2, 3]")
while not (runs := client.list_map_runs(executionArn=execution["executionArn"])["mapRuns"]):
    time.sleep(0.05)
run = runs[0]["mapRunArn"]
client.update_map_run(mapRunArn=run, maxConcurrency=2, toleratedFailurePercentage=50)
described = client.describe_map_run(mapRunArn=run)
assert (described["maxConcurrency"], described["toleratedFailurePercentage"]) == (2, 50), described
client.stop_execution(executionArn=execution["executionArn"])

# A test case of the mock file answers in place of a function that nobody serves.
charge = {"Charge": task("arn:aws:states:::lambda:invoke", Parameters={"FunctionName": "Charge"}, OutputPath="$.Payload")}
mocked = create("Mocked", charge, "Charge")["stateMachineArn"]
assert ended(client.start_execution(stateMachineArn=mocked + "#Sold")["executionArn"])["output"] == '"sold"'
assert ended(client.start_execution(stateMachineArn=mocked)["executionArn"])["status"] == "FAILED"

assert len(client.list_state_machines()["stateMachines"]) == 7
client.delete_state_machine(stateMachineArn=wait)
print("boto3", boto3.__version__, "speaks to it")
