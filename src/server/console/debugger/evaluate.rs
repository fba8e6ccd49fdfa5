//! An expression on the data where one stands: as the only field of a Task state, whose work answers with the data's result.

use axum::extract::Request;
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::super::{Answer, Refused, answered, apart, body, text};
use super::member;
use crate::data::{Expression, Jsonata, JsonataDialect};
use crate::test_state::TestState;

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:Function";

pub(in crate::server::console) async fn evaluate(request: Request) -> Response {
    let evaluated = async {
        let request = body(request).await?;
        apart(move || value(&request)).await
    };
    answered(evaluated.await)
}

fn value(request: &Map<String, Value>) -> Answer {
    let language = text(request, "language")?;
    let expression = text(request, "expression")?.trim();
    let inner = expression
        .strip_prefix("{%")
        .and_then(|rest| rest.strip_suffix("%}"))
        .map(str::trim);
    let expression = inner.unwrap_or(expression);
    let wrong = |error: &str, cause: String, offset| json!({ "error": error, "cause": cause, "from": place(expression, offset) });
    let (query_language, field, template) = match language {
        "JSONata" => {
            if let Err(error) = Jsonata::parse(expression, JsonataDialect::Aws) {
                return Ok(wrong(error.code(), error.to_string(), error.offset()));
            }
            // Only what comes behind the work sees its result.
            let field = if request.contains_key("result") {
                "Output"
            } else {
                "Arguments"
            };
            ("JSONata", field, json!({ "value": format!("{{% {expression} %}}") }))
        }
        "JSONPath" => {
            if let Err(error) = Expression::parse(expression) {
                return Ok(wrong("InvalidPath", error.message, error.offset));
            }
            ("JSONPath", "Parameters", json!({ "value.$": expression }))
        }
        _ => return Err(Refused::validation("the `language` is `JSONPath` or `JSONata`")),
    };
    let state = json!({
        "Type": "Task", "QueryLanguage": query_language, "Resource": FUNCTION, "End": true, field: template
    });
    let mut test = json!({
        "definition": state.to_string(),
        "input": member(request, "input").to_string(),
        "mock": { "result": member(request, "result").to_string() },
        "inspectionLevel": "DEBUG",
    });
    if let Some(test) = test.as_object_mut() {
        for name in ["variables", "context"] {
            let given = member(request, name);
            if given.as_object().is_some_and(|given| !given.is_empty()) {
                test.insert(name.to_owned(), given.to_string().into());
            }
        }
    }
    let result = match TestState::from_request(&test).and_then(TestState::run) {
        Ok(result) => result.to_json(),
        Err(error) => return Ok(json!({ "error": error.exception().as_str(), "cause": plain(error.message()) })),
    };
    if result.get("error").is_some() {
        return Ok(json!({ "error": result.get("error"), "cause": result.get("cause") }));
    }
    let evaluated = match field {
        "Output" => result.get("output"),
        "Arguments" => result.pointer("/inspectionData/afterArguments"),
        _ => result.pointer("/inspectionData/afterParameters"),
    };
    let evaluated: Value =
        serde_json::from_str(evaluated.and_then(Value::as_str).unwrap_or_default()).unwrap_or_default();
    Ok(json!({ "value": evaluated.get("value") }))
}

/// The message without the definition around the expression, which nobody has written.
fn plain(message: &str) -> &str {
    let inner = message
        .split_once("SCHEMA_VALIDATION_FAILED: ")
        .map_or(message, |(_, inner)| inner);
    inner.split_once(" at /States/").map_or(inner, |(inner, _)| inner)
}

/// The number of characters before a byte of an expression.
fn place(expression: &str, offset: usize) -> usize {
    let before = expression.char_indices().take_while(|(at, _)| *at < offset);
    before.count()
}
