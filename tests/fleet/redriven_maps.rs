//! Redrives of distributed Maps, whose child executions have workflows of their own.

use asl_engine::durable::RestateClient;
use asl_engine::execution::MapRun;
use asl_engine::history::{ErrorOutput, HistoryEvent};
use asl_engine::runtime::{ExecutionHandle, StartRequest};
use asl_engine::{Outcome, StateMachine};
use serde_json::{Value, json};
use std::fs;
use std::time::Duration;
use tokio::time::sleep;

use crate::machine;
use crate::redrives::{mended, with_fix};
use crate::setup::Setup;

pub(crate) const STANDARD: &str = "RedrivenStandard";
const EXPRESS: &str = "RedrivenExpress";
const OUTER: &str = "RedrivenOuter";
const RESTING: &str = "RedrivenResting";

fn map(execution_type: &str, most: u32, start: &str, states: &Value) -> Value {
    json!({ "Type": "Map", "Label": start, "MaxConcurrency": most, "End": true, "ItemProcessor": {
        "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": execution_type }, "StartAt": start, "States": states
    } })
}

/// What is bad is refused until it is mended.
fn fix() -> Value {
    let function = "arn:aws:lambda:us-east-1:123456789012:function:Fix";
    json!({
        "Which": { "Type": "Choice", "Default": "Keep", "Choices": [
            { "Variable": "$", "StringEquals": "bad", "Next": "Fix" }
        ] },
        "Keep": { "Type": "Pass", "End": true },
        "Fix": { "Type": "Task", "Resource": function, "End": true }
    })
}

pub(crate) fn machines() -> Vec<(&'static str, StateMachine)> {
    let machine = |each: &Value| {
        let definition = json!({ "StartAt": "Each", "States": { "Each": each } });
        definition.to_string().parse().unwrap()
    };
    let inner = json!({ "Inner": map("STANDARD", 1, "Which", &fix()) });
    let rest = json!({ "Rest": { "Type": "Wait", "Seconds": 86_400, "End": true } });
    vec![
        (STANDARD, machine(&map("STANDARD", 1, "Which", &fix()))),
        (EXPRESS, machine(&map("EXPRESS", 1, "Which", &fix()))),
        (OUTER, machine(&map("STANDARD", 1, "Inner", &inner))),
        (RESTING, machine(&map("STANDARD", 0, "Rest", &rest))),
    ]
}

pub(crate) async fn run(setup: &mut Setup) {
    let flat = json!(["good", "bad", "good", "bad"]);
    let nested = json!([["good"], ["bad", "good"], ["bad"]]);
    for (name, input) in [(STANDARD, &flat), (EXPRESS, &flat), (OUTER, &nested)] {
        failed_items_are_redriven(setup, name, input).await;
    }
    what_was_stopped_is_redriven(&setup.client).await;
}

/// The same execution on one machine.
fn here(setup: &Setup, name: &str, input: &Value) -> ExecutionHandle {
    let folder = setup.folder.join(format!("here-{name}"));
    fs::create_dir_all(&folder).unwrap();
    let interpreter = with_fix(machine::interpreter(|_| (), Duration::ZERO), &folder.join("effects"));
    let request = StartRequest::default().name("one").state_machine_name(name);
    let machine = machines().into_iter().find(|(known, _)| *known == name).unwrap().1;
    interpreter.start_with(&machine, input, request).unwrap()
}

/// The worker dies while the Map Run goes on for the last time.
async fn failed_items_are_redriven(setup: &mut Setup, name: &str, input: &Value) {
    let client = setup.client.clone();
    let here = here(setup, name, input);
    client.start(name, "one", input).await.unwrap();
    same(&client, name, &here).await;
    for redrive in 1..=2 {
        if redrive == 2 {
            fs::write(setup.folder.join(format!("here-{name}/mended")), "").unwrap();
            fs::write(mended(&setup.effects), "").unwrap();
        }
        here.redrive().unwrap();
        client.redrive(name, "one").await.unwrap();
        if redrive == 2 {
            setup.worker.kill();
            setup.worker.start();
        }
        same(&client, name, &here).await;
    }
    assert!(here.outcome().await.output().is_some());
    fs::remove_file(mended(&setup.effects)).unwrap();
}

async fn what_was_stopped_is_redriven(client: &RestateClient) {
    let input = json!([1, 2, 3]);
    client.start(RESTING, "one", &input).await.unwrap();
    for redrives in 0..3 {
        // Each of the three waits again.
        loop {
            let waits = children(client, RESTING)
                .await
                .into_iter()
                .map(|types| types.iter().filter(|is| *is == "WaitStateEntered").count());
            if waits.collect::<Vec<_>>() == vec![redrives + 1; 3] {
                break;
            }
            sleep(Duration::from_millis(50)).await;
        }
        client.stop(RESTING, "one", ErrorOutput::default()).await.unwrap();
        let aborted = Outcome::Aborted(ErrorOutput::default());
        assert_eq!(client.outcome(RESTING, "one").await.unwrap(), aborted);
        let [run] = &client.map_runs(RESTING, "one").await.unwrap()[..] else {
            panic!("one Map Run")
        };
        let counts = &run.execution_counts;
        assert_eq!((counts.aborted, counts.total), (3, 3));
        assert_eq!(run.redrive_count as usize, redrives);
        if redrives < 2 {
            client.redrive(RESTING, "one").await.unwrap();
        }
    }
}

/// The outcome, the history, the counts of the Map Runs and the histories of child executions are those of one machine.
async fn same(client: &RestateClient, name: &str, here: &ExecutionHandle) {
    assert_eq!(
        client.outcome(name, "one").await.unwrap(),
        here.outcome().await,
        "{name}"
    );
    let history = client.history(name, "one").await.unwrap();
    assert_eq!(lines(&history), lines(&here.history()), "{name}");
    let log = here.map_runs();
    let own = |run: &&MapRun| *run.execution_arn == *here.arn();
    let runs: Vec<_> = log.map_runs().iter().filter(own).map(counts).collect();
    let found: Vec<_> = client.map_runs(name, "one").await.unwrap().iter().map(counts).collect();
    assert_eq!(found, runs, "{name}");
    let run_arn = &log.map_runs().iter().find(own).unwrap().map_run_arn;
    let types = |history: &[HistoryEvent]| -> Vec<String> {
        // One that starts over has a history of its own.
        let begin = history.iter().rposition(|event| event.id == 1).unwrap();
        let events = history[begin..].iter();
        events.map(|event| event.event_type().to_owned()).collect()
    };
    let mut expected: Vec<_> = log.executions(run_arn).map(|(_, history)| types(history)).collect();
    expected.sort();
    assert_eq!(children(client, name).await, expected, "{name}");
}

type Facts = (String, u32, Value, Value);

fn counts(run: &MapRun) -> Facts {
    let json = |counts| serde_json::to_value(counts).unwrap();
    (
        format!("{:?}", run.status),
        run.redrive_count,
        json(run.item_counts),
        json(run.execution_counts),
    )
}

/// The types of the events of each child execution of the one Map Run.
async fn children(client: &RestateClient, name: &str) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for run in client.map_runs(name, "one").await.unwrap() {
        for arn in client.child_executions(&run.map_run_arn).await.unwrap() {
            assert!(!arn.contains('#'), "{arn}");
            let history = client.child_history(&arn).await.unwrap();
            all.push(history.iter().map(|event| event.event_type().to_owned()).collect());
        }
    }
    all.sort();
    all
}

/// A history without times and what is random.
fn lines(history: &[HistoryEvent]) -> Vec<String> {
    let line = |event: &HistoryEvent| {
        let mut told = event.to_json();
        for member in ["timestamp", "mapRunStartedEventDetails", "mapRunRedrivenEventDetails"] {
            told[member].take();
        }
        told.to_string()
    };
    history.iter().map(line).collect()
}
