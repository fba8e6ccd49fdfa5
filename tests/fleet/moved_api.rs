//! What the API has kept in a store goes on over a cluster: its state machines, and the executions of these.

use asl_engine::Interpreter;
use asl_engine::durable::{Move, RestateClient};
use asl_engine::server::StepFunctions;
use asl_engine::store::SqliteStore;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::sleep;

use crate::machine::note;
use crate::process::Process;
use crate::round::until_served;
use crate::setup::Setup;

const STORE: &str = "ASL_FLEET_API_STORE";
const NOTES: &str = "ASL_FLEET_API_NOTES";

const ROLE: &str = "arn:aws:iam::123456789012:role/R";
const MACHINE: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:Kept";
const KNOWN: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:Known";
const ACTIVITY: &str = "arn:aws:states:us-east-1:123456789012:activity:Kneading";
const EXECUTION: &str = "arn:aws:states:us-east-1:123456789012:execution:Kept:one";
/// It was redriven where it was.
const REDRIVEN: &str = "arn:aws:states:us-east-1:123456789012:execution:Kept:redriven";

/// What is asked of both, and answered the same.
fn questions() -> Vec<(&'static str, Value)> {
    vec![
        ("DescribeStateMachine", json!({ "stateMachineArn": MACHINE })),
        (
            "DescribeStateMachine",
            json!({ "stateMachineArn": format!("{MACHINE}:1") }),
        ),
        (
            "DescribeStateMachineAlias",
            json!({ "stateMachineAliasArn": format!("{MACHINE}:live") }),
        ),
        ("ListStateMachineVersions", json!({ "stateMachineArn": MACHINE })),
        ("ListTagsForResource", json!({ "resourceArn": MACHINE })),
        ("DescribeActivity", json!({ "activityArn": ACTIVITY })),
        ("ListTagsForResource", json!({ "resourceArn": ACTIVITY })),
        ("DescribeStateMachineForExecution", json!({ "executionArn": EXECUTION })),
        ("DescribeExecution", json!({ "executionArn": EXECUTION })),
        ("GetExecutionHistory", json!({ "executionArn": EXECUTION })),
        ("DescribeExecution", json!({ "executionArn": REDRIVEN })),
        ("GetExecutionHistory", json!({ "executionArn": REDRIVEN })),
        (
            "RedriveExecution",
            json!({ "executionArn": REDRIVEN, "clientToken": "first" }),
        ),
    ]
}

fn interpreter() -> Interpreter {
    Interpreter::new().task(
        "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        |_: Value| async move { Ok(json!({ "MessageId": "m" })) },
    )
}

fn ask(comment: &str) -> String {
    let ask = json!({ "Comment": comment, "StartAt": "Ask", "States": { "Ask": {
        "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": true,
        "Parameters": { "QueueUrl": "q", "MessageBody.$": "$$.Task.Token" }
    } } });
    ask.to_string()
}

async fn call(api: &StepFunctions, action: &str, request: Value) -> Value {
    let called = api.call(action, request.clone()).await;
    called.unwrap_or_else(|error| panic!("{action} {request}: {error}"))
}

async fn until_events(api: &StepFunctions, execution: &str, count: usize) {
    let of = json!({ "executionArn": execution });
    while call(api, "GetExecutionHistory", of.clone()).await["events"]
        .as_array()
        .unwrap()
        .len()
        < count
    {
        sleep(Duration::from_millis(10)).await;
    }
}

/// Whether this process is one that has the store.
pub(crate) fn has_played() -> bool {
    let Some(store) = std::env::var_os(STORE) else {
        return false;
    };
    begin(store.as_ref(), std::env::var_os(NOTES).unwrap().as_ref());
    true
}

/// Fills a store, and notes its answers.
#[tokio::main]
async fn begin(store: &Path, notes: &Path) {
    let interpreter = interpreter().store(SqliteStore::open(store).unwrap());
    let (api, _) = StepFunctions::open(interpreter).await.unwrap();
    for name in ["Known", "Kept"] {
        let tags = json!([{ "key": "shop", "value": name }]);
        let create = json!({
            "name": name, "definition": ask("first"), "roleArn": ROLE, "publish": true, "tags": tags
        });
        call(&api, "CreateStateMachine", create).await;
    }
    let alias = json!({ "name": "live", "routingConfiguration": [
        { "stateMachineVersionArn": format!("{MACHINE}:1"), "weight": 100 }
    ] });
    call(&api, "CreateStateMachineAlias", alias).await;
    let update = json!({ "stateMachineArn": MACHINE, "definition": ask("second") });
    call(&api, "UpdateStateMachine", update).await;
    let activity = json!({ "name": "Kneading", "tags": [{ "key": "shop", "value": "here" }] });
    call(&api, "CreateActivity", activity).await;
    let start = json!({ "stateMachineArn": format!("{MACHINE}:live"), "name": "one", "input": " { \"a\": 1 }" });
    call(&api, "StartExecution", start).await;
    until_events(&api, EXECUTION, 5).await;
    let start = json!({ "stateMachineArn": MACHINE, "name": "redriven" });
    call(&api, "StartExecution", start).await;
    until_events(&api, REDRIVEN, 5).await;
    call(&api, "StopExecution", json!({ "executionArn": REDRIVEN })).await;
    let redrive = json!({ "executionArn": REDRIVEN, "clientToken": "first" });
    call(&api, "RedriveExecution", redrive).await;
    until_events(&api, REDRIVEN, 10).await;
    for (action, request) in questions() {
        note(notes, &call(&api, action, request).await.to_string());
    }
    std::future::pending::<()>().await;
}

pub(crate) async fn run(setup: &Setup) {
    let (path, notes) = (setup.folder.join("api.db"), setup.folder.join("answers"));
    let mut process = Process::default();
    let mut command = Command::new(std::env::current_exe().unwrap());
    process.start(command.env(STORE, &path).env(NOTES, &notes));
    let answers = loop {
        let told = fs::read_to_string(&notes).unwrap_or_default();
        let answers: Vec<Value> = told
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect();
        if answers.len() == questions().len() {
            break answers;
        }
        sleep(Duration::from_millis(20)).await;
    };
    process.kill();

    let api = StepFunctions::on_restate(interpreter(), setup.client.clone()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(api.worker().unwrap().serve(listener, std::future::pending()));
    until_served(&setup.client, &url).await;
    let own = json!({ "name": "Known", "definition": ask("own"), "roleArn": ROLE });
    call(&api, "CreateStateMachine", own).await;

    carry(setup, &path).await;
    for ((action, request), answer) in questions().into_iter().zip(answers) {
        assert_eq!(call(&api, action, request.clone()).await, answer, "{action} {request}");
    }
    let known = call(&api, "DescribeStateMachine", json!({ "stateMachineArn": KNOWN })).await;
    assert_eq!(known["definition"], ask("own"));
    it_ends_there(&api).await;
    it_is_stopped_and_redriven_there(&api).await;
    nothing_is_copied_twice(&setup.client, &path).await;
    the_api_of_the_store_says_where_it_is(&path).await;
}

/// Moves all, by the command if it was built.
async fn carry(setup: &Setup, path: &Path) {
    let node = &setup.cluster.nodes[0];
    if let Some(asl) = option_env!("CARGO_BIN_EXE_asl") {
        let mut command = Command::new(asl);
        command.args(["executions", "move", "--store"]).arg(path);
        command.args(["--restate", &node.ingress(), "--restate-admin", &node.admin()]);
        let moved = tokio::task::spawn_blocking(move || command.output().unwrap())
            .await
            .unwrap();
        let (said, told) = (
            String::from_utf8(moved.stdout).unwrap(),
            String::from_utf8(moved.stderr).unwrap(),
        );
        let said: BTreeSet<&str> = said.lines().collect();
        assert_eq!(
            said,
            BTreeSet::from(["moved       one", "moved       redriven"]),
            "{told}"
        );
        assert!(moved.status.success());
        let expected =
            format!("copied `{MACHINE}`\ncopied `{ACTIVITY}`\n`{KNOWN}` is in the cluster, and stays as it is there\n");
        assert_eq!(told, expected);
        return;
    }
    let store = SqliteStore::open(path).unwrap();
    let copied = StepFunctions::copy_to_restate(&store, &setup.client).await.unwrap();
    assert_eq!(
        (copied.copied, copied.known),
        (vec![MACHINE.to_owned(), ACTIVITY.to_owned()], vec![KNOWN.to_owned()])
    );
    let moving = Move::new(&store, setup.client.clone()).revisions(copied.revisions);
    moving.run(|moved| assert_eq!(moved.result, Ok(()))).await.unwrap();
}

async fn it_ends_there(api: &StepFunctions) {
    let of = json!({ "executionArn": EXECUTION });
    let history = call(api, "GetExecutionHistory", of.clone()).await;
    let parameters = history["events"][2]["taskScheduledEventDetails"]["parameters"]
        .as_str()
        .unwrap();
    let parameters: Value = serde_json::from_str(parameters).unwrap();
    let answer = json!({ "taskToken": parameters["MessageBody"], "output": "\"yes\"" });
    call(api, "SendTaskSuccess", answer).await;
    while call(api, "DescribeExecution", of.clone()).await["status"] == "RUNNING" {
        sleep(Duration::from_millis(20)).await;
    }
    let described = call(api, "DescribeExecution", of.clone()).await;
    assert_eq!(
        (&described["status"], &described["output"]),
        (&json!("SUCCEEDED"), &json!("\"yes\""))
    );
    let events = call(api, "GetExecutionHistory", of).await;
    assert_eq!(events["events"].as_array().unwrap().len(), 8, "{events}");
    let listed = call(api, "ListExecutions", json!({ "stateMachineArn": MACHINE })).await;
    let listed = listed["executions"].as_array().unwrap();
    let arns: BTreeSet<_> = listed.iter().map(|listed| listed["executionArn"].as_str()).collect();
    assert_eq!(arns, BTreeSet::from([Some(EXECUTION), Some(REDRIVEN)]));
}

/// The count of redrives goes on, and tells no run of the cluster.
async fn it_is_stopped_and_redriven_there(api: &StepFunctions) {
    let of = json!({ "executionArn": REDRIVEN });
    for redrives in 1..=2 {
        let described = call(api, "DescribeExecution", of.clone()).await;
        assert_eq!(
            (&described["status"], &described["redriveCount"]),
            (&json!("RUNNING"), &json!(redrives))
        );
        call(api, "StopExecution", of.clone()).await;
        let described = call(api, "DescribeExecution", of.clone()).await;
        assert_eq!(
            (&described["status"], &described["redriveStatus"]),
            (&json!("ABORTED"), &json!("REDRIVABLE")),
            "{described}"
        );
        let redrive = json!({ "executionArn": REDRIVEN, "clientToken": format!("here {redrives}") });
        let redriven = call(api, "RedriveExecution", redrive.clone()).await;
        assert_eq!(call(api, "RedriveExecution", redrive).await, redriven);
    }
    let described = call(api, "DescribeExecution", of).await;
    assert_eq!(described["redriveCount"], 3, "{described}");
}

async fn nothing_is_copied_twice(client: &RestateClient, path: &Path) {
    let store = SqliteStore::open(path).unwrap();
    let first = StepFunctions::copy_to_restate(&store, client).await.unwrap();
    let second = StepFunctions::copy_to_restate(&store, client).await.unwrap();
    assert_eq!(first, second);
    assert!(second.copied.is_empty(), "{second:?}");
    // The cluster had a revision of this number.
    assert!(second.revisions.iter().all(|(own, there)| own < there), "{second:?}");
}

async fn the_api_of_the_store_says_where_it_is(path: &Path) {
    let interpreter = interpreter().store(SqliteStore::open(path).unwrap());
    let (api, resumed) = StepFunctions::open(interpreter).await.unwrap();
    assert_eq!(resumed.executions, 0);
    let of = json!({ "executionArn": EXECUTION });
    let refused = api.call("DescribeExecution", of).await.unwrap_err();
    assert_eq!(refused.code(), "ExecutionDoesNotExist");
    assert!(
        refused.message().contains("was moved to the cluster at http"),
        "{refused}"
    );
    let listed = call(&api, "ListExecutions", json!({ "stateMachineArn": MACHINE })).await;
    assert_eq!(listed["executions"], json!([]));
    let again = json!({ "stateMachineArn": MACHINE, "name": "one" });
    let refused = api.call("StartExecution", again).await.unwrap_err();
    assert_eq!(refused.code(), "ExecutionAlreadyExists");
}
