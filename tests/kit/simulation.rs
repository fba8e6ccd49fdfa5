//! The testing kit: scripts, virtual time, and tests that script too little or too much.

use asl_engine::history::HistoryLevel;
use asl_engine::simulation::{Answer, SimulationError};
use asl_engine::{Simulation, StateMachine, TaskError};
use serde_json::{Value, json};
use std::time::Duration;

use crate::sample;

#[test]
fn a_busy_till_is_tried_again_after_two_seconds() {
    let run = Simulation::of(&sample("charge"))
        .task(
            "Charge",
            [Err(TaskError::new("Busy", "try later")), Ok(json!({ "paid": true }))],
        )
        .run(json!({ "id": 7 }));
    assert_eq!(run.output(), Some(&json!({ "paid": true })));
    assert_eq!(run.elapsed(), Duration::from_secs(2));
}

#[test]
fn a_missing_answer_names_the_state_and_its_input() {
    let simulation = Simulation::of(&sample("charge")).task("Charge", [TaskError::new("Busy", "try later")]);
    let error = simulation.try_run(json!({ "id": 7 })).unwrap_err();
    assert!(matches!(&error, SimulationError::MissingAnswer { state, .. } if state == "Charge"));
    assert!(error.to_string().contains(r#"{"id":7}"#), "{error}");
}

#[test]
#[should_panic(expected = "no answer is scripted")]
fn a_missing_answer_fails_the_test() {
    Simulation::of(&sample("charge")).run(json!({}));
}

#[test]
fn a_left_over_answer_is_an_error() {
    let simulation = Simulation::of(&sample("charge")).task("Charge", [json!(1), json!(2)]);
    let error = simulation.try_run(json!({})).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the execution ended SUCCEEDED with 1 scripted answer of `Charge` left over"
    );
}

#[test]
fn a_task_that_is_scripted_twice_is_an_error() {
    let once = Simulation::of(&sample("charge")).task("Charge", [json!(1)]);
    let twice = Err(SimulationError::ScriptedTwice { task: "Charge".into() });
    assert_eq!(once.clone().task("Charge", [json!(2)]).try_run(json!({})), twice);
    assert_eq!(
        once.task_fn("Charge", |_: &Value| Ok(json!(2))).try_run(json!({})),
        twice
    );
}

#[test]
fn a_function_that_is_never_called_is_an_error() {
    let charge = "arn:aws:lambda:us-east-1:123456789012:function:Charge";
    let hidden = Simulation::of(&sample("charge"))
        .task("Charge", [json!(1)])
        .task_fn(charge, |_: &Value| Ok(json!(2)));
    let unused = |status| SimulationError::UnusedFunction {
        task: charge.into(),
        status,
        failure: None,
    };
    assert_eq!(hidden.try_run(json!({})), Err(unused("SUCCEEDED")));
    // A function is called as often as the machine likes, and each run counts anew.
    let called = Simulation::of(&sample("charge")).task_fn(charge, |_: &Value| Ok(json!(2)));
    for _ in 0..2 {
        assert_eq!(called.run(json!({})).output(), Some(&json!(2)));
    }
}

#[test]
fn a_script_for_nobody_is_an_error() {
    let simulation = Simulation::of(&sample("charge")).task("Chrage", [json!(1)]);
    assert_eq!(
        simulation.try_run(json!({})),
        Err(SimulationError::UnknownTask {
            task: "Chrage".into(),
            known: vec!["Charge".into()]
        })
    );
}

#[test]
fn a_task_that_never_answers_without_a_timeout_is_an_error() {
    let simulation = Simulation::of(&sample("charge")).task("Charge", [Answer::never()]);
    assert_eq!(
        simulation.try_run(json!({})),
        Err(SimulationError::Stuck { state: "Charge".into() })
    );
}

#[test]
fn tasks_are_scripted_by_state_by_resource_and_by_function() {
    let machine = sample("parallel");
    let north = "arn:aws:lambda:us-east-1:123456789012:function:North";
    let run = Simulation::of(&machine)
        .task(north, [json!({ "price": 3 })])
        .task_fn("South", |input: &Value| {
            Ok(json!({ "price": input["item"].as_str().map(str::len) }))
        })
        .run(json!({ "item": "lamp" }));
    assert_eq!(run.output().unwrap()["prices"], json!({ "south": 4, "north": 3 }));
}

#[test]
fn loops_and_iterations_share_one_script() {
    let run = Simulation::of(&sample("map"))
        .task(
            "Price",
            [
                Ok(json!(1)),
                Err(TaskError::new("Busy", "")),
                Ok(json!(3)),
                Ok(json!(2)),
            ],
        )
        .run(json!({ "customer": "Ada", "lines": ["a", "b", "c"] }));
    // The second line was busy and is priced after its retry, when the third has its price already.
    assert_eq!(run.output().unwrap()["priced"], json!([1, 2, 3]));
}

#[test]
fn the_same_seed_gives_the_same_history() {
    let machine: StateMachine = json!({ "StartAt": "P", "States": { "P": {
        "Type": "Pass", "Parameters": { "id.$": "States.UUID()", "n.$": "States.MathRandom(1, 1000000)" }, "End": true
    }}})
    .to_string()
    .parse()
    .unwrap();
    let simulation = Simulation::of(&machine);
    assert_eq!(
        simulation.clone().seed(1).run(json!({})),
        simulation.clone().seed(1).run(json!({}))
    );
    assert_ne!(
        simulation.clone().seed(1).run(json!({})),
        simulation.seed(2).run(json!({}))
    );
}

#[test]
fn without_a_history_everything_else_is_the_same() {
    let simulation = Simulation::of(&sample("retry-with-backoff")).task(
        "Charge",
        [
            Answer::error("Till.Busy", ""),
            Answer::success(json!(1)).after(Duration::from_secs(1)),
        ],
    );
    let full = simulation.run(json!({}));
    let off = simulation.history(HistoryLevel::Off).run(json!({}));
    assert_eq!((full.outcome(), full.elapsed()), (off.outcome(), off.elapsed()));
    assert!(off.history().is_empty() && !full.history().is_empty());
}

#[test]
fn machines_that_start_themselves_twice_come_to_an_end() {
    let start = |name: &str, pattern: &str| {
        json!({ "StartAt": name, "States": { name: {
            "Type": "Task", "Resource": format!("arn:aws:states:::states:startExecution{pattern}"),
            "Parameters": { "StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:Itself" }, "End": true
        }}})
    };
    for (pattern, status) in [(".sync", "FAILED"), ("", "SUCCEEDED")] {
        let twice = json!({ "StartAt": "Twice", "States": { "Twice": {
            "Type": "Parallel", "Branches": [start("A", pattern), start("B", pattern)], "End": true
        }}});
        let machine: StateMachine = twice.to_string().parse().unwrap();
        let run = Simulation::of(&machine)
            .state_machine("Itself", &machine)
            .run(json!({}));
        assert_eq!((run.outcome().status(), run.elapsed()), (status, Duration::ZERO));
    }
}
