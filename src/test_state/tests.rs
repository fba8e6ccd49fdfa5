//! A single state has the same limits as in an execution.

use serde_json::{Value, json};

use super::{Exception, Mock, TestState, TestStateResult, TestStatus};
use crate::data::MAX_NESTING;
use crate::execution::Limits;

fn nested(levels: usize) -> Value {
    (0..levels).fold(Value::Null, |inner, _| Value::Array(vec![inner]))
}

fn text_of(bytes: usize) -> Value {
    // Two bytes are the quotes.
    "x".repeat(bytes - 2).into()
}

/// A Task that drops its result and catches all errors.
fn task(resource: &str, retry: &Value) -> Value {
    json!({
        "Type": "Task", "Resource": resource, "ResultPath": null, "Retry": retry,
        "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "Refund" }], "End": true
    })
}

fn mocked(resource: &str, retry: &Value, result: &Value) -> TestStateResult {
    let mock = Mock::result(result.clone()).field_validation(super::FieldValidationMode::None);
    TestState::of(task(resource, retry)).mock(mock).run().unwrap()
}

const LAMBDA: &str = "arn:aws:states:::lambda:invoke";
const TOO_DEEP: &str = "The result nests arrays and objects deeper than 112 levels.";

/// The outcome of a Pass state with `"Assign": { "NAME": … }` when the stored variables take `stored` bytes.
fn assigned(name: &str, bytes: usize, stored: usize) -> TestStateResult {
    let state = json!({ "Type": "Pass", "Assign": { format!("{name}.$"): "$.value" }, "End": true });
    TestState::of(state)
        .input(json!({ "value": text_of(bytes) }))
        .variables(json!({ "old": text_of(stored) }))
        .run()
        .unwrap()
}

#[test]
fn all_variables_together_are_limited() {
    let limit = Limits::default().stored_variable_bytes;
    assert_eq!(assigned("new", 100, limit - 100).status, TestStatus::Succeeded);
    let failed = assigned("new", 101, limit - 100);
    assert_eq!(failed.status, TestStatus::Failed);
    assert_eq!(failed.error.as_deref(), Some("States.Runtime"));
    let cause = format!(
        "The variables stored have {} bytes, more than the limit of {limit} bytes.",
        limit + 1
    );
    assert_eq!(failed.cause, Some(cause));
    // A replaced value does not count.
    assert_eq!(assigned("old", 101, limit - 100).status, TestStatus::Succeeded);
}

#[test]
fn a_result_that_nests_too_deeply_is_an_error_of_the_work() {
    let retry = json!([{ "ErrorEquals": ["States.DataLimitExceeded"], "MaxAttempts": 1 }]);
    let none = json!([]);
    assert_eq!(
        mocked(LAMBDA, &retry, &nested(MAX_NESTING)).status,
        TestStatus::Succeeded
    );
    assert_eq!(
        mocked(LAMBDA, &retry, &nested(MAX_NESTING + 1)).status,
        TestStatus::Retriable
    );
    let caught = mocked(LAMBDA, &none, &nested(MAX_NESTING + 1));
    assert_eq!(caught.status, TestStatus::CaughtError);
    assert_eq!(caught.error.as_deref(), Some("States.DataLimitExceeded"));
    assert_eq!(caught.cause.as_deref(), Some(TOO_DEEP));
}

#[test]
fn a_handler_may_answer_with_any_depth() {
    let tested = TestState::of(task(LAMBDA, &json!([])))
        .role_arn("arn:aws:iam::123456789012:role/Test")
        .task(|_| Ok(nested(1_000_000)))
        .run()
        .unwrap();
    assert_eq!(tested.status, TestStatus::CaughtError);
    assert_eq!(tested.cause.as_deref(), Some(TOO_DEEP));
}

#[test]
fn an_input_that_nests_too_deeply_is_refused() {
    let run = |levels: usize| TestState::of(r#"{ "Type": "Succeed" }"#).input(nested(levels)).run();
    assert!(run(MAX_NESTING).is_ok());
    let refused = run(MAX_NESTING + 1).unwrap_err();
    assert_eq!(refused.exception(), Exception::InvalidExecutionInput);
    let problem = "Invalid State Machine Execution Input: 'it nests arrays and objects deeper than 112 levels'";
    assert_eq!(refused.message(), problem);
}

#[test]
fn a_result_with_too_many_bytes_names_the_resource() {
    let function = "arn:aws:lambda:us-east-1:123456789012:function:Bake";
    for (resource, name) in [(LAMBDA, "lambda"), (function, function)] {
        let failed = mocked(resource, &json!([]), &text_of(262_145));
        assert_eq!(failed.status, TestStatus::CaughtError);
        let cause = format!(
            "The state/task '{name}' returned a result with a size exceeding the maximum number of bytes service limit."
        );
        assert_eq!(failed.cause, Some(cause));
    }
}
