//! Distributed Maps: their child executions have workflows, and journals, of their own.

use asl_engine::durable::RestateClient;
use asl_engine::execution::{Counts, MapRun, MapRunStatus};
use asl_engine::handlers::TaskContext;
use asl_engine::history::{ErrorOutput, HistoryEvent};
use asl_engine::runtime::StartRequest;
use asl_engine::{Interpreter, Outcome, StateMachine};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;
use tokio::time::sleep;

use crate::definitions;
use crate::machine;
use crate::setup::Setup;
use crate::updates;

pub(crate) const MANY: &str = "Many";
const BATCHED: &str = "Batched";
pub(crate) const NESTED: &str = "Nested";
const FILED: &str = "Filed";
pub(crate) const SLOW: &str = "Slow";
const HEAVY: &str = "Heavy";

const ITEMS: usize = 200;

fn function(name: &str) -> String {
    format!("arn:aws:lambda:us-east-1:123456789012:function:{name}")
}

/// A machine of one distributed Map.
fn map(execution_type: &str, fields: &Value, start: &str, states: &Value) -> StateMachine {
    let mut map = json!({
        "Type": "Map", "End": true,
        "ItemProcessor": {
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": execution_type }, "StartAt": start, "States": states
        }
    });
    map.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let definition = json!({ "StartAt": "Each", "States": { "Each": map } });
    definition.to_string().parse().unwrap()
}

/// The machines of these tests by their names.
pub(crate) fn machines() -> Vec<(&'static str, StateMachine)> {
    let pack = json!({ "Type": "Task", "Resource": function("Pack"), "End": true });
    // One of ten is refused.
    let many = json!({
        "Choose": {
            "Type": "Choice", "Default": "Pack", "Choices": [{ "Variable": "$", "StringMatches": "*0!", "Next": "Refuse" }]
        },
        "Pack": pack,
        "Refuse": { "Type": "Task", "Resource": function("Refuse"), "End": true }
    });
    let counted = json!({ "n.$": "States.ArrayLength($)", "first.$": "$[1]", "last.$": "$[198]" });
    let batched = json!({
        "Boxes": {
            "Type": "Map", "ItemsPath": "$.Items", "End": true,
            "ItemProcessor": { "StartAt": "Pack", "States": { "Pack": pack } }
        }
    });
    let inner = json!({
        "Inner": {
            "Type": "Map", "End": true, "Label": "Inner",
            "ItemProcessor": {
                "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS" },
                "StartAt": "Pack", "States": { "Pack": pack }
            }
        }
    });
    let slow = json!({
        "Choose": {
            "Type": "Choice", "Default": "Sleep", "Choices": [{ "Variable": "$", "StringEquals": "bad", "Next": "Refuse" }]
        },
        "Sleep": { "Type": "Wait", "Seconds": 3_600, "End": true },
        "Refuse": { "Type": "Task", "Resource": function("Refuse"), "End": true }
    });
    let tolerant = json!({ "MaxConcurrency": 50, "ToleratedFailurePercentage": 10, "ResultSelector": counted });
    let in_sevens = json!({ "ItemBatcher": { "MaxItemsPerBatch": 7, "BatchInput": { "shop": 1 } } });
    let files = json!({
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": { "InputType": "JSON", "MaxItems": 3 },
            "Parameters": { "Bucket": "shop", "Key.$": "$.key" }
        },
        "ItemSelector": { "name.$": "$$.Map.Item.Value.name" },
        "ResultWriter": {
            "Resource": "arn:aws:states:::s3:putObject", "Parameters": { "Bucket": "shop", "Prefix": "out" }
        },
        "ResultPath": null
    });
    let note = json!({ "Note": { "Type": "Pass", "End": true } });
    let mut heavy = files.clone();
    let fields = heavy.as_object_mut().unwrap();
    fields.retain(|field, _| field.starts_with("Result"));
    fields.insert("ItemsPath".to_owned(), json!("$.items"));
    fields.insert("ItemSelector".to_owned(), json!({ "text.$": "$.text" }));
    vec![
        (HEAVY, map("STANDARD", &heavy, "Note", &note)),
        (MANY, map("STANDARD", &tolerant, "Choose", &many)),
        (BATCHED, map("EXPRESS", &in_sevens, "Boxes", &batched)),
        (NESTED, map("STANDARD", &json!({ "Label": "Outer" }), "Inner", &inner)),
        (FILED, map("STANDARD", &files, "Note", &note)),
        (
            SLOW,
            map("STANDARD", &json!({ "ToleratedFailureCount": 1 }), "Choose", &slow),
        ),
    ]
}

fn machine_of(name: &str) -> StateMachine {
    let found = machines().into_iter().find(|(known, _)| *known == name);
    found.unwrap().1
}

/// An S3 whose one object is larger than a payload; what is written is told.
pub(crate) fn with_s3(interpreter: Interpreter, tell: impl Fn(&str) + Clone + Send + Sync + 'static) -> Interpreter {
    let interpreter = interpreter.task("arn:aws:states:::s3:getObject", |request: Value| async move {
        let bytes = if request["Key"] == "huge.json" { 33_000 } else { 1_000 };
        let order = |number: usize| json!({ "name": format!("order {number}"), "text": "x".repeat(bytes) });
        let orders: Vec<_> = (0..1_000).map(order).collect();
        Ok(json!({ "Body": json!(orders).to_string() }))
    });
    interpreter.task(
        "arn:aws:states:::s3:putObject",
        move |request: Value, _: TaskContext| {
            tell(&format!(
                "object {} {}",
                request["Key"].as_str().unwrap(),
                request["Body"].as_str().unwrap()
            ));
            async { Ok(json!({ "ETag": "\"e\"" })) }
        },
    )
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run(program: &Path) {
    let mut setup = Setup::start(program, "maps", 1).await;
    many_items_outlive_a_worker(&mut setup).await;
    let client = setup.client.clone();
    batches_are_as_on_one_machine(&client).await;
    maps_inside_maps_are_as_on_one_machine(&client).await;
    files_go_through_the_journal(&setup).await;
    what_no_message_holds_fails(&client).await;
    too_many_failures_stop_the_others(&client).await;
    a_stop_stops_all(&client).await;
    a_cancellation_stops_all(&setup).await;
    updates::outlive_a_worker(&mut setup).await;
    definitions::are_in_no_journal_of_a_child(&mut setup).await;
    setup.end();
}

/// The same execution on one machine.
pub(crate) async fn on_one_machine(machine: &str, input: Value) -> (Outcome, Vec<HistoryEvent>, Vec<MapRun>) {
    let interpreter = with_s3(machine::interpreter(|_| {}, Duration::ZERO), |_| {});
    let request = StartRequest::default().name("one").state_machine_name(machine);
    let handle = interpreter.start_with(&machine_of(machine), input, request).unwrap();
    let outcome = handle.outcome().await;
    (outcome, handle.history(), handle.map_runs().map_runs().to_vec())
}

/// A history without times and what is random.
pub(crate) fn lines(history: &[HistoryEvent]) -> Vec<String> {
    let line = |event: &HistoryEvent| {
        let mut told = event.to_json();
        told["timestamp"].take();
        told["mapRunStartedEventDetails"].take();
        told.to_string()
    };
    history.iter().map(line).collect()
}

async fn is_as_on_one_machine(client: &RestateClient, machine: &str, input: Value) -> MapRun {
    client.start(machine, "one", &input).await.unwrap();
    let outcome = client.outcome(machine, "one").await.unwrap();
    compare(client, machine, input, &outcome).await
}

async fn compare(client: &RestateClient, machine: &str, input: Value, outcome: &Outcome) -> MapRun {
    let (known, history, runs) = on_one_machine(machine, input).await;
    assert_eq!(*outcome, known, "{machine}");
    assert_eq!(
        lines(&client.history(machine, "one").await.unwrap()),
        lines(&history),
        "{machine}"
    );
    let [found] = &client.map_runs(machine, "one").await.unwrap()[..] else {
        panic!("one Map Run")
    };
    assert_eq!(found.status, runs[0].status, "{machine}");
    assert_eq!(found.item_counts, runs[0].item_counts, "{machine}");
    assert_eq!(found.execution_counts, runs[0].execution_counts, "{machine}");
    found.clone()
}

async fn types(client: &RestateClient, child: &str) -> Vec<String> {
    let history = client.child_history(child).await.unwrap();
    history.iter().map(|event| event.event_type().to_owned()).collect()
}

/// Two hundred items with tasks, of which some fail, while the worker is killed.
async fn many_items_outlive_a_worker(setup: &mut Setup) {
    let client = setup.client.clone();
    let items: Vec<_> = (0..ITEMS).map(|item| format!("{item}!")).collect();
    let input = json!(items);
    client.start(MANY, "one", &input).await.unwrap();
    for many in [40, 120] {
        while done(&setup.effects) < many {
            sleep(Duration::from_millis(10)).await;
        }
        setup.worker.kill();
        setup.worker.start();
    }
    let outcome = client.outcome(MANY, "one").await.unwrap();
    let expected = json!({ "n": ITEMS, "first": "a box of 1!", "last": "a box of 198!" });
    assert_eq!(outcome.output(), Some(&expected), "{outcome:?}");
    let run = compare(&client, MANY, input, &outcome).await;
    assert_eq!(run.status, MapRunStatus::Succeeded);
    let children = client.child_executions(&run.map_run_arn).await.unwrap();
    assert_eq!(children.len(), ITEMS);
    let mut ends = BTreeMap::new();
    for child in &children {
        *ends.entry(types(&client, child).await.pop().unwrap()).or_insert(0) += 1;
    }
    assert_eq!((ends["ExecutionFailed"], ends["ExecutionSucceeded"]), (20, 180));
    // A call, its id, its end and the counts with it for each, and what begins and ends the execution.
    let entries = entries(setup, &format!("asl.{MANY}"), "one").await;
    assert!(entries <= 4 * ITEMS + 20, "{entries} entries");
    let of_child = self::entries(setup, "asl-child", &children[0]).await;
    assert!(of_child <= 20, "{of_child} entries");
}

/// How many attempts were begun.
fn done(effects: &Path) -> usize {
    fs::read_to_string(effects).unwrap_or_default().matches(" Pack").count()
}

/// The length of an execution's journal.
async fn entries(setup: &Setup, service: &str, key: &str) -> usize {
    let sql = format!(
        "SELECT count(*) AS entries FROM sys_journal j JOIN sys_invocation i ON j.id = i.id WHERE i.target_service_name = \
         '{service}' AND i.target_service_key = '{key}' AND i.target_handler_name = 'run'"
    );
    let told = setup
        .cluster
        .administer("POST", "/query", &json!({ "query": sql }))
        .await;
    let count = told.rsplit_once("\"entries\":").unwrap_or_else(|| panic!("{told}")).1;
    let digits: String = count.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_else(|_| panic!("{told}"))
}

async fn batches_are_as_on_one_machine(client: &RestateClient) {
    let items: Vec<_> = (0..30).map(|item| item.to_string()).collect();
    let run = is_as_on_one_machine(client, BATCHED, json!(items)).await;
    assert_eq!((run.item_counts.succeeded, run.execution_counts.succeeded), (30, 5));
    let children = client.child_executions(&run.map_run_arn).await.unwrap();
    assert_eq!(children.len(), 5);
    assert!(
        children.iter().all(|arn| arn.contains(":express:Batched/")),
        "{children:?}"
    );
}

async fn maps_inside_maps_are_as_on_one_machine(client: &RestateClient) {
    let run = is_as_on_one_machine(client, NESTED, json!([["a", "b", "c"], ["d"], []])).await;
    let children = client.child_executions(&run.map_run_arn).await.unwrap();
    let mut lengths = Vec::new();
    for child in &children {
        let known = client.child_execution(child).await.unwrap().unwrap();
        assert_eq!(
            known.state_machine_arn,
            "arn:aws:states:us-east-1:123456789012:stateMachine:Nested/Outer"
        );
        lengths.push(known.input.as_array().unwrap().len());
        assert_eq!(
            known.end.unwrap().0.output().unwrap().as_array().unwrap().len(),
            lengths[lengths.len() - 1]
        );
    }
    lengths.sort_unstable();
    assert_eq!(lengths, [0, 1, 3]);
}

/// The object that is read is larger than a payload may be.
async fn files_go_through_the_journal(setup: &Setup) {
    let run = is_as_on_one_machine(&setup.client, FILED, json!({ "key": "orders.json" })).await;
    assert_eq!(run.item_counts.succeeded, 3);
    let told = fs::read_to_string(&setup.effects).unwrap();
    let mut objects = told.lines().filter_map(|line| line.strip_prefix("object "));
    let id = run.map_run_arn.rsplit(':').next().unwrap();
    let (key, body) = objects.next().unwrap().split_once(' ').unwrap();
    assert_eq!(key, format!("out/{id}/SUCCEEDED_0.json"));
    let results: Vec<Value> = serde_json::from_str(body).unwrap();
    let outputs: Vec<_> = results
        .iter()
        .map(|result| result["Output"].as_str().unwrap())
        .collect();
    assert_eq!(
        outputs,
        [
            r#"{"name":"order 0"}"#,
            r#"{"name":"order 1"}"#,
            r#"{"name":"order 2"}"#
        ]
    );
    assert_eq!(
        objects.next().unwrap().split_once(' ').unwrap().0,
        format!("out/{id}/manifest.json")
    );
    let children = setup.client.child_executions(&run.map_run_arn).await.unwrap();
    let mut known: Vec<_> = results
        .iter()
        .map(|result| result["ExecutionArn"].as_str().unwrap())
        .collect();
    known.sort_unstable();
    let mut found: Vec<_> = children.iter().map(String::as_str).collect();
    found.sort_unstable();
    assert_eq!(found, known);
}

/// A journal takes messages of 32 MB, and one machine takes more.
async fn what_no_message_holds_fails(client: &RestateClient) {
    let large = json!({ "text": "x".repeat(200_000), "items": vec![0; 85] });
    for (machine, input, failure, what) in [
        (
            FILED,
            json!({ "key": "huge.json" }),
            "States.ItemReaderFailed",
            "The answer",
        ),
        (HEAVY, large, "States.ResultWriterFailed", "The request"),
    ] {
        client.start(machine, "large", &input).await.unwrap();
        let outcome = client.outcome(machine, "large").await.unwrap();
        let error = outcome.error().cloned().unwrap();
        assert_eq!(error.error.as_deref(), Some(failure), "{error:?}");
        let cause = error.cause.unwrap();
        assert!(
            cause.starts_with(what) && cause.contains("one message over Restate"),
            "{cause}"
        );
    }
}

/// Waits until child executions have begun, and then until they have ended.
async fn until_they_are(client: &RestateClient, last: &str, name: &str, which: usize) -> Vec<String> {
    loop {
        if let [run] = &client.map_runs(SLOW, name).await.unwrap()[..] {
            let children = client.child_executions(&run.map_run_arn).await.unwrap();
            let mut are = 0;
            for child in &children {
                are += usize::from(types(client, child).await.last().is_some_and(|found| found == last));
            }
            if are == which {
                return children;
            }
        }
        sleep(Duration::from_millis(50)).await;
    }
}

async fn too_many_failures_stop_the_others(client: &RestateClient) {
    client
        .start(SLOW, "bad", &json!(["good", "good", "bad", "bad"]))
        .await
        .unwrap();
    let outcome = client.outcome(SLOW, "bad").await.unwrap();
    let error = outcome.error().and_then(|error| error.error.clone());
    assert_eq!(error.as_deref(), Some("States.ExceedToleratedFailureThreshold"));
    until_they_are(client, "ExecutionAborted", "bad", 2).await;
    let counts = client.map_runs(SLOW, "bad").await.unwrap()[0].item_counts;
    assert_eq!(counts, ended(2, 2));
}

fn ended(failed: u64, aborted: u64) -> Counts {
    let mut counts = Counts::default();
    (counts.failed, counts.aborted, counts.total) = (failed, aborted, failed + aborted);
    counts
}

async fn a_stop_stops_all(client: &RestateClient) {
    client
        .start(SLOW, "stopped", &json!(["good", "good", "good"]))
        .await
        .unwrap();
    until_they_are(client, "WaitStateEntered", "stopped", 3).await;
    client.stop(SLOW, "stopped", ErrorOutput::default()).await.unwrap();
    assert_eq!(
        client.outcome(SLOW, "stopped").await.unwrap(),
        Outcome::Aborted(ErrorOutput::default())
    );
    let history = client.history(SLOW, "stopped").await.unwrap();
    let types: Vec<_> = history.iter().map(HistoryEvent::event_type).collect();
    assert_eq!(types[types.len() - 2..], ["MapRunAborted", "ExecutionAborted"]);
    until_they_are(client, "ExecutionAborted", "stopped", 3).await;
    assert_eq!(
        client.map_runs(SLOW, "stopped").await.unwrap()[0].item_counts,
        ended(0, 3)
    );
}

async fn a_cancellation_stops_all(setup: &Setup) {
    let client = &setup.client;
    client.start(SLOW, "cancelled", &json!(["good", "good"])).await.unwrap();
    until_they_are(client, "WaitStateEntered", "cancelled", 2).await;
    setup.cluster.cancel(SLOW, "cancelled").await;
    assert_eq!(
        client.outcome(SLOW, "cancelled").await.unwrap(),
        Outcome::Aborted(ErrorOutput::default())
    );
    until_they_are(client, "ExecutionAborted", "cancelled", 2).await;
}
