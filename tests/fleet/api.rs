//! The Step Functions API over a cluster, by two processes' worth of it: what one writes, the other sees.

use asl_engine::durable::RestateClient;
use asl_engine::server::StepFunctions;
use asl_engine::{ErrorKind, Interpreter};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::revisions;
use crate::round::until_served;
use crate::setup::Setup;
use crate::updates;

const ROLE: &str = "arn:aws:iam::123456789012:role/R";

/// Two of the API, each with a worker of its own.
struct Two {
    apis: [StepFunctions; 2],
}

impl Two {
    async fn of(client: &RestateClient) -> Self {
        let mut apis = Vec::new();
        for _ in 0..2 {
            let interpreter = Interpreter::new()
                .function("Double", |n: i64| async move { Ok(2 * n) })
                .task(
                    "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
                    |_: Value| async move { Ok(json!({ "MessageId": "m" })) },
                );
            let api = StepFunctions::on_restate(interpreter, client.clone()).unwrap();
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}", listener.local_addr().unwrap());
            tokio::spawn(api.worker().unwrap().serve(listener, std::future::pending()));
            until_served(client, &url).await;
            apis.push(api);
        }
        Self {
            apis: apis.try_into().unwrap(),
        }
    }

    async fn call(&self, api: usize, action: &str, request: Value) -> Result<Value, String> {
        let called = self.apis[api].call(action, request).await;
        called.map_err(|error| error.code().to_owned())
    }

    async fn create(&self, name: &str, definition: Value, workflow_type: &str) -> String {
        let request =
            json!({ "name": name, "definition": definition.to_string(), "roleArn": ROLE, "type": workflow_type });
        let created = self.call(0, "CreateStateMachine", request).await.unwrap();
        created["stateMachineArn"].as_str().unwrap().to_owned()
    }

    async fn ended(&self, arn: &Value) -> Value {
        loop {
            let described = self
                .call(1, "DescribeExecution", json!({ "executionArn": arn }))
                .await
                .unwrap();
            if described["status"] != "RUNNING" {
                return described;
            }
            sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::main]
pub(crate) async fn run(program: &Path) {
    let setup = Setup::start(program, "api", 1).await;
    let two = Two::of(&setup.client).await;
    state_machines_are_shared(&two).await;
    executions_are_those_of_one_machine(&two).await;
    names_are_taken(&two).await;
    a_stop_and_a_delete(&two).await;
    express_workflows_answer(&two).await;
    tokens_are_answered(&two).await;
    activities_are_worked_on(&two).await;
    activities_have_to_exist(&two).await;
    executions_start_others(&two).await;
    executions_are_redriven(&two).await;
    a_redrive_is_told_at_once(&two).await;
    a_caller_that_goes_away_redrives_once(&two).await;
    a_redriven_execution_is_joined(&two).await;
    map_runs_are_described(&two).await;
    updates::are_as_on_one_machine(&two.apis).await;
    revisions::are_read_again(&two.apis, &setup.client).await;
    writers_overtake_each_other(&two).await;
    lists_go_on(&two).await;
    let virtual_time = Interpreter::new().clock(asl_engine::runtime::Clock::virtual_time());
    let refused = StepFunctions::on_restate(virtual_time, setup.client.clone()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Misconfigured, "{refused}");
    let stored = Interpreter::new().store(asl_engine::store::MemoryStore::new());
    let refused = StepFunctions::on_restate(stored, setup.client.clone()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Misconfigured, "{refused}");
    setup.end();
}

fn double(wait: u64) -> Value {
    let function = "arn:aws:lambda:us-east-1:123456789012:function:Double";
    json!({ "StartAt": "Double", "States": {
        "Double": { "Type": "Task", "Resource": function, "Next": "Rest" },
        "Rest": { "Type": "Wait", "Seconds": wait, "End": true }
    } })
}

async fn state_machines_are_shared(two: &Two) {
    let arn = two.create("Shared", double(0), "STANDARD").await;
    let of = json!({ "stateMachineArn": arn });
    let described = two.call(1, "DescribeStateMachine", of.clone()).await.unwrap();
    assert_eq!(described["name"], "Shared");
    let update = json!({ "stateMachineArn": arn, "definition": double(1).to_string(), "publish": true });
    let updated = two.call(1, "UpdateStateMachine", update).await.unwrap();
    let described = two.call(0, "DescribeStateMachine", of).await.unwrap();
    assert_eq!(described["definition"], double(1).to_string());
    assert_eq!(described["revisionId"], updated["revisionId"]);
    let alias = json!({ "name": "live", "routingConfiguration": [{
        "stateMachineVersionArn": updated["stateMachineVersionArn"], "weight": 100
    }] });
    let alias = two.call(0, "CreateStateMachineAlias", alias).await.unwrap();
    let start = json!({ "stateMachineArn": alias["stateMachineAliasArn"], "input": "1" });
    let started = two.call(1, "StartExecution", start).await.unwrap();
    let ended = two.ended(&started["executionArn"]).await;
    assert_eq!(ended["stateMachineAliasArn"], alias["stateMachineAliasArn"]);
    assert_eq!(ended["stateMachineVersionArn"], updated["stateMachineVersionArn"]);
    let of_execution = json!({ "executionArn": started["executionArn"] });
    let machine = two
        .call(0, "DescribeStateMachineForExecution", of_execution)
        .await
        .unwrap();
    assert_eq!(machine["revisionId"], updated["revisionId"]);

    let activity = two.call(0, "CreateActivity", json!({ "name": "Paint" })).await.unwrap();
    let of = json!({ "activityArn": activity["activityArn"] });
    assert_eq!(
        two.call(1, "DescribeActivity", of.clone()).await.unwrap()["name"],
        "Paint"
    );
    two.call(1, "DeleteActivity", of.clone()).await.unwrap();
    assert_eq!(
        two.call(0, "DescribeActivity", of).await.unwrap_err(),
        "ActivityDoesNotExist"
    );
}

/// The answers are those of the API in memory, but for dates.
async fn executions_are_those_of_one_machine(two: &Two) {
    let here = StepFunctions::new(Interpreter::new().function("Double", |n: i64| async move { Ok(2 * n) }));
    let create = json!({ "name": "Same", "definition": double(1).to_string(), "roleArn": ROLE });
    here.call("CreateStateMachine", create).await.unwrap();
    let arn = two.create("Same", double(1), "STANDARD").await;
    let input = " { \"a\":1 }";
    for (name, input) in [("one", "21"), ("bad", input)] {
        let start = json!({ "stateMachineArn": arn, "name": name, "input": input });
        let started = two.call(0, "StartExecution", start.clone()).await.unwrap();
        here.call("StartExecution", start).await.unwrap();
        two.ended(&started["executionArn"]).await;
    }
    sleep(Duration::from_millis(1_500)).await;
    let execution = |name: &str| arn.replace(":stateMachine:", ":execution:") + ":" + name;
    for (action, request) in [
        ("DescribeExecution", json!({ "executionArn": execution("one") })),
        (
            "DescribeExecution",
            json!({ "executionArn": execution("one"), "includedData": "METADATA_ONLY" }),
        ),
        ("GetExecutionHistory", json!({ "executionArn": execution("one") })),
        (
            "GetExecutionHistory",
            json!({ "executionArn": execution("one"), "reverseOrder": true, "maxResults": 3 }),
        ),
        (
            "GetExecutionHistory",
            json!({ "executionArn": execution("bad"), "includeExecutionData": false }),
        ),
        ("ListExecutions", json!({ "stateMachineArn": arn })),
        (
            "ListExecutions",
            json!({ "stateMachineArn": arn, "statusFilter": "FAILED" }),
        ),
        ("DescribeExecution", json!({ "executionArn": execution("none") })),
        ("DescribeExecution", json!({ "executionArn": "no ARN" })),
        ("StopExecution", json!({ "executionArn": execution("none") })),
        ("SendTaskSuccess", json!({ "taskToken": "none", "output": "{" })),
        ("ListExecutions", json!({ "stateMachineArn": arn, "nextToken": "none" })),
    ] {
        let there = two.call(1, action, request.clone()).await.map(without_dates);
        let one = here
            .call(action, request.clone())
            .await
            .map_err(|error| error.code().to_owned());
        assert_eq!(there, one.map(without_dates), "{action} {request}");
    }
}

fn without_dates(mut answer: Value) -> Value {
    match &mut answer {
        Value::Object(members) => {
            members.retain(|name, _| !name.ends_with("Date") && name != "timestamp");
            // Whether a failed execution can be redriven is another matter.
            for value in members.values_mut() {
                *value = without_dates(value.take());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = without_dates(item.take())),
        _ => {}
    }
    answer
}

async fn names_are_taken(two: &Two) {
    let arn = two.create("Named", double(1), "STANDARD").await;
    let start = |input: &str| json!({ "stateMachineArn": arn, "name": "one", "input": input });
    let first = two.call(0, "StartExecution", start(" 1")).await.unwrap();
    let same = two.call(1, "StartExecution", start("1")).await.unwrap();
    assert_eq!(same, first);
    let other = two.call(1, "StartExecution", start("2")).await;
    assert_eq!(other.unwrap_err(), "ExecutionAlreadyExists");
    two.ended(&first["executionArn"]).await;
    let again = two.call(1, "StartExecution", start("1")).await;
    assert_eq!(again.unwrap_err(), "ExecutionAlreadyExists");
}

async fn a_stop_and_a_delete(two: &Two) {
    let arn = two.create("Long", double(86_400), "STANDARD").await;
    let started = two
        .call(0, "StartExecution", json!({ "stateMachineArn": arn, "input": "1" }))
        .await
        .unwrap();
    two.call(1, "DeleteStateMachine", json!({ "stateMachineArn": arn }))
        .await
        .unwrap();
    let described = two
        .call(0, "DescribeStateMachine", json!({ "stateMachineArn": arn }))
        .await
        .unwrap();
    assert_eq!(described["status"], "DELETING");
    let start = json!({ "stateMachineArn": arn });
    assert_eq!(
        two.call(0, "StartExecution", start).await.unwrap_err(),
        "StateMachineDeleting"
    );
    let stop = json!({ "executionArn": started["executionArn"], "error": "E", "cause": "c" });
    let stopped = two.call(1, "StopExecution", stop.clone()).await.unwrap();
    let ended = two.ended(&started["executionArn"]).await;
    assert_eq!((&ended["status"], &ended["error"]), (&json!("ABORTED"), &json!("E")));
    assert_eq!(ended["stopDate"], stopped["stopDate"]);
    assert_eq!(two.call(0, "StopExecution", stop).await.unwrap(), stopped);
    // Restate's table of invocations may be a moment behind.
    let of = json!({ "stateMachineArn": arn });
    while two.call(0, "DescribeStateMachine", of.clone()).await.is_ok() {
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(
        two.call(1, "DescribeStateMachine", of).await.unwrap_err(),
        "StateMachineDoesNotExist"
    );
    // It can still be described.
    assert_eq!(two.ended(&started["executionArn"]).await, ended);
}

async fn express_workflows_answer(two: &Two) {
    let arn = two.create("Express", double(0), "EXPRESS").await;
    let start = json!({ "stateMachineArn": arn, "input": "4" });
    let ended = two.call(1, "StartSyncExecution", start.clone()).await.unwrap();
    assert_eq!((&ended["status"], &ended["output"]), (&json!("SUCCEEDED"), &json!("8")));
    let started = two.call(1, "StartExecution", start).await.unwrap();
    let of = json!({ "executionArn": started["executionArn"] });
    assert!(two.call(0, "DescribeExecution", of).await.is_err());
}

async fn tokens_are_answered(two: &Two) {
    let ask = json!({ "StartAt": "Ask", "States": { "Ask": {
        "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": true,
        "Parameters": { "QueueUrl": "q", "MessageBody.$": "$$.Task.Token" }
    } } });
    let arn = two.create("Ask", ask, "STANDARD").await;
    let started = two
        .call(0, "StartExecution", json!({ "stateMachineArn": arn }))
        .await
        .unwrap();
    let of = json!({ "executionArn": started["executionArn"] });
    let token = loop {
        let history = two.call(0, "GetExecutionHistory", of.clone()).await.unwrap();
        let scheduled = &history["events"][2]["taskScheduledEventDetails"]["parameters"];
        if let Some(parameters) = scheduled.as_str() {
            let parameters: Value = serde_json::from_str(parameters).unwrap();
            break parameters["MessageBody"].clone();
        }
        sleep(Duration::from_millis(20)).await;
    };
    let bad = json!({ "taskToken": token, "output": "{" });
    assert_eq!(two.call(1, "SendTaskSuccess", bad).await.unwrap_err(), "InvalidOutput");
    two.call(1, "SendTaskHeartbeat", json!({ "taskToken": token }))
        .await
        .unwrap();
    let good = json!({ "taskToken": token, "output": "\"yes\"" });
    two.call(1, "SendTaskSuccess", good.clone()).await.unwrap();
    assert_eq!(two.ended(&started["executionArn"]).await["output"], "\"yes\"");
    assert_eq!(two.call(0, "SendTaskSuccess", good).await.unwrap_err(), "TaskTimedOut");
}

async fn activities_are_worked_on(two: &Two) {
    let activity = two.call(0, "CreateActivity", json!({ "name": "Knead" })).await.unwrap()["activityArn"].clone();
    let knead =
        json!({ "StartAt": "Knead", "States": { "Knead": { "Type": "Task", "Resource": activity, "End": true } } });
    let arn = two.create("Knead", knead, "STANDARD").await;
    let started = two
        .call(0, "StartExecution", json!({ "stateMachineArn": arn, "input": "7" }))
        .await
        .unwrap();
    let poll = json!({ "activityArn": activity, "workerName": "hands" });
    let task = two.call(1, "GetActivityTask", poll).await.unwrap();
    assert_eq!(task["input"], "7");
    let done = json!({ "taskToken": task["taskToken"], "output": "8" });
    two.call(0, "SendTaskSuccess", done).await.unwrap();
    assert_eq!(two.ended(&started["executionArn"]).await["output"], "8");
    let of = json!({ "executionArn": started["executionArn"], "maxResults": 4 });
    let history = two.call(1, "GetExecutionHistory", of).await.unwrap();
    assert_eq!(
        history["events"][3]["activityStartedEventDetails"]["workerName"],
        "hands"
    );
}

/// A Task of an activity that does not exist fails as on AWS: nothing is scheduled, and nothing catches it.
async fn activities_have_to_exist(two: &Two) {
    let activity = "arn:aws:states:us-east-1:123456789012:activity:Later";
    let machine = json!({ "StartAt": "First", "States": {
        "First": { "Type": "Wait", "SecondsPath": "$", "Next": "Later" },
        "Later": {
            "Type": "Task", "Resource": activity, "End": true,
            "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "Never" }]
        },
        "Never": { "Type": "Pass", "End": true }
    } });
    let arn = two.create("Missing", machine, "STANDARD").await;
    let start = async |seconds: u64| {
        let start = json!({ "stateMachineArn": arn, "input": seconds.to_string() });
        two.call(0, "StartExecution", start).await.unwrap()["executionArn"].clone()
    };
    let types = async |execution: &Value| {
        let of = json!({ "executionArn": execution });
        let history = two.call(1, "GetExecutionHistory", of).await.unwrap();
        let events = history["events"].as_array().unwrap().iter();
        events
            .map(|event| event["type"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let fails = async |execution: &Value| {
        let failed = two.ended(execution).await;
        assert_eq!(failed["error"], "States.Runtime", "{failed}");
        let cause = failed["cause"].as_str().unwrap();
        assert!(
            cause.ends_with(&format!("The activity {activity} does not exist.")),
            "{cause}"
        );
        let types = types(execution).await;
        assert_eq!(types[types.len() - 2..], ["TaskStateEntered", "ExecutionFailed"]);
    };
    let missing = start(0).await;
    fails(&missing).await;

    // Created while the execution runs.
    let waits = start(2).await;
    let created = two.call(1, "CreateActivity", json!({ "name": "Later" })).await.unwrap();
    assert_eq!(created["activityArn"], activity);
    let redriven = two
        .call(0, "RedriveExecution", json!({ "executionArn": missing }))
        .await;
    redriven.unwrap();
    for execution in [&missing, &waits] {
        let task = two
            .call(1, "GetActivityTask", json!({ "activityArn": activity }))
            .await
            .unwrap();
        let done = json!({ "taskToken": task["taskToken"], "output": "0" });
        two.call(0, "SendTaskSuccess", done).await.unwrap();
        assert_eq!(two.ended(execution).await["status"], "SUCCEEDED");
    }

    // Deleted while it runs.
    let waits = start(3).await;
    two.call(1, "DeleteActivity", json!({ "activityArn": activity }))
        .await
        .unwrap();
    fails(&waits).await;
}

/// The child's state machine is created by the other process a moment before.
async fn executions_start_others(two: &Two) {
    let nest = json!({ "StartAt": "Nest", "States": { "Nest": {
        "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "End": true,
        "Parameters": { "StateMachineArn.$": "$", "Input": 21 }, "OutputPath": "$.Output"
    } } });
    let parent = two.create("Parent", nest, "STANDARD").await;
    let create = json!({ "name": "Child", "definition": double(0).to_string(), "roleArn": ROLE });
    let child = two.call(1, "CreateStateMachine", create).await.unwrap()["stateMachineArn"].clone();
    let start = json!({ "stateMachineArn": parent, "input": child.to_string() });
    let started = two.call(0, "StartExecution", start).await.unwrap();
    let ended = two.ended(&started["executionArn"]).await;
    assert_eq!(
        (&ended["status"], &ended["output"]),
        (&json!("SUCCEEDED"), &json!("42"))
    );
    let listed = two
        .call(0, "ListExecutions", json!({ "stateMachineArn": child }))
        .await
        .unwrap();
    assert_eq!(listed["executions"][0]["status"], "SUCCEEDED", "{listed}");
}

async fn executions_are_redriven(two: &Two) {
    let fails = json!({ "StartAt": "First", "States": {
        "First": { "Type": "Pass", "Next": "Again" },
        "Again": { "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:Double", "End": true }
    } });
    let arn = two.create("Redriven", fails, "STANDARD").await;
    let start = json!({ "stateMachineArn": arn, "name": "one", "input": "\"no number\"" });
    let started = two.call(0, "StartExecution", start).await.unwrap();
    let of = json!({ "executionArn": started["executionArn"] });
    let failed = two.ended(&started["executionArn"]).await;
    assert_eq!(
        (&failed["status"], &failed["redriveStatus"]),
        (&json!("FAILED"), &json!("REDRIVABLE"))
    );
    let redrive = json!({ "executionArn": started["executionArn"], "clientToken": "t" });
    let redriven = two.call(1, "RedriveExecution", redrive.clone()).await.unwrap();
    assert_eq!(two.call(0, "RedriveExecution", redrive).await.unwrap(), redriven);
    let again = two.ended(&started["executionArn"]).await;
    assert_eq!(
        (&again["status"], &again["redriveCount"]),
        (&json!("FAILED"), &json!(1))
    );
    assert_eq!(again["redriveDate"], redriven["redriveDate"]);
    let history = two.call(0, "GetExecutionHistory", of).await.unwrap();
    let types: Vec<_> = history["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["type"].clone())
        .collect();
    assert_eq!(
        types.iter().filter(|is| **is == "ExecutionRedriven").count(),
        1,
        "{types:?}"
    );
    let list = json!({ "stateMachineArn": arn, "redriveFilter": "REDRIVEN" });
    let listed = two.call(0, "ListExecutions", list).await.unwrap();
    let executions = listed["executions"].as_array().unwrap();
    assert_eq!((executions.len(), &executions[0]["redriveCount"]), (1, &json!(1)));
}

/// Before the first step of the run that goes on.
async fn a_redrive_is_told_at_once(two: &Two) {
    let arn = two.create("Told", double(86_400), "STANDARD").await;
    let start = json!({ "stateMachineArn": arn, "name": "one", "input": "1" });
    let started = two.call(0, "StartExecution", start).await.unwrap();
    let of = json!({ "executionArn": started["executionArn"] });
    let mut stops: Vec<Value> = Vec::new();
    for count in 0..10 {
        let described = two.call(0, "DescribeExecution", of.clone()).await.unwrap();
        assert_eq!(
            (&described["status"], &described["redriveCount"]),
            (&json!("RUNNING"), &json!(count))
        );
        let stopped = two.call(1, "StopExecution", of.clone()).await.unwrap();
        let described = two.call(0, "DescribeExecution", of.clone()).await.unwrap();
        assert_eq!(described["status"], "ABORTED");
        assert_eq!(described["stopDate"], stopped["stopDate"]);
        assert!(!stops.contains(&stopped["stopDate"]), "{stops:?} {stopped}");
        stops.push(stopped["stopDate"].clone());
        let redriven = two.call(1, "RedriveExecution", of.clone()).await.unwrap();
        let described = two.call(0, "DescribeExecution", of.clone()).await.unwrap();
        assert_eq!(described["redriveDate"], redriven["redriveDate"]);
    }
    two.call(1, "StopExecution", of).await.unwrap();
}

/// It asks again by the same token, at another process, and after the execution has ended again.
async fn a_caller_that_goes_away_redrives_once(two: &Two) {
    let arn = two.create("Gone", double(0), "STANDARD").await;
    for number in 0..5 {
        let start = json!({ "stateMachineArn": arn, "name": number.to_string(), "input": "\"no number\"" });
        let started = two.call(0, "StartExecution", start).await.unwrap();
        two.ended(&started["executionArn"]).await;
        let redrive = json!({ "executionArn": started["executionArn"], "clientToken": "t" });
        let of = json!({ "executionArn": started["executionArn"] });
        let redriven = async {
            loop {
                let described = two.call(1, "DescribeExecution", of.clone()).await.unwrap();
                if described["redriveCount"] == 1 {
                    break;
                }
            }
        };
        tokio::select! {
            () = redriven => {}
            _ = two.call(0, "RedriveExecution", redrive.clone()) => {}
        }
        let ended = two.ended(&started["executionArn"]).await;
        let again = two.call(1, "RedriveExecution", redrive).await.unwrap();
        assert_eq!(again["redriveDate"], ended["redriveDate"]);
        let other = json!({ "executionArn": started["executionArn"], "clientToken": "u" });
        two.call(0, "RedriveExecution", other).await.unwrap();
        assert_eq!(two.ended(&started["executionArn"]).await["redriveCount"], 2);
    }
}

/// By a task that gives it the same name and input while it goes on.
async fn a_redriven_execution_is_joined(two: &Two) {
    let child = two.create("Joined", double(2), "STANDARD").await;
    let nest = json!({ "StartAt": "Nest", "States": { "Nest": {
        "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "End": true,
        "Parameters": { "StateMachineArn": child, "Name": "one", "Input": 21 }
    } } });
    let parent = two.create("Joins", nest, "STANDARD").await;
    let start = json!({ "stateMachineArn": child, "name": "one", "input": "21" });
    let started = two.call(0, "StartExecution", start).await.unwrap();
    let of = json!({ "executionArn": started["executionArn"] });
    two.call(0, "StopExecution", of.clone()).await.unwrap();
    let start = json!({ "stateMachineArn": parent });
    let refused = two.call(0, "StartExecution", start.clone()).await.unwrap();
    let refused = two.ended(&refused["executionArn"]).await;
    assert_eq!(refused["error"], "StepFunctions.ExecutionAlreadyExistsException");
    two.call(0, "RedriveExecution", of).await.unwrap();
    let joined = two.call(0, "StartExecution", start).await.unwrap();
    let joined = two.ended(&joined["executionArn"]).await;
    assert_eq!(joined["status"], "SUCCEEDED", "{joined}");
    let output: Value = serde_json::from_str(joined["output"].as_str().unwrap()).unwrap();
    assert_eq!((&output["Output"], &output["RedriveCount"]), (&json!(42), &json!(1)));
    assert_eq!(output["ExecutionArn"], started["executionArn"]);
}

async fn map_runs_are_described(two: &Two) {
    let function = "arn:aws:lambda:us-east-1:123456789012:function:Double";
    let each = json!({ "StartAt": "Each", "States": { "Each": {
        "Type": "Map", "End": true, "ToleratedFailureCount": 1, "ItemProcessor": {
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
            "StartAt": "Double", "States": { "Double": { "Type": "Task", "Resource": function, "End": true } }
        }
    } } });
    let arn = two.create("Mapped", each, "STANDARD").await;
    let start = json!({ "stateMachineArn": arn, "input": "[1, \"no number\", 3]" });
    let started = two.call(0, "StartExecution", start).await.unwrap();
    let ended = two.ended(&started["executionArn"]).await;
    assert_eq!(ended["status"], "SUCCEEDED", "{ended}");
    let of = json!({ "executionArn": started["executionArn"] });
    let listed = two.call(1, "ListMapRuns", of).await.unwrap();
    let of = json!({ "mapRunArn": listed["mapRuns"][0]["mapRunArn"] });
    let described = two.call(0, "DescribeMapRun", of.clone()).await.unwrap();
    assert_eq!(described["status"], "SUCCEEDED");
    assert_eq!(
        (
            &described["itemCounts"]["succeeded"],
            &described["itemCounts"]["failed"]
        ),
        (&json!(2), &json!(1))
    );
    let start = json!({ "stateMachineArn": arn, "input": "[1, \"no\", \"number\"]" });
    let started = two.call(0, "StartExecution", start).await.unwrap();
    let failed = two.ended(&started["executionArn"]).await;
    assert_eq!(
        (&failed["status"], &failed["redriveStatus"]),
        (&json!("FAILED"), &json!("REDRIVABLE"))
    );
    let redrive = json!({ "executionArn": started["executionArn"] });
    two.call(1, "RedriveExecution", redrive).await.unwrap();
    assert_eq!(two.ended(&started["executionArn"]).await["redriveCount"], 1);
    let of = json!({ "executionArn": started["executionArn"] });
    let listed = two.call(1, "ListMapRuns", of).await.unwrap();
    assert_eq!(listed["mapRuns"].as_array().unwrap().len(), 1, "{listed}");
    let of = json!({ "mapRunArn": listed["mapRuns"][0]["mapRunArn"] });
    let described = two.call(0, "DescribeMapRun", of.clone()).await.unwrap();
    assert_eq!(
        (&described["redriveCount"], &described["itemCounts"]["failed"]),
        (&json!(1), &json!(2))
    );
    let update = json!({ "mapRunArn": of["mapRunArn"], "maxConcurrency": 2 });
    assert_eq!(
        two.call(1, "UpdateMapRun", update).await.unwrap_err(),
        "ValidationException"
    );
}

/// Calls of both at once, each of which has seen what all before it have written.
async fn writers_overtake_each_other(two: &Two) {
    let arn = two.create("Contended", double(0), "STANDARD").await;
    let mut tagging = JoinSet::new();
    for number in 0..12 {
        let request = json!({ "resourceArn": arn, "tags": [{ "key": format!("k{number}"), "value": "v" }] });
        let api = two.apis[number % 2].clone();
        tagging.spawn(async move { api.call("TagResource", request).await });
    }
    while let Some(tagged) = tagging.join_next().await {
        tagged.unwrap().unwrap();
    }
    let tags = two
        .call(0, "ListTagsForResource", json!({ "resourceArn": arn }))
        .await
        .unwrap();
    assert_eq!(tags["tags"].as_array().unwrap().len(), 12);
}

async fn lists_go_on(two: &Two) {
    let arn = two.create("Listed", double(0), "STANDARD").await;
    let mut started = Vec::new();
    for number in 0..7 {
        let start = json!({ "stateMachineArn": arn, "name": format!("n{number}"), "input": "1" });
        started.push(two.call(number % 2, "StartExecution", start).await.unwrap()["executionArn"].clone());
        // Restate counts milliseconds.
        sleep(Duration::from_millis(2)).await;
    }
    started.reverse();
    let mut listed = Vec::new();
    let mut list = json!({ "stateMachineArn": arn, "maxResults": 3 });
    loop {
        let page = two.call(1, "ListExecutions", list.clone()).await.unwrap();
        let executions = page["executions"].as_array().unwrap();
        listed.extend(executions.iter().map(|execution| execution["executionArn"].clone()));
        let Some(token) = page.get("nextToken") else { break };
        list["nextToken"] = token.clone();
    }
    assert_eq!(listed, started);
}
