//! Express workflows that a worker has itself.

use asl_engine::definition::WorkflowType;
use asl_engine::durable::{RestateClient, RestateWorker};
use asl_engine::history::ErrorOutput;
use asl_engine::runtime::StartRequest;
use asl_engine::{ErrorKind, Interpreter, StateMachine, TaskError};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::sleep;

use crate::compare::untimed;
use crate::round::until_served;

const NAME: &str = "Quote";

/// Fails without a price.
fn quote() -> StateMachine {
    let function = "arn:aws:lambda:us-east-1:123456789012:function:Quote";
    let definition = json!({ "StartAt": "Quote", "States": {
        "Quote": { "Type": "Task", "Resource": function, "Next": "Rest" },
        "Rest": { "Type": "Wait", "Seconds": 1, "Next": "Id" },
        "Id": { "Type": "Pass", "Parameters": { "price.$": "$", "redrives.$": "$$.Execution.RedriveCount" }, "End": true }
    } });
    let mut machine: StateMachine = definition.to_string().parse().unwrap();
    machine.workflow_type = WorkflowType::Express;
    machine
}

fn interpreter() -> Interpreter {
    Interpreter::new().function("Quote", |order: Value| async move {
        match order.as_u64() {
            Some(pizzas) => Ok(json!(7 * pizzas)),
            None => Err(TaskError::new("NoNumber", "how many?")),
        }
    })
}

pub(crate) async fn run(client: &RestateClient) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let worker = RestateWorker::new(interpreter()).machine(NAME, &quote());
    let serving = tokio::spawn(worker.serve(listener, std::future::pending()));
    until_served(client, &url).await;
    let here = interpreter();
    for (name, input) in [("good", json!(3)), ("bad", json!("three"))] {
        client.start(NAME, name, &input).await.unwrap();
        let request = StartRequest::default().name(name).state_machine_name(NAME);
        let here = here.start_with(&quote(), input, request).unwrap();
        assert_eq!(client.outcome(NAME, name).await.unwrap(), here.outcome().await);
        let history = client.history(NAME, name).await.unwrap();
        assert_eq!(untimed(&history), untimed(&here.history()));
        let known = client.execution(NAME, name).await.unwrap().unwrap();
        let arn = format!("arn:aws:states:us-east-1:123456789012:express:{NAME}:{name}:");
        assert!(known.arn.starts_with(&arn), "{}", known.arn);
    }
    for name in ["good", "bad"] {
        let refused = client.redrive(NAME, name).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::NotRedrivable, "{refused}");
    }
    client.start(NAME, "stopped", &json!(1)).await.unwrap();
    while client.history(NAME, "stopped").await.unwrap().len() < 6 {
        sleep(Duration::from_millis(20)).await;
    }
    client.stop(NAME, "stopped", ErrorOutput::default()).await.unwrap();
    let stopped = client.outcome(NAME, "stopped").await.unwrap();
    assert!(stopped.output().is_none(), "{stopped:?}");
    serving.abort();
}
