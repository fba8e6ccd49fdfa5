//! Lists of many executions of which few are asked for.

use asl_engine::store::{ExecutionStore as _, MemoryStore, Record};
use serde_json::{Value, json};

use super::{call, close, create, execution_arn, machine_arn, nap, open};

/// More than one page of a list looks at.
const OTHERS: u64 = 10_050;

#[tokio::test]
async fn a_page_looks_at_so_many_executions_and_the_next_one_goes_on_behind_them() {
    let store = MemoryStore::new();
    let api = open(store.clone()).await;
    call(&api, "CreateStateMachine", create("Naps", &nap())).await;
    let start = json!({ "stateMachineArn": machine_arn("Naps"), "name": "first" });
    call(&api, "StartExecution", start).await;
    let stop = json!({ "executionArn": execution_arn("Naps:first") });
    call(&api, "StopExecution", stop.clone()).await;
    call(&api, "RedriveExecution", stop).await;
    close(api).await;

    let first = store.execution(&execution_arn("Naps:first")).unwrap().unwrap().start;
    let others = (1..=OTHERS).map(|number| {
        let mut start = first.clone();
        start.number += number;
        start.name = format!("other-{number}");
        start.arn = execution_arn(&format!("Naps:other-{number}"));
        Record::Start(Box::new(start))
    });
    store.commit(&others.collect::<Vec<_>>()).unwrap();

    let api = open(store).await;
    let mut request = json!({ "stateMachineArn": machine_arn("Naps"), "redriveFilter": "REDRIVEN" });
    let page = call(&api, "ListExecutions", request.clone()).await;
    assert_eq!(page["executions"], json!([]), "it lies behind too many others");
    request["nextToken"] = page["nextToken"].clone();
    let page = call(&api, "ListExecutions", request).await;
    assert_eq!(page["executions"][0]["name"], "first");
    assert_eq!(page.get("nextToken"), None::<&Value>);
    close(api).await;
}
