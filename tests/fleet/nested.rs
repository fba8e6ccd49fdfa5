//! Executions that start others.

use asl_engine::durable::RestateClient;
use asl_engine::history::ErrorOutput;
use asl_engine::runtime::StartRequest;
use asl_engine::{Interpreter, Outcome, StateMachine};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;
use tokio::time::sleep;

use crate::compare::untimed;
use crate::machine;
use crate::setup::Setup;

pub(crate) const DELIVERY: &str = "Delivery";
pub(crate) const ERRAND: &str = "Errand";
const PATIENT: &str = "Patient";
const REPLY: &str = "Reply";

/// So many executions are started while the worker dies between.
const DELIVERIES: usize = 12;

fn arn(machine: &str) -> String {
    format!("arn:aws:states:us-east-1:123456789012:stateMachine:{machine}")
}

fn read(definition: &Value) -> StateMachine {
    definition.to_string().parse().unwrap()
}

/// A state that starts an execution of a machine, whose name ends in the state's.
fn starts(state: &str, action: &str, machine: &str, next: &str) -> Value {
    json!({
        "Type": "Task", "Resource": format!("arn:aws:states:::{action}"), "ResultPath": format!("$.{state}"), "Next": next,
        "Parameters": {
            "StateMachineArn": arn(machine),
            "Name.$": format!("States.Format('{{}}-{state}', $.name)"),
            "Input": { "pizza.$": "$.name" }
        },
        "Catch": [{ "ErrorEquals": ["States.ALL"], "ResultPath": format!("$.{state}"), "Next": next }]
    })
}

/// Starts executions in every way that tells the same whenever it is done.
fn delivery() -> StateMachine {
    let mut again = starts("again", "states:startExecution", "Ship", "broken");
    again["Parameters"]["Name.$"] = json!("States.Format('{}-ship', $.name)");
    read(&json!({ "StartAt": "ship", "States": {
        "ship": starts("ship", "states:startExecution.sync:2", "Ship", "text"),
        "text": starts("text", "states:startExecution.sync", "Ship", "sdk"),
        "sdk": starts("sdk", "aws-sdk:sfn:startExecution", "Ship", "again"),
        "again": again,
        "broken": starts("broken", "states:startExecution.sync:2", "Broken", "unknown"),
        "unknown": starts("unknown", "states:startExecution", "Nobody", "express"),
        "express": starts("express", "states:startExecution.sync", "Quick", "Done"),
        "Done": { "Type": "Succeed" }
    } }))
}

/// Asks an execution that answers by a token, then an Express one.
fn errand() -> StateMachine {
    let mut asked = starts("asked", "states:startExecution.waitForTaskToken", REPLY, "quick");
    asked["Parameters"]["Input"] = json!({ "token.$": "$$.Task.Token", "output": { "signed": true } });
    asked.as_object_mut().unwrap().remove("Catch");
    let mut quick = starts("quick", "aws-sdk:sfn:startSyncExecution", "Quick", "Done");
    quick["ResultSelector"] = json!({ "output.$": "States.StringToJson($.Output)", "status.$": "$.Status" });
    quick.as_object_mut().unwrap().remove("Catch");
    read(&json!({ "StartAt": "asked", "States": { "asked": asked, "quick": quick, "Done": { "Type": "Succeed" } } }))
}

/// Waits two seconds for an execution that takes a day.
fn patient() -> StateMachine {
    let mut sleepy = starts("sleepy", "states:startExecution.sync", "Sleepy", "Done");
    sleepy["TimeoutSecondsPath"] = json!("$.seconds");
    sleepy.as_object_mut().unwrap().remove("Catch");
    read(&json!({ "StartAt": "sleepy", "States": { "sleepy": sleepy, "Done": { "Type": "Succeed" } } }))
}

/// Answers a token.
fn reply() -> StateMachine {
    read(&json!({ "StartAt": "Reply", "States": { "Reply": {
        "Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:sendTaskSuccess", "End": true,
        "Parameters": { "TaskToken.$": "$.token", "Output.$": "$.output" }
    } } }))
}

/// The machines that start others.
pub(crate) fn parents() -> [(&'static str, StateMachine); 4] {
    [
        (DELIVERY, delivery()),
        (ERRAND, errand()),
        (PATIENT, patient()),
        (REPLY, reply()),
    ]
}

/// With the machines that are started.
pub(crate) fn with_children(interpreter: Interpreter) -> Interpreter {
    let pack = "arn:aws:lambda:us-east-1:123456789012:function:Pack";
    let ship = read(&json!({ "StartAt": "Pack", "States": {
        "Pack": { "Type": "Task", "Resource": pack, "InputPath": "$.pizza", "Next": "Drive" },
        "Drive": { "Type": "Wait", "Seconds": 1, "End": true }
    } }));
    let broken = read(&json!({ "StartAt": "No", "States": {
        "No": { "Type": "Fail", "Error": "Flat", "Cause": "the tyre" }
    } }));
    let quick = json!({ "StartAt": "Q", "States": { "Q": { "Type": "Pass", "Result": "quick", "End": true } } });
    let sleepy =
        read(&json!({ "StartAt": "Sleep", "States": { "Sleep": { "Type": "Wait", "Seconds": 86_400, "End": true } } }));
    let mut quick = read(&quick);
    quick.workflow_type = asl_engine::definition::WorkflowType::Express;
    interpreter
        .state_machine("Ship", &ship)
        .state_machine("Broken", &broken)
        .state_machine("Quick", &quick)
        .state_machine("Sleepy", &sleepy)
        .state_machine(REPLY, &reply())
}

pub(crate) async fn run(setup: &mut Setup) {
    let client = setup.client.clone();
    tasks_are_as_on_one_machine(&client).await;
    a_child_answers_by_token(&client).await;
    tokens_are_answered_by_tasks(&client, setup).await;
    a_child_ends_with_its_task(setup).await;
    each_start_is_made_once(setup).await;
}

async fn tasks_are_as_on_one_machine(client: &RestateClient) {
    let input = json!({ "name": "funghi" });
    client.start(DELIVERY, "one", &input).await.unwrap();
    let interpreter = with_children(machine::interpreter(|_| (), Duration::ZERO));
    let request = StartRequest::default().name("one").state_machine_name(DELIVERY);
    let here = interpreter.start_with(&delivery(), input, request).unwrap();
    let outcome = client.outcome(DELIVERY, "one").await.unwrap();
    let history = client.history(DELIVERY, "one").await.unwrap();
    here.outcome().await;
    assert_eq!(untimed(&history), untimed(&here.history()));
    let output = outcome.output().unwrap();
    assert_eq!(output["ship"]["Output"], json!("a box of funghi"));
    assert_eq!(
        output["again"]["Error"],
        "StepFunctions.ExecutionAlreadyExistsException"
    );
    assert_eq!(
        output["unknown"]["Error"],
        "StepFunctions.StateMachineDoesNotExistException"
    );
    assert_eq!(
        output["express"]["Error"],
        "StepFunctions.StateMachineTypeNotSupportedException"
    );
    let cause: Value = serde_json::from_str(output["broken"]["Cause"].as_str().unwrap()).unwrap();
    assert_eq!(cause["Error"], "Flat");
}

async fn a_child_answers_by_token(client: &RestateClient) {
    client.start(ERRAND, "one", &json!({ "name": "errand" })).await.unwrap();
    let outcome = client.outcome(ERRAND, "one").await.unwrap();
    let output = outcome.output().unwrap_or_else(|| panic!("{outcome:?}"));
    assert_eq!(output["asked"], json!({ "signed": true }));
    assert_eq!(output["quick"], json!({ "output": "quick", "status": "SUCCEEDED" }));
}

async fn tokens_are_answered_by_tasks(client: &RestateClient, setup: &Setup) {
    let before = fs::read_to_string(&setup.effects).unwrap_or_default().len();
    client.start(machine::ASK, "a-task", &json!({})).await.unwrap();
    let token = loop {
        let told = fs::read_to_string(&setup.effects).unwrap_or_default();
        if let Some(token) = told[before..].lines().find_map(|line| line.strip_prefix("token ")) {
            break token.to_owned();
        }
        sleep(Duration::from_millis(20)).await;
    };
    let tries = [
        ("nobody's", json!({}), Some("Sfn.InvalidTokenException")),
        ("nobody's", json!("{"), Some("Sfn.InvalidTokenException")),
        (&*token, json!("{"), Some("Sfn.InvalidOutputException")),
        (&*token, json!("\"yes\""), None),
        (&*token, json!("\"no\""), Some("Sfn.TaskTimedOutException")),
    ];
    for (number, (token, output, wanted)) in tries.into_iter().enumerate() {
        let name = format!("try-{number}");
        let input = json!({ "token": token, "output": output });
        client.start(REPLY, &name, &input).await.unwrap();
        let outcome = client.outcome(REPLY, &name).await.unwrap();
        let error = outcome.error().and_then(|error| error.error.clone());
        assert_eq!(error.as_deref(), wanted, "{name}: {outcome:?}");
    }
    let outcome = client.outcome(machine::ASK, "a-task").await.unwrap();
    assert_eq!(outcome.output(), Some(&json!("yes")));
}

/// By a timeout, and by a stop.
async fn a_child_ends_with_its_task(setup: &Setup) {
    let client = &setup.client;
    for (name, seconds) in [("hasty", 2), ("stopped", 1_000)] {
        let input = json!({ "name": name, "seconds": seconds });
        client.start(PATIENT, name, &input).await.unwrap();
        let child = format!("arn:aws:states:us-east-1:123456789012:execution:Sleepy:{name}-sleepy");
        while setup.cluster.unended(&child).await == 0 {
            sleep(Duration::from_millis(50)).await;
        }
        if name == "stopped" {
            client.stop(PATIENT, name, ErrorOutput::default()).await.unwrap();
        }
        let outcome = client.outcome(PATIENT, name).await.unwrap();
        assert!(!matches!(outcome, Outcome::Succeeded { .. }), "{outcome:?}");
        while setup.cluster.unended(&child).await != 0 {
            sleep(Duration::from_millis(50)).await;
        }
    }
}

/// The worker dies while executions start others, wait for them, and hear of their ends.
async fn each_start_is_made_once(setup: &mut Setup) {
    let client = setup.client.clone();
    let before = fs::read_to_string(&setup.effects).unwrap_or_default().len();
    for number in 0..DELIVERIES {
        let name = format!("order-{number}");
        client.start(DELIVERY, &name, &json!({ "name": name })).await.unwrap();
        sleep(Duration::from_millis(100)).await;
        if number % 3 == 2 {
            setup.worker.kill();
            setup.worker.start();
        }
    }
    for number in 0..DELIVERIES {
        let name = format!("order-{number}");
        let outcome = client.outcome(DELIVERY, &name).await.unwrap();
        let output = outcome.output().unwrap_or_else(|| panic!("{outcome:?}"));
        assert_eq!(output["ship"]["Status"], "SUCCEEDED", "{output}");
        assert_eq!(output["text"]["Status"], "SUCCEEDED", "{output}");
        assert_eq!(
            output["again"]["Error"],
            "StepFunctions.ExecutionAlreadyExistsException"
        );
        let history = client.history(DELIVERY, &name).await.unwrap();
        let submitted = history.iter().filter(|event| event.event_type() == "TaskSubmitted");
        assert_eq!(submitted.count(), 3, "{name}");
    }
    // The one that nobody waits for is done soon, too.
    let packed = loop {
        let told = fs::read_to_string(&setup.effects).unwrap();
        let attempts = told[before..]
            .lines()
            .filter(|line| line.contains(":execution:Ship:order-"));
        let attempts: BTreeSet<String> = attempts.map(str::to_owned).collect();
        if attempts.len() >= 3 * DELIVERIES {
            break attempts;
        }
        sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(packed.len(), 3 * DELIVERIES, "{packed:#?}");
}
