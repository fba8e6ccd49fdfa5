//! Activities that are created and deleted while an execution runs.

use asl_engine::StateMachine;
use asl_engine::execution::{Command, Event, Execution, Program, StartOptions};
use chrono::{DateTime, Utc};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;

const OVEN: &str = "arn:aws:states:us-east-1:123456789012:activity:Oven";

fn existing(activities: &[&str]) -> Arc<BTreeSet<String>> {
    Arc::new(activities.iter().map(|arn| (*arn).to_owned()).collect())
}

/// An execution that comes to the activity after a wait.
fn start(activities: &[&str]) -> (Execution, DateTime<Utc>) {
    let definition = json!({ "StartAt": "Rest", "States": {
        "Rest": { "Type": "Wait", "Seconds": 1, "Next": "Bake" },
        "Bake": {
            "Type": "Task", "Resource": OVEN, "End": true,
            "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "Cold" }]
        },
        "Cold": { "Type": "Pass", "End": true }
    } });
    let machine: StateMachine = definition.to_string().parse().unwrap();
    let mut options = StartOptions::new(json!({}));
    options.activities = Some(existing(activities));
    let program = Arc::new(Program::compile(&machine));
    let execution = Execution::start(program, options, DateTime::UNIX_EPOCH);
    let end = execution.next_deadline().unwrap();
    (execution, end)
}

fn is_asked_for(execution: &mut Execution) -> bool {
    std::iter::from_fn(|| execution.poll_command()).any(|command| matches!(command, Command::Invoke(_)))
}

#[test]
fn one_that_is_created_in_time_is_asked_for_its_task() {
    let (mut execution, end) = start(&[]);
    execution.handle(end, Event::ActivitiesChanged(existing(&[OVEN])));
    assert!(!is_asked_for(&mut execution));
    execution.handle(end, Event::DeadlineReached);
    assert!(is_asked_for(&mut execution));
}

#[test]
fn one_that_is_deleted_fails_what_comes_to_it_until_it_is_there_again() {
    let (mut execution, end) = start(&[OVEN]);
    execution.handle(end, Event::ActivitiesChanged(existing(&[])));
    execution.handle(end, Event::DeadlineReached);
    assert!(!is_asked_for(&mut execution));
    let error = execution.outcome().and_then(|outcome| outcome.error()).unwrap();
    assert_eq!(error.error.as_deref(), Some("States.Runtime"));
    // A redrive finds what was told after the end.
    execution.handle(end, Event::ActivitiesChanged(existing(&[OVEN])));
    execution.redrive(end).unwrap();
    assert!(is_asked_for(&mut execution));
}
