//! Replays of real executions: their path, the first difference, what is no history, and every recording there is.

use asl_engine::history::{ErrorOutput, HistoryEvent};
use asl_engine::simulation::{Answer, Recording, RecordingError, Run};
use asl_engine::{Simulation, StateMachine, TaskError};
use serde_json::{Value, json};
use std::time::Duration;

use crate::{machine, parsed, recorded, text};

fn declined() -> (StateMachine, Recording) {
    let machine = parsed("tests/kit/recordings/declined.asl.json");
    (machine, text("tests/kit/recordings/declined.json").parse().unwrap())
}

/// The definition with a change.
fn changed(change: impl FnOnce(&mut Value)) -> StateMachine {
    let mut machine: Value = serde_json::from_str(&text("tests/kit/recordings/declined.asl.json")).unwrap();
    change(&mut machine);
    machine.to_string().parse().unwrap()
}

#[test]
fn a_replay_takes_the_recorded_path_in_the_recorded_time() {
    let (machine, recording) = declined();
    assert_eq!(recording.end(), "ExecutionFailed");
    assert_eq!(recording.input(), json!({ "lines": ["lamp", "rug"] }));
    let replay = recording.replay(&machine).unwrap();
    replay.assert_same_path();
    let run = &replay.run;
    assert_eq!((run.error_name(), run.delays("Shelf").len()), (Some("Declined"), 1));
    let took = run.elapsed();
    assert!(
        took > Duration::from_secs(6) && took < Duration::from_secs(7),
        "{took:?}"
    );
    assert_eq!(
        run.visit("Charge").attempts[0].error.as_ref().unwrap().cause.as_deref(),
        Some("no funds")
    );
    // The task token is another one.
    let data: Vec<String> = replay.data.iter().map(|data| data.recorded.what.clone()).collect();
    assert_eq!(data, ["TaskScheduled"]);
}

#[test]
fn the_first_difference_is_shown_side_by_side() {
    let (_, recording) = declined();
    let replay = recording.replay(&changed(|machine| {
        machine["States"]["Cancelled"] = json!({ "Type": "Pass", "End": true });
    }));
    let difference = replay.unwrap().difference.unwrap();
    assert_eq!(difference.recorded.unwrap().what, "FailStateEntered `Cancelled`");
    assert_eq!(difference.replayed.unwrap().what, "PassStateEntered `Cancelled`");
    let replay = recording.replay(&changed(|machine| {
        machine["States"]["Charge"]["Catch"][0]["ErrorEquals"] = json!(["Refused"]);
    }));
    assert_eq!(
        replay.unwrap().to_string(),
        text("tests/kit/recordings/declined.difference.txt")
    );
}

#[test]
fn a_difference_in_an_iteration_says_which() {
    let (_, recording) = declined();
    let machine = changed(|machine| {
        machine["States"]["Reserve"]["ItemProcessor"]["States"]["Shelf"]["Retry"] = json!([]);
    });
    let difference = recording.replay(&machine).unwrap().difference.unwrap();
    assert_eq!(difference.place, "/States/Reserve/ItemProcessor at the item 1");
    assert_eq!(difference.recorded.unwrap().what, "LambdaFunctionScheduled");
    assert_eq!(difference.replayed, None);
}

#[test]
fn a_replay_that_asks_for_more_than_was_recorded_differs_there() {
    let (_, recording) = declined();
    let machine = changed(|machine| {
        machine["States"]["Charge"]["Retry"] = json!([{ "ErrorEquals": ["Declined"], "MaxAttempts": 1 }]);
    });
    let difference = recording.replay(&machine).unwrap().difference.unwrap();
    assert_eq!(difference.recorded.unwrap().what, "TaskStateExited `Charge`");
    assert_eq!(difference.replayed.unwrap().what, "TaskScheduled");
}

#[test]
fn other_scripts_stand_beside_a_recording_and_a_replay_can_be_forked() {
    let (machine, recording) = declined();
    let run = recording.replay(&machine).unwrap().run;
    let charge = run.calls().iter().position(|call| &*call.state == "Charge").unwrap();
    let paid = run
        .fork(charge, Answer::success(json!({ "paid": true })))
        .run(recording.input());
    assert_eq!(paid.path().last(), Some(&"Ship"));
    let simulation: Simulation = recording.simulation(&machine).unwrap();
    assert_eq!(simulation.run(recording.input()).error_name(), Some("Declined"));
}

#[test]
fn pages_are_joined_in_whatever_order_and_form() {
    let (machine, _) = declined();
    let history: Value = serde_json::from_str(&text("tests/kit/recordings/declined.json")).unwrap();
    let events = history["events"].as_array().unwrap();
    let (first, second) = events.split_at(12);
    let page = |events: &[Value]| json!({ "events": events, "nextToken": "AAAA" }).to_string();
    let reversed: Vec<Value> = events.iter().rev().cloned().collect();
    for joined in [
        page(second) + "\n" + &page(first),
        json!([{ "events": first }, { "events": second }]).to_string(),
        Value::Array(reversed).to_string(),
    ] {
        let recording: Recording = joined.parse().unwrap();
        recording.replay(&machine).unwrap().assert_same_path();
    }
    let error = Recording::parse(&page(second)).unwrap_err();
    assert_eq!(error, RecordingError::Missing { first: 1, last: 12 });
    assert_eq!(
        error.to_string(),
        "the events 1 to 12 are missing; join all pages of the history"
    );
    assert_eq!(
        Recording::parse(&page(first)).unwrap_err(),
        RecordingError::Unfinished { last: 12 }
    );
}

#[test]
fn pages_may_overlap_but_not_those_of_two_executions() {
    let (machine, _) = declined();
    let history: Value = serde_json::from_str(&text("tests/kit/recordings/declined.json")).unwrap();
    let twice = format!("{history}{history}");
    Recording::parse(&twice)
        .unwrap()
        .replay(&machine)
        .unwrap()
        .assert_same_path();
    let mut other = history.clone();
    other["events"][6]["timestamp"] = json!(0.5);
    let error = Recording::parse(&format!("{history}{other}")).unwrap_err();
    assert_eq!(error, RecordingError::Conflicting { event: 7 });
}

#[test]
fn what_is_no_whole_history_is_refused() {
    let history: Value = serde_json::from_str(&text("tests/kit/recordings/declined.json")).unwrap();
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut history = history.clone();
        change(&mut history);
        Recording::parse(&history.to_string()).unwrap_err().to_string()
    };
    assert!(
        Recording::parse("{")
            .unwrap_err()
            .to_string()
            .starts_with("the history is not JSON: EOF")
    );
    assert!(
        Recording::parse("")
            .unwrap_err()
            .to_string()
            .contains("no event at all")
    );
    assert!(refused(&|history| *history = json!({ "a": 1 })).contains("an object without the array `events`"));
    assert!(refused(&|history| *history = json!(7)).contains("neither an object with `events` nor an array"));
    assert!(refused(&|history| history["events"][3] = json!({})).contains("an event without `id`"));
    assert!(
        refused(&|history| history["events"][3]["timestamp"] = json!("noon"))
            .contains("the event 4 without `timestamp`")
    );
    let no_data = |history: &mut Value| history["events"][0]["executionStartedEventDetails"] = json!({});
    assert!(refused(&no_data).contains("--include-execution-data"));
    let cut = |history: &mut Value| {
        history["events"][1]["stateEnteredEventDetails"]["inputDetails"]["truncated"] = json!(true);
    };
    assert_eq!(
        refused(&cut),
        "the history holds only a part of the `input` of the event 2"
    );
    let redriven = |history: &mut Value| history["events"][9]["type"] = json!("ExecutionRedriven");
    assert!(refused(&redriven).contains("the event 10 is a `ExecutionRedriven`"));
    let other = changed(|machine| {
        let state = machine["States"].as_object_mut().unwrap().remove("Cancelled").unwrap();
        machine["States"]["Gone"] = state;
        machine["States"]["Charge"]["Catch"][0]["Next"] = json!("Gone");
    });
    let error = declined().1.replay(&other).unwrap_err();
    assert!(
        matches!(&error, RecordingError::UnknownState { state, .. } if state == "Cancelled"),
        "{error}"
    );
}

/// Every execution recorded on AWS that can be replayed takes its path again.
#[test]
fn recorded_executions_take_their_paths() {
    let cases = recorded::executions();
    let mut same = 0;
    let mut wrong = Vec::new();
    for case in &cases {
        match case.replay() {
            Ok(replay) if replay.difference.is_none() => same += 1,
            Ok(replay) => wrong.push(format!("{}: {replay}", case.id)),
            Err(error) => wrong.push(format!("{}: {error}", case.id)),
        }
    }
    assert!(
        wrong.is_empty(),
        "{same} of {} take the path\n{}",
        cases.len(),
        wrong.join("\n")
    );
    println!("{same} recorded executions take their paths");
}

/// The history of a run, as the AWS CLI would print it.
fn printed(run: &Run) -> Recording {
    let events: Vec<Value> = run.history().iter().map(HistoryEvent::to_json).collect();
    Recording::parse(&json!({ "events": events }).to_string()).unwrap()
}

#[test]
fn the_history_of_every_run_is_a_recording_of_it() {
    let till = || Simulation::of(&machine("till"));
    let order = json!({ "lines": ["a", "b", "c"] });
    let second = Duration::from_secs(1);
    let busy = || Err(TaskError::new("Busy", ""));
    let runs = [
        till()
            .task("Look up", [busy(), Ok(json!(1)), Ok(json!(2)), busy(), Ok(json!(3))])
            .run(order.clone()),
        till()
            .item("Look up", 1, [Answer::error("Unknown", "").after(second)])
            .always("Look up", json!(1))
            .run(order.clone()),
        till()
            .always("Look up", json!(200))
            .task("Ask the bank", [Answer::heartbeat_loss(), Answer::timeout()])
            .run(order.clone()),
        till()
            .always("Look up", json!(200))
            .task("Ask the bank", [Answer::callback(Ok(json!(1))).after(59 * second)])
            .run(order.clone()),
        till()
            .always("Look up", json!(200))
            .task("Ask the bank", [Answer::never()])
            .stop_after(second, ErrorOutput::default())
            .run(order),
    ];
    for run in runs {
        let replay = printed(&run).replay(&machine("till")).unwrap();
        replay.assert_same_path();
        assert_eq!(replay.run.outcome(), run.outcome());
        let late = replay.run.elapsed().abs_diff(run.elapsed());
        assert!(late < Duration::from_millis(1), "{late:?}");
    }
}

#[test]
fn iterations_inside_of_iterations_and_loops_are_told_apart() {
    let inner = json!({ "StartAt": "Cell", "States": {
        "Cell": { "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:Cell",
                  "Retry": [{ "ErrorEquals": ["Busy"], "IntervalSeconds": 1 }], "End": true }
    }});
    let machine: StateMachine = json!({ "StartAt": "Rows", "States": {
        "Rows": { "Type": "Map", "ItemsPath": "$.rows", "ResultPath": "$.seen", "Next": "Again", "ItemProcessor": {
            "StartAt": "Row", "States": { "Row": { "Type": "Map", "ItemProcessor": inner, "End": true } } } },
        "Again": { "Type": "Choice", "Default": "Done", "Choices": [
            { "Variable": "$.seen[0][0]", "NumericEquals": 0, "Next": "Rows" } ] },
        "Done": { "Type": "Succeed" }
    }})
    .to_string()
    .parse()
    .unwrap();
    let run = Simulation::of(&machine)
        .task_with("Cell", |call| {
            let round = call.visit / 4;
            match (&call.iterations[..], round, call.attempt) {
                ([1, 0], 0, 0) | ([0, 1], 1, 0) => Answer::error("Busy", ""),
                ([row, cell], _, _) => Answer::success(json!(100 * round + 10 * row + cell)),
                _ => Answer::never(),
            }
        })
        .run(json!({ "rows": [[1, 2], [3, 4]] }));
    assert_eq!(run.assert_succeeded()["seen"], json!([[100, 101], [110, 111]]));
    let replay = printed(&run).replay(&machine).unwrap();
    replay.assert_same_path();
    assert_eq!(replay.run.output(), run.output());
}

#[test]
fn tasks_of_child_executions_are_scripted_beside_the_recording() {
    let machine: StateMachine = json!({ "StartAt": "Many", "States": { "Many": { "Type": "Map", "Next": "Told", "ItemProcessor": {
        "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" }, "StartAt": "One", "States": { "One": {
            "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:One", "End": true } } } },
        "Told": { "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:Told", "End": true } } })
    .to_string()
    .parse()
    .unwrap();
    let scripted = |simulation: Simulation| simulation.task_fn("One", |input: &Value| Ok(json!([input])));
    let run = scripted(Simulation::of(&machine))
        .task("Told", [json!("yes")])
        .run(json!([1, 2]));
    let recording = printed(&run);
    let error = recording.replay(&machine).unwrap_err();
    assert!(
        matches!(&error, RecordingError::OfChildExecution { state } if state == "One"),
        "{error}"
    );
    let again = scripted(recording.simulation(&machine).unwrap()).run(recording.input());
    assert_eq!(again.output(), Some(&json!("yes")));
    recording.compare(again).assert_same_path();
}
