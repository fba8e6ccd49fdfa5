//! Nested executions recorded on AWS, run again by the interpreter: the parent's history must be the recorded one.

use asl_engine::runtime::StartRequest;
use asl_engine::{Interpreter, StateMachine, TaskError};
use serde_json::{Map, Value, json};
use std::fs;

use crate::recordings;

/// What no two runs have in common.
const VARYING: [&str; 5] = [
    "ExecutionArn",
    "SdkHttpMetadata",
    "SdkResponseMetadata",
    "StartDate",
    "StopDate",
];

/// When AWS began to redrive executions.
const REDRIVES: &str = "2023-11-15";

#[tokio::test(start_paused = true)]
async fn parents_have_the_history_that_was_recorded() {
    let mut wrong = Vec::new();
    for file in recordings::files(&recordings::root("ASL_CORPUS", "corpus")) {
        let case: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let definition = case.get("definition_raw").unwrap_or(&case["definition"]).to_string();
        let calls_itself = ["states:startExecution", "aws-sdk:sfn:"]
            .iter()
            .any(|resource| definition.contains(&format!("arn:aws:states:::{resource}")));
        if case["kind"] != "execution" || !calls_itself || case["expected"]["history"].is_null() {
            continue;
        }
        let machine: StateMachine = real(&definition).parse().unwrap();
        let got = run(&case, &machine).await;
        let recorded = case["expected"]["history"].as_array().unwrap();
        let wanted: Vec<_> = recorded.iter().map(|event| comparable(event, &case)).collect();
        if got != wanted {
            let (got, wanted) = (got.join("\n    "), wanted.join("\n    "));
            wrong.push(format!("{}\n  got\n    {got}\n  wanted\n    {wanted}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn run(case: &Value, machine: &StateMachine) -> Vec<String> {
    let mut interpreter = Interpreter::new()
        .region("us-east-1", "111111111111")
        .task("arn:aws:lambda:*", |_: Value| {
            std::future::pending::<Result<(), TaskError>>()
        });
    for (arn, definition) in case["other_machines"].as_object().into_iter().flatten() {
        let child: StateMachine = real(&definition.to_string()).parse().unwrap();
        let names = case["placeholders"].as_object().into_iter().flatten();
        // By its name alone: some were started in another account.
        let raw = names.filter(|(_, name)| name_of(name.as_str().unwrap()) == name_of(arn));
        let name = raw.map(|(raw, _)| name_of(raw).to_owned()).next_back();
        interpreter = interpreter.state_machine(name.unwrap_or_else(|| real(name_of(arn))), &child);
    }
    if case["other_machines"].as_object().is_none_or(Map::is_empty) {
        let unused: StateMachine = r#"{ "StartAt": "S", "States": { "S": { "Type": "Succeed" } } }"#
            .parse()
            .unwrap();
        interpreter = interpreter.state_machine("Unused", &unused);
    }
    let input = real(&case.get("input_raw").unwrap_or(&case["input"]).to_string());
    let input: Value = serde_json::from_str(&input).unwrap();
    let request = StartRequest::default().name("parent");
    let handle = interpreter.start_with(machine, input, request).unwrap();
    handle.outcome().await;
    let history = handle.history();
    history.iter().map(|event| comparable(&event.to_json(), case)).collect()
}

fn name_of(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap()
}

/// A recording's text with names that ARNs can have.
fn real(text: &str) -> String {
    let text = text.replace("<partition>", "aws").replace("<region>", "us-east-1");
    text.replace("<lambda_function_1_name>", "F")
        .replace("<ArnPart_0idx>", "Target")
}

/// An event without what varies; the order of keys counts within its data alone.
fn comparable(event: &Value, case: &Value) -> String {
    let mut event = event.clone();
    let members = event.as_object_mut().unwrap();
    members.shift_remove("timestamp");
    for (_, details) in members.iter_mut().filter(|(name, _)| name.ends_with("EventDetails")) {
        let details = details.as_object_mut().unwrap();
        details.shift_remove("roleArn");
        for field in ["input", "output", "parameters", "cause"] {
            let parsed = details.get(field).and_then(Value::as_str).map(serde_json::from_str);
            if let Some(Ok(parsed)) = parsed {
                details.insert(field.to_owned(), parsed);
            }
        }
        details.sort_keys();
        for (_, field) in details.iter_mut() {
            *field = without_varying(field, case);
        }
    }
    members.sort_keys();
    let mut text = event.to_string();
    for (raw, name) in case["placeholders"].as_object().into_iter().flatten() {
        text = text.replace(raw, name.as_str().unwrap());
    }
    let text = real(&text).replace("Request ID: <request_id>", "Request ID: local");
    let account = text.replace("<secondary_test_aws_account_id>", "111111111111");
    account.replace("\"<region>\"", "\"us-east-1\"")
}

fn without_varying(value: &Value, case: &Value) -> Value {
    let Some(members) = value.as_object() else {
        return value.clone();
    };
    let has_redrives = case["aws_validated"].as_str().is_none_or(|date| date >= REDRIVES);
    members
        .iter()
        .filter(|(name, _)| has_redrives || !name.starts_with("Redrive"))
        .map(|(name, value)| {
            let varies = VARYING.contains(&name.as_str());
            (
                name.clone(),
                if varies {
                    json!("…")
                } else {
                    without_varying(value, case)
                },
            )
        })
        .collect::<Map<_, _>>()
        .into()
}
