//! Definitions that executions of a distributed Map share.

use asl_engine::durable::RestateWorker;
use asl_engine::{ErrorKind, Interpreter, StateMachine};
use serde_json::json;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::sleep;

use crate::setup::Setup;

const WORDY: &str = "Wordy";

/// So long is what the definition says about itself.
const WORDS: usize = 100_000;

const ITEMS: usize = 20;

/// Items that take four seconds, in Maps inside a Map.
pub(crate) fn machine() -> (&'static str, StateMachine) {
    let map = |inner: serde_json::Value| {
        json!({
            "Type": "Map", "End": true, "ItemProcessor": {
                "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
                "StartAt": "S", "States": { "S": inner }
            }
        })
    };
    let wait = json!({ "Type": "Wait", "Seconds": 4, "End": true });
    let outer = map(json!({
        "Type": "Map", "End": true, "ItemProcessor": { "StartAt": "W", "States": { "W": wait } }
    }));
    let definition = json!({ "Comment": "w".repeat(WORDS), "StartAt": "Each", "States": { "Each": outer } });
    (WORDY, definition.to_string().parse().unwrap())
}

/// They read it by their worker's client.
async fn need_a_client() {
    let (name, machine) = machine();
    let worker = RestateWorker::new(Interpreter::new()).machine(name, &machine);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let refused = worker.serve(listener, std::future::pending()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Misconfigured, "{refused}");
}

/// Also by a worker that has not begun them, and knows the definition from the cluster.
pub(crate) async fn are_in_no_journal_of_a_child(setup: &mut Setup) {
    need_a_client().await;
    let client = setup.client.clone();
    let items: Vec<_> = (0..ITEMS).map(|item| json!([item])).collect();
    client.start(WORDY, "one", &json!(items)).await.unwrap();
    let children = loop {
        if let [run] = &client.map_runs(WORDY, "one").await.unwrap()[..] {
            let children = client.child_executions(&run.map_run_arn).await.unwrap();
            if children.len() == ITEMS {
                break children;
            }
        }
        sleep(Duration::from_millis(20)).await;
    };
    setup.worker.kill();
    setup.worker.start();
    let outcome = client.outcome(WORDY, "one").await.unwrap();
    assert_eq!(outcome.output(), Some(&json!(items)), "{outcome:?}");
    let bytes = setup.cluster.journaled("asl-child", &children[0]).await;
    assert!(bytes < 10_000, "{bytes} bytes");
    let bytes = setup.cluster.journaled(&format!("asl.{WORDY}"), "one").await;
    // Once with the definition, and little for each child execution.
    assert!((WORDS..WORDS + ITEMS * 10_000).contains(&bytes), "{bytes} bytes");
}
