//! Tests one state on its own: AWS's `TestState` as a library call.
//!
//! A state gets an input and a mock of its work. The result has its output and next state, and at the level
//! [`InspectionLevel::Debug`] the data after each stage. There is no machine around it, no handlers, no clock:
//!
//! ```
//! use asl_engine::TestState;
//! use asl_engine::test_state::{InspectionLevel, Mock, TestStatus};
//! use serde_json::json;
//!
//! let charge = r#"{
//!   "Type": "Task",
//!   "Resource": "arn:aws:states:::lambda:invoke",
//!   "Parameters": { "FunctionName": "Charge", "Payload": { "amount.$": "$.order.total" } },
//!   "ResultSelector": { "paid.$": "$.Payload.paid" },
//!   "ResultPath": "$.charge",
//!   "Retry": [{ "ErrorEquals": ["Busy"], "IntervalSeconds": 2, "MaxAttempts": 1 }],
//!   "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "Refuse" }],
//!   "Next": "Ship"
//! }"#;
//! let test = || TestState::of(charge).input(json!({ "order": { "total": 7 } }));
//!
//! // The work succeeds: look at the output and at each stage.
//! let paid = test()
//!     .mock(Mock::result(json!({ "StatusCode": 200, "Payload": { "paid": true } })))
//!     .inspection_level(InspectionLevel::Debug)
//!     .run()?;
//! assert_eq!(paid.output_value(), Some(json!({ "order": { "total": 7 }, "charge": { "paid": true } })));
//! assert_eq!(paid.next_state.as_deref(), Some("Ship"));
//! let seen = paid.inspection_data.unwrap();
//! assert_eq!(seen.after_parameters.unwrap().as_str(), r#"{"FunctionName":"Charge","Payload":{"amount":7}}"#);
//! assert_eq!(seen.after_result_selector.unwrap().as_str(), r#"{"paid":true}"#);
//!
//! // The work fails: one retry, then it is caught.
//! let busy = test().mock(Mock::error("Busy", "try later"));
//! assert_eq!(busy.run()?.status, TestStatus::Retriable);
//! let busy = test().mock(Mock::error("Busy", "try later")).retrier_retry_count(1);
//! let caught = busy.run()?;
//! assert_eq!((caught.status, caught.next_state.as_deref()), (TestStatus::CaughtError, Some("Refuse")));
//!
//! // A mock is checked against the API of its service.
//! let wrong = test().mock(Mock::result(json!({ "StatusCode": "200" }))).run().unwrap_err();
//! assert_eq!(wrong.message(), "Mock result schema validation error: Field 'StatusCode' must be a number");
//! # Ok::<(), asl_engine::test_state::TestStateError>(())
//! ```
//!
//! # Differences from AWS
//!
//! * A Wait ends at once.
//! * A Task without a mock is answered by the closure given to [`TestState::task`]; AWS calls the service. It needs the role's ARN, as on AWS.
//! * Mocked results are checked against the models of the services that state machines call most. For other services
//!   a mock is refused unless its [`FieldValidationMode`] is `None`.
//! * `request` and `response` of HTTP tasks, `afterItemsPointer` and `afterItemBatcher` are not shown.

mod context;
mod definition;
mod error;
mod json;
mod mock;
mod request;
mod result;
mod run;
mod service_result;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::TaskError;

pub use definition::Definition;
pub use error::{Exception, TestStateError};
pub use mock::{Mock, StateConfiguration};
pub use result::{ErrorDetails, InspectionData, TestStateResult, TestStatus};
pub use service_result::FieldValidationMode;

/// A test of one state; see the [module documentation](self).
#[must_use = "a test does nothing until it is run"]
pub struct TestState<'a> {
    definition: Definition,
    state_name: Option<String>,
    role_arn: Option<String>,
    input: String,
    level: InspectionLevel,
    reveals_secrets: bool,
    variables: Option<String>,
    context: Option<String>,
    mock: Option<Mock>,
    configuration: StateConfiguration,
    task: Option<Box<Handler<'a>>>,
    seed: u64,
    now: DateTime<Utc>,
}

/// Does the work of a Task.
type Handler<'a> = dyn FnOnce(&Value) -> Result<Value, TaskError> + 'a;

/// How much of the data a test shows (API reference, `TestState`, `inspectionLevel`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InspectionLevel {
    /// `INFO`, the default: only the outcome.
    #[default]
    Info,
    /// `DEBUG`: the data after each stage.
    Debug,
    /// `TRACE`: the same.
    Trace,
}

impl<'a> TestState<'a> {
    /// Tests a single state, or one of a state machine, chosen by [`TestState::state_name`].
    pub fn of(definition: impl Into<Definition>) -> Self {
        Self {
            definition: definition.into(),
            state_name: None,
            role_arn: None,
            input: "{}".to_owned(),
            level: InspectionLevel::default(),
            reveals_secrets: false,
            variables: None,
            context: None,
            mock: None,
            configuration: StateConfiguration::default(),
            task: None,
            seed: 0,
            now: DateTime::UNIX_EPOCH,
        }
    }

    /// Chooses the state of a machine; it may be nested in a Parallel or Map.
    pub fn state_name(mut self, name: impl Into<String>) -> Self {
        self.state_name = Some(name.into());
        self
    }

    /// Sets the state's raw input; default `{}`.
    pub fn input(self, input: Value) -> Self {
        self.input_text(input.to_string())
    }

    /// The same from JSON text, which the outcome shows unchanged.
    pub fn input_text(mut self, input: impl Into<String>) -> Self {
        self.input = input.into();
        self
    }

    /// Mocks the work of a Task, Parallel or Map.
    pub fn mock(mut self, mock: Mock) -> Self {
        self.mock = Some(mock);
        self
    }

    /// Does the work of a Task that has no mock.
    pub fn task(mut self, handler: impl FnOnce(&Value) -> Result<Value, TaskError> + 'a) -> Self {
        self.task = Some(Box::new(handler));
        self
    }

    /// Sets how much is shown; default: only the outcome.
    pub fn inspection_level(mut self, level: InspectionLevel) -> Self {
        self.level = level;
        self
    }

    /// Sets the variables before the state: an object.
    pub fn variables(mut self, variables: Value) -> Self {
        self.variables = Some(variables.to_string());
        self
    }

    /// Replaces the whole context object; needs a mock too.
    pub fn context(mut self, context: Value) -> Self {
        self.context = Some(context.to_string());
        self
    }

    /// Sets the role of the state machine; the context object shows its account. A Task without a mock needs it.
    pub fn role_arn(mut self, arn: impl Into<String>) -> Self {
        self.role_arn = Some(arn.into());
        self
    }

    /// Sets the circumstances of the mocked work.
    pub fn state_configuration(mut self, configuration: StateConfiguration) -> Self {
        self.configuration = configuration;
        self
    }

    /// Sets how often the Retrier that matches the error has already retried.
    pub fn retrier_retry_count(mut self, count: u32) -> Self {
        self.configuration.retrier_retry_count = Some(count);
        self
    }

    /// Sets the state inside the Map or Parallel that raised the mocked error.
    pub fn error_caused_by_state(mut self, name: impl Into<String>) -> Self {
        self.configuration.error_caused_by_state = Some(name.into());
        self
    }

    /// Sets the number of failed iterations of the Map.
    pub fn map_iteration_failure_count(mut self, count: u32) -> Self {
        self.configuration.map_iteration_failure_count = Some(count);
        self
    }

    /// Sets the items read by the Map's `ItemReader`: an array.
    pub fn map_item_reader_data(mut self, items: Value) -> Self {
        self.configuration.map_item_reader_data = Some(items.to_string());
        self
    }

    /// On AWS, shows secrets of HTTP tasks. There are none here, but together with a mock it is refused, as on AWS.
    pub fn reveal_secrets(mut self, reveals: bool) -> Self {
        self.reveals_secrets = reveals;
        self
    }

    /// Sets the seed of everything random; default 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the time; default 1970-01-01.
    pub fn at(mut self, now: DateTime<Utc>) -> Self {
        self.now = now;
        self
    }
}
