//! Paths against the answers of Jayway 2.0.0, whose dialect AWS reads, and of AWS itself: one test a row.
//!
//! `ASL_JSONPATH_CASES` names another file of rows.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a suite with its own main is no test to clippy"
)]

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use asl_engine::data::{
    ContextObject, ExecutionContext, JsonPath, NoVariables, Random, Scope, StateContext, StateMachineContext,
};
use chrono::DateTime;
use known_gaps::KnownGaps;
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;

mod known_gaps;
mod recordings;

fn main() {
    let arguments = Arguments::from_args();
    let rows = rows();
    let gaps = KnownGaps::of("json_path");
    let total = rows.len();
    let outcomes = Arc::new(Mutex::new(Outcomes::default()));
    let trials = rows.into_iter().map(|row| trial(row, &gaps, &outcomes)).collect();
    let is_run = !arguments.list;
    let conclusion = libtest_mimic::run(&arguments, trials);
    if is_run {
        outcomes.lock().unwrap().print(total);
    }
    conclusion.exit();
}

fn rows() -> Vec<Value> {
    let files = recordings::files(&recordings::root("ASL_JSONPATH_CASES", "jsonpath-cases.json"));
    let rows = |file: &PathBuf| -> Vec<Value> {
        let text = fs::read_to_string(file).expect("the file can be read");
        serde_json::from_str(&text).expect("the file holds an array of rows")
    };
    files.iter().flat_map(rows).collect()
}

#[derive(Debug, Default)]
struct Outcomes {
    passed: usize,
    known_gaps: usize,
    failures: Vec<String>,
}

impl Outcomes {
    fn print(&mut self, total: usize) {
        self.failures.sort();
        for failure in &self.failures {
            println!("{failure}");
        }
        let (passed, failed, gaps) = (self.passed, self.failures.len(), self.known_gaps);
        let skipped = total - passed - failed - gaps;
        println!("json_path: {passed} passed, {failed} failed, {gaps} known gaps, {skipped} skipped, of {total}");
    }
}

fn trial(row: Value, gaps: &KnownGaps, outcomes: &Arc<Mutex<Outcomes>>) -> Trial {
    let id = row["id"].as_str().expect("a row has an id").to_owned();
    let is_gap = gaps.reason(&id).is_some();
    let outcomes = Arc::clone(outcomes);
    Trial::test(id.clone(), move || {
        let result = match (check(&row), is_gap) {
            (Err(_), true) => Ok(true),
            (Ok(()), true) => Err("a known gap that passes now: take it off tests/known_gaps.toml".to_owned()),
            (result, false) => result.map(|()| false),
        };
        let mut outcomes = outcomes.lock().unwrap();
        match &result {
            Ok(true) => outcomes.known_gaps += 1,
            Ok(false) => outcomes.passed += 1,
            Err(reason) => outcomes.failures.push(format!("{id}: {reason}")),
        }
        result.map(drop).map_err(Failed::from)
    })
}

/// What AWS answers decides, where it was asked; what Jayway 2.0.0 answers, elsewhere.
fn check(row: &Value) -> Result<(), String> {
    let path = row["path"].as_str().expect("a row has a path");
    let actual = evaluate(path, &row["document"]);
    let expected = row.get("aws").unwrap_or(&row["jayway"]);
    match (expected.get("value"), actual) {
        (Some(value), Ok(actual)) if *value == actual => Ok(()),
        (Some(value), Ok(actual)) => Err(format!("{path} gives {actual}, not {value}")),
        (Some(value), Err(error)) => Err(format!("{path} fails, `{error}`, but gives {value}")),
        (None, Ok(actual)) => Err(format!("{path} gives {actual}, but fails: {expected}")),
        (None, Err(error)) => match message(row) {
            Some(message) if message != error => Err(format!("{path} fails with `{error}`, not with `{message}`")),
            _ => Ok(()),
        },
    }
}

/// The text of a failure, where it is one that AWS shows.
fn message(row: &Value) -> Option<&str> {
    let is_sensitive = |flag: &str| row.get(flag).is_some_and(|flag| flag == &Value::Bool(true));
    if let Some(text) = row["aws"]["text"].as_str() {
        return text
            .strip_prefix("Invalid path '")?
            .split_once("' : ")
            .map(|(_path, message)| message);
    }
    if row["jayway"]["error"] != "notfound" || is_sensitive("version_sensitive") || is_sensitive("provider_sensitive") {
        return None;
    }
    row["jayway"]["message"].as_str()
}

fn evaluate(path: &str, document: &Value) -> Result<Value, String> {
    let execution = ExecutionContext {
        id: "".into(),
        input: Value::Null.into(),
        name: String::new(),
        role_arn: "".into(),
        start_time: DateTime::UNIX_EPOCH,
        redrive_count: None,
    };
    let state_machine = StateMachineContext {
        id: String::new(),
        name: String::new(),
    };
    let context = ContextObject {
        execution: &execution,
        state_machine: &state_machine,
        state: StateContext {
            name: "S",
            entered_time: DateTime::UNIX_EPOCH,
            retry_count: None,
        },
        task_token: None,
        map_item: None,
    };
    let scope = Scope {
        input: document,
        context: &context,
        variables: &NoVariables,
        random: &Random::seeded(0),
    };
    let path = JsonPath::parse(path).map_err(|error| error.to_string())?;
    path.evaluate(&scope)
        .map(std::borrow::Cow::into_owned)
        .map_err(|error| error.to_string())
}
