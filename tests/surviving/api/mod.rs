//! The Step Functions API over a store: everything that it has told is there after a restart, at whichever commit.

mod alike;
mod crashes;
mod documents;
mod faults;
mod golden;
mod pages;
mod reading;
mod reports;
mod restarts;

use asl_engine::server::StepFunctions;
use asl_engine::store::ExecutionStore;
use asl_engine::{Interpreter, TaskError};
use serde_json::{Value, json};
use std::time::Duration;

const ROLE: &str = "arn:aws:iam::123456789012:role/Orders";

/// An API whose function `Bake` works, and whose function `Burn` fails.
async fn open(store: impl ExecutionStore) -> StepFunctions {
    let interpreter = Interpreter::new()
        .store(store)
        .function("Bake", |order: Value| async move {
            Ok::<_, TaskError>(json!({ "baked": order }))
        })
        .function("Burn", |_: Value| async {
            Err::<Value, _>(TaskError::new("Burnt", "too hot"))
        });
    let (api, resumed) = StepFunctions::open(interpreter).await.unwrap();
    assert_eq!(resumed.waiting, [], "everything goes on");
    api
}

/// Ends the API as a process ends: what runs is left to the next one.
async fn close(api: StepFunctions) {
    api.interpreter().shutdown(Duration::ZERO).await;
}

async fn call(api: &StepFunctions, action: &str, request: Value) -> Value {
    let answer = api.call(action, request.clone()).await;
    answer.map_err(|error| format!("{action} {request}: {error}")).unwrap()
}

fn machine_arn(name: &str) -> String {
    format!("arn:aws:states:us-east-1:123456789012:stateMachine:{name}")
}

fn execution_arn(name: &str) -> String {
    format!("arn:aws:states:us-east-1:123456789012:execution:{name}")
}

fn create(name: &str, states: &Value) -> Value {
    let start = states.as_object().unwrap().keys().next().unwrap();
    let definition = json!({ "StartAt": start, "States": states });
    // Spread over lines, which a store has to give back.
    let definition = serde_json::to_string_pretty(&definition).unwrap();
    json!({ "name": name, "definition": definition, "roleArn": ROLE })
}

fn task(function: &str) -> Value {
    let resource = format!("arn:aws:lambda:us-east-1:123456789012:function:{function}");
    json!({ "Work": { "Type": "Task", "Resource": resource, "End": true } })
}

fn nap() -> Value {
    json!({ "Nap": { "Type": "Wait", "Seconds": 3600, "End": true } })
}
