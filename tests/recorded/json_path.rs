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
use std::process::ExitCode;

use asl_engine::data::JsonPath;
use serde_json::Value;

mod known_gaps;
mod recordings;
mod suite;

fn main() -> ExitCode {
    let report = suite::run("json_path", rows());
    report.print();
    report.conclusion.exit_code()
}

/// A path, a document, and what came of them.
struct Row {
    id: String,
    fields: Value,
}

fn rows() -> Vec<Row> {
    let files = recordings::files(&recordings::root("ASL_JSONPATH_CASES", "jsonpath-cases.json"));
    let rows = |file: &PathBuf| -> Vec<Value> {
        let text = fs::read_to_string(file).expect("the file can be read");
        serde_json::from_str(&text).expect("the file holds an array of rows")
    };
    let row = |fields: Value| Row {
        id: fields["id"].as_str().expect("a row has an id").to_owned(),
        fields,
    };
    files.iter().flat_map(rows).map(row).collect()
}

impl suite::Case for Row {
    fn id(&self) -> &str {
        &self.id
    }

    fn check(&self) -> Result<(), String> {
        check(&self.fields)
    }
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
    let (root, _) = path.split_at(path.find(['.', '[']).unwrap_or(path.len()));
    if root != "$" {
        return Err(format!(
            "{root} is the context object or a variable, of which there is none"
        ));
    }
    let path = JsonPath::parse(path).map_err(|error| error.to_string())?;
    path.evaluate_in(document)
        .map(std::borrow::Cow::into_owned)
        .map_err(|error| error.to_string())
}
