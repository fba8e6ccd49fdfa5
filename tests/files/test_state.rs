//! Every file under `tests/files/test_state` is a test: a call of `TestState`, and what must come out.
//!
//! ```json
//! {
//!   "comment": "what the case teaches",
//!   "request": { "definition": { }, "input": { }, "mock": { "result": { } }, "inspectionLevel": "DEBUG" },
//!   "task": { "return": 1 },
//!   "expect": { "status": "SUCCEEDED", "output": { }, "nextState": "…", "inspectionData": { } },
//!   "refused": { "exception": "ValidationException", "message": "…" }
//! }
//! ```
//!
//! `request` is that of AWS's API, but that JSON may stand where the API takes JSON text; a text there is sent as it is.
//! `task` is what the handler of a Task without a mock answers. There is either `expect`, the whole response, where JSON
//! stands for its compact text, or `refused`.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod trials;

use asl_engine::test_state::TestStateError;
use asl_engine::{TaskError, TestState};
use libtest_mimic::{Arguments, Failed};
use serde_json::{Value, json};
use std::path::Path;
use trials::{files, trials};

const FOLDER: &str = "tests/files/test_state";

/// The members of requests and responses that are JSON text.
const TEXTS: [&str; 16] = [
    "definition",
    "input",
    "variables",
    "context",
    "mapItemReaderData",
    "result",
    "output",
    "afterArguments",
    "afterInputPath",
    "afterItemSelector",
    "afterItemsPath",
    "afterParameters",
    "afterResultPath",
    "afterResultSelector",
    "request",
    "response",
];

fn main() {
    libtest_mimic::run(&Arguments::from_args(), trials(FOLDER, files(FOLDER), check)).exit();
}

fn check(file: &Path) -> Result<(), Failed> {
    let case: Value = serde_json::from_str(&std::fs::read_to_string(file)?)?;
    let got = match call(&case) {
        Ok(response) => json!({ "expect": response }),
        Err(error) => {
            json!({ "refused": { "exception": error.exception().as_str(), "message": error.message() } })
        }
    };
    let wanted = match &case["expect"] {
        Value::Null => json!({ "refused": case["refused"] }),
        response => json!({ "expect": in_order(&printed(response)) }),
    };
    let texts = (got.to_string(), wanted.to_string());
    if texts.0 == texts.1 {
        return Ok(());
    }
    Err(format!("\n   got {got:#}\nwanted {wanted:#}").into())
}

fn call(case: &Value) -> Result<Value, TestStateError> {
    let mut test = TestState::from_request(&printed(&case["request"]))?;
    if let Some(answer) = case.get("task") {
        test = test.task(move |_| match answer.get("return") {
            Some(result) => Ok(result.clone()),
            None => Err(TaskError::new(
                answer["error"].as_str().unwrap_or_default(),
                answer["cause"].as_str().unwrap_or_default(),
            )),
        });
    }
    Ok(test.run()?.to_json())
}

/// JSON as text where the API has text.
fn printed(value: &Value) -> Value {
    let Value::Object(members) = value else {
        return value.clone();
    };
    let print = |(name, value): (&String, &Value)| {
        let value = match value {
            Value::String(_) => value.clone(),
            value if TEXTS.contains(&name.as_str()) => value.to_string().into(),
            value => printed(value),
        };
        (name.clone(), value)
    };
    Value::Object(members.iter().map(print).collect())
}

/// The members in the order of their names, as a response has them.
fn in_order(value: &Value) -> Value {
    let Value::Object(members) = value else {
        return value.clone();
    };
    let mut members: Vec<_> = members
        .iter()
        .map(|(name, value)| (name.clone(), in_order(value)))
        .collect();
    members.sort_by(|(a, _), (b, _)| a.cmp(b));
    Value::Object(members.into_iter().collect())
}
