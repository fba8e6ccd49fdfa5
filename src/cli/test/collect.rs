//! Finds the test files and loads the files that they name.

use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeSet;

use crate::cli::definitions::{did_you_mean, unusable};
use crate::cli::failure::{Failure, reason};
use crate::cli::output::diagnostic;
use crate::cli::paths::{self, Wanted, is_test_file};
use crate::definition::{Diagnostic, Severity};
use crate::loading::Loader;
use crate::test_file::{Suite, SuiteError};

/// A test file in messages, with its suite or with why it cannot be used.
pub(super) type Loaded = (String, Result<Suite, Failure>);

/// The test files of the paths: named files, and all test files below named folders, sorted by name. With what is wrong
/// with the other paths.
pub(super) fn files(paths: &[String]) -> (Vec<String>, Vec<Failure>) {
    let wanted = Wanted {
        takes: |path| {
            path.file_name()
                .is_some_and(|name| is_test_file(&name.to_string_lossy()))
        },
        name: "test files",
        help: "their names end in `.asl-test.json` or `.asl-test.yaml`",
    };
    paths::files(paths, &wanted)
}

/// Whether a text is a mock file of Step Functions Local rather than a test file.
fn is_mock_file(text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_ok_and(|value| value.get("StateMachines").is_some())
}

/// Loads the test files with their state machines; `machines` gives the definitions of mock files' state machines. Errors
/// if no mock file has one of them.
pub(super) fn suites(files: &[String], machines: &[(String, String)], loader: &Loader) -> Result<Vec<Loaded>, Failure> {
    let mut suites = Vec::new();
    let mocked = RefCell::new(BTreeSet::new());
    let definition = |name: &str| {
        mocked.borrow_mut().insert(name.to_owned());
        let machine = machines.iter().find(|(machine, _)| machine == name);
        machine.map(|(_, place)| &**place)
    };
    for file in files {
        match opened(file, definition, loader) {
            Ok(opened) => {
                let opened = opened.into_iter();
                suites.extend(opened.map(|suite| (file.clone(), suite.map_err(|error| explained(&error)))));
            }
            Err(error) => suites.push((file.clone(), Err(explained(&error)))),
        }
    }
    let mocked = mocked.into_inner();
    match machines.iter().find(|(name, _)| !mocked.contains(name)) {
        Some((name, _)) => Err(not_mocked(name, &mocked)),
        None => Ok(suites),
    }
}

fn not_mocked(name: &str, mocked: &BTreeSet<String>) -> Failure {
    if mocked.is_empty() {
        return Failure::new(format!("`--machine {name}=…` is for a mock file, and there is none"))
            .help("a test file names its state machine itself, in `machine`, and those that it starts in `machines`");
    }
    let meant = did_you_mean(name, mocked.iter().map(String::as_str));
    let known: Vec<_> = mocked.iter().map(|name| format!("`{name}`")).collect();
    Failure::new(format!(
        "`--machine {name}=…` names no state machine of a mock file{meant}"
    ))
    .help(format!("the mock files have {}", known.join(", ")))
}

/// One suite of a test file, and one for each state machine of a mock file.
fn opened<'d>(
    file: &str,
    definition: impl Fn(&str) -> Option<&'d str>,
    loader: &Loader,
) -> Result<Vec<Result<Suite, SuiteError>>, SuiteError> {
    let is_mock_file = !is_test_file(file) && std::fs::read_to_string(file).is_ok_and(|text| is_mock_file(&text));
    if !is_mock_file {
        return Ok(vec![Suite::open_with(file, loader)]);
    }
    Suite::open_mocks(file, definition, loader)
}

fn explained(error: &SuiteError) -> Failure {
    match error {
        SuiteError::InvalidTestFile { file, error } => shown(
            "the test file cannot be used",
            &file.display().to_string(),
            &error.diagnostics,
        ),
        SuiteError::InvalidDefinition { file, error } => unusable(&file.display().to_string(), error.diagnostics()),
        SuiteError::Unreadable { file, error } => {
            Failure::new(format!("cannot read `{}`: {}", file.display(), reason(error)))
                .help("paths in a test file begin in its folder")
        }
        SuiteError::NoDefinition { state_machine, .. } => Failure::new(error.to_string()).help(format!(
            "say where it is: `--machine {state_machine}=FILE`, or `FILE#NAME` for one of a template"
        )),
        error => Failure::new(error.to_string()),
    }
}

fn shown(what: &str, file: &str, diagnostics: &[Diagnostic]) -> Failure {
    let errors = diagnostics.iter().filter(|found| found.severity == Severity::Error);
    let texts = errors.map(|found| diagnostic(file, found));
    let paragraphs: Vec<_> = std::iter::once(what.to_owned()).chain(texts).collect();
    Failure::new(paragraphs.join("\n\n"))
}
