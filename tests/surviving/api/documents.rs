//! What an API keeps in a store beside executions: removed once nothing needs it, and never misread.

use asl_engine::server::StepFunctions;
use asl_engine::store::{ExecutionStore, MemoryStore, Record};
use asl_engine::{ErrorKind, Interpreter};
use serde_json::json;
use std::time::Duration;

use super::{call, close, create, execution_arn, machine_arn, nap, open, task};

#[tokio::test]
async fn what_nothing_needs_any_more_is_removed() {
    let store = MemoryStore::new();
    let kept = |kind: &str| store.documents(kind).unwrap().len();
    let api = open(store.clone()).await;
    call(&api, "CreateStateMachine", create("Bakes", &task("Bake"))).await;
    call(&api, "CreateStateMachine", create("Naps", &nap())).await;
    let nap = json!({ "stateMachineArn": machine_arn("Naps"), "name": "n", "input": "{}" });
    call(&api, "StartExecution", nap).await;
    for name in ["Bakes", "Naps"] {
        call(
            &api,
            "DeleteStateMachine",
            json!({ "stateMachineArn": machine_arn(name) }),
        )
        .await;
    }
    assert_eq!((kept("stateMachine"), kept("revision"), kept("definition")), (1, 2, 2));
    close(api).await;

    let api = open(store.clone()).await;
    call(
        &api,
        "StopExecution",
        json!({ "executionArn": execution_arn("Naps:n") }),
    )
    .await;
    let list = call(&api, "ListStateMachines", json!({})).await;
    assert_eq!(list, json!({ "stateMachines": [] }));
    close(api).await;
    assert_eq!((kept("stateMachine"), kept("revision"), kept("definition")), (0, 1, 1));

    let interpreter = Interpreter::new().store(store.clone()).keep_closed(None, 0);
    let (api, _) = StepFunctions::open(interpreter).await.unwrap();
    while !crate::executions(&store).is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    close(api).await;
    close(open(store.clone()).await).await;
    assert_eq!((kept("revision"), kept("definition")), (0, 0));
}

#[tokio::test]
async fn a_store_is_opened_and_not_taken_for_an_empty_api() {
    let store = MemoryStore::new();
    let api = StepFunctions::new(Interpreter::new().store(store.clone()));
    let refused = api.call("ListStateMachines", json!({})).await.unwrap_err();
    assert_eq!((refused.code(), refused.status()), ("InternalServerError", 500));
    drop(api);

    let (api, resumed) = StepFunctions::open(Interpreter::new()).await.unwrap();
    assert_eq!(resumed.executions, 0);
    call(&api, "ListStateMachines", json!({})).await;
}

#[tokio::test]
async fn a_document_that_cannot_be_read_is_told_and_left() {
    for (kind, text, problem) in [
        (
            "stateMachine",
            "[2,{}]",
            "is in format 2; this release reads formats up to 1",
        ),
        ("activity", "[1,{}]", "missing field"),
        ("stateMachine", "nonsense", "it has no format"),
        ("revision", "[1]", "cannot be read from the store"),
    ] {
        let store = MemoryStore::new();
        let api = open(store.clone()).await;
        call(&api, "CreateStateMachine", create("Naps", &nap())).await;
        close(api).await;
        let document = Record::Document {
            kind: kind.to_owned(),
            key: "7".to_owned(),
            text: Some(text.to_owned()),
        };
        store.commit(&[document]).unwrap();
        let commits = store.commits();
        let refused = StepFunctions::open(Interpreter::new().store(store.clone()))
            .await
            .unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Store);
        assert!(refused.to_string().contains(problem), "{refused}");
        assert_eq!(store.commits(), commits, "it is left as it is");
    }
}
