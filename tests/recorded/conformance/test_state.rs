//! Calls of `TestState`: one state each, with what AWS answered.
//!
//! The recordings keep neither the role nor what a called service answered but in the answer of AWS. A role is given,
//! unless the case is about its absence; a Task without a mock answers with the recorded raw result, or with the output
//! where that is all there is, and what its stages make of that is compared.

use asl_engine::TestState;
use asl_engine::test_state::{TestStateError, TestStateResult};
use regex_lite::Regex;
use serde_json::{Value, json};

use crate::case::{Case, in_a_partition};
use crate::normalise::Normaliser;

const ROLE: &str = "arn:aws:iam::111111111111:role/TestState";
/// What the recording put in place of names that were made for it.
const MADE_UP: &str = "<(resource:[0-9]+|md5_of_message_body)>";

/// Makes the call and compares its answer, or what was refused.
pub(crate) fn check(case: &Case) -> Result<(), String> {
    let expected = &case.json["expected"];
    match (call(case), expected.get("test_state"), expected.get("validate")) {
        (Ok(result), Some(wanted), _) => compare(case, wanted, &result),
        (Err(error), None, Some(wanted)) => compare_refusal(case, wanted, &error),
        (Ok(result), ..) => Err(format!("got {}, wanted {expected}", result.to_json())),
        (Err(error), ..) => Err(format!("got {}: {error}, wanted {expected}", error.exception())),
    }
}

fn call(case: &Case) -> Result<TestStateResult, TestStateError> {
    let mut request: Value = serde_json::from_str(&in_a_partition(&case.json["test_state_args"].to_string()))
        .expect("a partition holds no quotes");
    request["definition"] = case.definition().into();
    let lacks_role = case.json["expected"]["validate"]
        .to_string()
        .contains("RoleArn must be specified");
    if !lacks_role {
        request["roleArn"] = ROLE.into();
    }
    let wanted = &case.json["expected"]["test_state"];
    let shown = wanted["inspectionData"].get("result");
    let answered = data(shown.unwrap_or(&wanted["output"]));
    TestState::from_request(&request)?.task(move |_| Ok(answered)).run()
}

fn compare(case: &Case, wanted: &Value, got: &TestStateResult) -> Result<(), String> {
    let normaliser = Normaliser::new(case, None);
    let mut wanted = read(wanted);
    if let Some(members) = wanted.as_object_mut() {
        members.shift_remove("ResponseMetadata");
    }
    let got = in_no_region(&normaliser.value(&read(&got.to_json())));
    let wanted = in_no_region(&normaliser.value(&wanted));
    let made_up = Regex::new(MADE_UP).expect("a pattern");
    if same(&wanted, &got, &made_up) {
        return Ok(());
    }
    Err(format!("\n   got {got}\nwanted {wanted}"))
}

fn compare_refusal(case: &Case, wanted: &Value, got: &TestStateError) -> Result<(), String> {
    let normaliser = Normaliser::new(case, None);
    let text = |paths: [&Value; 2]| paths.into_iter().find_map(Value::as_str).unwrap_or_default().to_owned();
    let code = text([&wanted["Error"]["Code"], &wanted["exception_typename"]]);
    let message = text([&wanted["Error"]["Message"], &wanted["exception_value"]]);
    let said = format!("An error occurred ({code}) when calling the TestState operation: ");
    let message = message.strip_prefix(&said).unwrap_or(&message);
    let (wanted, got) = (
        normaliser.text(&format!("{code}: {message}")),
        normaliser.text(&format!("{}: {got}", got.exception())),
    );
    if wanted == got {
        Ok(())
    } else {
        Err(format!("\n   got {got}\nwanted {wanted}"))
    }
}

/// A response with its texts as what they hold.
fn read(response: &Value) -> Value {
    let mut response = response.clone();
    for (name, member) in response.as_object_mut().into_iter().flatten() {
        match name.as_str() {
            "output" => *member = data(member),
            "inspectionData" => {
                for (_, stage) in member.as_object_mut().into_iter().flatten() {
                    *stage = data(stage);
                }
            }
            "cause" => {
                if let Some(Ok(cause @ Value::Object(_))) = member.as_str().map(serde_json::from_str) {
                    *member = cause;
                }
            }
            _ => {}
        }
    }
    response
}

/// What a text holds; the recordings read those that hold an object.
fn data(text: &Value) -> Value {
    match text {
        Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        other => other.clone(),
    }
}

fn in_no_region(value: &Value) -> Value {
    let text = value.to_string().replace("us-east-1", "<region>");
    serde_json::from_str(&text).expect("a region holds no quotes")
}

/// Whether two values are the same, in the same order; a made-up name is like any.
fn same(wanted: &Value, got: &Value, made_up: &Regex) -> bool {
    match (wanted, got) {
        (Value::Object(wanted), Value::Object(got)) => {
            wanted.len() == got.len()
                && wanted
                    .iter()
                    .zip(got)
                    .all(|((name, wanted), (other, got))| name == other && same(wanted, got, made_up))
        }
        (Value::Array(wanted), Value::Array(got)) => {
            wanted.len() == got.len() && wanted.iter().zip(got).all(|(wanted, got)| same(wanted, got, made_up))
        }
        (Value::String(wanted), Value::String(got)) if made_up.is_match(wanted) => {
            let parts: Vec<String> = made_up.split(wanted).map(regex_lite::escape).collect();
            Regex::new(&format!("^{}$", parts.join("[^:/]+"))).is_ok_and(|pattern| pattern.is_match(got))
        }
        (wanted, got) => wanted == got,
    }
}
