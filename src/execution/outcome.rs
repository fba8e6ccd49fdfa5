//! How an execution ends.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::data::Payload;
use crate::history::ErrorOutput;

/// The outcome of an execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// `SUCCEEDED`
    Succeeded {
        /// The execution's output.
        output: Payload,
    },
    /// `FAILED`
    Failed(ErrorOutput),
    /// `TIMED_OUT`: it took longer than the machine's `TimeoutSeconds`.
    TimedOut(ErrorOutput),
    /// `ABORTED`: it was stopped.
    Aborted(ErrorOutput),
}

impl Outcome {
    /// AWS's status: `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`.
    pub fn status(&self) -> &'static str {
        match self {
            Self::Succeeded { .. } => "SUCCEEDED",
            Self::Failed(_) => "FAILED",
            Self::TimedOut(_) => "TIMED_OUT",
            Self::Aborted(_) => "ABORTED",
        }
    }

    /// The output, if the execution succeeded.
    pub fn output(&self) -> Option<&Value> {
        match self {
            Self::Succeeded { output } => Some(output),
            _ => None,
        }
    }

    /// The error and cause, if the execution did not succeed.
    pub fn error(&self) -> Option<&ErrorOutput> {
        match self {
            Self::Succeeded { .. } => None,
            Self::Failed(error) | Self::TimedOut(error) | Self::Aborted(error) => Some(error),
        }
    }
}
