//! Iterations and child executions.

use asl_engine::execution::MapRunStatus;
use serde_json::{Value, json};

use super::player::{Player, task};
use super::{machine, parallel};

fn inline(processor: &Value) -> Value {
    json!({ "Type": "Map", "ItemsPath": "$.items", "ItemProcessor": processor, "ResultPath": "$.results", "End": true })
}

fn distributed(kind: &str, processor: &Value) -> Value {
    let mut map = inline(processor);
    map["ItemProcessor"]["ProcessorConfig"] = json!({ "Mode": "DISTRIBUTED", "ExecutionType": kind });
    map
}

fn two_tasks() -> Value {
    let mut first = task();
    first.as_object_mut().unwrap().remove("End");
    first["Next"] = json!("Second");
    machine("First", json!({ "First": first, "Second": task() }))
}

#[test]
fn iterations_that_succeeded_keep_their_results() {
    let mut map = inline(&two_tasks());
    map["MaxConcurrency"] = json!(2);
    let mut player = Player::of(
        &machine("Each", json!({ "Each": map })),
        json!({ "items": [0, 1, 2, 3] }),
    );
    player.answer("First", [0, 1, 2, 3].map(|item| Ok(json!(item))));
    player.answer(
        "Second",
        [
            Ok(json!("a")),
            Err("Busy"),
            Ok(json!("b")),
            Ok(json!("c")),
            Ok(json!("d")),
        ],
    );
    player.play();
    assert_eq!(player.error(), Some("Busy"));
    player.redrive();
    assert_eq!(player.output().unwrap()["results"], json!(["a", "b", "c", "d"]));
    // The third iteration was aborted in its first state or its second; the fourth had not begun.
    assert_eq!(player.inputs_of("Second")[..3], [json!(0), json!(1), json!(1)]);
    let started = player
        .history
        .iter()
        .filter(|event| event.details.event_type() == "MapIterationStarted");
    assert_eq!(started.count(), 4);
}

#[test]
fn a_map_inside_a_parallel_goes_on_inside() {
    let inner = machine(
        "Each",
        json!({ "Each": inline(&machine("Do", json!({ "Do": task() }))) }),
    );
    let outer = parallel(&[inner, machine("Other", json!({ "Other": task() }))]);
    let mut player = Player::of(&machine("All", json!({ "All": outer })), json!({ "items": [1, 2] }));
    player.answer("Do", [Ok(json!("one")), Err("Busy"), Err("Busy"), Ok(json!("two"))]);
    player.play();
    player.redrive();
    assert_eq!(player.error(), Some("Busy"));
    player.redrive();
    let results = &player.output().unwrap()["results"];
    assert_eq!(results[0]["results"], json!(["one", "two"]));
    assert_eq!(results[1], "Other");
    assert_eq!(player.inputs_of("Do"), [json!(1), json!(2), json!(2), json!(2)]);
    assert_eq!(player.execution.context().redrive_count, Some(2));
}

#[test]
fn an_item_selector_that_failed_is_tried_again_for_its_item_only() {
    let mut map = inline(&machine("Do", json!({ "Do": task() })));
    map["MaxConcurrency"] = json!(1);
    map["ItemSelector"] = json!({ "x.$": "$$.Map.Item.Value.x" });
    let mut player = Player::of(
        &machine("Each", json!({ "Each": map })),
        json!({ "items": [{ "x": 1 }, { "y": 2 }] }),
    );
    player.play();
    let error = player.error().map(str::to_owned);
    player.redrive();
    assert_eq!(player.error(), error.as_deref());
    assert_eq!(player.inputs_of("Do"), [json!({ "x": 1 })]);
}

#[test]
fn a_map_run_redrives_its_unsuccessful_child_executions() {
    let mut map = distributed("STANDARD", &two_tasks());
    map["MaxConcurrency"] = json!(1);
    map["ToleratedFailureCount"] = json!(1);
    let definition = machine("Each", json!({ "Each": map }));
    let mut player = Player::of(&definition, json!({ "items": ["a", "b", "c", "d"] }));
    player.answer(
        "Second",
        [
            Err("Busy"),
            Ok(json!("B")),
            Err("Busy"),
            Ok(json!("A")),
            Ok(json!("C")),
            Ok(json!("D")),
        ],
    );
    player.play();
    assert_eq!(player.error(), Some("States.ExceedToleratedFailureThreshold"));
    let failed = player.map_runs.map_runs()[0].clone();
    assert_eq!(
        (
            failed.item_counts.failed,
            failed.item_counts.pending,
            failed.redrive_count
        ),
        (2, 1, 0)
    );
    player.redrive();
    assert_eq!(player.output().unwrap()["results"], json!(["A", "B", "C", "D"]));
    assert_eq!(
        player.inputs_of("First"),
        [json!("a"), json!("b"), json!("c"), json!("d")]
    );

    assert_eq!(
        player.types_from("ExecutionRedriven"),
        [
            "ExecutionRedriven",
            "MapRunRedriven",
            "MapRunSucceeded",
            "MapStateSucceeded",
            "MapStateExited",
            "ExecutionSucceeded"
        ]
    );
    let redriven = player.event("MapRunRedriven");
    let details = json!({ "mapRunArn": *failed.map_run_arn, "redriveCount": 1 });
    assert_eq!(redriven["mapRunRedrivenEventDetails"], details);
    assert_eq!(player.map_runs.map_runs().len(), 1);
    let run = &player.map_runs.map_runs()[0];
    assert_eq!((run.status, run.redrive_count), (MapRunStatus::Succeeded, 1));
    assert_eq!(
        (run.item_counts.succeeded, run.item_counts.failed, run.item_counts.total),
        (4, 0, 4)
    );
    let types = |index: usize| {
        let (_, history) = player.map_runs.executions(&run.map_run_arn).nth(index).unwrap();
        history
            .iter()
            .map(|event| event.details.event_type())
            .collect::<Vec<_>>()
    };
    assert!(types(0).ends_with(&[
        "ExecutionFailed",
        "ExecutionRedriven",
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded"
    ]));
    assert!(!types(1).contains(&"ExecutionRedriven"));
}

#[test]
fn tolerated_failures_stay_as_they_are_once_their_map_run_has_succeeded() {
    let mut map = distributed("STANDARD", &machine("Do", json!({ "Do": task() })));
    map["ToleratedFailurePercentage"] = json!(100);
    map.as_object_mut().unwrap().remove("End");
    map["Next"] = json!("After");
    let definition = machine("Each", json!({ "Each": map, "After": task() }));
    let mut player = Player::of(&definition, json!({ "items": [1, 2] }));
    player.answer("Do", [Err("Busy"), Ok(json!("two"))]);
    player.answer("After", [Err("Closed"), Ok(json!("done"))]);
    player.play();
    player.redrive();
    assert_eq!(player.output(), Some(&json!("done")));
    assert_eq!(player.inputs_of("Do").len(), 2);
}

#[test]
fn express_child_executions_start_over_and_aborted_ones_go_on() {
    for kind in ["EXPRESS", "STANDARD"] {
        let definition = machine("Each", json!({ "Each": distributed(kind, &two_tasks()) }));
        let mut player = Player::of(&definition, json!({ "items": ["a", "b"] }));
        player.answer("Second", [Ok(json!("A")), Err("Busy"), Err("Busy"), Ok(json!("B"))]);
        player.play();
        player.redrive();
        assert_eq!(player.error(), Some("States.ExceedToleratedFailureThreshold"));
        player.redrive();
        assert_eq!(player.output().unwrap()["results"], json!(["A", "B"]));
        let firsts = player.inputs_of("First");
        let expected = if kind == "EXPRESS" { 4 } else { 2 };
        assert_eq!(firsts.len(), expected, "{kind}");
        let run = &player.map_runs.map_runs()[0];
        assert_eq!((run.redrive_count, run.execution_counts.total), (2, 2));
    }
}

#[test]
fn a_stopped_map_run_goes_on_with_its_aborted_child_executions() {
    let mut map = distributed("STANDARD", &two_tasks());
    map["MaxConcurrency"] = json!(2);
    let mut player = Player::of(
        &machine("Each", json!({ "Each": map })),
        json!({ "items": ["a", "b", "c"] }),
    );
    player.leave_open("Second");
    player.play();
    assert_eq!(player.open.len(), 2);
    player.stop();
    assert_eq!(player.map_runs.map_runs()[0].item_counts.aborted, 2);
    player.redrive();
    assert_eq!(player.inputs_of("First").len(), 2);
    let counts = player.map_runs.map_runs()[0].item_counts;
    assert_eq!((counts.aborted, counts.pending), (0, 1));
    while let Some(task) = player.open.first().cloned() {
        player.open.remove(0);
        player.succeed(&task, json!("done"));
    }
    assert_eq!(player.output().unwrap()["results"], json!(["done", "done", "done"]));
}

#[test]
fn items_that_could_not_be_read_are_read_by_another_map_run() {
    let mut map = distributed("STANDARD", &machine("Do", json!({ "Do": task() })));
    map["ItemReader"] = json!({
        "Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": { "InputType": "JSONL" },
        "Parameters": { "Bucket": "b", "Key": "k" }
    });
    map.as_object_mut().unwrap().remove("ItemsPath");
    let mut player = Player::of(&machine("Each", json!({ "Each": map })), json!({}));
    player.answer("Each", [Err("Denied"), Ok(json!({ "Body": "1\n2\n" }))]);
    player.play();
    assert_eq!(player.error(), Some("States.ItemReaderFailed"));
    player.redrive();
    assert_eq!(player.output().unwrap()["results"], json!(["Do", "Do"]));
    assert_eq!(player.map_runs.map_runs().len(), 2);
    assert_eq!(
        player.types_from("ExecutionRedriven")[1..3],
        ["MapStateStarted", "MapRunStarted"]
    );
}

#[test]
fn results_that_could_not_be_written_are_written_without_more_work() {
    let mut map = distributed("STANDARD", &machine("Do", json!({ "Do": task() })));
    map["ResultWriter"] = json!({ "Resource": "arn:aws:states:::s3:putObject", "Parameters": { "Bucket": "b" } });
    let mut player = Player::of(&machine("Each", json!({ "Each": map })), json!({ "items": [1, 2] }));
    player.answer("Each", [Err("Denied")]);
    player.play();
    assert_eq!(player.error(), Some("States.ResultWriterFailed"));
    player.redrive();
    assert!(player.output().unwrap()["results"]["ResultWriterDetails"].is_object());
    assert_eq!(player.inputs_of("Do").len(), 2);
    let puts = player.inputs_of("Each");
    assert_eq!(puts[0], puts[1]);
}
