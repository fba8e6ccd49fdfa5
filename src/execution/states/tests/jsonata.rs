//! The same of states in JSONata.

use chrono::{DateTime, TimeDelta};
use serde_json::{Value, json};
use std::sync::Arc;

use super::{entered, exit, fork_of};
use crate::data::Payload;
use crate::execution::failure::Failure;
use crate::execution::intent::{Assigned, Exit, Fork, Intent};
use crate::execution::program::Next;
use crate::execution::task_request::TaskRequest;
use crate::history::ErrorOutput;

/// A state in JSONata, on its own.
fn state(mut state: Value) -> Value {
    state["QueryLanguage"] = "JSONata".into();
    json!({ "S": state })
}

/// How a state fails: where, and over what.
fn failed(states: &Value, input: Value) -> (Option<String>, String) {
    match entered(states, input) {
        Err(Failure::Evaluation(failure)) => (failure.location, failure.detail),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_state_without_fields_hands_its_input_on() {
    for kind in ["Pass", "Succeed"] {
        let mut bare = json!({ "Type": kind });
        if kind == "Pass" {
            bare["End"] = true.into();
        }
        assert_eq!(
            entered(&state(bare), json!({ "a": 1 })),
            exit(json!({ "a": 1 }), Next::End)
        );
    }
}

#[test]
fn a_pass_state_assigns_and_makes_its_output() {
    let pass = json!({
        "Type": "Pass", "Assign": { "x": "{% $states.input.a %}" }, "Output": "{% $states.input.a + 1 %}", "End": true
    });
    let wanted = Exit {
        output: Payload::from(json!(2)),
        assigned: Assigned::from([("x".into(), json!(1).into())]),
        next: Next::End,
    };
    assert_eq!(entered(&state(pass), json!({ "a": 1 })), Ok(Intent::Exit(wanted)));
}

#[test]
fn a_task_state_asks_for_its_resource() {
    let task = json!({
        "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:F", "End": true,
        "Arguments": { "id": "{% $states.input.id %}" }, "TimeoutSeconds": "{% $states.input.limit %}",
        "HeartbeatSeconds": 3, "Credentials": { "RoleArn": "{% $states.input.role %}" }
    });
    let wanted = TaskRequest {
        timeout_seconds: Some(9),
        heartbeat_seconds: Some(3),
        credentials: Some(json!({ "RoleArn": "arn:x" }).into()),
        ..TaskRequest::new(Payload::from(json!({ "id": 7 })))
    };
    let input = json!({ "id": 7, "limit": 9, "role": "arn:x" });
    assert_eq!(entered(&state(task), input), Ok(Intent::Invoke(Arc::new(wanted))));
}

#[test]
fn a_wait_state_asks_for_a_time_or_is_done() {
    let wait = |field: &str, value: &str| {
        let mut wait = json!({ "Type": "Wait", "End": true });
        wait[field] = value.into();
        state(wait)
    };
    let until = |seconds| Ok(Intent::WaitUntil(DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)));
    assert_eq!(entered(&wait("Seconds", "{% 2 + 3 %}"), json!({})), until(5));
    let later = wait("Timestamp", "{% $fromMillis(7000) %}");
    assert_eq!(entered(&later, json!({})), until(7));
    assert_eq!(
        entered(&wait("Seconds", "{% 0 %}"), json!(1)),
        exit(json!(1), Next::End)
    );
}

#[test]
fn a_fork_hands_its_arguments_or_items_on() {
    let graph = json!({ "StartAt": "X", "States": { "X": { "Type": "Succeed" } } });
    let parallel = json!({ "Type": "Parallel", "Branches": [graph], "Arguments": ["{% 1 + 1 %}"], "End": true });
    match fork_of(&state(parallel), json!({})) {
        Fork::Branches {
            graphs,
            effective_input,
        } => assert_eq!((graphs.len(), effective_input.value()), (1, &json!([2]))),
        other => panic!("{other:?}"),
    }
    let map = json!({
        "Type": "Map", "ItemProcessor": graph, "Items": "{% [1..$states.input] %}", "MaxConcurrency": "{% 1 + 1 %}",
        "End": true
    });
    match fork_of(&state(map), json!(3)) {
        Fork::Iterations {
            items,
            effective_input,
            max_concurrency,
            ..
        } => {
            assert_eq!((items.value(), max_concurrency), (&json!([1, 2, 3]), 2));
            assert_eq!(effective_input, json!(3));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_fail_state_fails_with_what_it_computes() {
    let fail = json!({ "Type": "Fail", "Error": "{% 'E' & $states.input %}" });
    let wanted = ErrorOutput {
        error: Some("E404".into()),
        cause: None,
    };
    assert_eq!(entered(&state(fail), json!(404)), Err(Failure::Error(wanted)));
}

#[test]
fn a_field_that_fails_is_named() {
    let undefined = |field: &str| {
        format!("The JSONata expression '$gone' specified for the field '{field}' returned nothing (undefined).")
    };
    let pass = json!({ "Type": "Pass", "Output": { "a": ["{% $gone %}"] }, "End": true });
    let location = "Output/a[0]";
    assert_eq!(
        failed(&state(pass), json!({})),
        (Some(location.into()), undefined(location))
    );
    let choice = json!({
        "C": {
            "Type": "Choice", "QueryLanguage": "JSONata", "Default": "X",
            "Choices": [{ "Condition": false, "Next": "X" }, { "Condition": "{% $gone %}", "Next": "X" }]
        },
        "X": { "Type": "Succeed" }
    });
    let location = "Choices[1]/Condition";
    assert_eq!(failed(&choice, json!({})), (Some(location.into()), undefined(location)));
}

#[test]
fn a_value_no_deeper_than_its_parts_allow_is_refused_where_the_whole_is_too_deep() {
    let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
    let output = (0..20).fold(json!("{% $states.input %}"), |inner, _| json!([inner]));
    let pass = state(json!({ "Type": "Pass", "Output": output, "End": true }));
    assert_eq!(entered(&pass, deep), Err(Failure::nested_too_deep()));
}
