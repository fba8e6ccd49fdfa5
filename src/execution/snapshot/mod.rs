//! An execution between two events, as plain data.

mod check;
mod map_run;
mod tree;
mod waiting;

use serde::{Deserialize, Serialize};

use super::command::Command;
use super::core::Core;
use super::invariant::Invariant;
use super::map_run::{ChildEvent, MapRun};
use super::outcome::Outcome;
use super::program::{GraphId, Program};
use super::task::TaskId;
use crate::history::HistoryEvent;

/// The state of an execution, to be stored with serde in any self-describing format such as JSON and restored in
/// another process.
///
/// It nests as its data does, and eight levels deeper for each distributed Map inside another; `serde_json` reads 128
/// levels unless it is told to read more.
///
/// The program is not part of it: the definition is stored once for all its executions, and
/// [`Execution::restore`](super::Execution::restore) refuses a snapshot of another definition.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Snapshot {
    definition: u64,
    /// What it runs, if it is a child execution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    graph: Option<GraphId>,
    core: Core,
    pending: Vec<PendingCommand>,
}

/// The reasons why a snapshot cannot be restored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The program was compiled from another definition.
    #[error("the snapshot belongs to another definition than the program")]
    OtherDefinition,
    /// The data was not written by [`Execution::snapshot`](super::Execution::snapshot).
    #[error("the snapshot is damaged: {reason}")]
    #[non_exhaustive]
    Damaged {
        /// What is wrong with it, as a clause.
        reason: String,
    },
}

impl Snapshot {
    pub(super) fn of(program: &Program, graph: GraphId, core: &Core) -> Self {
        let pending = core
            .commands
            .iter()
            .filter_map(|command| match command {
                // Restoring dispatches every unanswered task and child execution again, this one among them.
                Command::Invoke(_) | Command::StartChild(_) => None,
                Command::Cancel(task) => Some(PendingCommand::Cancel(task)),
                Command::Record(event) => Some(PendingCommand::Record(event)),
                Command::RecordChild(event) => Some(PendingCommand::RecordChild(event)),
                Command::MapRun(map_run) => Some(PendingCommand::MapRun(map_run)),
                Command::Complete(outcome) => Some(PendingCommand::Complete(outcome)),
            })
            .collect();
        let mut core = core.clone();
        core.trace = None;
        Self {
            definition: program.fingerprint(),
            graph: Some(graph).filter(|graph| *graph != Program::MAIN),
            core,
            pending,
        }
    }

    pub(super) fn into_core(self, program: &Program) -> Result<(GraphId, Core), SnapshotError> {
        if self.definition != program.fingerprint() {
            return Err(SnapshotError::OtherDefinition);
        }
        let graph = self.graph.unwrap_or(Program::MAIN);
        let mut core = self.core;
        let tells_its_end = |command: &PendingCommand| matches!(command, PendingCommand::Complete(_));
        let is_sound = Invariant::EndIsTheEnd
            .holds_if(core.outcome.is_some() || !self.pending.iter().any(tells_its_end))
            .and_then(|()| check::check(&mut core, program, graph));
        is_sound.map_err(|invariant| SnapshotError::Damaged {
            reason: invariant.to_string(),
        })?;
        core.commands = self
            .pending
            .into_iter()
            .map(|command| match command {
                PendingCommand::Cancel(task) => Command::Cancel(task),
                PendingCommand::Record(event) => Command::Record(event),
                PendingCommand::RecordChild(event) => Command::RecordChild(event),
                PendingCommand::MapRun(map_run) => Command::MapRun(map_run),
                PendingCommand::Complete(outcome) => Command::Complete(outcome),
            })
            .collect();
        Ok((graph, core))
    }
}

/// A command in a snapshot. Tasks are not included: restoring dispatches every unanswered one again.
#[derive(Debug, Clone, Serialize, Deserialize)]
enum PendingCommand {
    Cancel(TaskId),
    Record(HistoryEvent),
    RecordChild(Box<ChildEvent>),
    MapRun(Box<MapRun>),
    Complete(Outcome),
}
