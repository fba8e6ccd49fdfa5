//! A test case as it answers the tasks of one execution.

use indexmap::IndexMap;
use serde_json::Value;

use super::{MockConfig, MockConfigError};
use crate::error::predefined_errors;
use crate::execution::Program;
use crate::history::ErrorOutput;
use crate::simulation::answer::End;
use crate::simulation::script::Indexed;

/// The answers of a test case, by states. It counts the invocations of each state.
#[derive(Debug)]
pub(crate) struct TestCase {
    name: String,
    states: IndexMap<String, Indexed>,
}

impl MockConfig {
    /// The answers of a test case for one execution.
    ///
    /// Errors if the file has no such test case, or the state machine has no such Task state.
    pub(crate) fn test_case(
        &self,
        state_machine: &str,
        test_case: &str,
        program: &Program,
    ) -> Result<TestCase, MockConfigError> {
        let answers = self.answers(state_machine, test_case, program)?;
        Ok(TestCase {
            name: test_case.to_owned(),
            states: answers.map(|(state, answers)| (state.to_owned(), answers)).collect(),
        })
    }
}

/// Reads one answer, as it stands in a response of a mock file: `{"Return": …}` or `{"Throw": …}`.
#[cfg(feature = "cli")]
pub(crate) fn mocked_answer(text: &str) -> Result<Result<Value, ErrorOutput>, MockConfigError> {
    let json = super::parsed(text)?;
    match super::answer(&json, "")?.end {
        End::Success(result) => Ok(Ok(result)),
        End::Error(error) => Ok(Err(error)),
        // No answer of a mock file ends otherwise.
        _ => Ok(Ok(Value::Null)),
    }
}

impl TestCase {
    /// The answer to the next invocation of a state; `None` if the test case does not name it.
    pub(crate) fn answer(&mut self, state: &str) -> Option<Result<Value, ErrorOutput>> {
        let answers = self.states.get_mut(state)?;
        let number = answers.used();
        Some(match answers.next().map(|answer| answer.end) {
            Some(End::Success(result)) => Ok(result),
            Some(End::Error(error)) => Err(error),
            _ => Err(ErrorOutput {
                error: Some(predefined_errors::RUNTIME.to_owned()),
                cause: Some(format!(
                    "the test case `{}` has no answer to the invocation {number} of the state `{state}`",
                    self.name
                )),
            }),
        })
    }
}
