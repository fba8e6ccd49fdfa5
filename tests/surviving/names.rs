//! Names in a store.

use asl_engine::history::HistoryEvent;
use asl_engine::runtime::StartRequest;
use asl_engine::store::{Filter, MemoryStore};
use asl_engine::{ErrorKind, Outcome};
use serde_json::{Value, json};
use std::time::Duration;

use crate::machine;

#[tokio::test(start_paused = true)]
async fn a_name_is_taken_after_a_restart_and_after_the_end() {
    let store = MemoryStore::new();
    let rest = machine(json!({ "Rest": { "Type": "Wait", "Seconds": 60, "End": true } }));
    let named = || StartRequest::default().name("order-7");
    let first = crate::interpreter().store(store.clone());
    let arn = first
        .start_with(&rest, json!({ "id": 7 }), named())
        .unwrap()
        .arn()
        .to_owned();
    first.shutdown(Duration::ZERO).await;

    let second = crate::interpreter().store(store.clone());
    // Not resumed yet: it is known all the same.
    let refused = second.start_with(&rest, json!({ "id": 7 }), named()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ExecutionAlreadyExists);
    assert_eq!(second.resume().await.unwrap().executions, 1);
    let refused = second.start_with(&rest, json!({ "id": 7 }), named()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ExecutionAlreadyExists);
    second.execution(&arn).unwrap().outcome().await;
    second.shutdown(Duration::ZERO).await;

    let third = crate::interpreter().store(store);
    assert_eq!(
        third.execution(&arn).unwrap().status(),
        "SUCCEEDED",
        "also before anything was started"
    );
    let refused = third.start_with(&rest, json!({ "id": 7 }), named()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ExecutionAlreadyExists);
    assert!(refused.to_string().contains("SUCCEEDED"), "{refused}");
    // What has ended is found by its ARN, with its output and its history.
    let ended = third.execution(&arn).unwrap();
    assert_eq!(
        ended.ended(),
        Some(Outcome::Succeeded {
            output: json!({ "id": 7 }).into()
        })
    );
    let types: Vec<_> = ended.history().iter().map(HistoryEvent::event_type).collect();
    assert_eq!(
        types,
        [
            "ExecutionStarted",
            "WaitStateEntered",
            "WaitStateExited",
            "ExecutionSucceeded"
        ]
    );
    assert_eq!(ended.output::<Value>().await.unwrap(), json!({ "id": 7 }));
}

#[tokio::test(start_paused = true)]
async fn express_executions_share_names() {
    let machine = asl_engine::loading::Loader::new()
        .workflow_type(asl_engine::definition::WorkflowType::Express)
        .parse(r#"{ "StartAt": "Rest", "States": { "Rest": { "Type": "Pass", "End": true } } }"#)
        .unwrap();
    let interpreter = crate::interpreter().store(MemoryStore::new());
    for _ in 0..2 {
        let named = StartRequest::default().name("order-7");
        let started = interpreter.start_stored(&machine, json!({}), named).await.unwrap();
        assert_eq!(started.outcome().await.status(), "SUCCEEDED");
    }
}

#[tokio::test]
async fn executions_are_listed_and_described_without_coming_into_memory() {
    let store = MemoryStore::new();
    let rest = machine(json!({ "Rest": { "Type": "Wait", "Seconds": 3600, "End": true } }));
    let first = crate::interpreter().store(store.clone());
    let mut arns = Vec::new();
    for name in ["order-1", "order-2", "return-1"] {
        let request = StartRequest::default().name(name);
        arns.push(first.start_with(&rest, json!({}), request).unwrap().arn().to_owned());
    }
    first.shutdown(Duration::ZERO).await;

    // It does not resume them.
    let second = crate::interpreter().store(store.clone());
    let orders = Filter {
        name_prefix: Some("order-".to_owned()),
        ..Filter::default()
    };
    let listed = second.list_stored(&orders, 10).await.unwrap();
    let names: Vec<_> = listed.iter().map(|execution| execution.start.name.as_str()).collect();
    assert_eq!(names, ["order-2", "order-1"]);
    let described = second.describe_stored(&arns[2]).await.unwrap().unwrap();
    assert_eq!((described.start.name.as_str(), described.end), ("return-1", None));
    let second_event = second.stored_history(&arns[2], 1, 1).await.unwrap();
    let types: Vec<_> = second_event.iter().map(HistoryEvent::event_type).collect();
    assert_eq!(types, ["WaitStateEntered"]);
    assert_eq!(second.stored_history("arn:of:nothing", 0, 9).await.unwrap(), []);
    assert_eq!(second.running(), 0);

    let without = crate::interpreter().list_stored(&orders, 10).await.unwrap_err();
    assert_eq!(without.kind(), ErrorKind::Misconfigured);
}
