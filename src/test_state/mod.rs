//! Tests one state on its own: AWS's `TestState` as a library call.
//!
//! A state gets an input and a mock of its work; the answer says what it leaves behind, where it leads, and at the level
//! [`InspectionLevel::Debug`] what each stage on the way made of the data. No machine around it, no handlers, no clock:
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
//! // The work goes well: what came of it, and how.
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
//! // The work fails: tried again once, then caught.
//! let busy = test().mock(Mock::error("Busy", "try later"));
//! assert_eq!(busy.run()?.status, TestStatus::Retriable);
//! let busy = test().mock(Mock::error("Busy", "try later")).retrier_retry_count(1);
//! let caught = busy.run()?;
//! assert_eq!((caught.status, caught.next_state.as_deref()), (TestStatus::CaughtError, Some("Refuse")));
//!
//! // A mock is held against the API of the service that it stands for.
//! let wrong = test().mock(Mock::result(json!({ "StatusCode": "200" }))).run().unwrap_err();
//! assert_eq!(wrong.message(), "Mock result schema validation error: Field 'StatusCode' must be a number");
//! # Ok::<(), asl_engine::test_state::TestStateError>(())
//! ```
//!
//! # Differences from AWS
//!
//! * A Wait is over at once.
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
pub use mock::{FieldValidationMode, Mock, StateConfiguration};
pub use result::{ErrorDetails, InspectionData, TestStateResult, TestStatus};

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

/// What does the work of a Task.
type Handler<'a> = dyn FnOnce(&Value) -> Result<Value, TaskError> + 'a;

/// How much a test shows (API reference, `TestState`, `inspectionLevel`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InspectionLevel {
    /// `INFO`, the default: the outcome alone.
    #[default]
    Info,
    /// `DEBUG`: what each stage made of the data.
    Debug,
    /// `TRACE`: the same.
    Trace,
}

impl<'a> TestState<'a> {
    /// Tests a state alone, or one of a state machine: then [`TestState::state_name`] says which.
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

    /// Names the state of a machine, nested in a Parallel or Map or not.
    pub fn state_name(mut self, name: impl Into<String>) -> Self {
        self.state_name = Some(name.into());
        self
    }

    /// The state's raw input; default `{}`.
    pub fn input(self, input: Value) -> Self {
        self.input_text(input.to_string())
    }

    /// The same from JSON text, which shows in the outcome as it is written.
    pub fn input_text(mut self, input: impl Into<String>) -> Self {
        self.input = input.into();
        self
    }

    /// What stands for the work of a Task, Parallel or Map.
    pub fn mock(mut self, mock: Mock) -> Self {
        self.mock = Some(mock);
        self
    }

    /// Does the work of a Task that has no mock.
    pub fn task(mut self, handler: impl FnOnce(&Value) -> Result<Value, TaskError> + 'a) -> Self {
        self.task = Some(Box::new(handler));
        self
    }

    /// How much is shown; default the outcome alone.
    pub fn inspection_level(mut self, level: InspectionLevel) -> Self {
        self.level = level;
        self
    }

    /// The variables as the state finds them: an object.
    pub fn variables(mut self, variables: Value) -> Self {
        self.variables = Some(variables.to_string());
        self
    }

    /// What stands for the whole context object; a mock must be given too.
    pub fn context(mut self, context: Value) -> Self {
        self.context = Some(context.to_string());
        self
    }

    /// The role of the state machine, whose account shows in the context object. A Task without a mock needs it.
    pub fn role_arn(mut self, arn: impl Into<String>) -> Self {
        self.role_arn = Some(arn.into());
        self
    }

    /// What came before, and inside, the work that the mock stands for.
    pub fn state_configuration(mut self, configuration: StateConfiguration) -> Self {
        self.configuration = configuration;
        self
    }

    /// How often the Retrier that matches the error has tried already.
    pub fn retrier_retry_count(mut self, count: u32) -> Self {
        self.configuration.retrier_retry_count = Some(count);
        self
    }

    /// The state inside the Map or Parallel that the mocked error comes from.
    pub fn error_caused_by_state(mut self, name: impl Into<String>) -> Self {
        self.configuration.error_caused_by_state = Some(name.into());
        self
    }

    /// How many iterations of the Map have failed.
    pub fn map_iteration_failure_count(mut self, count: u32) -> Self {
        self.configuration.map_iteration_failure_count = Some(count);
        self
    }

    /// What the Map's `ItemReader` reads: an array.
    pub fn map_item_reader_data(mut self, items: Value) -> Self {
        self.configuration.map_item_reader_data = Some(items.to_string());
        self
    }

    /// Shows secrets of HTTP tasks, on AWS. There are none here; but beside a mock it is refused, as on AWS.
    pub fn reveal_secrets(mut self, reveals: bool) -> Self {
        self.reveals_secrets = reveals;
        self
    }

    /// The seed of everything random; default 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The time; default 1970-01-01.
    pub fn at(mut self, now: DateTime<Utc>) -> Self {
        self.now = now;
        self
    }
}
