//! Thousands of branches, millions of items.

use asl_engine::execution::{Command, Event, Execution};
use chrono::DateTime;
use serde_json::{Value, json};

use super::run::{endless, limits, on_a_small_stack, options, program, run, settle};

fn branches(count: usize, state: &Value) -> Value {
    let branch = |n: usize| json!({ "StartAt": n.to_string(), "States": { n.to_string(): state } });
    let branches: Vec<Value> = (0..count).map(branch).collect();
    let parallel = json!({ "Type": "Parallel", "Branches": branches, "End": true });
    json!({ "StartAt": "P", "States": { "P": parallel } })
}

#[test]
fn as_many_branches_as_fit_run() {
    let definition = branches(11_000, &json!({ "Type": "Succeed" }));
    let ran = run(definition.clone(), endless(json!(1)));
    assert_eq!(
        ran.outcome.unwrap().output().and_then(Value::as_array).map(Vec::len),
        Some(11_000)
    );
    assert_eq!(
        run(definition, options(json!(1))).outcome.unwrap().status(),
        "SUCCEEDED"
    );
}

#[test]
fn thousands_of_branches_are_woken_and_aborted() {
    on_a_small_stack(|| {
        let definition = branches(8_000, &json!({ "Type": "Wait", "Seconds": 5, "End": true }));
        let mut execution = Execution::start(program(&definition), endless(json!({})), DateTime::UNIX_EPOCH);
        settle(&mut execution, DateTime::UNIX_EPOCH);
        let deadline = execution.next_deadline().unwrap();
        execution.handle(deadline, Event::DeadlineReached);
        settle(&mut execution, deadline);
        assert_eq!(execution.outcome().unwrap().status(), "SUCCEEDED");
    });
    on_a_small_stack(|| {
        let waits = json!({ "Type": "Wait", "Seconds": 5, "End": true });
        let mut definition = branches(8_000, &waits);
        definition["States"]["P"]["Branches"][7_999]["States"]["7999"] = json!({ "Type": "Fail" });
        let mut execution = Execution::start(program(&definition), endless(json!({})), DateTime::UNIX_EPOCH);
        settle(&mut execution, DateTime::UNIX_EPOCH);
        assert_eq!(execution.outcome().unwrap().status(), "FAILED");
    });
}

fn map(concurrency: usize) -> Value {
    let processor = json!({ "StartAt": "S", "States": { "S": { "Type": "Pass", "Result": 0, "End": true } } });
    let map = json!({ "Type": "Map", "MaxConcurrency": concurrency, "ItemProcessor": processor, "ResultPath": null, "End": true });
    json!({ "StartAt": "M", "States": { "M": map } })
}

#[test]
fn ten_million_items_are_refused() {
    let refused = on_a_small_stack(|| {
        let input = Value::Array(vec![Value::Null; 10_000_000]);
        let execution = Execution::start(program(&map(0)), options(input), DateTime::UNIX_EPOCH);
        execution.outcome().unwrap().error().unwrap().cause.clone()
    });
    let cause = "The input of the execution has 50000001 bytes, more than the limit of 262144 bytes.";
    assert_eq!(refused.as_deref(), Some(cause));
}

#[test]
fn as_many_items_as_fit_are_mapped() {
    let items: Vec<u8> = vec![1; 130_000];
    let ran = run(map(0), endless(json!(items)));
    assert_eq!(ran.outcome.unwrap().status(), "SUCCEEDED");
    let ran = run(map(1), options(json!(items)));
    assert!(
        ran.error().contains("maximum number of history events"),
        "{}",
        ran.error()
    );
}

/// Where the limits are taken off, what runs at once is still bounded.
#[test]
fn a_map_without_limits_keeps_forty_iterations() {
    let processor = json!({ "StartAt": "W", "States": { "W": { "Type": "Wait", "Seconds": 1, "End": true } } });
    let definition =
        json!({ "StartAt": "M", "States": { "M": { "Type": "Map", "ItemProcessor": processor, "End": true } } });
    on_a_small_stack(move || {
        let mut options = endless(json!(vec![0; 300_000]));
        options.limits = limits(|limits| {
            limits.payload_bytes = usize::MAX;
            limits.history_events = None;
        });
        let mut execution = Execution::start(program(&definition), options, DateTime::UNIX_EPOCH);
        for _ in 0..20 {
            while let Some(command) = execution.poll_command() {
                assert!(matches!(command, Command::Record(_)));
            }
            execution.handle(execution.next_deadline().unwrap(), Event::DeadlineReached);
        }
        assert!(execution.is_running());
    });
}
