//! The mock of a state's work: `mock` and `stateConfiguration`.

use serde_json::Value;

use super::definition::Tested;
use super::error::TestStateError;
use super::service_result::{self, FieldValidationMode};
use crate::definition::State;
use crate::history::ErrorOutput;

/// The mocked result or error of a Task, Parallel or Map.
///
/// ```
/// use asl_engine::test_state::{FieldValidationMode, Mock};
/// use serde_json::json;
///
/// let sold = Mock::result(json!({ "Item": { "sold": { "BOOL": true } } }));
/// let busy = Mock::error("Busy", "try later");
/// let anything = Mock::result(json!("not what the service answers")).field_validation(FieldValidationMode::None);
/// # let _ = (sold, busy, anything);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Mock {
    /// JSON text, not yet checked.
    pub(super) result: Option<String>,
    pub(super) error_output: Option<ErrorOutput>,
    pub(super) mode: FieldValidationMode,
}

impl Mock {
    /// The work succeeds with this result.
    pub fn result(result: Value) -> Self {
        Self::result_text(result.to_string())
    }

    /// The same from JSON text, which the outcome shows unchanged.
    pub fn result_text(result: impl Into<String>) -> Self {
        Self {
            result: Some(result.into()),
            ..Self::default()
        }
    }

    /// The work fails.
    pub fn error(error: impl Into<String>, cause: impl Into<String>) -> Self {
        let error_output = ErrorOutput {
            error: Some(error.into()),
            cause: Some(cause.into()),
        };
        Self {
            error_output: Some(error_output),
            ..Self::default()
        }
    }

    /// Sets how the result is checked.
    #[must_use]
    pub fn field_validation(mut self, mode: FieldValidationMode) -> Self {
        self.mode = mode;
        self
    }

    /// Whether it is either a result or an error.
    pub(super) fn check(&self) -> Result<(), TestStateError> {
        if self.result.is_some() == self.error_output.is_some() {
            return Err(TestStateError::validation(
                "A test mock should have only one of the following fields: [result, errorOutput].",
            ));
        }
        Ok(())
    }

    /// The mocked result, if the state can have such a result.
    pub(super) fn result_for(&self, tested: &Tested, state: &State) -> Result<Option<Value>, TestStateError> {
        let Some(text) = &self.result else { return Ok(None) };
        let result: Value =
            serde_json::from_str(text).map_err(|_| TestStateError::validation("Mocked result must be valid JSON"))?;
        let refused = |message: &str| Err(TestStateError::validation(message));
        match state {
            State::Map(_) if tested.has("ResultWriter") && !result.is_object() => {
                return refused("Mocked result must be a JSON object.");
            }
            State::Map(_) | State::Parallel(_) if !result.is_array() && !tested.has("ResultWriter") => {
                return refused("Mocked result must be an array.");
            }
            State::Parallel(_) => {
                let branches = tested.source.get("Branches").and_then(Value::as_array).map(Vec::len);
                if branches != result.as_array().map(Vec::len) {
                    return refused(
                        "Mocked result must contain the same number of items as number of Parallel branches.",
                    );
                }
            }
            State::Task(task) => service_result::check(&task.resource, self.mode, &result)?,
            _ => {}
        }
        Ok(Some(result))
    }
}

/// The circumstances of the mocked work (API reference, `TestStateConfiguration`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StateConfiguration {
    /// How often the Retrier that matches the error has already retried; default 0.
    pub retrier_retry_count: Option<u32>,
    /// The state inside the Map or Parallel that raised the mocked error.
    pub error_caused_by_state: Option<String>,
    /// The number of failed iterations of the Map.
    pub map_iteration_failure_count: Option<u32>,
    /// The items read by the Map's `ItemReader`, as JSON text.
    pub map_item_reader_data: Option<String>,
}
