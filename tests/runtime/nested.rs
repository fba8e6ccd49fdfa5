//! Executions that start executions.

use asl_engine::handlers::TaskContext;
use asl_engine::history::{ErrorOutput, HistoryEvent};
use asl_engine::runtime::{ExecutionHandle, StartRequest};
use asl_engine::{ErrorKind, Interpreter, StateMachine};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{Instant, sleep};

use crate::{CHARGE, machine, one_task};

pub(crate) const CHILD: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:Child";

/// A machine of one task that calls `states:startExecution` in some form.
pub(crate) fn parent(pattern: &str, parameters: Value) -> StateMachine {
    calling(&format!("arn:aws:states:::states:startExecution{pattern}"), parameters)
}

fn calling(resource: &str, parameters: Value) -> StateMachine {
    let mut all = json!({ "StateMachineArn": CHILD });
    all.as_object_mut()
        .unwrap()
        .extend(parameters.as_object().unwrap().clone());
    machine(json!({ "Start": { "Type": "Task", "Resource": resource, "Parameters": all, "End": true } }))
}

pub(crate) fn waiting(seconds: u32) -> StateMachine {
    machine(json!({ "W": { "Type": "Wait", "Seconds": seconds, "End": true } }))
}

pub(crate) fn with_child(child: &StateMachine) -> Interpreter {
    Interpreter::new().state_machine("Child", child)
}

pub(crate) async fn error_of(interpreter: &Interpreter, machine: &StateMachine) -> (String, String) {
    let outcome = interpreter.start(machine, json!({})).unwrap().outcome().await;
    let ErrorOutput { error, cause } = outcome.error().unwrap().clone();
    (error.unwrap(), cause.unwrap_or_default())
}

/// What the service answered at once.
fn submitted(handle: &ExecutionHandle) -> Option<Value> {
    let history = handle.history();
    let event = history
        .iter()
        .find(|event| event.event_type() == "TaskSubmitted")?
        .to_json();
    let output = event["taskSubmittedEventDetails"]["output"].as_str()?;
    Some(serde_json::from_str(output).unwrap())
}

/// The execution that a `.sync` task of this one waits for.
fn child_of(interpreter: &Interpreter, handle: &ExecutionHandle) -> ExecutionHandle {
    let arn = submitted(handle).unwrap()["ExecutionArn"].as_str().unwrap().to_owned();
    interpreter.execution(&arn).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_start_is_answered_at_once() {
    let interpreter = with_child(&waiting(60));
    let started = Instant::now();
    let parent = parent("", json!({ "Name": "order-7", "Input": { "id": 7 } }));
    let answer: Value = interpreter.run(&parent, json!({})).await.unwrap();
    assert_eq!(started.elapsed().as_secs(), 0);
    let keys: Vec<_> = answer.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["ExecutionArn", "SdkHttpMetadata", "SdkResponseMetadata", "StartDate"]
    );
    let arn = "arn:aws:states:us-east-1:123456789012:execution:Child:order-7";
    assert_eq!(answer["ExecutionArn"], arn);
    let child = interpreter.execution(arn).unwrap();
    let start_date = child.history()[0].timestamp.timestamp_millis();
    assert_eq!(answer["StartDate"], start_date);
    assert_eq!(child.output::<Value>().await.unwrap(), json!({ "id": 7 }));
    assert_eq!(started.elapsed().as_secs(), 60);
    assert_eq!(interpreter.execution(arn).unwrap().status(), "SUCCEEDED");
}

#[tokio::test(start_paused = true)]
async fn the_sdk_answers_with_a_date_and_no_metadata() {
    let interpreter = with_child(&waiting(60));
    let parent = calling("arn:aws:states:::aws-sdk:sfn:startExecution", json!({ "Input": null }));
    let answer: Value = interpreter.run(&parent, json!({})).await.unwrap();
    let keys: Vec<_> = answer.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["ExecutionArn", "StartDate"]);
    let date = answer["StartDate"].as_str().unwrap();
    assert!(chrono::DateTime::parse_from_rfc3339(date).is_ok(), "{date}");
    let child = interpreter.execution(answer["ExecutionArn"].as_str().unwrap()).unwrap();
    assert_eq!(child.output::<Value>().await.unwrap(), json!({}));
}

#[tokio::test(start_paused = true)]
async fn sync_waits_for_the_end() {
    for (pattern, wanted) in [(".sync", json!(r#"{"id":7}"#)), (".sync:2", json!({ "id": 7 }))] {
        let interpreter = with_child(&waiting(60));
        let started = Instant::now();
        let parent = parent(pattern, json!({ "Input": { "id": 7 }, "Name": "order-7" }));
        let handle = interpreter.start(&parent, json!({})).unwrap();
        let answer: Value = handle.output().await.unwrap();
        assert_eq!(started.elapsed().as_secs(), 60);
        let members = answer.as_object().unwrap();
        let keys: Vec<_> = members.keys().collect();
        assert_eq!(
            keys,
            [
                "ExecutionArn",
                "Input",
                "InputDetails",
                "Name",
                "Output",
                "OutputDetails",
                "RedriveCount",
                "RedriveStatus",
                "RedriveStatusReason",
                "StartDate",
                "StateMachineArn",
                "Status",
                "StopDate"
            ]
        );
        assert_eq!((&members["Input"], &members["Output"]), (&wanted, &wanted));
        assert_eq!(
            (&members["Status"], &members["StateMachineArn"]),
            (&json!("SUCCEEDED"), &json!(CHILD))
        );
        let took = members["StopDate"].as_i64().unwrap() - members["StartDate"].as_i64().unwrap();
        assert!((60_000..60_010).contains(&took), "{took}");
        assert_eq!(submitted(&handle).unwrap()["ExecutionArn"], members["ExecutionArn"]);
        let types: Vec<_> = handle.history().iter().map(HistoryEvent::event_type).collect();
        assert_eq!(
            types[2..6],
            ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_child_that_fails_fails_the_task_with_its_description() {
    let fail = machine(json!({ "F": { "Type": "Fail", "Error": "Sold", "Cause": "\"out\"" } }));
    for pattern in [".sync", ".sync:2"] {
        let interpreter = with_child(&fail);
        let (error, cause) = error_of(&interpreter, &parent(pattern, json!({ "Input": { "id": 7 } }))).await;
        assert_eq!(error, "States.TaskFailed");
        let description: Value = serde_json::from_str(&cause).unwrap();
        let keys: Vec<_> = description.as_object().unwrap().keys().collect();
        assert_eq!(
            keys,
            [
                "Cause",
                "Error",
                "ExecutionArn",
                "Input",
                "InputDetails",
                "Name",
                "RedriveCount",
                "RedriveStatus",
                "StartDate",
                "StateMachineArn",
                "Status",
                "StopDate"
            ]
        );
        assert_eq!(
            (&description["Cause"], &description["Error"]),
            (&json!("\"out\""), &json!("Sold"))
        );
        assert_eq!(
            (&description["Input"], &description["Status"]),
            (&json!(r#"{"id":7}"#), &json!("FAILED"))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_child_that_times_out_shows_no_error() {
    let slow = json!({ "TimeoutSeconds": 5, "StartAt": "W", "States": { "W": { "Type": "Wait", "Seconds": 60, "End": true } } });
    let interpreter = with_child(&slow.to_string().parse().unwrap());
    let (error, cause) = error_of(&interpreter, &parent(".sync", json!({}))).await;
    let description: Value = serde_json::from_str(&cause).unwrap();
    assert_eq!(
        (error.as_str(), &description["Status"]),
        ("States.TaskFailed", &json!("TIMED_OUT"))
    );
    assert!(description.get("Error").is_none() && description.get("Cause").is_none());
}

#[tokio::test(start_paused = true)]
async fn a_child_is_stopped_with_its_parent() {
    let interpreter = with_child(&waiting(3600));
    let handle = interpreter.start(&parent(".sync", json!({})), json!({})).unwrap();
    sleep(Duration::from_secs(1)).await;
    let child = child_of(&interpreter, &handle);
    assert_eq!(child.status(), "RUNNING");
    handle.stop(None, None);
    sleep(Duration::from_secs(1)).await;
    assert_eq!((child.status(), interpreter.running()), ("ABORTED", 0));
}

#[tokio::test(start_paused = true)]
async fn a_child_is_stopped_when_its_task_times_out() {
    let interpreter = with_child(&waiting(3600));
    let parent = machine(json!({ "Start": {
        "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync", "TimeoutSeconds": 10,
        "Parameters": { "StateMachineArn": CHILD }, "End": true
    }}));
    let handle = interpreter.start(&parent, json!({})).unwrap();
    sleep(Duration::from_secs(1)).await;
    let child = child_of(&interpreter, &handle);
    assert_eq!(
        handle.outcome().await.error().unwrap().error.as_deref(),
        Some("States.Timeout")
    );
    assert_eq!(child.outcome().await.status(), "ABORTED");
}

#[tokio::test(start_paused = true)]
async fn a_child_that_nobody_waits_for_outlives_its_parent() {
    let interpreter = with_child(&waiting(3600));
    let pause = json!({
        "Start": { "Type": "Task", "Resource": "arn:aws:states:::states:startExecution",
                   "Parameters": { "StateMachineArn": CHILD }, "Next": "W" },
        "W": { "Type": "Wait", "Seconds": 60, "End": true }
    });
    let handle = interpreter.start(&machine(pause), json!({})).unwrap();
    sleep(Duration::from_secs(1)).await;
    handle.stop(None, None);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(interpreter.running(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_child_hands_the_token_of_its_parent_back() {
    let child = machine(json!({
        "W": { "Type": "Wait", "Seconds": 60, "Next": "Answer" },
        "Answer": {
            "Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:sendTaskSuccess", "End": true,
            "Parameters": { "TaskToken.$": "$.token", "Output": { "approved": true } }
        }
    }));
    let input = json!({ "Input": { "token.$": "$$.Task.Token" } });
    for resource in [
        "arn:aws:states:::states:startExecution.waitForTaskToken",
        "arn:aws:states:::aws-sdk:sfn:startExecution.waitForTaskToken",
    ] {
        let interpreter = with_child(&child);
        let started = Instant::now();
        let handle = interpreter.start(&calling(resource, input.clone()), json!({})).unwrap();
        assert_eq!(handle.output::<Value>().await.unwrap(), json!({ "approved": true }));
        assert_eq!(started.elapsed().as_secs(), 60);
        assert!(submitted(&handle).unwrap()["ExecutionArn"].is_string());
    }
}

#[tokio::test(start_paused = true)]
async fn a_child_fails_the_task_of_its_parent_or_keeps_it_alive() {
    let child = machine(json!({
        "Beat": { "Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:sendTaskHeartbeat", "ResultPath": null,
                  "Parameters": { "TaskToken.$": "$.token" }, "Next": "W" },
        "W": { "Type": "Wait", "Seconds": 50, "Next": "Beat Again" },
        "Beat Again": { "Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:sendTaskHeartbeat", "ResultPath": null,
                  "Parameters": { "TaskToken.$": "$.token" }, "Next": "W Again" },
        "W Again": { "Type": "Wait", "Seconds": 50, "Next": "Refuse" },
        "Refuse": { "Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:sendTaskFailure",
                    "Parameters": { "TaskToken.$": "$.token", "Error": "Refused", "Cause": "no" }, "End": true }
    }));
    let parent = machine(json!({ "Start": {
        "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.waitForTaskToken", "HeartbeatSeconds": 60,
        "Parameters": { "StateMachineArn": CHILD, "Input": { "token.$": "$$.Task.Token" } }, "End": true
    }}));
    let failed = error_of(&with_child(&child), &parent).await;
    assert_eq!(failed, ("Refused".to_owned(), "no".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_none_fails_the_task() {
    let answer = |action: &str, parameters: Value| {
        machine(
            json!({ "A": { "Type": "Task", "Resource": format!("arn:aws:states:::aws-sdk:sfn:{action}"),
                               "Parameters": parameters, "End": true } }),
        )
    };
    // `Output` is no JSON: AWS looks at the token first.
    for machine in [
        answer("sendTaskSuccess", json!({ "TaskToken": "none", "Output": "no json" })),
        answer("sendTaskFailure", json!({ "TaskToken": "none" })),
        answer("sendTaskHeartbeat", json!({ "TaskToken": "none" })),
    ] {
        let (error, cause) = error_of(&Interpreter::new(), &machine).await;
        assert_eq!(error, "Sfn.InvalidTokenException");
        assert_eq!(
            cause,
            "Invalid Token: 'Invalid token' (Service: Sfn, Status Code: 400, Request ID: local) (SDK Attempt Count: 1)"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_state_machine_fails_the_task_and_can_be_caught() {
    let unknown = "arn:aws:states:us-east-1:123456789012:stateMachine:Unknown";
    let interpreter = with_child(&waiting(1));
    for pattern in ["", ".sync", ".sync:2"] {
        let (error, cause) = error_of(&interpreter, &parent(pattern, json!({ "StateMachineArn": unknown }))).await;
        assert_eq!(error, "StepFunctions.StateMachineDoesNotExistException");
        assert!(
            cause.starts_with(&format!(
                "State Machine Does Not Exist: '{unknown}' (Service: AWSStepFunctions; "
            )),
            "{cause}"
        );
    }
    let caught = machine(json!({
        "Start": { "Type": "Task", "Resource": "arn:aws:states:::states:startExecution",
                   "Parameters": { "StateMachineArn": unknown }, "End": true,
                   "Catch": [{ "ErrorEquals": ["StepFunctions.StateMachineDoesNotExistException"], "Next": "Sorry" }] },
        "Sorry": { "Type": "Pass", "Result": "sorry", "End": true }
    }));
    assert_eq!(interpreter.run::<String>(&caught, json!({})).await.unwrap(), "sorry");
}

#[tokio::test(start_paused = true)]
async fn children_have_handlers_and_tell_who_started_them() {
    let interpreter = with_child(&one_task(json!({}))).task(CHARGE, |input: Value, context: TaskContext| async move {
        Ok(json!({ "by": input["AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID"], "in": &*context.state_machine_arn }))
    });
    let input = json!({ "Input": { "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$": "$$.Execution.Id" } });
    let request = StartRequest::default().name("p").state_machine_name("Parent");
    let handle = interpreter
        .start_with(&parent(".sync:2", input), json!({}), request)
        .unwrap();
    let answer: Value = handle.output().await.unwrap();
    assert_eq!(answer["Output"], json!({ "by": handle.arn(), "in": CHILD }));
}

#[tokio::test(start_paused = true)]
async fn what_is_missing_is_an_error_at_the_start() {
    let error = Interpreter::new()
        .start(&parent(".sync", json!({})), json!({}))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingHandler);
    assert!(error.to_string().contains(".state_machine("), "{error}");
    let interpreter = with_child(&one_task(json!({})));
    let error = interpreter.start(&parent(".sync", json!({})), json!({})).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingHandler);
    let message = error.to_string();
    assert!(message.contains("`Child`") && message.contains(CHARGE), "{message}");
}

#[tokio::test(start_paused = true)]
async fn a_handler_of_ones_own_goes_first() {
    let resource = "arn:aws:states:::states:startExecution.sync";
    let interpreter = with_child(&waiting(1)).task(resource, |_: Value| async { Ok("mine") });
    let output: String = interpreter.run(&parent(".sync", json!({})), json!({})).await.unwrap();
    assert_eq!(output, "mine");
}

#[tokio::test(start_paused = true)]
async fn shutdown_stops_the_children_too() {
    let interpreter = with_child(&waiting(3600));
    let handle = interpreter.start(&parent(".sync", json!({})), json!({})).unwrap();
    sleep(Duration::from_secs(1)).await;
    let child = child_of(&interpreter, &handle);
    assert_eq!(interpreter.shutdown(Duration::from_secs(1)).await, 2);
    assert_eq!((handle.status(), child.status()), ("ABORTED", "ABORTED"));
}
