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
use std::sync::{Arc, Mutex};

use asl_engine::handlers::event_bus::{EventPattern, InvalidEventPattern};
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;

mod recordings;

fn main() {
    let arguments = Arguments::from_args();
    let cases = recordings::files(&recordings::root("ASL_EVENT_PATTERNS", "event-patterns"));
    let total = cases.len();
    let outcomes = Arc::new(Mutex::new(Outcomes::default()));
    let trials = cases.into_iter().map(|case| trial(case, &outcomes)).collect();
    let is_run = !arguments.list;
    let conclusion = libtest_mimic::run(&arguments, trials);
    if is_run {
        outcomes.lock().unwrap().print(total);
    }
    conclusion.exit();
}

#[derive(Debug, Default)]
struct Outcomes {
    passed: usize,
    failures: Vec<String>,
}

impl Outcomes {
    fn print(&mut self, total: usize) {
        self.failures.sort();
        for failure in &self.failures {
            println!("{failure}");
        }
        let (passed, failed) = (self.passed, self.failures.len());
        let skipped = total - passed - failed;
        println!("event_patterns: {passed} passed, {failed} failed, 0 known gaps, {skipped} skipped, of {total}");
    }
}

fn trial(file: PathBuf, outcomes: &Arc<Mutex<Outcomes>>) -> Trial {
    let name = file
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default();
    let outcomes = Arc::clone(outcomes);
    Trial::test(name.clone(), move || {
        let result = check(&file);
        let mut outcomes = outcomes.lock().unwrap();
        match &result {
            Ok(()) => outcomes.passed += 1,
            Err(reason) => outcomes.failures.push(format!("{name}: {reason}")),
        }
        result.map_err(Failed::from)
    })
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
