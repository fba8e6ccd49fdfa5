//! Tests in the form of AWS's API.

use serde_json::{Map, Value};

use super::error::{Exception, TestStateError};
use super::mock::{Mock, StateConfiguration};
use super::service_result::FieldValidationMode;
use super::{InspectionLevel, TestState};
use crate::history::ErrorOutput;

const MEMBERS: &[&str] = &[
    "definition",
    "roleArn",
    "input",
    "inspectionLevel",
    "revealSecrets",
    "variables",
    "stateName",
    "mock",
    "context",
    "stateConfiguration",
];

impl TestState<'static> {
    /// Reads a test from a request of AWS's API, as an SDK or the CLI sends it (API reference, `TestState`, request
    /// syntax).
    ///
    /// Fails if a member is unknown or has the wrong type.
    ///
    /// ```
    /// use asl_engine::TestState;
    /// use serde_json::json;
    ///
    /// let result = TestState::from_request(&json!({
    ///     "definition": r#"{ "Type": "Pass", "Result": 7, "Next": "Ship" }"#,
    ///     "input": "{}"
    /// }))?.run()?;
    /// assert_eq!(result.to_json(), json!({ "nextState": "Ship", "output": "7", "status": "SUCCEEDED" }));
    /// # Ok::<(), asl_engine::test_state::TestStateError>(())
    /// ```
    pub fn from_request(request: &Value) -> Result<Self, TestStateError> {
        let request = Members::of("", request, MEMBERS)?;
        let definition = request
            .text("definition")?
            .ok_or_else(|| invalid("Missing required parameter in input: \"definition\""))?;
        let mut test = Self::of(definition);
        test.role_arn = request.text("roleArn")?;
        test.state_name = request.text("stateName")?;
        test.variables = request.text("variables")?;
        test.context = request.text("context")?;
        test.input = request.text("input")?.unwrap_or(test.input);
        test.reveals_secrets = request.boolean("revealSecrets")?;
        if let Some(level) = request.text("inspectionLevel")? {
            test.level = level_of(&level)?;
        }
        if let Some(mock) = request.value("mock") {
            test.mock = Some(mock_of(mock)?);
        }
        if let Some(configuration) = request.value("stateConfiguration") {
            test.configuration = configuration_of(configuration)?;
        }
        Ok(test)
    }
}

fn level_of(level: &str) -> Result<InspectionLevel, TestStateError> {
    match level {
        "INFO" => Ok(InspectionLevel::Info),
        "DEBUG" => Ok(InspectionLevel::Debug),
        "TRACE" => Ok(InspectionLevel::Trace),
        other => Err(no_value(other, "inspectionLevel", "INFO, DEBUG, TRACE")),
    }
}

fn mock_of(mock: &Value) -> Result<Mock, TestStateError> {
    let mock = Members::of("mock", mock, &["result", "errorOutput", "fieldValidationMode"])?;
    let error_output = match mock.value("errorOutput") {
        None => None,
        Some(error) => {
            let error = Members::of("mock.errorOutput", error, &["error", "cause"])?;
            Some(ErrorOutput {
                error: error.text("error")?,
                cause: error.text("cause")?,
            })
        }
    };
    let mode = match mock.text("fieldValidationMode")?.as_deref() {
        None | Some("STRICT") => FieldValidationMode::Strict,
        Some("PRESENT") => FieldValidationMode::Present,
        Some("NONE") => FieldValidationMode::None,
        Some(other) => return Err(no_value(other, "mock.fieldValidationMode", "STRICT, PRESENT, NONE")),
    };
    Ok(Mock {
        result: mock.text("result")?,
        error_output,
        mode,
    })
}

fn configuration_of(configuration: &Value) -> Result<StateConfiguration, TestStateError> {
    let known = [
        "retrierRetryCount",
        "errorCausedByState",
        "mapIterationFailureCount",
        "mapItemReaderData",
    ];
    let configuration = Members::of("stateConfiguration", configuration, &known)?;
    Ok(StateConfiguration {
        retrier_retry_count: configuration.count("retrierRetryCount")?,
        error_caused_by_state: configuration.text("errorCausedByState")?,
        map_iteration_failure_count: configuration.count("mapIterationFailureCount")?,
        map_item_reader_data: configuration.text("mapItemReaderData")?,
    })
}

/// An object of a request, with its path.
struct Members<'a> {
    place: &'static str,
    members: &'a Map<String, Value>,
}

impl<'a> Members<'a> {
    fn of(place: &'static str, value: &'a Value, known: &[&str]) -> Result<Self, TestStateError> {
        let Value::Object(members) = value else {
            return Err(invalid(&format!("Invalid type for parameter {place}, value: {value}")));
        };
        if let Some(unknown) = members.keys().find(|member| !known.contains(&member.as_str())) {
            let place = if place.is_empty() { "input" } else { place };
            return Err(invalid(&format!(
                "Unknown parameter in {place}: \"{unknown}\", must be one of: {}",
                known.join(", ")
            )));
        }
        Ok(Self { place, members })
    }

    fn value(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name)
    }

    fn text(&self, name: &str) -> Result<Option<String>, TestStateError> {
        self.typed(name, |value| value.as_str().map(str::to_owned))
    }

    fn count(&self, name: &str) -> Result<Option<u32>, TestStateError> {
        self.typed(name, |value| value.as_u64().and_then(|count| u32::try_from(count).ok()))
    }

    fn boolean(&self, name: &str) -> Result<bool, TestStateError> {
        Ok(self.typed(name, Value::as_bool)?.unwrap_or(false))
    }

    fn typed<T>(&self, name: &str, read: impl Fn(&Value) -> Option<T>) -> Result<Option<T>, TestStateError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let dot = if self.place.is_empty() { "" } else { "." };
        let refused = || {
            let place = self.place;
            invalid(&format!(
                "Invalid type for parameter {place}{dot}{name}, value: {value}"
            ))
        };
        read(value).map(Some).ok_or_else(refused)
    }
}

fn invalid(problem: &str) -> TestStateError {
    let message = format!("Parameter validation failed:\n{problem}");
    TestStateError::new(Exception::ParamValidationError, message)
}

fn no_value(value: &str, place: &str, values: &str) -> TestStateError {
    TestStateError::validation(format!(
        "1 validation error detected: Value '{value}' at '{place}' failed to satisfy constraint: Member must satisfy \
         enum value set: [{values}]"
    ))
}
