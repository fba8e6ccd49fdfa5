//! Restarts of an API that did everything that it can.

use asl_engine::server::StepFunctions;
use asl_engine::store::{ExecutionStore, MemoryStore, SqliteStore};
use serde_json::{Value, json};
use std::time::Duration;

use super::reading::{assert_same, everything};
use super::{ROLE, call, close, create, execution_arn, machine_arn, nap, open, task};

const ACTIVITY: &str = "arn:aws:states:us-east-1:123456789012:activity:Oven";

/// Executions whose state machines are gone.
const GONE: &str = "arn:aws:states:us-east-1:123456789012:execution:Gone:done";

async fn start(api: &StepFunctions, machine: &str, name: &str, input: &str) -> Value {
    let request = json!({ "stateMachineArn": machine_arn(machine), "name": name, "input": input });
    call(api, "StartExecution", request).await
}

/// Waits for a status of an execution, which is named `MACHINE:NAME`.
async fn is(api: &StepFunctions, name: &str, status: &str) {
    until(api, "DescribeExecution", name, |told| told["status"] == status).await;
}

/// Waits until an execution has an event of this type.
async fn has(api: &StepFunctions, name: &str, event_type: &str) {
    let has = |told: &Value| {
        let mut events = told["events"].as_array().unwrap().iter();
        events.any(|event| event["type"] == event_type)
    };
    until(api, "GetExecutionHistory", name, has).await;
}

async fn until(api: &StepFunctions, action: &str, name: &str, is_so: impl Fn(&Value) -> bool) {
    let request = json!({ "executionArn": execution_arn(name) });
    let mut told = Value::Null;
    for _ in 0..2_000 {
        told = call(api, action, request.clone()).await;
        if is_so(&told) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(is_so(&told), "{action} of {name} tells only {told}");
}

async fn state_machines(api: &StepFunctions) {
    let mut orders = create("Orders", &task("Bake"));
    orders["publish"] = json!(true);
    orders["versionDescription"] = json!("the first");
    orders["tags"] = json!([{ "key": "z", "value": "1" }, { "key": "a", "value": "2" }]);
    call(api, "CreateStateMachine", orders).await;
    let arn = machine_arn("Orders");
    let update = json!({
        "stateMachineArn": arn, "roleArn": ROLE.replace("Orders", "Other"), "publish": true,
        "loggingConfiguration": { "includeExecutionData": true }
    });
    call(api, "UpdateStateMachine", update).await;
    let role = json!({ "stateMachineArn": arn, "roleArn": ROLE });
    call(api, "UpdateStateMachine", role).await;
    let route =
        |version: u64, weight: u64| json!({ "stateMachineVersionArn": format!("{arn}:{version}"), "weight": weight });
    let live =
        json!({ "name": "live", "description": "for all", "routingConfiguration": [route(1, 60), route(2, 40)] });
    call(api, "CreateStateMachineAlias", live).await;
    let first = json!({ "name": "Again", "routingConfiguration": [route(1, 100)] });
    call(api, "CreateStateMachineAlias", first).await;
    let update = json!({ "stateMachineAliasArn": format!("{arn}:Again"), "routingConfiguration": [route(2, 100)] });
    call(api, "UpdateStateMachineAlias", update).await;
    call(api, "UntagResource", json!({ "resourceArn": arn, "tagKeys": ["z"] })).await;
    call(
        api,
        "TagResource",
        json!({ "resourceArn": arn, "tags": [{ "key": "m", "value": "" }] }),
    )
    .await;

    let mut quick = create("Quick", &task("Bake"));
    quick["type"] = json!("EXPRESS");
    call(api, "CreateStateMachine", quick).await;
    call(
        api,
        "CreateActivity",
        json!({ "name": "Oven", "tags": [{ "key": "k", "value": "v" }] }),
    )
    .await;
    call(api, "CreateActivity", json!({ "name": "Gone" })).await;
    call(
        api,
        "DeleteActivity",
        json!({ "activityArn": ACTIVITY.replace("Oven", "Gone") }),
    )
    .await;

    let oven = json!({ "Bake": { "Type": "Task", "Resource": ACTIVITY, "End": true } });
    let parent = json!({
        "Order": {
            "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "End": true,
            "Parameters": { "StateMachineArn": format!("{arn}:live"), "Name": "child", "Input": "{ \"by\" : 1 }" }
        }
    });
    let waiting = json!({
        "Order": {
            "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "End": true,
            "Parameters": { "StateMachineArn": machine_arn("Oven"), "Name": "child" }
        }
    });
    let each = json!({
        "Each": {
            "Type": "Map", "End": true, "Label": "Each", "ItemsPath": "$",
            "ItemProcessor": {
                "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
                "StartAt": "Bake", "States": { "Bake": task("Bake")["Work"] }
            }
        }
    });
    let mut slow = each.clone();
    slow["Each"]["ItemProcessor"]["StartAt"] = json!("Nap");
    slow["Each"]["ItemProcessor"]["States"] = nap();
    for (name, states) in [
        ("Burns", task("Burn")),
        ("Naps", nap()),
        ("Oven", oven),
        ("Parent", parent),
        ("Waiting", waiting),
        ("Each", each),
        ("Slow", slow),
        ("Gone", task("Bake")),
        ("Leaving", nap()),
    ] {
        call(api, "CreateStateMachine", create(name, &states)).await;
    }
}

async fn executions(api: &StepFunctions) {
    start(api, "Orders", "plain", "{\n  \"pizza\" : -0.0 }").await;
    for (qualifier, name) in [("1", "by-version"), ("live", "by-alias"), ("live", "again-by-alias")] {
        let request = json!({
            "stateMachineArn": format!("{}:{qualifier}", machine_arn("Orders")), "name": name,
            "input": "[ 1 ]", "traceHeader": "Root=1-5759e988"
        });
        call(api, "StartExecution", request).await;
    }
    start(api, "Burns", "burnt", "{}").await;
    start(api, "Burns", "redriven", "{}").await;
    for name in ["stopped", "redriven", "running"] {
        start(api, "Naps", name, "{}").await;
    }
    let stop = |name: &str| json!({ "executionArn": execution_arn(name), "error": "Late", "cause": "closed" });
    call(api, "StopExecution", stop("Naps:stopped")).await;
    call(api, "StopExecution", stop("Naps:redriven")).await;
    let redrive = json!({ "executionArn": execution_arn("Naps:redriven"), "clientToken": "once" });
    call(api, "RedriveExecution", redrive).await;
    start(api, "Parent", "p", "{}").await;
    start(api, "Waiting", "w", "{}").await;
    start(api, "Each", "e", "[1, 2, 3]").await;
    start(api, "Slow", "s", "[1, 2]").await;
    start(api, "Gone", "done", "{ }").await;
    start(api, "Leaving", "last", "{}").await;
    let sync = json!({ "stateMachineArn": machine_arn("Quick"), "input": "{}" });
    call(api, "StartSyncExecution", sync).await;
    is(api, "Burns:redriven", "FAILED").await;
    call(
        api,
        "RedriveExecution",
        json!({ "executionArn": execution_arn("Burns:redriven") }),
    )
    .await;
    has(api, "Burns:redriven", "ExecutionRedriven").await;
    for (name, status) in [
        ("Orders:plain", "SUCCEEDED"),
        ("Orders:by-version", "SUCCEEDED"),
        ("Orders:by-alias", "SUCCEEDED"),
        ("Orders:again-by-alias", "SUCCEEDED"),
        ("Burns:burnt", "FAILED"),
        ("Burns:redriven", "FAILED"),
        ("Parent:p", "SUCCEEDED"),
        ("Each:e", "SUCCEEDED"),
        ("Gone:done", "SUCCEEDED"),
    ] {
        is(api, name, status).await;
    }
    has(api, "Waiting:w", "TaskSubmitted").await;
    has(api, "Oven:child", "ActivityScheduled").await;
    has(api, "Slow:s", "MapRunStarted").await;
    let map_runs = call(api, "ListMapRuns", json!({ "executionArn": execution_arn("Slow:s") })).await;
    let update =
        json!({ "mapRunArn": map_runs["mapRuns"][0]["mapRunArn"], "maxConcurrency": 1, "toleratedFailureCount": 7 });
    call(api, "UpdateMapRun", update).await;
    for name in ["Gone", "Leaving"] {
        call(
            api,
            "DeleteStateMachine",
            json!({ "stateMachineArn": machine_arn(name) }),
        )
        .await;
    }
}

/// Does it all, restarts, and goes on.
async fn survives<S: ExecutionStore>(store: impl Fn() -> S) {
    let api = open(store()).await;
    state_machines(&api).await;
    executions(&api).await;
    let request = json!({ "activityArn": ACTIVITY, "workerName": "oven-1" });
    let taken = call(&api, "GetActivityTask", request.clone()).await;
    let before = everything(&api, &[GONE]).await;
    let about_runs = before.iter().filter(|(asked, _)| asked.starts_with("DescribeMapRun"));
    let updated = |(_, run): &(String, String)| run.contains(r#""maxConcurrency":1,"#);
    assert_eq!(about_runs.map(updated).collect::<Vec<_>>(), [false, true]);
    let pages = json!({ "stateMachineArn": machine_arn("Orders"), "maxResults": 2 });
    let first = call(&api, "ListExecutions", pages.clone()).await;
    close(api).await;

    let api = open(store()).await;
    let after = everything(&api, &[GONE]).await;
    assert_same(&before, &after, "after a restart");

    // A name that runs, one that has ended, and a client token.
    let running = call(
        &api,
        "DescribeExecution",
        json!({ "executionArn": execution_arn("Naps:running") }),
    )
    .await;
    let again = start(&api, "Naps", "running", " {} ").await;
    assert_eq!(
        again,
        json!({ "executionArn": running["executionArn"], "startDate": running["startDate"] })
    );
    for (name, input) in [("running", "[]"), ("stopped", "{}")] {
        let request = json!({ "stateMachineArn": machine_arn("Naps"), "name": name, "input": input });
        let refused = api.call("StartExecution", request).await.unwrap_err();
        assert_eq!(refused.code(), "ExecutionAlreadyExists");
    }
    let redrive = json!({ "executionArn": execution_arn("Naps:redriven"), "clientToken": "once" });
    let redriven = call(
        &api,
        "DescribeExecution",
        json!({ "executionArn": execution_arn("Naps:redriven") }),
    )
    .await;
    let again = call(&api, "RedriveExecution", redrive).await;
    assert_eq!(again["redriveDate"], redriven["redriveDate"]);

    // The worker that has the task, and one that asks for it again.
    let again = call(&api, "GetActivityTask", request).await;
    assert_eq!(again, taken);
    call(&api, "SendTaskHeartbeat", json!({ "taskToken": taken["taskToken"] })).await;
    let answer = json!({ "taskToken": taken["taskToken"], "output": "\"hot\"" });
    call(&api, "SendTaskSuccess", answer.clone()).await;
    assert_eq!(
        api.call("SendTaskSuccess", answer).await.unwrap_err().code(),
        "TaskTimedOut"
    );
    is(&api, "Waiting:w", "SUCCEEDED").await;

    // The state machine goes with its last execution.
    let leaving = json!({ "stateMachineArn": machine_arn("Leaving") });
    assert_eq!(
        call(&api, "DescribeStateMachine", leaving.clone()).await["status"],
        "DELETING"
    );
    call(
        &api,
        "StopExecution",
        json!({ "executionArn": execution_arn("Leaving:last") }),
    )
    .await;
    let gone = api.call("DescribeStateMachine", leaving).await.unwrap_err();
    assert_eq!(gone.code(), "StateMachineDoesNotExist");

    // Pages and revisions go on where they were.
    let mut next = pages;
    next["nextToken"] = first["nextToken"].clone();
    assert_eq!(
        call(&api, "ListExecutions", next).await["executions"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    call(
        &api,
        "StopExecution",
        json!({ "executionArn": execution_arn("Slow:s") }),
    )
    .await;
    let publish = json!({ "stateMachineArn": machine_arn("Orders") });
    let version = call(&api, "PublishStateMachineVersion", publish).await;
    assert_eq!(
        version["stateMachineVersionArn"],
        format!("{}:3", machine_arn("Orders"))
    );
    let before = everything(&api, &[GONE]).await;
    close(api).await;

    let api = open(store()).await;
    let after = everything(&api, &[GONE]).await;
    assert_same(&before, &after, "after another restart");
    close(api).await;
}

#[tokio::test]
async fn everything_is_told_as_before_from_memory() {
    let store = MemoryStore::new();
    survives(|| store.open().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_told_as_before_from_sqlite() {
    let folder = std::env::temp_dir().join(format!("asl-api-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    survives(|| SqliteStore::open(folder.join("a.db")).unwrap()).await;
    std::fs::remove_dir_all(folder).unwrap();
}
