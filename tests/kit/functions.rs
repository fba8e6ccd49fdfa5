//! Lambda functions by their names, in simulations.

use asl_engine::simulation::{Answer, SimulationError};
use asl_engine::{Simulation, StateMachine, TaskError};
use serde_json::{Value, json};

/// A machine whose one task has these fields.
fn task(fields: &Value) -> StateMachine {
    let mut state = json!({ "Type": "Task", "End": true });
    let members = fields.as_object().unwrap().clone();
    state.as_object_mut().unwrap().extend(members);
    let machine = json!({ "StartAt": "Charge", "States": { "Charge": state } });
    machine.to_string().parse().unwrap()
}

fn invoke(parameters: &Value) -> StateMachine {
    task(&json!({ "Resource": "arn:aws:states:::lambda:invoke", "Parameters": parameters }))
}

#[test]
fn a_function_serves_every_form_of_its_name() {
    for name in [
        "charge",
        "charge:$LATEST",
        "charge:live",
        "123456789012:function:charge",
        "arn:aws:lambda:eu-west-1:123456789012:function:charge:7",
    ] {
        let machine = invoke(&json!({ "FunctionName": name, "Payload": { "id": 7 } }));
        let run = Simulation::of(&machine)
            .function("charge", |payload| Ok(json!({ "paid": payload["id"] })))
            .run(json!({}));
        let output = run.assert_succeeded();
        assert_eq!(output["Payload"], json!({ "paid": 7 }), "{name}");
        assert_eq!(output["StatusCode"], json!(200), "{name}");
    }
    let direct = task(&json!({ "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:charge:live" }));
    let run = Simulation::of(&direct)
        .function("charge", |payload| Ok(payload.clone()))
        .run(json!(7));
    assert_eq!(run.output(), Some(&json!(7)));
}

#[test]
fn a_name_known_only_at_run_time_is_served_too() {
    let machine = invoke(&json!({ "FunctionName.$": "$.function", "Qualifier": "live" }));
    let simulation = Simulation::of(&machine)
        .function("charge", |_| Ok(json!("all")))
        .function("charge:live", |payload| Ok(json!(["live", payload])));
    let run = simulation.run(json!({ "function": "charge" }));
    assert_eq!(run.assert_succeeded()["Payload"], json!(["live", {}]));
    assert!(matches!(
        simulation.try_run(json!({ "function": "ship" })),
        Err(SimulationError::MissingAnswer { .. })
    ));
}

#[test]
fn scripts_name_functions_and_go_first() {
    let machine = invoke(&json!({ "FunctionName": "charge", "Payload.$": "$" }));
    let run = Simulation::of(&machine)
        .function("charge", |_| Ok(json!("function")))
        .task("charge", [Answer::lambda(json!("script"))])
        .run(json!({}));
    assert_eq!(run.assert_succeeded()["Payload"], json!("script"));
    let run = Simulation::of(&machine)
        .task("charge", [json!({ "Payload": "the whole result" })])
        .run(json!({}));
    assert_eq!(run.output(), Some(&json!({ "Payload": "the whole result" })));
}

#[test]
fn errors_are_the_functions_and_lambdas() {
    let machine = invoke(&json!({ "FunctionName": "charge" }));
    let failed = Simulation::of(&machine).function("charge", |_| Err(TaskError::new("Busy", "try later")));
    assert_eq!(
        failed.run(json!({})).assert_failed("Busy").cause.as_deref(),
        Some("try later")
    );
    let failed = Simulation::of(&machine).task("charge", [Answer::lambda_error("Busy", "try later")]);
    assert_eq!(
        failed.run(json!({})).assert_failed("Busy").cause.as_deref(),
        Some(r#"{"errorMessage":"try later","errorType":"Busy"}"#)
    );
    let event = invoke(&json!({ "FunctionName": "charge", "InvocationType": "Sideways" }));
    let refused = Simulation::of(&event).function("charge", |_| Ok(json!(1)));
    refused.run(json!({})).assert_failed("Lambda.ValidationException");
}

#[test]
fn with_a_task_token_the_functions_return_is_not_the_result() {
    let machine = task(&json!({
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": { "FunctionName": "charge", "Payload": { "token.$": "$$.Task.Token" } },
        "TimeoutSeconds": 60
    }));
    let run = Simulation::of(&machine)
        .function("charge", |_| Ok(json!("accepted")))
        .run(json!({}));
    run.assert_failed("States.Timeout");
    let submitted = run.history().iter().map(asl_engine::history::HistoryEvent::to_json);
    let submitted = submitted.filter(|event| event["type"] == "TaskSubmitted").count();
    assert_eq!(submitted, 1);
}

#[test]
fn a_function_that_no_task_invokes_is_refused() {
    let machine = invoke(&json!({ "FunctionName": "charge" }));
    let error = Simulation::of(&machine)
        .function("chrge", |_| Ok(json!(1)))
        .try_run(json!({}))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the function `chrge` is registered, but no task invokes it; they invoke charge"
    );
    let twice = Simulation::of(&machine)
        .function("charge", |_| Ok(json!(1)))
        .function("charge", |_| Ok(json!(2)));
    assert!(matches!(
        twice.try_run(json!({})),
        Err(SimulationError::FunctionTwice { .. })
    ));
}
