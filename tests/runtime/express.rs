//! Express workflows.

use asl_engine::definition::WorkflowType;
use asl_engine::loading::Loader;
use asl_engine::runtime::StartRequest;
use asl_engine::{Interpreter, StateMachine};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::machine;

const CHILD: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:Child";

fn express(states: Value) -> StateMachine {
    let standard = machine(states);
    let loader = Loader::new().workflow_type(WorkflowType::Express);
    loader.parse(&standard.definition().to_string()).unwrap()
}

fn context() -> StateMachine {
    express(json!({ "P": { "Type": "Pass", "Parameters": { "e.$": "$$.Execution" }, "End": true } }))
}

fn calling(resource: &str) -> StateMachine {
    machine(json!({ "Start": {
        "Type": "Task", "Resource": resource, "End": true,
        "Parameters": { "StateMachineArn": CHILD, "Name": "n", "Input": { "id": 7 } }
    }}))
}

#[tokio::test(start_paused = true)]
async fn executions_of_one_name_run_beside_one_another() {
    let wait = express(json!({ "W": { "Type": "Wait", "Seconds": 9, "End": true } }));
    let interpreter = Interpreter::new();
    let start = || {
        let request = StartRequest::default().name("order-7").state_machine_name("Orders");
        interpreter.start_with(&wait, json!({}), request).unwrap()
    };
    let (one, two) = (start(), start());
    assert_ne!(one.arn(), two.arn());
    let prefix = "arn:aws:states:us-east-1:123456789012:express:Orders:order-7:";
    let id = one.arn().strip_prefix(prefix).unwrap();
    assert!(uuid::Uuid::parse_str(id).is_ok(), "{id}");
    assert_eq!(interpreter.running(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_execution_takes_five_minutes_at_the_most() {
    let wait = express(json!({ "W": { "Type": "Wait", "Seconds": 3600, "End": true } }));
    let started = Instant::now();
    let outcome = Interpreter::new().start(&wait, json!({})).unwrap().outcome().await;
    assert_eq!((outcome.status(), started.elapsed().as_secs()), ("TIMED_OUT", 300));
}

#[tokio::test(start_paused = true)]
async fn a_start_of_an_express_workflow_is_no_name_taken() {
    let interpreter = Interpreter::new().state_machine("Child", &context());
    let parent = calling("arn:aws:states:::states:startExecution");
    let mut arns = Vec::new();
    for _ in 0..2 {
        let answer: Value = interpreter.run(&parent, json!({})).await.unwrap();
        arns.push(answer["ExecutionArn"].as_str().unwrap().to_owned());
    }
    assert_ne!(arns[0], arns[1]);
    assert!(arns[0].starts_with("arn:aws:states:us-east-1:123456789012:express:Child:n:"));
}

#[tokio::test(start_paused = true)]
async fn a_sync_execution_answers_whether_it_succeeds_or_not() {
    let resource = "arn:aws:states:::aws-sdk:sfn:startSyncExecution";
    let interpreter = Interpreter::new().state_machine(CHILD, &context());
    let answer: Value = interpreter.run(&calling(resource), json!({})).await.unwrap();
    let keys: Vec<_> = answer.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "BillingDetails",
            "ExecutionArn",
            "Input",
            "InputDetails",
            "Name",
            "Output",
            "OutputDetails",
            "StartDate",
            "StateMachineArn",
            "Status",
            "StopDate"
        ]
    );
    assert_eq!(answer["Input"], r#"{"id":7}"#);
    let output: Value = serde_json::from_str(answer["Output"].as_str().unwrap()).unwrap();
    assert_eq!(output["e"]["Id"], answer["ExecutionArn"]);
    assert!(output["e"].get("RedriveCount").is_none());
    assert_eq!(
        answer["BillingDetails"],
        json!({ "BilledDurationInMilliseconds": 100, "BilledMemoryUsedInMB": 64 })
    );
    let fail = express(json!({ "F": { "Type": "Fail", "Error": "Sold", "Cause": "out" } }));
    let interpreter = Interpreter::new().state_machine("Child", &fail);
    let answer: Value = interpreter.run(&calling(resource), json!({})).await.unwrap();
    assert_eq!(
        (&answer["Status"], &answer["Error"], &answer["Cause"]),
        (&json!("FAILED"), &json!("Sold"), &json!("out"))
    );
    assert!(answer.get("Output").is_none());
}

#[tokio::test(start_paused = true)]
async fn what_the_type_does_not_support_fails_the_task() {
    let standard = machine(json!({ "P": { "Type": "Pass", "End": true } }));
    for (resource, child, error) in [
        (
            "arn:aws:states:::aws-sdk:sfn:startSyncExecution",
            &standard,
            "Sfn.StateMachineTypeNotSupportedException",
        ),
        (
            "arn:aws:states:::states:startExecution.sync",
            &context(),
            "StepFunctions.StateMachineTypeNotSupportedException",
        ),
    ] {
        let interpreter = Interpreter::new().state_machine("Child", child);
        let failed = interpreter
            .run::<Value>(&calling(resource), json!({}))
            .await
            .unwrap_err();
        assert_eq!(failed.output().unwrap().error.as_deref(), Some(error));
    }
}

#[tokio::test(start_paused = true)]
async fn only_an_execution_that_nobody_waits_for_has_a_redrive_count() {
    let interpreter = Interpreter::new();
    let waited: Value = interpreter.run(&context(), json!({})).await.unwrap();
    assert_eq!(waited["e"].get("RedriveCount"), None);
    let started = interpreter.start(&context(), json!({})).unwrap();
    let output: Value = started.output().await.unwrap();
    assert_eq!(output["e"]["RedriveCount"], 0);
}
