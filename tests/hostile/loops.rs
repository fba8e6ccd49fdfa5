//! State machines that never end by themselves.

use asl_engine::execution::{Command, Event, Execution};
use asl_engine::history::ErrorOutput;
use chrono::DateTime;
use serde_json::{Value, json};

use super::run::{endless, limits, looped, on_a_small_stack, options, program, run, settle};

const TOO_LONG: &str = "States.Runtime: The execution has worked for too long without a Wait or a Task.";

fn small(input: Value) -> asl_engine::execution::StartOptions {
    let mut options = endless(input);
    options.limits.work = 50_000_000;
    options
}

#[test]
fn a_loop_of_choices_without_a_limit_ends() {
    let definition = looped("A", json!({ "Type": "Pass" }));
    assert_eq!(run(definition.clone(), small(json!({}))).error(), TOO_LONG);
    let ran = run(definition, options(json!({})));
    assert!(
        ran.error().contains("maximum number of history events"),
        "{}",
        ran.error()
    );
}

#[test]
fn a_loop_of_waits_that_are_over_ends() {
    let definition = looped("A", json!({ "Type": "Wait", "Seconds": 0 }));
    assert_eq!(run(definition, small(json!({}))).error(), TOO_LONG);
}

/// A retry that needs no time, as a Parallel's is whose branch fails.
#[test]
fn retries_without_end_or_delay_end() {
    let retry = json!([{ "ErrorEquals": ["States.ALL"], "MaxAttempts": 99_999_999, "IntervalSeconds": 1,
        "MaxDelaySeconds": 1, "JitterStrategy": "FULL" }]);
    let fail = json!({ "StartAt": "F", "States": { "F": { "Type": "Fail", "Error": "E" } } });
    let parallel = json!({ "Type": "Parallel", "Branches": [fail], "Retry": retry, "End": true });
    let definition = json!({ "StartAt": "P", "States": { "P": parallel } });
    let ended = on_a_small_stack(move || {
        let mut execution = Execution::start(program(&definition), options(json!({})), DateTime::UNIX_EPOCH);
        let mut now = DateTime::UNIX_EPOCH;
        while execution.is_running() {
            settle(&mut execution, now);
            let Some(deadline) = execution.next_deadline() else {
                break;
            };
            now = deadline;
            execution.handle(now, Event::DeadlineReached);
        }
        execution.outcome().cloned()
    });
    assert!(ended.unwrap().error().is_some());
}

#[test]
fn a_task_that_always_fails_uses_its_attempts_up() {
    let retry = json!([{ "ErrorEquals": ["States.ALL"], "MaxAttempts": 99_999_999, "BackoffRate": 1e300 }]);
    let task = json!({ "Type": "Task", "Resource": "arn:aws:states:us-east-1:123456789012:activity:A",
        "Retry": retry, "End": true });
    let definition = json!({ "StartAt": "T", "States": { "T": task } });
    let attempts = on_a_small_stack(move || {
        let mut execution = Execution::start(program(&definition), options(json!({})), DateTime::UNIX_EPOCH);
        let (mut now, mut attempts) = (DateTime::UNIX_EPOCH, 0);
        while execution.is_running() {
            let mut invoked = None;
            while let Some(command) = execution.poll_command() {
                if let Command::Invoke(task) = command {
                    invoked = Some(task.id);
                }
            }
            match invoked {
                Some(task) => {
                    attempts += 1;
                    let error = ErrorOutput::default();
                    execution.handle(now, Event::TaskFailed { task, error });
                }
                None => match execution.next_deadline() {
                    Some(deadline) => {
                        now = deadline;
                        execution.handle(now, Event::DeadlineReached);
                    }
                    None => break,
                },
            }
        }
        attempts
    });
    assert!((10_000..25_000).contains(&attempts), "{attempts}");
}

#[test]
fn a_caught_error_that_leads_back_ends() {
    let fail = json!({ "StartAt": "F", "States": { "F": { "Type": "Fail" } } });
    let catch = json!([{ "ErrorEquals": ["States.ALL"], "Next": "P" }]);
    let parallel = json!({ "Type": "Parallel", "Branches": [fail], "Catch": catch, "End": true });
    let definition = json!({ "StartAt": "P", "States": { "P": parallel } });
    assert_eq!(run(definition, small(json!({}))).error(), TOO_LONG);
}

/// Each round is cheap to record, and does much.
#[test]
fn a_loop_of_slow_expressions_ends() {
    let slow: serde_json::Map<_, _> = (0..4).map(|n| (format!("f{n}.$"), json!("$..*..*"))).collect();
    let state = json!({ "Type": "Pass", "Parameters": slow, "ResultPath": null });
    let items: Vec<Value> = (0..100).map(|n| json!({ "a": [n, [n]] })).collect();
    let mut options = options(json!(items));
    options.limits = limits(|limits| limits.work = 5_000_000);
    assert_eq!(run(looped("A", state), options).error(), TOO_LONG);
}
