//! A store that does not write: the call fails, and has changed nothing.

use asl_engine::store::testing::FaultyStore;
use asl_engine::store::{ExecutionStore as _, MemoryStore, StoreErrorKind};
use serde_json::json;

use super::crashes::script;
use super::reading::{assert_same, everything};
use super::{call, close, open};

#[tokio::test]
async fn a_call_that_is_not_written_has_changed_nothing() {
    let store = FaultyStore::new(MemoryStore::new());
    let api = open(store.clone()).await;
    for kind in [StoreErrorKind::Unavailable, StoreErrorKind::Refused] {
        for (action, mut request) in script() {
            // The names of the first round are taken.
            if action == "StartExecution" {
                request["name"] = json!(format!("{}-{kind:?}", request["name"].as_str().unwrap()));
            }
            if let Some(arn) = request["executionArn"].as_str() {
                request["executionArn"] = json!(format!("{arn}-{kind:?}"));
            }
            // Those two are events of an execution that runs: they are written as soon as the store writes again.
            if !matches!(action, "StopExecution" | "RedriveExecution") {
                let before = everything(&api, &[]).await;
                store.fail_from(store.commits() + 1, kind);
                let failed = api.call(action, request.clone()).await.unwrap_err();
                assert_eq!(
                    (failed.code(), failed.status()),
                    ("InternalServerError", 500),
                    "{action}"
                );
                assert_same(&before, &everything(&api, &[]).await, action);
                store.recover();
            }
            call(&api, action, request).await;
        }
    }
    close(api).await;
}

#[tokio::test]
async fn a_call_goes_on_when_its_caller_has_gone() {
    let store = MemoryStore::new();
    let api = open(store.clone()).await;
    for number in 0..20 {
        let request = json!({ "name": format!("a{number}") });
        let mut asked = Box::pin(api.call("CreateActivity", request));
        // Polled once, it has handed its document to the writer.
        std::future::poll_fn(|context| std::task::Poll::Ready(asked.as_mut().poll(context).is_ready())).await;
    }
    // One after the other: this one is written after all of them.
    call(&api, "CreateActivity", json!({ "name": "last" })).await;
    let list = call(&api, "ListActivities", json!({})).await;
    let told = list["activities"].as_array().unwrap().len();
    assert_eq!(told, store.as_of(store.commits()).documents("activity").unwrap().len());
    close(api).await;
}
