//! Calls of the Step Functions API, one after the other, of what fits and of what does not.

use asl_engine::Interpreter;
use asl_engine::server::StepFunctions;
use serde_json::{Map, Value, json};

use super::{Dice, corpus};

const ACTIONS: [&str; 39] = [
    "CreateActivity",
    "CreateStateMachine",
    "CreateStateMachine",
    "CreateStateMachineAlias",
    "DeleteActivity",
    "DeleteStateMachine",
    "DeleteStateMachineAlias",
    "DeleteStateMachineVersion",
    "DescribeActivity",
    "DescribeExecution",
    "DescribeStateMachine",
    "DescribeStateMachineAlias",
    "DescribeStateMachineForExecution",
    "DescribeMapRun",
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
    "StartExecution",
    "StartSyncExecution",
    "StopExecution",
    "TagResource",
    "TestState",
    "UntagResource",
    "UpdateStateMachine",
    "UpdateStateMachineAlias",
    "ValidateStateMachineDefinition",
    "",
];

/// The members of requests, more than one action has; what an action does not have is left out most of the time.
const MEMBERS: [&str; 26] = [
    "activityArn",
    "definition",
    "description",
    "executionArn",
    "includedData",
    "input",
    "loggingConfiguration",
    "maxResults",
    "name",
    "nextToken",
    "output",
    "publish",
    "resourceArn",
    "reverseOrder",
    "revisionId",
    "roleArn",
    "routingConfiguration",
    "stateMachineAliasArn",
    "stateMachineArn",
    "stateMachineVersionArn",
    "statusFilter",
    "tagKeys",
    "tags",
    "taskToken",
    "type",
    "versionDescription",
];

/// True where a call went through.
pub(crate) fn calls(dice: &Dice) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let api = StepFunctions::seeded(Interpreter::new(), 1);
        let mut answers = Vec::new();
        for _ in 0..=dice.below(15) {
            let action = dice.pick(&ACTIONS);
            let request = request(dice, action, &answers);
            match api.call(action, request).await {
                Ok(answer) => {
                    assert!(answer.is_object(), "{action} answers {answer}");
                    answers.push(answer);
                }
                Err(error) => {
                    assert!(
                        !error.code().is_empty() && !error.message().is_empty(),
                        "{action}: {error:?}"
                    );
                    assert_ne!(error.status(), 500, "{action}: {error}");
                }
            }
        }
        !answers.is_empty()
    })
}

fn request(dice: &Dice, action: &str, answers: &[Value]) -> Value {
    if dice.chance(3) {
        return dice.json(4);
    }
    let fit = members_of(action);
    let members = fit.iter().filter(|_| dice.chance(93));
    let mut request: Map<String, Value> = members
        .map(|member| ((*member).to_owned(), value(dice, member, answers)))
        .collect();
    if dice.chance(10) {
        let member = dice.pick(&MEMBERS);
        request.insert(member.to_owned(), value(dice, member, answers));
    }
    request.into()
}

/// What an action cannot do without, and some of what it can.
fn members_of(action: &str) -> &'static [&'static str] {
    match action {
        "CreateStateMachine" => &["name", "definition", "roleArn", "type", "publish"],
        "UpdateStateMachine" => &["stateMachineArn", "definition", "publish"],
        "CreateStateMachineAlias" => &["name", "routingConfiguration"],
        "UpdateStateMachineAlias" => &["stateMachineAliasArn", "routingConfiguration"],
        "DescribeStateMachineAlias" | "DeleteStateMachineAlias" => &["stateMachineAliasArn"],
        "DeleteStateMachineVersion" => &["stateMachineVersionArn"],
        "StartExecution" | "StartSyncExecution" => &["stateMachineArn", "input", "name"],
        "ListExecutions" => &["stateMachineArn", "maxResults", "nextToken", "statusFilter"],
        "GetExecutionHistory" => &["executionArn", "maxResults", "nextToken", "reverseOrder"],
        "DescribeExecution" | "StopExecution" | "DescribeStateMachineForExecution" => &["executionArn"],
        "CreateActivity" => &["name", "tags"],
        "DescribeActivity" | "DeleteActivity" | "GetActivityTask" => &["activityArn"],
        "ListActivities" | "ListStateMachines" => &["maxResults", "nextToken"],
        "TagResource" => &["resourceArn", "tags"],
        "UntagResource" => &["resourceArn", "tagKeys"],
        "ListTagsForResource" => &["resourceArn"],
        "SendTaskSuccess" => &["taskToken", "output"],
        "SendTaskFailure" | "SendTaskHeartbeat" => &["taskToken"],
        "TestState" => &["definition", "input", "roleArn"],
        "ValidateStateMachineDefinition" => &["definition", "type", "maxResults"],
        _ => &["stateMachineArn"],
    }
}

fn value(dice: &Dice, member: &str, answers: &[Value]) -> Value {
    if dice.chance(5) {
        return dice.json(3);
    }
    let known = answers.iter().rev().find_map(|answer| answer.get(member));
    if let Some(known) = known.filter(|_| dice.chance(80)) {
        return known.clone();
    }
    let arn = |rest: &str| json!(format!("arn:aws:states:us-east-1:123456789012:{rest}"));
    match member {
        "activityArn" => arn(dice.pick(&["activity:a", "activity:b", "activity:"])),
        "definition" => {
            let samples = corpus::samples();
            let text = samples[dice.below(samples.len())].definition.to_string();
            json!(if dice.chance(80) {
                text
            } else {
                dice.mutated(&text, &["{", "\"", "}", "1"])
            })
        }
        "executionArn" => arn(dice.pick(&["execution:a:a", "execution:b:b", "express:a:a:a"])),
        "input" | "output" => json!(dice.json(3).to_string()),
        "loggingConfiguration" => json!({ "level": dice.pick(&["ALL", "OFF", "X"]), "destinations": [dice.json(2)] }),
        "maxResults" => json!(dice.pick(&[&-1, &0, &1, &2, &1000, &1001])),
        "name" | "description" | "versionDescription" => json!(dice.pick(&["a", "b", "a b", "", "é", "7"])),
        "nextToken" => Value::Null,
        "publish" | "reverseOrder" => json!(dice.chance(50)),
        "resourceArn" => arn(dice.pick(&["stateMachine:a", "stateMachine:a:1", "activity:a"])),
        "roleArn" => json!("arn:aws:iam::123456789012:role/r"),
        "routingConfiguration" => {
            let routes = (0..=dice.below(3)).map(|_| {
                let version = arn(dice.pick(&["stateMachine:a:1", "stateMachine:a:2", "stateMachine:b:1"]));
                json!({ "stateMachineVersionArn": version, "weight": dice.pick(&[&100, &50, &0, &-1]) })
            });
            routes.collect()
        }
        "stateMachineAliasArn" => arn(dice.pick(&["stateMachine:a:b", "stateMachine:b:a"])),
        "stateMachineArn" => {
            let names = [
                "stateMachine:a",
                "stateMachine:b",
                "stateMachine:a:1",
                "stateMachine:a:b",
                "stateMachine:a/l",
            ];
            arn(dice.pick(&names))
        }
        "stateMachineVersionArn" => arn(dice.pick(&["stateMachine:a:1", "stateMachine:a:99999999999999999999"])),
        "statusFilter" => json!(dice.pick(&["RUNNING", "SUCCEEDED", "running"])),
        "tagKeys" => json!(["a", dice.json(1)]),
        "tags" => json!([{ "key": dice.pick(&["a", "b", ""]), "value": "v" }]),
        "type" => json!(dice.pick(&["STANDARD", "EXPRESS"])),
        _ => dice.json(2),
    }
}
