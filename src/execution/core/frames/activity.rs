use serde::{Deserialize, Serialize};
use std::sync::Arc;

use crate::data::{Payload, Piece};
use crate::definition::Resource;
use crate::execution::core::map_run_progress::MapRunProgress;
use crate::execution::evaluated::Evaluated;
use crate::execution::frame_key::FrameSet;
use crate::execution::program::GraphId;
use crate::execution::task_request::TaskRequest;
use crate::execution::time::{Timestamp, seconds_later};

/// The activity of a frame.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Activity {
    /// It is in the ready queue and enters its state next.
    Entering,
    /// A Wait state waits. Other states have this activity only while the engine works on them.
    Waiting,
    /// The state failed and is retried at the deadline.
    Backoff,
    /// A Task waits for its answer.
    Task(Box<TaskAttempt>),
    /// A Parallel or Map waits for its graphs.
    Fork(Box<ForkProgress>),
    /// A distributed Map waits for its Map Run.
    MapRun(Box<MapRunProgress>),
    /// It is in the ready queue, and its state starts anew after a redrive, without being entered again.
    Redriving,
    /// What is left of a Map Run that did not succeed; after a redrive it is in the ready queue, and goes on.
    EndedMapRun(Box<MapRunProgress>),
    /// It is in the ready queue, and its expressions take long.
    Evaluating(Box<Evaluating>),
}

/// A state whose expressions take longer than a turn may, so that they have a turn of their own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Evaluating {
    pub(crate) begun: Begun,
    /// What came of it, if it was done beside the execution.
    #[serde(skip)]
    pub(crate) done: Option<Box<Evaluated>>,
}

/// What the engine had begun to do with a state.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Begun {
    /// To enter or retry it; `previous` is the event that led to it.
    Enter { previous: u64 },
    /// To finish it after its work.
    Finish { raw_result: Payload },
}

impl Begun {
    /// Whether the state has done its work.
    #[cfg(feature = "runtime")]
    pub(super) fn is_finish(&self) -> bool {
        matches!(self, Self::Finish { .. })
    }

    /// The result of its work, if it has done that.
    pub(crate) fn raw_result(&self) -> Option<&Payload> {
        match self {
            Self::Finish { raw_result } => Some(raw_result),
            Self::Enter { .. } => None,
        }
    }
}

impl Activity {
    /// Whether it needs no timer to go on: it waits for the answer of a task, or of one inside its Map Run.
    #[inline]
    pub(super) fn awaits_answers(&self) -> bool {
        match self {
            Self::Task(_) => true,
            Self::MapRun(run) => !run.tasks.is_empty() || !run.separate.is_empty() || run.asked().is_some(),
            Self::Entering
            | Self::Waiting
            | Self::Backoff
            | Self::Fork(_)
            | Self::Redriving
            | Self::EndedMapRun(_)
            | Self::Evaluating(_) => false,
        }
    }

    /// The generations of the tasks whose answers it waits for. A Map Run's requests and the tasks of its child
    /// executions are among them, and the child executions that the driver runs.
    pub(crate) fn unanswered(&self) -> impl Iterator<Item = u32> {
        let (task, run) = match self {
            Self::Task(attempt) => (Some(attempt.generation), None),
            Self::MapRun(run) => (run.asked().map(|asked| asked.generation), Some(run)),
            Self::Entering
            | Self::Waiting
            | Self::Backoff
            | Self::Fork(_)
            | Self::Redriving
            | Self::EndedMapRun(_)
            | Self::Evaluating(_) => (None, None),
        };
        task.into_iter().chain(
            run.into_iter()
                .flat_map(|run| run.tasks.keys().chain(run.separate.keys()).copied()),
        )
    }
}

/// A Task's attempt in flight.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TaskAttempt {
    pub(crate) generation: u32,
    pub(crate) request: Arc<TaskRequest>,
    pub(crate) times_out_at: Option<Timestamp>,
    pub(crate) heartbeat_due_at: Option<Timestamp>,
    /// Whether a worker has started it.
    #[serde(default)]
    pub(crate) is_started: bool,
    /// Whether its service has accepted it.
    #[serde(default)]
    pub(crate) is_submitted: bool,
}

impl TaskAttempt {
    pub(crate) fn new(request: Arc<TaskRequest>, resource: &Resource, generation: u32, now: Timestamp) -> Self {
        let after = |seconds: u32| seconds_later(now, seconds);
        Self {
            generation,
            times_out_at: request.timeout_seconds.map(after),
            heartbeat_due_at: request.awaited_heartbeat(resource).map(after),
            request,
            is_started: false,
            is_submitted: false,
        }
    }

    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        [self.times_out_at, self.heartbeat_due_at].into_iter().flatten().min()
    }
}

/// A Parallel or Map whose graphs run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ForkProgress {
    /// The graphs by index; a Map has one for all.
    pub(crate) graphs: Arc<[GraphId]>,
    /// The items of a Map; `None` for a Parallel.
    pub(crate) items: Option<Payload>,
    /// The effective input: the raw input of every branch, and `$` of a Map's item selector.
    pub(crate) effective_input: Payload,
    /// The most graphs at once.
    pub(crate) limit: usize,
    /// The number of graphs.
    pub(crate) total: usize,
    /// The number of started graphs.
    pub(crate) started: usize,
    /// The number of ended graphs.
    // Stored although `started` and `running` determine it: the difference is the check of this count.
    pub(crate) ended: usize,
    /// The running frames, in no order; after a failure, those that did not succeed.
    pub(crate) running: FrameSet,
    /// The outputs by index; `Null` until a graph has ended.
    pub(crate) results: Vec<Piece>,
    /// The sum of the outputs' size bounds.
    #[serde(skip)]
    pub(crate) results_bound: usize,
    /// An estimate of the bytes of memory that those take which nothing shares.
    #[serde(skip)]
    pub(crate) results_held: usize,
}

impl ForkProgress {
    /// A copy for expressions that read the item of one of its graphs.
    pub(super) fn to_be_read(&self) -> Self {
        Self {
            graphs: Arc::clone(&self.graphs),
            items: self.items.clone(),
            effective_input: self.effective_input.clone(),
            running: FrameSet::default(),
            results: Vec::new(),
            ..*self
        }
    }

    /// The graph of a branch or iteration.
    pub(crate) fn graph(&self, index: usize) -> Option<GraphId> {
        let graph = match self.items {
            Some(_) => self.graphs.first(),
            None => self.graphs.get(index),
        };
        graph.copied()
    }
}
