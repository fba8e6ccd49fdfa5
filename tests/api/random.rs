//! Random requests of every action: whatever comes, the answer is a result or an error of the client.

use asl_engine::Interpreter;
use asl_engine::server::StepFunctions;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};

use crate::front::FRONTS;

/// All actions of the API, and one that is none.
const ACTIONS: [&str; 38] = [
    "CreateActivity",
    "CreateStateMachine",
    "CreateStateMachineAlias",
    "DeleteActivity",
    "DeleteStateMachine",
    "DeleteStateMachineAlias",
    "DeleteStateMachineVersion",
    "DescribeActivity",
    "DescribeExecution",
    "DescribeMapRun",
    "DescribeStateMachine",
    "DescribeStateMachineAlias",
    "DescribeStateMachineForExecution",
    "GetActivityTask",
    "GetExecutionHistory",
    "ListActivities",
    "ListExecutions",
    "ListMapRuns",
    "ListStateMachineAliases",
    "ListStateMachines",
    "ListStateMachineVersions",
    "ListTagsForResource",
    "PublishStateMachineVersion",
    "RedriveExecution",
    "SendTaskFailure",
    "SendTaskHeartbeat",
    "SendTaskSuccess",
    "StartExecution",
    "StartSyncExecution",
    "StopExecution",
    "TagResource",
    "TestState",
    "UntagResource",
    "UpdateMapRun",
    "UpdateStateMachine",
    "UpdateStateMachineAlias",
    "ValidateStateMachineDefinition",
    "ThrowPizza",
];

/// Members of requests, so that random ones get beyond the first check.
const MEMBERS: [&str; 24] = [
    "activityArn",
    "cause",
    "definition",
    "error",
    "executionArn",
    "includedData",
    "input",
    "mapRunArn",
    "maxConcurrency",
    "maxResults",
    "name",
    "nextToken",
    "output",
    "publish",
    "resourceArn",
    "reverseOrder",
    "roleArn",
    "routingConfiguration",
    "stateMachineArn",
    "tags",
    "taskToken",
    "toleratedFailureCount",
    "toleratedFailurePercentage",
    "workerName",
];

const TEXTS: [&str; 9] = [
    "Orders",
    "arn:aws:states:us-east-1:123456789012:stateMachine:Orders",
    "arn:aws:states:us-east-1:123456789012:stateMachine:Orders:1",
    "arn:aws:states:us-east-1:123456789012:execution:Orders:first",
    "arn:aws:states:us-east-1:123456789012:activity:Ovens",
    "arn:aws:iam::123456789012:role/Orders",
    r#"{"StartAt":"Rest","States":{"Rest":{"Type":"Pass","End":true}}}"#,
    "{}",
    "",
];

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        4 => prop::sample::select(TEXTS.as_slice()).prop_map(Value::from),
        1 => any::<String>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            members(inner).prop_map(Value::from),
        ]
    })
}

fn members(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    let name = prop_oneof![
        9 => prop::sample::select(MEMBERS.as_slice()).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    prop::collection::vec((name, value), 0..5).prop_map(|members| members.into_iter().collect())
}

#[test]
fn no_request_is_a_fault_of_the_server() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        // Long polls take no time.
        .start_paused(true)
        .build()
        .unwrap();
    let api = StepFunctions::seeded(Interpreter::new(), 7);
    runtime.block_on(async {
        let machine = json!({ "name": "Orders", "definition": TEXTS[6], "roleArn": TEXTS[5], "publish": true });
        api.call("CreateStateMachine", machine).await.unwrap();
        api.call("CreateActivity", json!({ "name": "Ovens" })).await.unwrap();
        let start = json!({ "stateMachineArn": TEXTS[1], "name": "first" });
        api.call("StartExecution", start).await.unwrap();
    });
    let calls = (
        prop::sample::select(FRONTS),
        prop::sample::select(ACTIONS.as_slice()),
        members(value()),
    );
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 3_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    runner
        .run(&calls, |(front, action, request)| {
            let answer = runtime.block_on(front.call(&api, action, Value::from(request)));
            if let Err(refused) = answer {
                prop_assert!(!refused.code.starts_with("Internal"), "{front:?} {action}: {refused}");
                prop_assert!(!refused.message.is_empty(), "{front:?} {action}: {refused}");
            }
            Ok(())
        })
        .unwrap();
}
