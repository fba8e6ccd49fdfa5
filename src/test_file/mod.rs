//! Test files: a state machine with cases of it, as plain data in JSON or YAML (`*.asl-test.json`, `*.asl-test.yaml`).
//!
//! `asl test` runs them, and so can a Rust test:
//!
//! ```
//! use asl_engine::test_file::Suite;
//!
//! let suite = Suite::open("asl-samples/charge.asl-test.json")?;
//! for result in suite.run_all() {
//!     assert!(result.has_passed(), "{}: {:?}", result.name, result.verdict);
//! }
//! assert_eq!(suite.coverage().percent(), 100.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The format, whose JSON Schema `asl schema` prints:
//!
//! ```yaml
//! machine: charge.asl.json            # from the folder of the test file; a template needs `stateMachine` too
//! cases:
//!   - name: a busy till is tried again after two seconds
//!     input: { id: 7 }
//!     tasks:                          # by the state's name, its resource, or the function's name
//!       Charge:
//!         - { error: Busy, cause: try later }
//!         - { result: { paid: true }, after: 0.5 }
//!     expect:
//!       output: { paid: true }        # `status: SUCCEEDED` is the default
//!       elapsed: 2.5                  # virtual seconds
//!       path: [Charge]
//! ```

mod case;
mod compare;
mod error;
#[cfg(feature = "cli")]
mod mock_file;
mod reader;
#[cfg(test)]
mod schema_tests;
mod stream;
mod suite;
#[cfg(test)]
mod tests;
#[cfg(feature = "console")]
mod text;

use indexmap::IndexMap;
use std::time::Duration;

use crate::definition::{Diagnostic, Severity};
use crate::loading::template::Format;

#[cfg(feature = "cli")]
pub(crate) use case::name_of;
pub(crate) use case::{Calls, Case, Expectation, Script, Transitions, UnusableCase};
pub use compare::{Expected, Mismatch};
pub use error::SuiteError;
pub use suite::{CaseResult, Suite, Verdict};
#[cfg(feature = "console")]
pub(crate) use text::{json, key};

/// The JSON Schema of test files.
#[cfg(feature = "cli")]
pub(crate) const SCHEMA: &str = include_str!("../../asl-samples/asl-test.schema.json");

/// The content of a test file.
#[derive(Debug, Clone)]
pub(crate) struct TestFile {
    /// The file of the state machine, relative to the test file: a definition or a template.
    pub(crate) machine: String,
    /// The logical id of the state machine in a template that has several.
    pub(crate) state_machine: Option<String>,
    /// Whether the workflow is of type Express.
    pub(crate) is_express: bool,
    /// Values of the `${Name}` placeholders of the definition.
    pub(crate) substitutions: IndexMap<String, String>,
    /// The files of state machines that tasks can start, by name or ARN.
    pub(crate) machines: IndexMap<String, String>,
    /// The programs of Lambda functions, by name or ARN.
    pub(crate) functions: IndexMap<String, FunctionCommand>,
    /// A mock file of Step Functions Local, whose test cases the cases name.
    pub(crate) mocks: Option<String>,
    /// The cases, in the order of the file; their names are unique.
    pub(crate) cases: Vec<Result<Case, UnusableCase>>,
}

/// The program of a Lambda function.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FunctionCommand {
    /// The command of the shell, run in the folder of the test file.
    pub(crate) command: String,
    /// Whether it keeps running and answers line by line.
    pub(crate) keeps_running: bool,
    /// The longest time of a call.
    pub(crate) timeout: Duration,
}

/// An invalid test file: its problems, each with its line and a caret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the test file is invalid{}", shown(.diagnostics))]
#[non_exhaustive]
pub struct InvalidTestFile {
    /// The problems, at least one.
    pub diagnostics: Vec<Diagnostic>,
}

fn shown(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|found| found.severity == Severity::Error);
    let paragraphs = std::iter::once(String::new()).chain(errors.map(Diagnostic::to_string));
    paragraphs.collect::<Vec<_>>().join("\n\n")
}

impl TestFile {
    /// The state machine of the mock file, if the cases use only one.
    fn mocked_machine(&self) -> Option<&str> {
        let mut machines = self
            .cases
            .iter()
            .flatten()
            .filter_map(|case| Some(&*case.mock.as_ref()?.0));
        let first = machines.next()?;
        machines.all(|machine| machine == first).then_some(first)
    }

    /// Reads a test file. Errors with the place of each problem that is not within one case.
    pub(crate) fn parse(text: &str, format: Format) -> Result<Self, InvalidTestFile> {
        let fast = match format {
            Format::Json => stream::file(text),
            Format::Yaml | Format::Terraform => None,
        };
        if let Some(file) = fast {
            return Ok(file);
        }
        reader::file_with_places(text, format)
    }
}
