//! Why a test file or one of its cases cannot be run.

use std::path::PathBuf;

use super::InvalidTestFile;
use crate::definition::InvalidDefinition;
use crate::simulation::SimulationError;

/// The reasons why a test file cannot be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SuiteError {
    /// A file cannot be read.
    #[error("cannot read `{}`: {error}", .file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The system's error.
        error: std::io::Error,
    },
    /// The test file is invalid.
    #[error("`{}`: {error}", .file.display())]
    InvalidTestFile {
        /// The file.
        file: PathBuf,
        /// The problems.
        error: InvalidTestFile,
    },
    /// The definition has errors.
    #[error("`{}`: {error}", .file.display())]
    InvalidDefinition {
        /// The definition's file.
        file: PathBuf,
        /// The problems.
        error: InvalidDefinition,
    },
    /// A file does not have the one requested state machine.
    #[error("`{}` {problem}", .file.display())]
    NoStateMachine {
        /// The file.
        file: PathBuf,
        /// A description of what it has instead.
        problem: String,
    },
    /// The definition of a mock file's state machine is not found.
    #[error("`{}` has test cases of the state machine `{state_machine}`, whose definition is not beside it", .file.display())]
    NoDefinition {
        /// The mock file.
        file: PathBuf,
        /// The name of the state machine.
        state_machine: String,
    },
    /// The mock file cannot be used.
    #[error("`{}`: {problem}", .file.display())]
    Mocks {
        /// The file.
        file: PathBuf,
        /// The problems.
        problem: String,
    },
}

/// A simulation's error in the words of test files.
pub(super) fn told(error: &SimulationError) -> String {
    match error {
        SimulationError::MissingAnswer {
            state,
            resource,
            effective_input,
            visit,
            attempt,
        } => format!(
            "the state `{state}` invoked `{resource}` with the input {effective_input} (visit {visit}, attempt {attempt}, both from 0), and \
             the test has no answer for it"
        ),
        SimulationError::ScriptedTwice { task } => {
            format!("`{task}` has answers twice: in `tasks` and in the mock file, or two for the same visit or item")
        }
        SimulationError::UnusedFunction { task, status, .. } => {
            format!("the execution ended {status}, and nobody asked for what `{task}` always answers")
        }
        SimulationError::UnknownFunction { function, known } if known.is_empty() => {
            format!("`functions` has `{function}`, but no task invokes a function")
        }
        SimulationError::UnknownFunction { function, known } => {
            format!(
                "`functions` has `{function}`, but no task invokes it; they invoke {}",
                known.join(", ")
            )
        }
        error => error.to_string(),
    }
}
