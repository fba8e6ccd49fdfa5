//! The request of `StartExecution` and `StartSyncExecution`.

use serde_json::{Map, Value};

use super::{StepFunctionsError, Style};
use crate::TaskError;
use crate::data::json::{NotJson, Source};
use crate::data::json_value;
use crate::definition::is_name;
use crate::services::parameters::{only, required_text, text};

const FIELDS: [&str; 4] = ["Input", "Name", "StateMachineArn", "TraceHeader"];

/// A task's request to start an execution.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StartExecution {
    pub(crate) state_machine_arn: String,
    /// The name; default: a new UUID.
    pub(crate) name: Option<String>,
    pub(crate) input: Value,
    /// The input's text as given, or as compact JSON.
    pub(crate) input_text: String,
}

impl StartExecution {
    /// Reads a task's parameters. `Input` is a text that holds JSON, or the JSON itself; without one it is `{}`.
    pub(crate) fn read(parameters: &Value, style: Style) -> Result<Self, TaskError> {
        only(parameters, &FIELDS)?;
        let state_machine_arn = required_text(parameters, "StateMachineArn")?.to_owned();
        let name = text(parameters, "Name")?.map(str::to_owned);
        text(parameters, "TraceHeader")?;
        if let Some(name) = name.as_deref().filter(|name| !is_name(name)) {
            return Err(StepFunctionsError::invalid_name(name).in_style(style));
        }
        let (input, input_text) = match parameters.get("Input") {
            None | Some(Value::Null) => (Value::Object(Map::new()), "{}".to_owned()),
            Some(Value::String(text)) => {
                let input = json_value(text).map_err(|_| {
                    StepFunctionsError::invalid_execution_input(&NotJson::of(text).problem(Source::Redacted))
                        .in_style(style)
                })?;
                (input, text.clone())
            }
            Some(input) => (input.clone(), input.to_string()),
        };
        Ok(Self {
            state_machine_arn,
            name,
            input,
            input_text,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(mut parameters: Value) -> Result<StartExecution, (String, String)> {
        parameters["StateMachineArn"] = json!("arn");
        StartExecution::read(&parameters, Style::Optimised)
            .map_err(|error| (error.error().to_owned(), error.cause().to_owned()))
    }

    #[test]
    fn an_input_is_json_or_a_text_that_holds_it() {
        for (input, wanted, text) in [
            (json!({ "a": 1 }), json!({ "a": 1 }), r#"{"a":1}"#),
            (json!([1]), json!([1]), "[1]"),
            (json!(7), json!(7), "7"),
            (json!(null), json!({}), "{}"),
            (json!(r#"{ "a": 1 }"#), json!({ "a": 1 }), r#"{ "a": 1 }"#),
            (json!(r#""text""#), json!("text"), r#""text""#),
        ] {
            let request = read(json!({ "Input": input })).unwrap();
            assert_eq!((request.input, request.input_text.as_str()), (wanted, text));
        }
        assert_eq!(read(json!({})).unwrap().input, json!({}));
    }

    #[test]
    fn a_text_that_holds_no_json_is_refused() {
        let (error, cause) = read(json!({ "Input": "not json" })).unwrap_err();
        assert_eq!(error, "StepFunctions.InvalidExecutionInputException");
        let wanted = "Invalid State Machine Execution Input: 'Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')' (Service";
        assert!(cause.starts_with(wanted), "{cause}");
        let (_, cause) = read(json!({ "Input": "{'a': 1}" })).unwrap_err();
        let wanted = "Invalid State Machine Execution Input: 'Unexpected character (''' (code 39)): was expecting double-quote to start field name' (Service";
        assert!(cause.starts_with(wanted), "{cause}");
    }

    #[test]
    fn a_name_is_one_of_an_execution() {
        assert_eq!(
            read(json!({ "Name": "order-7" })).unwrap().name.as_deref(),
            Some("order-7")
        );
        for name in ["", "a b", "a:b", &"n".repeat(81)] {
            let (error, _) = read(json!({ "Name": name })).unwrap_err();
            assert_eq!(error, "StepFunctions.InvalidNameException", "{name}");
        }
    }

    #[test]
    fn parameters_that_are_no_request_start_nothing() {
        for (parameters, problem) in [
            (json!({}), "The field 'StateMachineArn' is required but was missing"),
            (
                json!({ "StateMachineArn": 7 }),
                "The value for the field 'StateMachineArn' must be a STRING",
            ),
            (
                json!({ "StateMachineArn": "arn", "Inputs": {} }),
                "The field \"Inputs\" is not supported by Step Functions",
            ),
        ] {
            let error = StartExecution::read(&parameters, Style::Sdk).unwrap_err();
            assert_eq!(error.error(), "States.Runtime");
            assert!(error.cause().ends_with(&format!("[{problem}]")), "{error}");
        }
    }
}
