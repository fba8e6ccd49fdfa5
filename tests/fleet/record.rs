//! Records the messages that a cluster has of executions, for the test that later releases can read them: `record FILE`.

use asl_engine::durable::{Move, RestateClient};
use asl_engine::execution::MapRunUpdate;
use asl_engine::history::ErrorOutput;
use asl_engine::runtime::StartRequest;
use asl_engine::server::StepFunctions;
use asl_engine::store::MemoryStore;
use asl_engine::{ErrorKind, Interpreter, StateMachine};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::sleep;

use crate::cluster::Cluster;
use crate::round::until_served;
use crate::setup::Setup;
use crate::{killed, machine, maps, moving, nested, redriven_maps, redrives};

/// So many messages of one kind are recorded at most, each of another shape.
const SHAPES: usize = 10;

/// A longer message is not recorded.
const LONGEST: usize = 20_000;

#[tokio::main]
pub(crate) async fn run(program: &Path, file: &Path) {
    let setup = Setup::start(program, "record", 1).await;
    executions(&setup).await;
    of_the_api(&setup.client).await;
    of_a_store(&setup.client).await;
    let messages = messages(&setup.cluster).await;
    let lines = messages
        .iter()
        .flat_map(|(kind, texts)| texts.iter().map(move |text| format!("{kind}\t{text}\n")));
    fs::write(file, lines.collect::<String>()).unwrap();
    setup.end();
}

async fn executions(setup: &Setup) {
    let client = &setup.client;
    let start = async |machine: &str, input: Value| client.start(machine, "one", &input).await.unwrap();
    start(machine::NAME, machine::input(1)).await;
    start(machine::JOB, json!({})).await;
    start(machine::BAKE, json!({ "seconds": 60 })).await;
    start(
        maps::MANY,
        json!(["0!", "1!", "2!", "3!", "4!", "5!", "6!", "7!", "8!", "9!", "10!"]),
    )
    .await;
    start(maps::SLOW, json!(["bad", "good"])).await;
    start(nested::DELIVERY, json!({ "name": "order" })).await;
    start(nested::ERRAND, json!({ "name": "errand" })).await;
    start(redrives::MEND, json!({ "order": 2 })).await;
    start(redriven_maps::STANDARD, json!(["good", "bad"])).await;
    start(killed::WAITS, json!({ "name": "unmended" })).await;
    let token = machine::token(&setup.effects).await;
    client.send_task_heartbeat(&token).await.unwrap();
    client.send_task_success(&token, json!("signed")).await.unwrap();
    let task = client.get_activity_task(machine::OVEN, "hands").await.unwrap().unwrap();
    let error = ErrorOutput {
        error: Some("Burnt".to_owned()),
        cause: None,
    };
    client.send_task_failure(&task.token, error.clone()).await.unwrap();
    let map_run = loop {
        if let [run] = &client.map_runs(maps::SLOW, "one").await.unwrap()[..] {
            break run.map_run_arn.clone();
        }
        sleep(Duration::from_millis(20)).await;
    };
    let mut update = MapRunUpdate::new(map_run);
    update.max_concurrency = Some(7);
    update.tolerated_failure_percentage = Some(12.5);
    assert!(client.update_map_run(maps::SLOW, "one", &update).await.unwrap());
    client.stop(maps::SLOW, "one", error).await.unwrap();
    for redriven in [redrives::MEND, redriven_maps::STANDARD] {
        client.outcome(redriven, "one").await.unwrap();
        client.redrive(redriven, "one").await.unwrap();
    }
    let again = client.redrive(machine::NAME, "one").await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::NotRedrivable);
    for ended in [
        machine::NAME,
        machine::JOB,
        machine::BAKE,
        maps::MANY,
        maps::SLOW,
        nested::DELIVERY,
        nested::ERRAND,
        redrives::MEND,
        redriven_maps::STANDARD,
    ] {
        client.outcome(ended, "one").await.unwrap();
        client.history(ended, "one").await.unwrap();
    }
}

async fn of_the_api(client: &RestateClient) {
    let api = StepFunctions::on_restate(Interpreter::new(), client.clone()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(api.worker().unwrap().serve(listener, std::future::pending()));
    until_served(client, &url).await;
    let definition = json!({ "StartAt": "P", "States": { "P": { "Type": "Pass", "End": true } } }).to_string();
    let create = json!({ "name": "Api", "definition": definition, "roleArn": "arn:aws:iam::123456789012:role/R" });
    let machine = api.call("CreateStateMachine", create).await.unwrap()["stateMachineArn"].clone();
    let start = json!({ "stateMachineArn": machine, "name": "one", "traceHeader": "t" });
    let started = api.call("StartExecution", start).await.unwrap();
    let describe = json!({ "executionArn": started["executionArn"] });
    while api.call("DescribeExecution", describe.clone()).await.unwrap()["status"] == "RUNNING" {
        sleep(Duration::from_millis(20)).await;
    }
    let other = json!({ "StartAt": "S", "States": { "S": { "Type": "Succeed" } } }).to_string();
    let update = json!({ "stateMachineArn": machine, "definition": other });
    api.call("UpdateStateMachine", update).await.unwrap();
    api.call("DescribeStateMachineForExecution", describe).await.unwrap();
    redriven(&api).await;
    api.call("CreateActivity", json!({ "name": "A" })).await.unwrap();
    api.call("DeleteStateMachine", json!({ "stateMachineArn": machine }))
        .await
        .unwrap();
}

async fn redriven(api: &StepFunctions) {
    let definition = json!({ "StartAt": "F", "States": { "F": { "Type": "Fail" } } }).to_string();
    let create = json!({ "name": "Fails", "definition": definition, "roleArn": "arn:aws:iam::123456789012:role/R" });
    let machine = api.call("CreateStateMachine", create).await.unwrap()["stateMachineArn"].clone();
    let start = json!({ "stateMachineArn": machine, "name": "one" });
    let started = api.call("StartExecution", start).await.unwrap();
    let redrive = json!({ "executionArn": started["executionArn"], "clientToken": "t" });
    while api.call("RedriveExecution", redrive.clone()).await.is_err() {
        sleep(Duration::from_millis(20)).await;
    }
}

/// Executions come from a store: one that waits for another, which comes too, and one that was redriven.
async fn of_a_store(client: &RestateClient) {
    let whole = MemoryStore::new();
    let interpreter = moving::with_steps(moving::with_machines(Interpreter::new()), |_: &str| (), false);
    let interpreter = interpreter.store(whole.open().unwrap());
    let request = |machine: &str| StartRequest::default().name("recorded").state_machine_name(machine);
    let start = |name: &str, machine: &StateMachine| interpreter.start_with(machine, json!(7), request(name)).unwrap();
    let asking = start("Asking", &moving::asking());
    let machines = moving::machines();
    let (_, twice) = machines.iter().find(|(name, _)| *name == "Twice").unwrap();
    let twice = start("Twice", twice);
    twice.outcome().await;
    twice.redrive().unwrap();
    while !asking
        .history()
        .iter()
        .any(|event| event.event_type() == "TaskSubmitted")
    {
        sleep(Duration::from_millis(20)).await;
    }
    let store = whole.as_of(whole.commits());
    Move::new(&store, client.clone())
        .run(|moved| assert_eq!(moved.result, Ok(())))
        .await
        .unwrap();
    for moved in ["Asking", "Twice"] {
        client.outcome(moved, "recorded").await.unwrap();
    }
}

/// The messages in journals by their kinds, `SERVICE.HANDLER.WHAT`.
async fn messages(cluster: &Cluster) -> BTreeMap<String, Vec<String>> {
    let sql = "SELECT i.target_service_name AS service, i.target_handler_name AS handler, j.entry_json AS entry FROM sys_journal j \
         JOIN sys_invocation i ON j.id = i.id ORDER BY i.created_at, j.id, j.index";
    let told = cluster.administer("POST", "/query", &json!({ "query": sql })).await;
    let (_, chunks) = told.split_once("\r\n\r\n").unwrap();
    let rows: Value = serde_json::from_str(&unchunked(chunks)).unwrap();
    let mut recorded = Recorded::default();
    for row in rows["rows"].as_array().unwrap() {
        let text = |name: &str| row[name].as_str().unwrap_or_default();
        let entry: Value = serde_json::from_str(text("entry")).unwrap();
        let (command, completion) = (&entry["Command"], &entry["Notification"]["Completion"]);
        let of_state = format!(
            "state.{}",
            plain(command["SetState"]["key"].as_str().unwrap_or_default())
        );
        for (what, bytes) in [
            ("input", &command["Input"]["payload"]),
            ("output", &command["Output"]["result"]["Success"]),
            (of_state.as_str(), &command["SetState"]["value"]),
            ("run", &completion["Run"]["result"]["Success"]),
            ("promise", &completion["GetPromise"]["result"]["Success"]),
            ("signal", &entry["Notification"]["Signal"]["result"]["Success"]),
        ] {
            let Ok(bytes) = serde_json::from_value::<Vec<u8>>(bytes.clone()) else {
                continue;
            };
            let kind = format!("{}.{}.{what}", class(text("service")), text("handler"));
            recorded.add(&kind, &String::from_utf8(bytes).unwrap());
        }
    }
    recorded.texts
}

/// A body that was sent in chunks.
fn unchunked(mut chunks: &str) -> String {
    let mut body = String::new();
    while let Some((length, rest)) = chunks.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).unwrap();
        let (chunk, rest) = rest.split_at(length);
        body.push_str(chunk);
        chunks = rest.trim_start_matches("\r\n");
    }
    body
}

#[derive(Default)]
struct Recorded {
    shapes: BTreeSet<(String, String)>,
    texts: BTreeMap<String, Vec<String>>,
}

impl Recorded {
    fn add(&mut self, kind: &str, text: &str) {
        // What comes from outside has no format.
        let Some(Ok(value)) = text.starts_with("[1,").then(|| serde_json::from_str::<Value>(text)) else {
            return;
        };
        let known = self.texts.entry(kind.to_owned()).or_default();
        if text.len() <= LONGEST && known.len() < SHAPES && self.shapes.insert((kind.to_owned(), shape(&value))) {
            known.push(text.to_owned());
        }
    }
}

/// Which members a message has, and of which kinds their values are.
fn shape(value: &Value) -> String {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| format!("{name}:{}", shape(value)))
            .collect::<Vec<_>>()
            .join(","),
        Value::Array(items) => items
            .iter()
            .map(shape)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
            .join("|"),
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "bool".to_owned(),
        Value::Number(_) => "number".to_owned(),
        Value::String(_) => "text".to_owned(),
    }
}

/// A service without the name of the machine or resource.
fn class(service: &str) -> &str {
    service.split('.').next().unwrap_or(service)
}

/// A key without what numbers and names it.
fn plain(key: &str) -> &str {
    if key.starts_with("number-") {
        return "number";
    }
    let end = key.find(|letter: char| letter.is_ascii_digit() || matches!(letter, ' ' | ':'));
    key[..end.unwrap_or(key.len())].trim_end_matches('-')
}
