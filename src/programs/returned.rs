//! The result or error that a function's output stands for, in Lambda's words.

use serde_json::{Value, json};
use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use crate::TaskError;
use crate::data::json_value;
use crate::services::lambda::function_error;

/// The result of a program that ran once, or its error.
pub(super) fn from_output(output: &str, status: ExitStatus) -> Result<Value, TaskError> {
    let text = output.trim();
    if text.is_empty() {
        return Err(exited(status));
    }
    let parsed: Result<Value, _> = json_value(text);
    match parsed {
        Ok(value) if status.success() => result(value),
        Ok(error @ Value::Object(_)) => Err(function_error(&error)),
        _ if !status.success() => Err(exited(status)),
        Ok(value) => result(value),
        Err(error) => Err(no_json(text, &error)),
    }
}

/// The answer in a line. Errors if the line is no JSON.
pub(super) fn from_line(line: &str) -> Result<Result<Value, TaskError>, TaskError> {
    let line = line.trim();
    json_value(line).map(result).map_err(|error| no_json(line, &error))
}

/// The result, unless it is Lambda's form of an error.
fn result(value: Value) -> Result<Value, TaskError> {
    let is_text = |name: &str| value.get(name).is_some_and(Value::is_string);
    if is_text("errorType") && is_text("errorMessage") {
        return Err(function_error(&value));
    }
    Ok(value)
}

fn of_runtime(error_type: &str, message: &str) -> TaskError {
    function_error(&json!({ "errorType": error_type, "errorMessage": message }))
}

/// The program ended without an answer.
pub(super) fn exited(status: ExitStatus) -> TaskError {
    let reason = match status.code() {
        Some(0) => "Runtime exited without providing a reason".to_owned(),
        Some(code) => format!("Runtime exited with error: exit status {code}"),
        None => format!("Runtime exited with error: signal: {}", signal(status)),
    };
    of_runtime("Runtime.ExitError", &format!("RequestId: local Error: {reason}"))
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match status.signal() {
        Some(6) => "aborted".to_owned(),
        Some(9) => "killed".to_owned(),
        Some(11) => "segmentation fault".to_owned(),
        Some(15) => "terminated".to_owned(),
        Some(number) => format!("signal {number}"),
        None => "unknown".to_owned(),
    }
}

#[cfg(not(unix))]
fn signal(_: ExitStatus) -> String {
    "unknown".to_owned()
}

/// The function took longer than its own timeout.
pub(super) fn timed_out(timeout: Duration) -> TaskError {
    let seconds = timeout.as_secs_f64();
    of_runtime(
        "Sandbox.Timedout",
        &format!("RequestId: local Error: Task timed out after {seconds:.2} seconds"),
    )
}

pub(super) fn too_large() -> TaskError {
    of_runtime(
        "Function.ResponseSizeTooLarge",
        "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
    )
}

pub(super) fn not_started(command: &str, error: &io::Error) -> TaskError {
    let message = format!("RequestId: local Error: the command `{command}` cannot be started: {error}");
    of_runtime("Runtime.InvalidEntrypoint", &message)
}

/// The program wrote a line before it was asked for one.
pub(super) fn unasked(line: &str) -> TaskError {
    of_runtime(
        "Runtime.MarshalError",
        &format!(
            "Unable to marshal response: the program wrote more than one line for a call: {}",
            shortened(line)
        ),
    )
}

/// The beginning of what a program wrote.
fn shortened(text: &str) -> String {
    const MOST: usize = 200;
    let shown: String = text.trim().chars().take(MOST).collect();
    let more = if shown.len() < text.trim().len() { "…" } else { "" };
    shown + more
}

fn no_json(text: &str, error: &serde_json::Error) -> TaskError {
    let shown = shortened(text);
    of_runtime(
        "Runtime.MarshalError",
        &format!("Unable to marshal response: the program wrote no JSON to standard output ({error}): {shown}"),
    )
}
