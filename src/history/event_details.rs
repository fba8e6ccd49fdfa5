//! The types of history events with their details.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

use crate::data::JsonText;
use crate::definition::StateType;

/// The type of a history event with its details (AWS Step Functions API, `HistoryEvent`).
///
/// Inputs, outputs and parameters are JSON texts, as on AWS; events with the same data share one text. The variants are
/// AWS's types; only the types that begin with a state's `Type` (`PassStateEntered`, `TaskStateExited`,
/// `WaitStateAborted`) are folded into one each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all_fields = "camelCase")]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "variants and fields are AWS's, letter by letter; the API reference describes each"
)]
pub enum EventDetails {
    ExecutionStarted {
        input: JsonText,
        role_arn: Arc<str>,
    },
    ExecutionSucceeded {
        output: JsonText,
    },
    ExecutionFailed(ErrorOutput),
    ExecutionAborted(ErrorOutput),
    ExecutionTimedOut(ErrorOutput),
    ExecutionRedriven {
        redrive_count: u32,
    },
    /// `PassStateEntered`, `TaskStateEntered` …
    StateEntered {
        state_type: StateType,
        name: Arc<str>,
        input: JsonText,
    },
    /// `PassStateExited`, `TaskStateExited` …
    StateExited {
        state_type: StateType,
        name: Arc<str>,
        output: JsonText,
        /// Assigned variables: names with values as JSON texts.
        // Boxed, like the credentials: events are moved often, and most have neither.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        assigned_variables: Option<Box<IndexMap<String, String>>>,
    },
    /// `TaskStateAborted`, `WaitStateAborted`, `ParallelStateAborted`, `MapStateAborted`.
    StateAborted {
        state_type: StateType,
    },
    LambdaFunctionScheduled {
        resource: Arc<str>,
        input: JsonText,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout_in_seconds: Option<u32>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        task_credentials: Option<Box<TaskCredentials>>,
    },
    LambdaFunctionStarted,
    LambdaFunctionSucceeded {
        output: JsonText,
    },
    LambdaFunctionFailed(ErrorOutput),
    LambdaFunctionTimedOut(ErrorOutput),
    TaskScheduled {
        resource_type: Arc<str>,
        resource: Arc<str>,
        region: Arc<str>,
        parameters: JsonText,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout_in_seconds: Option<u32>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        heartbeat_in_seconds: Option<u32>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        task_credentials: Option<Box<TaskCredentials>>,
    },
    TaskStarted {
        resource_type: Arc<str>,
        resource: Arc<str>,
    },
    TaskSubmitted {
        resource_type: Arc<str>,
        resource: Arc<str>,
        output: JsonText,
    },
    TaskSucceeded {
        resource_type: Arc<str>,
        resource: Arc<str>,
        output: JsonText,
    },
    TaskFailed {
        resource_type: Arc<str>,
        resource: Arc<str>,
        #[serde(flatten)]
        failure: ErrorOutput,
    },
    TaskTimedOut {
        resource_type: Arc<str>,
        resource: Arc<str>,
        #[serde(flatten)]
        failure: ErrorOutput,
    },
    ActivityScheduled {
        resource: Arc<str>,
        input: JsonText,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout_in_seconds: Option<u32>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        heartbeat_in_seconds: Option<u32>,
    },
    ActivityStarted {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        worker_name: Option<String>,
    },
    ActivitySucceeded {
        output: JsonText,
    },
    ActivityFailed(ErrorOutput),
    ActivityTimedOut(ErrorOutput),
    ParallelStateStarted,
    ParallelStateSucceeded,
    ParallelStateFailed,
    MapStateStarted {
        length: usize,
    },
    MapStateSucceeded,
    MapStateFailed,
    MapIterationStarted(MapIteration),
    MapIterationSucceeded(MapIteration),
    MapIterationFailed(MapIteration),
    MapIterationAborted(MapIteration),
    MapRunStarted {
        map_run_arn: Arc<str>,
    },
    MapRunRedriven {
        map_run_arn: Arc<str>,
        redrive_count: u32,
    },
    MapRunSucceeded,
    MapRunFailed(ErrorOutput),
    MapRunAborted,
    EvaluationFailed {
        error: String,
        cause: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        location: Option<String>,
        state: Arc<str>,
    },
}

/// The Error Output of a failure. Absent members stay absent (specification, "Errors").
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ErrorOutput {
    /// The error name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The cause: a text, often JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

/// The role of a task's `Credentials`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TaskCredentials {
    /// The role's ARN.
    pub role_arn: String,
}

/// An iteration of a Map state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MapIteration {
    /// The Map state's name.
    pub name: Arc<str>,
    /// The item's index, from 0.
    pub index: usize,
}

impl EventDetails {
    /// The name and value of the details member; `None` for types without details on AWS.
    pub(super) fn to_json(&self) -> Option<(String, Value)> {
        let mut details = match serde_json::to_value(self) {
            Ok(Value::Object(tagged)) => tagged.into_iter().next()?.1,
            _ => return None,
        };
        let fields = details.as_object_mut()?;
        if matches!(self, Self::StateAborted { .. }) {
            return None;
        }
        fields.shift_remove("stateType");
        for payload in ["input", "output"] {
            if fields.contains_key(payload) {
                fields.insert(format!("{payload}Details"), json!({ "truncated": false }));
            }
        }
        if fields.contains_key("assignedVariables") {
            fields.insert("assignedVariablesDetails".into(), json!({ "truncated": false }));
        }
        let variant = self.variant_name();
        let mut member = format!("{variant}EventDetails");
        member.get_mut(..1)?.make_ascii_lowercase();
        Some((member, details))
    }

    /// The JSON text that it shows, which other events may share.
    pub(crate) fn text(&self) -> Option<&JsonText> {
        match self {
            Self::ExecutionStarted { input: data, .. }
            | Self::ExecutionSucceeded { output: data }
            | Self::StateEntered { input: data, .. }
            | Self::LambdaFunctionScheduled { input: data, .. }
            | Self::LambdaFunctionSucceeded { output: data }
            | Self::TaskScheduled { parameters: data, .. }
            | Self::TaskSubmitted { output: data, .. }
            | Self::TaskSucceeded { output: data, .. }
            | Self::ActivityScheduled { input: data, .. }
            | Self::ActivitySucceeded { output: data }
            | Self::StateExited { output: data, .. } => Some(data),
            _ => None,
        }
    }

    /// Roughly how many bytes its data takes besides that text.
    pub(crate) fn other_bytes(&self) -> usize {
        let of_error = |failure: &ErrorOutput| failure.cause.as_ref().map_or(0, String::len);
        match self {
            Self::StateExited { assigned_variables, .. } => {
                let variables = assigned_variables.iter().flat_map(|variables| variables.values());
                variables.map(String::len).sum::<usize>()
            }
            Self::ExecutionFailed(failure)
            | Self::MapRunFailed(failure)
            | Self::LambdaFunctionFailed(failure)
            | Self::ActivityFailed(failure)
            | Self::TaskFailed { failure, .. } => of_error(failure),
            Self::EvaluationFailed { cause, .. } => cause.len(),
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::HistoryEvent;
    use chrono::DateTime;

    fn printed(details: EventDetails) -> Value {
        HistoryEvent::new(
            2,
            0,
            DateTime::from_timestamp_millis(1_735_787_045_678).unwrap(),
            details,
        )
        .to_json()
    }

    #[test]
    fn a_state_entered_event_is_named_after_the_state_type() {
        let entered = EventDetails::StateEntered {
            state_type: StateType::Pass,
            name: "P".into(),
            input: r#"{"a":1}"#.into(),
        };
        assert_eq!(
            printed(entered),
            json!({
                "timestamp": 1_735_787_045.678, "type": "PassStateEntered", "id": 2, "previousEventId": 0,
                "stateEnteredEventDetails": { "name": "P", "input": "{\"a\":1}", "inputDetails": { "truncated": false } }
            })
        );
    }

    #[test]
    fn types_without_details_print_none() {
        let bare = |kind: &str| json!({ "timestamp": 1_735_787_045.678, "type": kind, "id": 2, "previousEventId": 0 });
        assert_eq!(
            printed(EventDetails::LambdaFunctionStarted),
            bare("LambdaFunctionStarted")
        );
        assert_eq!(
            printed(EventDetails::StateAborted {
                state_type: StateType::Task
            }),
            bare("TaskStateAborted")
        );
    }

    #[test]
    fn a_failure_without_error_and_cause_prints_empty_details() {
        let failed = printed(EventDetails::ExecutionFailed(ErrorOutput::default()));
        assert_eq!(failed["executionFailedEventDetails"], json!({}));
        let failed = printed(EventDetails::TaskTimedOut {
            resource_type: "lambda".into(),
            resource: "invoke".into(),
            failure: ErrorOutput {
                error: Some("States.Timeout".into()),
                cause: None,
            },
        });
        assert_eq!(
            failed["taskTimedOutEventDetails"],
            json!({ "resourceType": "lambda", "resource": "invoke", "error": "States.Timeout" })
        );
    }
}
