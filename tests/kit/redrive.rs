//! Redrives in virtual time.

use asl_engine::history::ErrorOutput;
use asl_engine::simulation::{Happened, VisitEnd};
use asl_engine::{Simulation, StateMachine, TaskError};
use serde_json::json;
use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);

/// A Parallel with a task and a Wait of 30 seconds.
fn machine() -> StateMachine {
    let function = "arn:aws:lambda:us-east-1:123456789012:function:F";
    let bake =
        json!({ "StartAt": "Bake", "States": { "Bake": { "Type": "Task", "Resource": function, "End": true } } });
    let cool = json!({ "StartAt": "Cool", "States": { "Cool": { "Type": "Wait", "Seconds": 30, "End": true } } });
    let both = json!({ "Type": "Parallel", "Branches": [bake, cool], "End": true });
    let machine = json!({ "StartAt": "Both", "States": { "Both": both } });
    machine.to_string().parse().unwrap()
}

fn broken() -> TaskError {
    TaskError::new("Burnt", "")
}

#[test]
fn a_run_goes_on_with_each_redrive() {
    let run = Simulation::of(&machine())
        .task("Bake", [Err(broken()), Err(broken()), Ok(json!("pizza"))])
        .redrive_after(MINUTE)
        .redrive_after(MINUTE * 2)
        .redrive_after(MINUTE)
        .run(json!({}));
    assert_eq!(run.output(), Some(&json!(["pizza", {}])));
    assert_eq!(run.elapsed(), MINUTE * 3 + MINUTE / 2);
    let redriven: Vec<_> = run
        .moments()
        .iter()
        .filter(|moment| moment.happened == Happened::Redriven)
        .collect();
    assert_eq!(redriven.len(), 2);
    assert_eq!((redriven[0].at, redriven[1].at), (MINUTE, MINUTE * 3));
    // The Parallel, the task and the Wait.
    assert_eq!(redriven[1].running.len(), 3);
    assert_eq!(
        (
            run.visit_count("Both"),
            run.visit_count("Bake"),
            run.visit_count("Cool")
        ),
        (3, 3, 3)
    );
    let last = run.visits_of("Bake").last().unwrap();
    assert_eq!(last.end, VisitEnd::Exited { next: None });
    assert_eq!(run.visits()[last.within.unwrap()].state.as_ref(), "Both");
    assert!(
        run.explain()
            .starts_with("The execution ended SUCCEEDED after 3 min 30 s"),
        "{}",
        run.explain()
    );
}

#[test]
fn a_run_without_enough_redrives_fails() {
    let run = Simulation::of(&machine())
        .always("Bake", broken())
        .redrive_after(MINUTE)
        .run(json!({}));
    assert_eq!(run.assert_failed("Burnt").error.as_deref(), Some("Burnt"));
    assert_eq!((run.elapsed(), run.calls().len()), (MINUTE, 2));
}

#[test]
fn a_stopped_execution_is_redriven_too_and_an_express_one_never() {
    let stopped = Simulation::of(&machine())
        .always("Bake", json!("pizza"))
        .stop_after(MINUTE / 6, ErrorOutput::default())
        .redrive_after(MINUTE);
    let run = stopped.run(json!({}));
    assert_eq!(run.assert_succeeded(), &json!(["pizza", {}]));
    // The task has succeeded before, and the Wait waits again.
    assert_eq!(
        (run.visit_count("Bake"), run.elapsed()),
        (1, MINUTE + MINUTE / 6 + MINUTE / 2)
    );

    let mut express = machine();
    express.workflow_type = asl_engine::definition::WorkflowType::Express;
    let run = Simulation::of(&express)
        .always("Bake", broken())
        .redrive_after(MINUTE)
        .run(json!({}));
    assert_eq!((run.error_name(), run.elapsed()), (Some("Burnt"), Duration::ZERO));
}
