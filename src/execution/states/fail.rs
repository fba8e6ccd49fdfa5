//! The Fail state.

use serde_json::Value;

use crate::data::Payload;
use crate::definition::{FailData, FailState, FailText, JsonataValue};
use crate::execution::failure::Failure;
use crate::execution::input_output::StateView;
use crate::execution::inspection::Stage;
use crate::execution::query::Query;
use crate::history::ErrorOutput;

pub(super) fn enter(state: &FailState, raw_input: &Payload, view: &StateView<'_>) -> Failure {
    let (error, cause) = match &state.data {
        FailData::JsonPath { error, cause } => (error, cause),
        FailData::Jsonata { error, cause } => {
            return enter_jsonata(error.as_ref(), cause.as_ref(), raw_input, view).unwrap_or_else(|failure| failure);
        }
    };
    view.inspect(Stage::AfterInputPath, raw_input);
    let error = match text(error.as_ref(), "ErrorPath", raw_input, view) {
        Ok(error) => error,
        Err(failure) => return failure,
    };
    match text(cause.as_ref(), "CausePath", raw_input, view) {
        Ok(cause) => Failure::Error(ErrorOutput { error, cause }),
        Err(failure) => failure,
    }
}

fn enter_jsonata(
    error: Option<&JsonataValue<String>>,
    cause: Option<&JsonataValue<String>>,
    raw_input: &Payload,
    view: &StateView<'_>,
) -> Result<Failure, Failure> {
    let query = Query::new(view, raw_input);
    let text = |field, value: Option<&JsonataValue<String>>| value.map(|value| query.text(field, value)).transpose();
    Ok(Failure::Error(ErrorOutput {
        error: text("Error", error)?,
        cause: text("Cause", cause)?,
    }))
}

fn text(
    text: Option<&FailText>,
    field: &str,
    raw_input: &Payload,
    view: &StateView<'_>,
) -> Result<Option<String>, Failure> {
    match text {
        None => Ok(None),
        Some(FailText::Literal(text)) => Ok(Some(text.clone())),
        Some(FailText::Expression(expression)) => {
            let scope = view.scope(raw_input);
            let value = expression.evaluate(field, &scope, &view.budget)?;
            match value.as_ref() {
                Value::String(text) => Ok(Some(text.clone())),
                other => Err(Failure::runtime(format!(
                    "The {field} field refers to value {other} which is not a string: {}",
                    expression.as_str()
                ))),
            }
        }
    }
}
