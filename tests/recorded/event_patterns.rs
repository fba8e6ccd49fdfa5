//! Event patterns against the verdicts and messages that EventBridge gave: one test a file.
//!
//! `ASL_EVENT_PATTERNS` names another directory of cases.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use asl_engine::services::event_bridge::{EventPattern, InvalidEventPattern};
use serde_json::Value;

mod known_gaps;
mod recordings;
mod suite;

fn main() -> ExitCode {
    let files = recordings::files(&recordings::root("ASL_EVENT_PATTERNS", "event-patterns"));
    let report = suite::run("event_patterns", files.into_iter().map(Verdict::recorded_in));
    report.print();
    report.conclusion.exit_code()
}

/// A pattern, an event, and what EventBridge said of them.
struct Verdict {
    id: String,
    file: PathBuf,
}

impl Verdict {
    fn recorded_in(file: PathBuf) -> Self {
        let id = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Self { id, file }
    }
}

impl suite::Case for Verdict {
    fn id(&self) -> &str {
        &self.id
    }

    fn check(&self) -> Result<(), String> {
        check(&self.file)
    }
}

fn check(file: &Path) -> Result<(), String> {
    let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
    let case: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let pattern = compile(&case["pattern"]);
    let verdict = match &pattern {
        Ok(pattern) if pattern.matches_value(&case["event"]) => "match",
        Ok(_) => "no match",
        Err(_) => "error",
    };
    let expected = case["expected"].as_str().ok_or("no `expected`")?;
    match (pattern, recorded_message(&case["recorded"])) {
        (Err(error), _) if verdict != expected => Err(format!("{verdict} instead of {expected}: {error}")),
        (Err(error), Some(message)) if error.to_string() != message => {
            Err(format!("the message is `{error}` instead of `{message}`"))
        }
        _ if verdict != expected => Err(format!("{verdict} instead of {expected}")),
        _ => Ok(()),
    }
}

/// A pattern that is a string is the text of a pattern, which may be no JSON.
fn compile(pattern: &Value) -> Result<EventPattern, InvalidEventPattern> {
    match pattern {
        Value::String(text) => text.parse(),
        other => EventPattern::from_json(other),
    }
}

/// The text of the exception, wherever it stands in what was recorded.
fn recorded_message(recorded: &Value) -> Option<&str> {
    match recorded {
        Value::Object(fields) => match fields.get("Message") {
            Some(Value::String(message)) => Some(message),
            _ => fields.values().find_map(recorded_message),
        },
        _ => None,
    }
}
