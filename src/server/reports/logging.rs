//! The log records of an execution that has ended.

use serde_json::Value;

use crate::definition::WorkflowType;
use crate::history::{HistoryEvent, LogLevel, log_records};

/// What an execution logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Logging {
    level: LogLevel,
    includes_data: bool,
}

impl Logging {
    /// The logging of a `loggingConfiguration`; `None` if nothing is logged.
    pub(super) fn of(configuration: &Value, workflow_type: WorkflowType) -> Option<Self> {
        if configuration.get("destinations").is_none() {
            // DIFFERENCE: AWS logs nothing then. Here nothing else shows the events of an Express workflow.
            return (workflow_type == WorkflowType::Express).then_some(Self {
                level: LogLevel::All,
                includes_data: true,
            });
        }
        let level = match configuration.get("level").and_then(Value::as_str) {
            Some("ALL") => LogLevel::All,
            Some("ERROR") => LogLevel::Error,
            Some("FATAL") => LogLevel::Fatal,
            _ => return None,
        };
        let includes_data = configuration.get("includeExecutionData").and_then(Value::as_bool);
        Some(Self {
            level,
            includes_data: includes_data.unwrap_or(false),
        })
    }

    /// The records of an execution after so many redrives, with its input's text as given.
    pub(super) fn records(self, history: &[HistoryEvent], arn: &str, redrive_count: u32, input: &str) -> Vec<Value> {
        let mut records = log_records(history, arn, self.level, self.includes_data);
        let redrive_count = Value::from(redrive_count.to_string());
        records.retain(|record| record.get("redrive_count") == Some(&redrive_count));
        if let Some(first) = records.first_mut()
            && first.get("type").is_some_and(|kind| kind == "ExecutionStarted")
            && let Some(parsed) = first.pointer_mut("/details/input")
        {
            *parsed = Value::from(input);
        }
        records
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_configuration_of_a_machine_says_what_is_logged() {
        let of = |level: &str, includes_data: bool, workflow_type| {
            let destination =
                json!({ "cloudWatchLogsLogGroup": { "logGroupArn": "arn:aws:logs:us-east-1:1:log-group:g:*" } });
            let configuration =
                json!({ "level": level, "includeExecutionData": includes_data, "destinations": [destination] });
            Logging::of(&configuration, workflow_type).map(|logging| (logging.level, logging.includes_data))
        };
        for workflow_type in [WorkflowType::Standard, WorkflowType::Express] {
            assert_eq!(of("ERROR", true, workflow_type), Some((LogLevel::Error, true)));
            assert_eq!(of("ALL", false, workflow_type), Some((LogLevel::All, false)));
            assert_eq!(of("OFF", true, workflow_type), None);
        }
    }

    #[test]
    fn without_a_destination_express_alone_is_logged() {
        let none = json!({ "includeExecutionData": false, "level": "OFF" });
        assert_eq!(Logging::of(&none, WorkflowType::Standard), None);
        let all = Some(Logging {
            level: LogLevel::All,
            includes_data: true,
        });
        assert_eq!(Logging::of(&none, WorkflowType::Express), all);
    }
}
