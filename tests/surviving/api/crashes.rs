//! A crash at every commit of a script of calls: what was acknowledged is there, and of the next call all or nothing.

use asl_engine::store::MemoryStore;
use serde_json::{Value, json};

use super::reading::{Told, assert_same, everything};
use super::{call, close, create, execution_arn, machine_arn, nap, open};

/// Calls that change something, each the same whenever it is made.
pub(super) fn script() -> Vec<(&'static str, Value)> {
    let naps = machine_arn("Naps");
    let activity = "arn:aws:states:us-east-1:123456789012:activity:Oven";
    let other = json!({ "StartAt": "Rest", "States": { "Rest": { "Type": "Wait", "Seconds": 7200, "End": true } } });
    let route = |version: u64| json!([{ "stateMachineVersionArn": format!("{naps}:{version}"), "weight": 100 }]);
    let start = |arn: &str, name: &str| json!({ "stateMachineArn": arn, "name": name, "input": "{ }" });
    let execution = |name: &str| json!({ "executionArn": execution_arn(name) });
    let mut redrive = execution("Naps:first");
    redrive["clientToken"] = json!("once");
    let mut published = create("Naps", &nap());
    published["publish"] = json!(true);
    vec![
        ("CreateActivity", json!({ "name": "Oven" })),
        (
            "TagResource",
            json!({ "resourceArn": activity, "tags": [{ "key": "k", "value": "v" }] }),
        ),
        ("CreateStateMachine", published),
        ("StartExecution", start(&naps, "first")),
        (
            "UpdateStateMachine",
            json!({ "stateMachineArn": naps, "definition": other.to_string() }),
        ),
        (
            "PublishStateMachineVersion",
            json!({ "stateMachineArn": naps, "description": "longer" }),
        ),
        (
            "CreateStateMachineAlias",
            json!({ "name": "live", "routingConfiguration": route(1) }),
        ),
        ("StartExecution", start(&format!("{naps}:live"), "second")),
        (
            "UpdateStateMachineAlias",
            json!({ "stateMachineAliasArn": format!("{naps}:live"), "routingConfiguration": route(2) }),
        ),
        (
            "DeleteStateMachineVersion",
            json!({ "stateMachineVersionArn": format!("{naps}:1") }),
        ),
        ("StopExecution", execution("Naps:first")),
        ("RedriveExecution", redrive),
        ("StopExecution", execution("Naps:second")),
        (
            "DeleteStateMachineAlias",
            json!({ "stateMachineAliasArn": format!("{naps}:live") }),
        ),
        ("UntagResource", json!({ "resourceArn": activity, "tagKeys": ["k"] })),
        ("DeleteStateMachine", json!({ "stateMachineArn": naps })),
        ("StopExecution", execution("Naps:first")),
        ("CreateStateMachine", create("Naps", &nap())),
        ("DeleteStateMachine", json!({ "stateMachineArn": naps })),
        ("DeleteActivity", json!({ "activityArn": activity })),
    ]
}

const EXECUTIONS: [&str; 2] = [
    "arn:aws:states:us-east-1:123456789012:execution:Naps:first",
    "arn:aws:states:us-east-1:123456789012:execution:Naps:second",
];

#[tokio::test]
async fn a_call_is_there_whole_once_it_was_acknowledged() {
    let store = MemoryStore::new();
    let api = open(store.clone()).await;
    // What was told after each call, and after how many commits.
    let mut told: Vec<(usize, Told)> = vec![(store.commits(), everything(&api, &EXECUTIONS).await)];
    for (action, request) in script() {
        call(&api, action, request).await;
        told.push((store.commits(), everything(&api, &EXECUTIONS).await));
    }
    close(api).await;
    for commits in 0..=store.commits() {
        let api = open(store.as_of(commits)).await;
        let now = everything(&api, &EXECUTIONS).await;
        let acknowledged = told.iter().rposition(|(written, _)| *written <= commits).unwrap();
        let (_, then) = &told[acknowledged];
        if now != *then {
            let (_, next) = told.get(acknowledged + 1).unwrap_or(&told[acknowledged]);
            assert_same(
                next,
                &now,
                &format!("{commits} commits, which {acknowledged} calls had"),
            );
        }
        close(api).await;
    }
}
