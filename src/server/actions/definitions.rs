//! Actions that only inspect definitions.

use serde_json::{Value, json};

use crate::data::json::{NotJson, Source};
use crate::definition::{Code, Diagnostic, Severity, WorkflowType};
use crate::loading::Loader;
use crate::server::request::Request;
use crate::server::{Service, with};
use crate::services::step_functions::StepFunctionsError;
use crate::test_state::{Exception, TestState, TestStateError};

/// The most diagnostics in a response.
const MOST: i64 = 100;

/// `ValidateStateMachineDefinition`: AWS's diagnostics of a definition.
pub(in crate::server) fn validate_state_machine_definition(request: &Value) -> Result<Value, StepFunctionsError> {
    let mut request = Request::of(request, &["definition", "type", "severity", "maxResults"])?;
    let definition = request.required_data("definition", 1..=1_048_576);
    let is_express = request.one_of("type", &["STANDARD", "EXPRESS"]) == Some("EXPRESS");
    let with_warnings = request.one_of("severity", &["ERROR", "WARNING"]) == Some("WARNING");
    let most = request
        .number("maxResults", 0..=MOST)
        .filter(|most| *most > 0)
        .unwrap_or(MOST);
    request.check()?;
    let workflow_type = if is_express {
        WorkflowType::Express
    } else {
        WorkflowType::Standard
    };
    let loader = Loader::new().workflow_type(workflow_type).verbatim();
    let mut diagnostics = loader.validate(definition);
    let is_refused = diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error);
    diagnostics.retain(|diagnostic| with_warnings || diagnostic.severity == Severity::Error);
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let shown = diagnostics.iter().take(most);
    let shown: Vec<Value> = shown
        .map(|diagnostic| diagnostic_json(diagnostic, definition))
        .collect();
    Ok(json!({
        "result": if is_refused { "FAIL" } else { "OK" },
        "truncated": diagnostics.len() > shown.len(),
        "diagnostics": shown,
    }))
}

fn diagnostic_json(diagnostic: &Diagnostic, definition: &str) -> Value {
    let severity = match diagnostic.severity {
        Severity::Error => "ERROR",
        Severity::Warning => "WARNING",
    };
    // For a text that is not JSON the API gives its parser's position.
    let problem = (diagnostic.code == Code::InvalidJsonDescription)
        .then(|| NotJson::of_syntax(definition))
        .flatten();
    let (message, location) = match problem {
        Some(not_json) => (not_json.message(Source::Quoted), Some(not_json.place(Source::Quoted))),
        None => (diagnostic.message.clone(), diagnostic.location.clone()),
    };
    let members = json!({ "severity": severity, "code": diagnostic.code.to_string(), "message": message });
    match location {
        Some(location) => with(members, "location", location),
        None => members,
    }
}

impl Service {
    /// `TestState`
    pub(in crate::server) fn test_state(&self, request: &Value) -> Result<Value, StepFunctionsError> {
        let test = TestState::from_request(request)?.at(self.interpreter.now());
        Ok(test.run()?.to_json())
    }
}

impl From<TestStateError> for StepFunctionsError {
    fn from(error: TestStateError) -> Self {
        let code = match error.exception() {
            // A request that AWS's clients refuse to send is refused here too.
            Exception::ParamValidationError => Exception::ValidationException,
            exception => exception,
        };
        Self::new(code.as_str(), error.message())
    }
}
