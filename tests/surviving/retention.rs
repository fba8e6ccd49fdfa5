//! How long executions are kept that have ended.

use asl_engine::Interpreter;
use asl_engine::runtime::StartRequest;
use asl_engine::store::MemoryStore;
use serde_json::json;

use crate::{executions, machine, until};

#[tokio::test]
async fn what_is_beyond_goes_and_its_name_and_definition_come_again() {
    let store = MemoryStore::new();
    let interpreter = Interpreter::new().store(store.clone()).keep_closed(None, 0);
    let rest = machine(json!({ "Rest": { "Type": "Pass", "End": true } }));
    for _ in 0..2 {
        let named = StartRequest::default().name("order-7");
        let started = interpreter.start_stored(&rest, json!({}), named).await.unwrap();
        assert_eq!(started.outcome().await.status(), "SUCCEEDED");
        until(|| executions(&store).is_empty()).await;
    }
}

#[tokio::test]
async fn what_runs_stays() {
    let store = MemoryStore::new();
    let interpreter = Interpreter::new().store(store.clone()).keep_closed(None, 1);
    let rest = machine(json!({ "Rest": { "Type": "Pass", "End": true } }));
    let wait = machine(json!({ "Rest": { "Type": "Wait", "Seconds": 600, "End": true } }));
    let waiting = interpreter
        .start_stored(&wait, json!({}), StartRequest::default())
        .await
        .unwrap();
    for _ in 0..5 {
        let started = interpreter
            .start_stored(&rest, json!({}), StartRequest::default())
            .await
            .unwrap();
        started.outcome().await;
    }
    until(|| executions(&store).len() == 2).await;
    assert!(
        executions(&store)
            .iter()
            .any(|execution| execution.start.arn == waiting.arn())
    );
}
