//! AWS's names of the history event types (AWS Step Functions API, `HistoryEvent`, `type`).

use super::EventDetails;
use crate::definition::StateType;

/// The name of an event type that begins with the `Type` of a state.
macro_rules! of_state_type {
    ($state_type:expr, $rest:literal) => {
        match $state_type {
            StateType::Task => concat!("Task", $rest),
            StateType::Pass => concat!("Pass", $rest),
            StateType::Choice => concat!("Choice", $rest),
            StateType::Wait => concat!("Wait", $rest),
            StateType::Succeed => concat!("Succeed", $rest),
            StateType::Fail => concat!("Fail", $rest),
            StateType::Parallel => concat!("Parallel", $rest),
            StateType::Map => concat!("Map", $rest),
        }
    };
}

impl EventDetails {
    /// AWS's name of the type.
    pub fn event_type(&self) -> &'static str {
        match self {
            Self::StateEntered { state_type, .. } => of_state_type!(state_type, "StateEntered"),
            Self::StateExited { state_type, .. } => of_state_type!(state_type, "StateExited"),
            Self::StateAborted { state_type } => of_state_type!(state_type, "StateAborted"),
            other => other.variant_name(),
        }
    }

    /// The name of the variant, which the member with the details is named after.
    pub(crate) fn variant_name(&self) -> &'static str {
        match self {
            Self::ExecutionStarted { .. } => "ExecutionStarted",
            Self::ExecutionSucceeded { .. } => "ExecutionSucceeded",
            Self::ExecutionFailed(_) => "ExecutionFailed",
            Self::ExecutionAborted(_) => "ExecutionAborted",
            Self::ExecutionTimedOut(_) => "ExecutionTimedOut",
            Self::ExecutionRedriven { .. } => "ExecutionRedriven",
            Self::StateEntered { .. } => "StateEntered",
            Self::StateExited { .. } => "StateExited",
            Self::StateAborted { .. } => "StateAborted",
            Self::LambdaFunctionScheduled { .. } => "LambdaFunctionScheduled",
            Self::LambdaFunctionStarted => "LambdaFunctionStarted",
            Self::LambdaFunctionSucceeded { .. } => "LambdaFunctionSucceeded",
            Self::LambdaFunctionFailed(_) => "LambdaFunctionFailed",
            Self::LambdaFunctionTimedOut(_) => "LambdaFunctionTimedOut",
            Self::TaskScheduled { .. } => "TaskScheduled",
            Self::TaskStarted { .. } => "TaskStarted",
            Self::TaskSubmitted { .. } => "TaskSubmitted",
            Self::TaskSucceeded { .. } => "TaskSucceeded",
            Self::TaskFailed { .. } => "TaskFailed",
            Self::TaskTimedOut { .. } => "TaskTimedOut",
            Self::ActivityScheduled { .. } => "ActivityScheduled",
            Self::ActivityStarted { .. } => "ActivityStarted",
            Self::ActivitySucceeded { .. } => "ActivitySucceeded",
            Self::ActivityFailed(_) => "ActivityFailed",
            Self::ActivityTimedOut(_) => "ActivityTimedOut",
            Self::ParallelStateStarted => "ParallelStateStarted",
            Self::ParallelStateSucceeded => "ParallelStateSucceeded",
            Self::ParallelStateFailed => "ParallelStateFailed",
            Self::MapStateStarted { .. } => "MapStateStarted",
            Self::MapStateSucceeded => "MapStateSucceeded",
            Self::MapStateFailed => "MapStateFailed",
            Self::MapIterationStarted(_) => "MapIterationStarted",
            Self::MapIterationSucceeded(_) => "MapIterationSucceeded",
            Self::MapIterationFailed(_) => "MapIterationFailed",
            Self::MapIterationAborted(_) => "MapIterationAborted",
            Self::MapRunStarted { .. } => "MapRunStarted",
            Self::MapRunRedriven { .. } => "MapRunRedriven",
            Self::MapRunSucceeded => "MapRunSucceeded",
            Self::MapRunFailed(_) => "MapRunFailed",
            Self::MapRunAborted => "MapRunAborted",
            Self::EvaluationFailed { .. } => "EvaluationFailed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// One of every type that AWS names after no state.
    fn samples() -> Vec<EventDetails> {
        let failure = json!({ "error": "Busy" });
        let iteration = json!({ "name": "M", "index": 0 });
        let samples = json!([
            { "ExecutionStarted": { "input": "1", "roleArn": "r" } },
            { "ExecutionSucceeded": { "output": "1" } },
            { "ExecutionFailed": failure },
            { "ExecutionAborted": failure },
            { "ExecutionTimedOut": failure },
            { "ExecutionRedriven": { "redriveCount": 1 } },
            { "StateEntered": { "stateType": "Pass", "name": "S", "input": "1" } },
            { "StateExited": { "stateType": "Pass", "name": "S", "output": "1" } },
            { "StateAborted": { "stateType": "Pass" } },
            { "LambdaFunctionScheduled": { "resource": "r", "input": "1" } },
            "LambdaFunctionStarted",
            { "LambdaFunctionSucceeded": { "output": "1" } },
            { "LambdaFunctionFailed": failure },
            { "LambdaFunctionTimedOut": failure },
            { "TaskScheduled": { "resourceType": "sqs", "resource": "r", "region": "us-east-1", "parameters": "1" } },
            { "TaskStarted": { "resourceType": "sqs", "resource": "r" } },
            { "TaskSubmitted": { "resourceType": "sqs", "resource": "r", "output": "1" } },
            { "TaskSucceeded": { "resourceType": "sqs", "resource": "r", "output": "1" } },
            { "TaskFailed": { "resourceType": "sqs", "resource": "r" } },
            { "TaskTimedOut": { "resourceType": "sqs", "resource": "r" } },
            { "ActivityScheduled": { "resource": "r", "input": "1" } },
            { "ActivityStarted": {  } },
            { "ActivitySucceeded": { "output": "1" } },
            { "ActivityFailed": failure },
            { "ActivityTimedOut": failure },
            "ParallelStateStarted",
            "ParallelStateSucceeded",
            "ParallelStateFailed",
            { "MapStateStarted": { "length": 0 } },
            "MapStateSucceeded",
            "MapStateFailed",
            { "MapIterationStarted": iteration },
            { "MapIterationSucceeded": iteration },
            { "MapIterationFailed": iteration },
            { "MapIterationAborted": iteration },
            { "MapRunStarted": { "mapRunArn": "m" } },
            { "MapRunRedriven": { "mapRunArn": "m", "redriveCount": 1 } },
            "MapRunSucceeded",
            { "MapRunFailed": failure },
            "MapRunAborted",
            { "EvaluationFailed": { "error": "E", "cause": "c", "state": "S" } },
        ]);
        serde_json::from_value(samples).unwrap()
    }

    #[test]
    fn a_variant_is_named_as_it_is_serialised() {
        for sample in samples() {
            let serialised = match serde_json::to_value(&sample).unwrap() {
                Value::Object(tagged) => tagged.into_iter().next().unwrap().0,
                name => name.as_str().unwrap().to_owned(),
            };
            assert_eq!(sample.variant_name(), serialised);
        }
    }

    #[test]
    fn a_type_of_a_state_begins_with_the_states_type() {
        for state_type in StateType::LISTED {
            let aborted = EventDetails::StateAborted { state_type };
            assert_eq!(aborted.event_type(), format!("{state_type}StateAborted"));
        }
    }
}
