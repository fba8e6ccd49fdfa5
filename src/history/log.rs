//! The log records of executions in `CloudWatch`.

use serde_json::{Map, Value, json};

use super::{EventDetails, HistoryEvent};

/// The level of logging: `level` of AWS's `LoggingConfiguration`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogLevel {
    /// All.
    All,
    /// Failures, aborts and the entries of Fail states.
    Error,
    /// The final events of executions that did not succeed.
    Fatal,
    /// None.
    #[default]
    Off,
}

/// The members of details that hold data of the execution: logged only with `includeExecutionData`.
const DATA: [&str; 7] = [
    "assignedVariables",
    "assignedVariablesDetails",
    "input",
    "inputDetails",
    "output",
    "outputDetails",
    "parameters",
];

impl LogLevel {
    /// Whether events of this type are logged (developer guide, "Log levels for Step Functions execution events").
    ///
    /// ```
    /// use asl_engine::history::LogLevel;
    ///
    /// assert!(LogLevel::Error.logs("TaskFailed"));
    /// assert!(!LogLevel::Fatal.logs("TaskFailed"));
    /// assert!(LogLevel::Fatal.logs("ExecutionTimedOut"));
    /// ```
    pub fn logs(self, event_type: &str) -> bool {
        let is_fatal = ["ExecutionAborted", "ExecutionFailed", "ExecutionTimedOut"].contains(&event_type);
        match self {
            Self::All => true,
            Self::Error => {
                let endings = ["Failed", "TimedOut", "Aborted"];
                is_fatal
                    || event_type == "FailStateEntered"
                    || !event_type.starts_with("Activity") && endings.iter().any(|ending| event_type.ends_with(ending))
            }
            Self::Fatal => is_fatal,
            Self::Off => false,
        }
    }
}

impl HistoryEvent {
    /// The event as AWS logs it: numbers are texts, the time is milliseconds since 1970, and inputs, outputs,
    /// parameters and variables are there only with `include_execution_data`. `None` if the level leaves it out.
    ///
    /// It says that the execution was never redriven: [`log_records`] counts.
    ///
    /// ```
    /// use asl_engine::history::LogLevel;
    /// use asl_engine::{Simulation, StateMachine};
    /// use serde_json::json;
    ///
    /// let machine: StateMachine =
    ///     r#"{ "StartAt": "Stop", "States": { "Stop": { "Type": "Fail", "Error": "NoDough" } } }"#.parse()?;
    /// let run = Simulation::of(&machine).run(json!({}));
    /// let arn = "arn:aws:states:us-east-1:123456789012:execution:Bar:first";
    ///
    /// let logged: Vec<_> = run.history().iter().filter_map(|event| event.to_log_record(arn, LogLevel::Fatal, false)).collect();
    /// assert_eq!(logged, [json!({
    ///     "id": "3", "type": "ExecutionFailed", "details": { "error": "NoDough" }, "previous_event_id": "2",
    ///     "event_timestamp": "1767225600000", "execution_arn": arn, "redrive_count": "0"
    /// })]);
    /// # Ok::<(), asl_engine::definition::InvalidDefinition>(())
    /// ```
    pub fn to_log_record(&self, execution_arn: &str, level: LogLevel, include_execution_data: bool) -> Option<Value> {
        self.record(execution_arn, level, include_execution_data, 0)
    }

    fn record(&self, execution_arn: &str, level: LogLevel, include_data: bool, redrives: u32) -> Option<Value> {
        let event_type = self.event_type();
        if !level.logs(event_type) {
            return None;
        }
        let mut details = match self.details.to_json() {
            Some((_, Value::Object(details))) => details,
            _ => Map::new(),
        };
        details.retain(|member, _| include_data || !DATA.contains(&member.as_str()));
        Some(json!({
            "id": self.id.to_string(),
            "type": event_type,
            "details": details,
            "previous_event_id": self.previous_event_id.to_string(),
            "event_timestamp": self.timestamp.timestamp_millis().to_string(),
            "execution_arn": execution_arn,
            "redrive_count": redrives.to_string(),
        }))
    }
}

/// The log records of an execution, from its first event on: as [`HistoryEvent::to_log_record`] makes them, and each says how
/// often the execution had been redriven.
///
/// ```
/// use asl_engine::history::{LogLevel, log_records};
/// use asl_engine::{Simulation, StateMachine};
/// use serde_json::json;
/// use std::time::Duration;
///
/// let machine: StateMachine =
///     r#"{ "StartAt": "Stop", "States": { "Stop": { "Type": "Fail", "Error": "NoDough" } } }"#.parse()?;
/// let run = Simulation::of(&machine).redrive_after(Duration::from_secs(60)).run(json!({}));
/// let records = log_records(run.history(), "arn:of:the:execution", LogLevel::Fatal, false);
/// let counts: Vec<_> = records.iter().map(|record| &record["redrive_count"]).collect();
/// assert_eq!(counts, ["0", "1"]);
/// # Ok::<(), asl_engine::definition::InvalidDefinition>(())
/// ```
pub fn log_records<'h>(
    history: impl IntoIterator<Item = &'h HistoryEvent>,
    execution_arn: &str,
    level: LogLevel,
    include_execution_data: bool,
) -> Vec<Value> {
    let mut redrives = 0;
    let mut records = Vec::new();
    for event in history {
        if let EventDetails::ExecutionRedriven { redrive_count } = &event.details {
            redrives = *redrive_count;
        }
        records.extend(event.record(execution_arn, level, include_execution_data, redrives));
    }
    records
}
