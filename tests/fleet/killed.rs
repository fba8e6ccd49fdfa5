//! Executions whose invocations somebody kills, or whose ends are forgotten, and those who wait for them.

use asl_engine::durable::RestateClient;
use asl_engine::history::ErrorOutput;
use asl_engine::{Interpreter, Outcome, StateMachine};
use serde_json::json;
use std::path::Path;
use std::time::Duration;
use tokio::time::{sleep, timeout};

use crate::machine;
use crate::maps::SLOW;
use crate::round::PATIENCE;
use crate::setup::Setup;

pub(crate) const WAITS: &str = "Waits";
const ASKS: &str = "Asks";
const TOLD: &str = "Told";

/// The service of executions that tasks start, and the one of Express workflows.
const EXECUTIONS: &str = "asl-execution";
const EXPRESS: &str = "asl-express";

fn starts(action: &str, machine: &str) -> StateMachine {
    let machine = format!("arn:aws:states:us-east-1:123456789012:stateMachine:{machine}");
    let definition = json!({ "StartAt": "Start", "States": { "Start": {
        "Type": "Task", "Resource": format!("arn:aws:states:::{action}"), "End": true,
        "Parameters": { "StateMachineArn": machine, "Name.$": "$.name", "Input": {} }
    } } });
    definition.to_string().parse().unwrap()
}

/// The machines that wait for others.
pub(crate) fn machines() -> [(&'static str, StateMachine); 3] {
    let definition = json!({ "StartAt": "Ask", "States": { "Ask": {
        "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": true,
        "Parameters": { "QueueUrl": "q", "MessageBody.$": "$$.Task.Token" }
    } } });
    [
        (TOLD, definition.to_string().parse().unwrap()),
        (WAITS, starts("states:startExecution.sync:2", "Sleeper")),
        (ASKS, starts("aws-sdk:sfn:startSyncExecution", "Dozer")),
    ]
}

/// With those that are waited for.
pub(crate) fn with_sleepers(interpreter: Interpreter) -> Interpreter {
    let definition =
        json!({ "StartAt": "Sleep", "States": { "Sleep": { "Type": "Wait", "Seconds": 200, "End": true } } });
    let sleeper: StateMachine = definition.to_string().parse().unwrap();
    let mut dozer = sleeper.clone();
    dozer.workflow_type = asl_engine::definition::WorkflowType::Express;
    interpreter
        .state_machine("Sleeper", &sleeper)
        .state_machine("Dozer", &dozer)
}

fn execution(name: &str) -> String {
    format!("arn:aws:states:us-east-1:123456789012:execution:Sleeper:{name}")
}

async fn failure(client: &RestateClient, machine: &str, name: &str) -> ErrorOutput {
    let outcome = timeout(PATIENCE, client.outcome(machine, name)).await;
    let outcome = outcome
        .unwrap_or_else(|_| panic!("{name} of {machine} has no end"))
        .unwrap();
    let Outcome::Failed(error) = outcome else {
        panic!("{outcome:?}")
    };
    error
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run(program: &Path) {
    let setup = Setup::start(program, "killed", 1).await;
    an_item_fails_whose_child_execution_is_killed(&setup).await;
    a_task_fails_whose_execution_is_killed(&setup).await;
    a_task_fails_whose_execution_is_killed_before_it_begins(&setup).await;
    a_task_fails_whose_execution_is_forgotten(&setup).await;
    setup.end();
}

async fn a_task_fails_whose_execution_is_killed(setup: &Setup) {
    let client = &setup.client;
    let input = json!({ "name": "killed" });
    client.start(WAITS, "killed", &input).await.unwrap();
    client.start(ASKS, "killed", &input).await.unwrap();
    let history = async |machine: &str| client.history(machine, "killed").await.unwrap();
    while !history(WAITS)
        .await
        .iter()
        .any(|event| event.event_type() == "TaskSubmitted")
    {
        sleep(Duration::from_millis(20)).await;
    }
    setup.cluster.kill(EXECUTIONS, &execution("killed")).await;
    let express = "arn:aws:states:us-east-1:123456789012:express:Dozer:killed";
    setup.cluster.kill(EXPRESS, express).await;
    for machine in [WAITS, ASKS] {
        let error = failure(client, machine, "killed").await;
        assert_eq!(error.error.as_deref(), Some("States.TaskFailed"), "{error:?}");
        let cause = error.cause.unwrap();
        assert!(cause.contains("killed"), "{cause}");
    }
}

/// It cannot begin since nobody can read how.
async fn a_task_fails_whose_execution_is_killed_before_it_begins(setup: &Setup) {
    let arn = execution("unborn");
    setup
        .cluster
        .send(EXECUTIONS, &arn, "run/send", &json!("no beginning"))
        .await;
    let client = &setup.client;
    client
        .start(WAITS, "unborn", &json!({ "name": "unborn" }))
        .await
        .unwrap();
    setup.cluster.called(EXECUTIONS, &arn, "begun").await;
    setup.cluster.kill(EXECUTIONS, &arn).await;
    let error = failure(client, WAITS, "unborn").await;
    assert_eq!(error.error.as_deref(), Some("States.TaskFailed"), "{error:?}");
    assert!(
        error.cause.as_deref().is_some_and(|cause| cause.contains("killed")),
        "{error:?}"
    );
}

/// The cluster forgets it before the task can be told.
async fn a_task_fails_whose_execution_is_forgotten(setup: &Setup) {
    let client = &setup.client;
    let before = machine::tokens(&setup.effects).len();
    client.start(TOLD, "forgotten", &json!({})).await.unwrap();
    let token = loop {
        if let Some(token) = machine::tokens(&setup.effects).get(before) {
            break token.clone();
        }
        sleep(Duration::from_millis(20)).await;
    };
    let run = setup.cluster.invocation(EXECUTIONS, &execution("killed")).await;
    setup.cluster.purge(&run).await;
    let resource = "arn:aws:states:::states:startExecution.sync:2";
    let told = json!([1, { "token": token, "resource": resource, "input_text": "{}", "run": run }]);
    setup
        .cluster
        .send(EXECUTIONS, &execution("killed"), "tell/send", &told)
        .await;
    let error = failure(client, TOLD, "forgotten").await;
    assert_eq!(error.error.as_deref(), Some("States.TaskFailed"), "{error:?}");
    assert!(
        error.cause.as_deref().is_some_and(|cause| cause.contains("forgotten")),
        "{error:?}"
    );
}

async fn an_item_fails_whose_child_execution_is_killed(setup: &Setup) {
    let client = &setup.client;
    client.start(SLOW, "killed", &json!(["a", "b", "c"])).await.unwrap();
    let children = loop {
        if let [run] = &client.map_runs(SLOW, "killed").await.unwrap()[..] {
            let children = client.child_executions(&run.map_run_arn).await.unwrap();
            if children.len() == 3 {
                break children;
            }
        }
        sleep(Duration::from_millis(20)).await;
    };
    setup.cluster.kill("asl-child", &children[0]).await;
    let failed = async || {
        client.map_runs(SLOW, "killed").await.unwrap()[0]
            .execution_counts
            .failed
    };
    while failed().await == 0 {
        sleep(Duration::from_millis(20)).await;
    }
    // One may fail.
    setup.cluster.kill("asl-child", &children[1]).await;
    let error = failure(client, SLOW, "killed").await;
    assert_eq!(
        error.error.as_deref(),
        Some("States.ExceedToleratedFailureThreshold"),
        "{error:?}"
    );
}
