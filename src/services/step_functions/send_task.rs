//! The requests of `SendTaskSuccess`, `SendTaskFailure` and `SendTaskHeartbeat`.

use serde_json::Value;

use super::{Action, StepFunctionsError, Style};
use crate::TaskError;
use crate::data::json::{NotJson, Source};
use crate::data::json_value;
use crate::history::ErrorOutput;
use crate::services::parameters::{only, refused, required_text, text};

/// A request to the task that waits for a token.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SendTask {
    pub(crate) token: String,
    answer: Unread,
}

#[derive(Debug, Clone, PartialEq)]
enum Unread {
    Output(Value),
    Error(ErrorOutput),
    Heartbeat,
}

/// The answer itself.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TaskAnswer {
    Success(Value),
    Failure(ErrorOutput),
    Heartbeat,
}

impl SendTask {
    /// Reads a task's parameters.
    pub(crate) fn read(action: Action, parameters: &Value) -> Result<Self, TaskError> {
        let fields: &[&str] = match action {
            Action::SendTaskSuccess => &["Output", "TaskToken"],
            Action::SendTaskFailure => &["Cause", "Error", "TaskToken"],
            _ => &["TaskToken"],
        };
        only(parameters, fields)?;
        let owned = |field| text(parameters, field).map(|text| text.map(str::to_owned));
        let answer = match action {
            Action::SendTaskSuccess => match parameters.get("Output") {
                Some(output) if !output.is_null() => Unread::Output(output.clone()),
                _ => return Err(refused(parameters, "The field 'Output' is required but was missing")),
            },
            Action::SendTaskFailure => Unread::Error(ErrorOutput {
                error: owned("Error")?,
                cause: owned("Cause")?,
            }),
            _ => Unread::Heartbeat,
        };
        Ok(Self {
            token: required_text(parameters, "TaskToken")?.to_owned(),
            answer,
        })
    }

    /// The answer, checked after the token as on AWS. An `Output` is a text that holds JSON, or the JSON itself.
    pub(crate) fn into_answer(self, style: Style) -> Result<TaskAnswer, TaskError> {
        Ok(match self.answer {
            Unread::Output(Value::String(text)) => {
                let output = json_value(&text).map_err(|_| {
                    StepFunctionsError::invalid_output(&NotJson::of(&text).problem(Source::Redacted)).in_style(style)
                })?;
                TaskAnswer::Success(output)
            }
            Unread::Output(output) => TaskAnswer::Success(output),
            Unread::Error(error) => TaskAnswer::Failure(error),
            Unread::Heartbeat => TaskAnswer::Heartbeat,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn answer(action: Action, parameters: &Value) -> Result<TaskAnswer, String> {
        let read = SendTask::read(action, parameters).and_then(|request| request.into_answer(Style::Sdk));
        read.map_err(|error| error.error().to_owned())
    }

    #[test]
    fn an_output_is_json_or_a_text_that_holds_it() {
        for (output, wanted) in [
            (json!({ "a": 1 }), json!({ "a": 1 })),
            (json!(r#"{ "a": 1 }"#), json!({ "a": 1 })),
            (json!(r#""text""#), json!("text")),
        ] {
            let parameters = json!({ "TaskToken": "t", "Output": output });
            assert_eq!(
                answer(Action::SendTaskSuccess, &parameters),
                Ok(TaskAnswer::Success(wanted))
            );
        }
        let parameters = json!({ "TaskToken": "t", "Output": "text" });
        assert_eq!(
            answer(Action::SendTaskSuccess, &parameters),
            Err("Sfn.InvalidOutputException".to_owned())
        );
    }

    #[test]
    fn error_and_cause_may_be_left_away() {
        assert_eq!(
            answer(Action::SendTaskFailure, &json!({ "TaskToken": "t" })),
            Ok(TaskAnswer::Failure(ErrorOutput::default()))
        );
        assert_eq!(
            answer(Action::SendTaskHeartbeat, &json!({ "TaskToken": "t" })),
            Ok(TaskAnswer::Heartbeat)
        );
        for parameters in [
            json!({}),
            json!({ "TaskToken": "t", "Output": {} }),
            json!({ "TaskToken": 1 }),
        ] {
            assert_eq!(
                answer(Action::SendTaskFailure, &parameters),
                Err("States.Runtime".to_owned())
            );
        }
    }
}
