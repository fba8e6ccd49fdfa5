//! What passes the boundary of an execution inwards.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::map_run::MapRunUpdate;
use super::outcome::Outcome;
use super::task::TaskId;
use crate::data::{MAX_NESTING, discard, nests_within};
use crate::history::ErrorOutput;

/// An event reported by the driver.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Event {
    /// A worker started an activity task.
    TaskStarted {
        /// The task.
        task: TaskId,
        /// The worker's name.
        worker_name: Option<String>,
    },
    /// The service of a `.sync` or `.waitForTaskToken` task accepted it; the task goes on.
    TaskSubmitted {
        /// The task.
        task: TaskId,
        /// The service's response.
        output: Value,
    },
    /// The task sent a heartbeat.
    TaskHeartbeat {
        /// The task.
        task: TaskId,
    },
    /// The task succeeded.
    TaskSucceeded {
        /// The task.
        task: TaskId,
        /// The raw result.
        raw_result: Value,
    },
    /// The task failed.
    TaskFailed {
        /// The task.
        task: TaskId,
        /// The error.
        error: ErrorOutput,
    },
    /// A child execution that the driver runs ([`Command::StartChild`](super::Command::StartChild)) has ended.
    ChildEnded {
        /// The child execution.
        child: TaskId,
        /// Its outcome.
        outcome: Outcome,
        /// When it ended.
        time: DateTime<Utc>,
    },
    /// Time passed, usually up to [`Execution::next_deadline`](super::Execution::next_deadline).
    DeadlineReached,
    /// The execution may go on, as it asked for with [`Execution::wants_turn`](super::Execution::wants_turn).
    Turn,
    /// The execution is stopped (`StopExecution`).
    Stop(ErrorOutput),
    /// A running Map Run gets new settings (`UpdateMapRun`); one that has ended stays as it is.
    UpdateMapRun(Box<MapRunUpdate>),
    /// The ARNs of the activities that exist from now on, as [`StartOptions::activities`](super::StartOptions::activities) has
    /// them. It counts after the end, too, for a redrive.
    ActivitiesChanged(Arc<BTreeSet<String>>),
}

impl Event {
    /// The event's task, or child execution.
    pub(super) fn task(&mut self) -> Option<&mut TaskId> {
        match self {
            Self::TaskStarted { task, .. }
            | Self::TaskSubmitted { task, .. }
            | Self::TaskHeartbeat { task }
            | Self::TaskSucceeded { task, .. }
            | Self::TaskFailed { task, .. }
            | Self::ChildEnded { child: task, .. } => Some(task),
            Self::DeadlineReached | Self::Turn | Self::Stop(_) | Self::UpdateMapRun(_) | Self::ActivitiesChanged(_) => {
                None
            }
        }
    }

    /// Drops an output that nests too deeply and returns whether there was one. Even dropping it the usual way could
    /// overflow the stack.
    pub(crate) fn drop_deep_output(&mut self) -> bool {
        if let Self::ChildEnded {
            outcome: Outcome::Succeeded { output },
            ..
        } = self
        {
            return output.drop_if_deep();
        }
        let (Self::TaskSubmitted { output, .. } | Self::TaskSucceeded { raw_result: output, .. }) = self else {
            return false;
        };
        let is_too_deep = !nests_within(output, MAX_NESTING);
        if is_too_deep {
            discard(std::mem::take(output));
        }
        is_too_deep
    }
}
