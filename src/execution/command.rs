//! What passes the boundary of an execution outwards.

use super::child_start::ChildStart;
use super::map_run::{ChildEvent, MapRun};
use super::outcome::Outcome;
use super::task::{Task, TaskId};
use crate::history::HistoryEvent;

/// A command to the driver.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Command {
    /// Start the task and report how it ends.
    Invoke(Task),
    /// The task is cancelled, or the child execution; a later answer is ignored.
    Cancel(TaskId),
    /// Append to the history.
    Record(HistoryEvent),
    /// Append to the history of a child execution.
    RecordChild(Box<ChildEvent>),
    /// Run the child execution and report how it ends ([`Event::ChildEnded`](super::Event::ChildEnded)); only with
    /// [`StartOptions::separate_children`](super::StartOptions::separate_children). Where it is
    /// [cancelled](Self::Cancel), it is stopped.
    StartChild(Box<ChildStart>),
    /// A Map Run began or ended; its current state.
    MapRun(Box<MapRun>),
    /// The execution is over; no command follows.
    Complete(Outcome),
}
