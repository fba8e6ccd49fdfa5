//! Task tokens.

use asl_engine::handlers::TaskContext;
use asl_engine::history::HistoryEvent;
use asl_engine::runtime::StartRequest;
use asl_engine::{ErrorKind, Interpreter, StateMachine, TaskError};
use serde_json::{Value, json};
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::machine;

fn ask() -> StateMachine {
    machine(json!({ "Ask": {
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "End": true,
        "Parameters": { "FunctionName": "Ask", "Payload": { "token.$": "$$.Task.Token" } }
    }}))
}

/// An interpreter with a function that hands its tokens on.
fn asking() -> (Interpreter, UnboundedReceiver<String>) {
    let (tokens, asked) = unbounded_channel();
    let interpreter = Interpreter::new().function("Ask", move |payload: Value| {
        let tokens = tokens.clone();
        async move {
            let token = payload.get("token").and_then(Value::as_str);
            tokens.send(token.unwrap_or_default().to_owned())?;
            Ok(json!({ "asked": true }))
        }
    });
    (interpreter, asked)
}

#[tokio::test(start_paused = true)]
async fn functions_serve_callback_tasks() {
    let (interpreter, mut asked) = asking();
    let handle = interpreter.start(&ask(), json!({})).unwrap();
    let token = asked.recv().await.unwrap();
    interpreter.send_task_success(&token, json!("yes")).unwrap();
    assert_eq!(handle.output::<String>().await.unwrap(), "yes");
}

#[tokio::test(start_paused = true)]
async fn a_token_ends_a_job() {
    let (tokens, mut asked) = unbounded_channel();
    let interpreter = Interpreter::new().task(
        "arn:aws:states:::batch:submitJob.sync",
        move |_: Value, cx: TaskContext| {
            tokens.send(cx.request.token.clone().unwrap_or_default()).ok();
            pending::<Result<Value, TaskError>>()
        },
    );
    let job = machine(json!({ "Bake": {
        "Type": "Task", "Resource": "arn:aws:states:::batch:submitJob.sync", "Parameters": {}, "End": true
    }}));
    let handle = interpreter.start(&job, json!({})).unwrap();
    let token = asked.recv().await.unwrap();
    interpreter.send_task_success(&token, json!("baked")).unwrap();
    assert_eq!(handle.output::<String>().await.unwrap(), "baked");
}

#[tokio::test(start_paused = true)]
async fn executions_of_one_seed_have_tokens_of_their_own() {
    let (interpreter, mut asked) = asking();
    let start = |name: &str| {
        let request = StartRequest::default().seed(7).name(name);
        interpreter.start_with(&ask(), json!({}), request).unwrap()
    };
    let (one, two) = (start("one"), start("two"));
    let tokens = [asked.recv().await.unwrap(), asked.recv().await.unwrap()];
    assert_ne!(tokens[0], tokens[1]);
    interpreter.send_task_success(&tokens[0], json!(1)).unwrap();
    interpreter.send_task_success(&tokens[1], json!(2)).unwrap();
    assert_eq!(one.output::<u32>().await.unwrap(), 1);
    assert_eq!(two.output::<u32>().await.unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn nothing_but_the_machine_tells_a_token() {
    let mut seen = Vec::new();
    for _ in 0..2 {
        // The same name and seed: what is different is the secret of the execution.
        let (interpreter, mut asked) = asking();
        let request = StartRequest::default().seed(7).name("same");
        let _handle = interpreter.start_with(&ask(), json!({}), request).unwrap();
        seen.push(asked.recv().await.unwrap());
    }
    assert_ne!(seen[0], seen[1]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_by_token_ends_the_handler() {
    let dropped = Arc::new(());
    let (tokens, mut asked) = unbounded_channel();
    let held = Arc::clone(&dropped);
    let interpreter = Interpreter::new().function("Ask", move |payload: Value| {
        tokens
            .send(payload["token"].as_str().unwrap_or_default().to_owned())
            .ok();
        let held = Arc::clone(&held);
        async move {
            std::future::pending::<()>().await;
            drop(held);
            Ok(())
        }
    });
    let handle = interpreter.start(&ask(), json!({})).unwrap();
    let token = asked.recv().await.unwrap();
    interpreter.send_task_success(&token, json!("yes")).unwrap();
    assert_eq!(handle.output::<String>().await.unwrap(), "yes");
    tokio::time::sleep(Duration::from_secs(1)).await;
    // One is the test's, one is the closure's.
    assert_eq!(Arc::strong_count(&dropped), 2);
}

#[tokio::test(start_paused = true)]
async fn a_callback_task_waits_for_its_token() {
    let machine = machine(json!({ "Ask": {
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "End": true,
        "Parameters": { "FunctionName": "Ask", "Payload": { "token.$": "$$.Task.Token" } }
    }}));
    let (tokens, mut asked) = tokio::sync::mpsc::unbounded_channel();
    let interpreter = Interpreter::new().task(
        "arn:aws:states:::lambda:invoke.waitForTaskToken",
        move |input: Value| {
            let tokens = tokens.clone();
            async move {
                tokens.send(input["Payload"]["token"].as_str().unwrap_or_default().to_owned())?;
                Ok(json!({ "asked": true }))
            }
        },
    );
    let handle = interpreter.start(&machine, json!({})).unwrap();
    let token = asked.recv().await.unwrap();
    tokio::time::sleep(Duration::from_hours(1)).await;
    assert_eq!(handle.status(), "RUNNING");
    interpreter.send_task_success(&token, json!("yes")).unwrap();
    assert_eq!(handle.output::<String>().await.unwrap(), "yes");
    let again = interpreter.send_task_success(&token, json!("yes")).unwrap_err();
    assert_eq!(again.kind(), ErrorKind::TaskTimedOut);
    let unknown = interpreter.send_task_success("nobody's", json!(1)).unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::InvalidToken);
    assert_eq!(unknown.to_string(), "Invalid Token: 'Invalid token'");
    let types: Vec<_> = handle.history().iter().map(HistoryEvent::event_type).collect();
    assert!(types.contains(&"TaskSubmitted"), "{types:?}");
}
