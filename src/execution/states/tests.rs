//! What single states ask for, without an engine.

use chrono::{DateTime, TimeDelta};
use serde_json::{Value, json};
use std::sync::Arc;

use super::enter;
use crate::data::{Budget, ExecutionContext, Payload, Random, StateMachineContext};
use crate::definition::StateMachine;
use crate::execution::core::{Frame, Frames, VisibleVariables};
use crate::execution::failure::Failure;
use crate::execution::input_output::StateView;
use crate::execution::intent::{Assigned, Exit, Fork, Intent};
use crate::execution::limits::Limits;
use crate::execution::program::{Next, Program};
use crate::execution::task_request::TaskRequest;
use crate::history::ErrorOutput;

#[cfg(feature = "jsonata")]
mod jsonata;

/// Enters the first state of a machine, at 1970-01-01.
fn entered(states: &Value, input: Value) -> Result<Intent, Failure> {
    let start = states.as_object().unwrap().keys().next().unwrap();
    let machine: StateMachine = json!({ "StartAt": start, "States": states })
        .to_string()
        .parse()
        .unwrap();
    let program = Program::compile(&machine);
    let node = program.node(program.start_of(Program::MAIN));
    let now = DateTime::UNIX_EPOCH;
    let mut frames = Frames::default();
    let key = frames.insert(Frame::new(program.start_of(Program::MAIN), None, None, 0, 0, now));
    let frame = frames.get(key).unwrap();
    let execution = ExecutionContext::new(
        "arn:e".into(),
        "e",
        Payload::from(Value::Null),
        Some("arn:r".into()),
        now,
        false,
    );
    let state_machine = StateMachineContext {
        id: "arn:m".into(),
        name: "M".into(),
    };
    let view = StateView {
        node,
        execution: &execution,
        state_machine: &state_machine,
        variables: VisibleVariables { frames: &frames, frame },
        own_item: None,
        task_token: None,
        random: &Random::seeded(0),
        limits: &Limits::default(),
        now,
        budget: Budget::new(),
        inspection: None,
    };
    enter(node, &mut Some(Payload::from(input)), &view)
}

#[expect(clippy::unnecessary_wraps, reason = "what `entered` gives")]
fn exit(output: Value, next: Next) -> Result<Intent, Failure> {
    Ok(Intent::Exit(Exit {
        output: Payload::from(output),
        assigned: Assigned::default(),
        next,
    }))
}

#[test]
fn a_pass_state_exits_with_what_it_made() {
    let pass = json!({ "P": { "Type": "Pass", "Result": 1, "ResultPath": "$.n", "End": true } });
    assert_eq!(
        entered(&pass, json!({ "a": 0 })),
        exit(json!({ "a": 0, "n": 1 }), Next::End)
    );
    let assign = json!({ "P": { "Type": "Pass", "Assign": { "x.$": "$.a" }, "OutputPath": "$.b", "End": true } });
    let wanted = Exit {
        output: Payload::from(json!(2)),
        assigned: Assigned::from([("x".into(), json!(1).into())]),
        next: Next::End,
    };
    assert_eq!(entered(&assign, json!({ "a": 1, "b": 2 })), Ok(Intent::Exit(wanted)));
}

#[test]
fn a_wait_state_asks_for_a_time_or_is_done() {
    let wait = |fields: Value| {
        let mut state = json!({ "Type": "Wait", "End": true });
        state
            .as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        json!({ "W": state })
    };
    let until = |seconds| Ok(Intent::WaitUntil(DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)));
    assert_eq!(entered(&wait(json!({ "Seconds": 5 })), json!({})), until(5));
    assert_eq!(
        entered(&wait(json!({ "SecondsPath": "$.s" })), json!({ "s": 7 })),
        until(7)
    );
    assert_eq!(
        entered(&wait(json!({ "Timestamp": "1970-01-01T01:00:00Z" })), json!({})),
        until(3600)
    );
    assert_eq!(
        entered(&wait(json!({ "Seconds": 0 })), json!(1)),
        exit(json!(1), Next::End)
    );
}

#[test]
fn a_task_state_asks_for_its_resource() {
    let task = json!({ "T": {
        "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:F", "End": true,
        "Parameters": { "id.$": "$.order.id" }, "TimeoutSecondsPath": "$.limit", "HeartbeatSeconds": 3,
        "Credentials": { "RoleArn.$": "$.role" }
    }});
    let wanted = TaskRequest {
        timeout_seconds: Some(9),
        heartbeat_seconds: Some(3),
        credentials: Some(json!({ "RoleArn": "arn:x" }).into()),
        ..TaskRequest::new(Payload::from(json!({ "id": 7 })))
    };
    let input = json!({ "order": { "id": 7 }, "limit": 9, "role": "arn:x" });
    assert_eq!(entered(&task, input), Ok(Intent::Invoke(Arc::new(wanted))));
}

#[test]
fn a_choice_state_exits_to_the_state_it_chose() {
    let choice = json!({
        "C": { "Type": "Choice", "Default": "B", "Choices": [{ "Variable": "$.n", "NumericEquals": 1, "Next": "A" }] },
        "A": { "Type": "Succeed" }, "B": { "Type": "Succeed" }
    });
    let next_of = |input: Value| match entered(&choice, input) {
        Ok(Intent::Exit(exit)) => exit.next,
        other => panic!("{other:?}"),
    };
    let (a, b) = (next_of(json!({ "n": 1 })), next_of(json!({ "n": 2 })));
    assert!(matches!((a, b), (Next::State(a), Next::State(b)) if a != b));
    assert!(
        matches!(entered(&choice, json!({})), Err(Failure::Runtime(cause)) if cause.contains("Invalid path '$.n'"))
    );
}

#[test]
fn parallel_and_map_states_fork() {
    let graph = json!({ "StartAt": "S", "States": { "S": { "Type": "Succeed" } } });
    let parallel = json!({ "P": { "Type": "Parallel", "Branches": [graph], "Parameters": { "x": 1 }, "End": true } });
    match fork_of(&parallel, json!({})) {
        Fork::Branches {
            graphs,
            effective_input,
        } => {
            assert_eq!((graphs.len(), effective_input.value()), (1, &json!({ "x": 1 })));
        }
        other => panic!("{other:?}"),
    }
    let map = json!({ "M": {
        "Type": "Map", "ItemProcessor": graph, "ItemsPath": "$.items", "MaxConcurrencyPath": "$.most", "End": true
    }});
    match fork_of(&map, json!({ "items": [1, 2], "most": 3 })) {
        Fork::Iterations {
            items, max_concurrency, ..
        } => {
            assert_eq!((items.value(), max_concurrency), (&json!([1, 2]), 3));
        }
        other => panic!("{other:?}"),
    }
}

fn fork_of(states: &Value, input: Value) -> Fork {
    match entered(states, input) {
        Ok(Intent::Fork(fork)) => *fork,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_fail_state_fails() {
    let fail = json!({ "F": { "Type": "Fail", "Error": "E", "CausePath": "States.Format('{}!', $.why)" } });
    let wanted = ErrorOutput {
        error: Some("E".into()),
        cause: Some("rain!".into()),
    };
    assert_eq!(entered(&fail, json!({ "why": "rain" })), Err(Failure::Error(wanted)));
}
