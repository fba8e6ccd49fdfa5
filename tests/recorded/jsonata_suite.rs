//! JSONata's official test suite, one test a case, in the language of today: what AWS leaves out is a matter of the unit
//! tests, and of `tests/recorded/conformance`.
//!
//! `ASL_JSONATA_SUITE` names another folder of the suite. The total of a whole run of the default folder stands in
//! `tests/recorded/jsonata_suite.snapshot`; `UPDATE=1 cargo test --test jsonata_suite` writes it anew.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a suite with its own main is no test to clippy"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use asl_engine::data::{Jsonata, JsonataDialect, Random};
use chrono::DateTime;
use serde_json::{Map, Value};

mod known_gaps;
mod recordings;
mod snapshot;
mod suite;

fn main() -> ExitCode {
    let root = recordings::root("ASL_JSONATA_SUITE", "jsonata-suite");
    let report = suite::run("jsonata_suite", cases(&root));
    report.print();
    snapshot::compare(&report, "ASL_JSONATA_SUITE", &[("jsonata_suite", |_| true)])
}

/// A case of the suite, with the folder that texts and data sets are read from.
struct Case {
    id: String,
    folder: PathBuf,
    root: PathBuf,
    fields: Value,
}

fn cases(root: &Path) -> Vec<Case> {
    let mut cases = Vec::new();
    for file in recordings::files(&root.join("groups")) {
        let text = fs::read_to_string(&file).expect("the file can be read");
        let folder = file.parent().expect("a file is in a folder").to_owned();
        let name = file
            .strip_prefix(root.join("groups"))
            .unwrap_or(&file)
            .with_extension("");
        // No Rust string can hold a lone surrogate: such a case is there, and fails.
        match serde_json::from_str(&text).unwrap_or_default() {
            Value::Array(rows) => cases.extend(rows.into_iter().enumerate().map(|(index, fields)| Case {
                id: format!("{}:{index}", name.display()),
                folder: folder.clone(),
                root: root.to_owned(),
                fields,
            })),
            fields => cases.push(Case {
                id: name.display().to_string(),
                folder,
                root: root.to_owned(),
                fields,
            }),
        }
    }
    cases
}

impl suite::Case for Case {
    fn id(&self) -> &str {
        &self.id
    }

    fn check(&self) -> Result<(), String> {
        check(self)
    }
}

fn check(case: &Case) -> Result<(), String> {
    let fields = &case.fields;
    if fields.is_null() {
        return Err("the case is no JSON that Rust can hold".to_owned());
    }
    let actual = evaluate(case);
    let code = fields["code"].as_str().or(fields["error"]["code"].as_str());
    match (code, actual) {
        (Some(code), Err(actual)) if code == actual => Ok(()),
        // What ends an evaluation that takes too long or nests too deeply is no matter of the language.
        (Some("U1001"), Err(actual)) if ["D1011", "D1012"].contains(&actual.as_str()) => Ok(()),
        (Some(code), actual) => Err(format!("gives {actual:?}, but fails with {code}")),
        (None, Err(actual)) if fields.get("error").is_some() && !actual.is_empty() => Ok(()),
        (None, Ok(None)) if fields["undefinedResult"] == true || fields.get("result").is_none() => Ok(()),
        (None, Ok(Some(actual))) if is_same(&actual, &fields["result"], fields["unordered"] == true) => Ok(()),
        (None, actual) => Err(format!("gives {actual:?}, not {}", fields["result"])),
    }
}

/// The value, or the code of the error.
fn evaluate(case: &Case) -> Result<Option<Value>, String> {
    let text = match case.fields["expr"].as_str() {
        Some(text) => text.to_owned(),
        None => read(
            &case
                .folder
                .join(case.fields["expr-file"].as_str().expect("a case has an expression")),
        ),
    };
    let document = match (case.fields.get("data"), case.fields["dataset"].as_str()) {
        (Some(data), _) => Some(data.clone()),
        (None, Some(name)) => {
            let text = read(&case.root.join(format!("datasets/{name}.json")));
            Some(serde_json::from_str(&text).expect("a data set is JSON"))
        }
        (None, None) => None,
    };
    let none = Map::new();
    let variables = case.fields["bindings"].as_object().unwrap_or(&none);
    let expression = Jsonata::parse(&text, JsonataDialect::Standard).map_err(|error| error.code().to_owned())?;
    expression
        .evaluate(document.as_ref(), variables, DateTime::UNIX_EPOCH, &Random::seeded(7))
        .map_err(|error| error.code().to_owned())
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Numbers are the same where they are as `f64`.
fn is_same(actual: &Value, expected: &Value, unordered: bool) -> bool {
    match (actual, expected) {
        (Value::Number(actual), Value::Number(expected)) => actual.as_f64() == expected.as_f64(),
        (Value::Array(actual), Value::Array(expected)) if unordered => {
            let missing = |item: &&Value| !actual.iter().any(|other| is_same(other, item, false));
            actual.len() == expected.len() && !expected.iter().any(|item| missing(&item))
        }
        (Value::Array(actual), Value::Array(expected)) => {
            let mut pairs = actual.iter().zip(expected);
            actual.len() == expected.len() && pairs.all(|(actual, expected)| is_same(actual, expected, false))
        }
        (Value::Object(actual), Value::Object(expected)) => {
            let mut pairs = expected.iter();
            let is_member = |(name, expected): (&String, &Value)| {
                actual.get(name).is_some_and(|actual| is_same(actual, expected, false))
            };
            actual.len() == expected.len() && pairs.all(is_member)
        }
        (actual, expected) => actual == expected,
    }
}
