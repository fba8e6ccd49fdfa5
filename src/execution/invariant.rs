//! The invariants of an execution between two events.

use std::fmt;

/// A rule that the engine must keep. An execution cannot continue once one is broken.
///
/// The engine returns the broken rule instead of ignoring it: an execution that nothing wakes would hang for ever. The
/// same rules decide whether a snapshot can be restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Invariant {
    /// Every key that the engine holds belongs to a frame.
    FrameExists,
    /// Each slot without a frame is listed as free exactly once.
    FreeSlotsAreEmpty,
    /// There is one root, and every other frame is in its parent's list.
    FramesAreATree,
    /// The numbers of frames and attempts are unique.
    NumbersAreUnique,
    /// A frame's state exists.
    StateExists,
    /// A frame's state belongs to the graph that the frame runs.
    StateIsOfItsGraph,
    /// A frame's activity fits its state's type.
    ActivityFitsState,
    /// A waiting state still has its raw input.
    InputIsKept,
    /// Data nests at most as deep as the engine can process.
    DataIsShallow,
    /// Each frame that can continue is in the ready queue exactly once.
    ReadyFramesAreQueued,
    /// Only frames that can continue are in the ready queue.
    QueuedFramesAreReady,
    /// A frame has a timer exactly if it waits for a time, and the two times are equal.
    WaitingFramesHaveATimer,
    /// A running execution has a ready frame, an armed timer or an unanswered task.
    ExecutionGoesOn,
    /// The execution's deadline follows from its start.
    DeadlineIsTheTimeout,
    /// A running execution has not reported its end, and an ended one has no running frames.
    EndIsTheEnd,
    /// Retries are counted for each Retrier of the state.
    RetriersAreCounted,
    /// A branch or iteration runs inside a Parallel or Map.
    ParentRunsGraphs,
    /// A Parallel or Map has a graph for each index.
    GraphExists,
    /// A Parallel or Map lists exactly its running branches or iterations, and each ends once.
    RunningGraphsAreListed,
    /// Each branch or iteration has its own place for its result.
    ResultHasItsPlace,
    /// A Parallel or Map ends once all its graphs have ended.
    AllGraphsEnd,
    /// A waiting task belongs to a Task state.
    TaskIsOfATask,
    /// A Distributed Map has a Map Run, and no other state has one.
    MapRunExists,
    /// A Map Run belongs to the Map state of its frame.
    MapRunIsOfItsMap,
    /// A Map Run only calls the services that its state names, and waits for an answer while it reads or writes.
    RequestIsOfItsMap,
    /// A running Map Run has child executions to start, or one that is ready, has a timer or has an unanswered task.
    MapRunGoesOn,
    /// The counts of a Map Run match its items and child executions.
    MapRunCounts,
    /// A Map Run finds each child execution by its number, and knows the time to wake it.
    ChildIsKnown,
    /// A Map Run has a unique number for each task of its child executions.
    TaskOfChildIsKnown,
    /// Child executions nest at most as deep as a definition can.
    ChildrenAreShallow,
}

impl Invariant {
    /// `Err` with this invariant unless `it_does`.
    pub(crate) fn holds_if(self, it_does: bool) -> Result<(), Self> {
        if it_does { Ok(()) } else { Err(self) }
    }

    /// The cause with which an execution fails if this invariant is broken.
    pub(crate) fn cause(self) -> String {
        format!("The interpreter broke a rule of its own: {self}.")
    }
}

/// Prints what is wrong, as a clause.
impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FrameExists => "a state that it works on is gone",
            Self::FreeSlotsAreEmpty => "the places of the states that run are not those that are in use",
            Self::FramesAreATree => "the branches and iterations that run form no tree",
            Self::NumbersAreUnique => "two states or tasks have the same number",
            Self::StateExists => "a state is not part of the definition",
            Self::StateIsOfItsGraph => "a branch or iteration is in a state of another one",
            Self::ActivityFitsState => "a state does something that its type does not do",
            Self::InputIsKept => "a state that waits has lost its input",
            Self::DataIsShallow => "data nests too deeply",
            Self::ReadyFramesAreQueued => "a state that can go on is not in the queue, or is in it twice",
            Self::QueuedFramesAreReady => "a state is in the queue that has to wait",
            Self::WaitingFramesHaveATimer => "a state waits for a time without a timer, or has one without waiting",
            Self::ExecutionGoesOn => "the execution runs, but no state can go on, waits for a time or for a task",
            Self::DeadlineIsTheTimeout => "the execution ends at another time than its timeout",
            Self::EndIsTheEnd => "the execution has ended and runs at the same time",
            Self::RetriersAreCounted => "the retries of a state are not those of its Retriers",
            Self::ParentRunsGraphs => "a branch or iteration runs in a state that has none",
            Self::GraphExists => "a branch or iteration has no states",
            Self::RunningGraphsAreListed => "a branch or iteration runs that its state does not know",
            Self::ResultHasItsPlace => "a branch or iteration has no place for its result",
            Self::AllGraphsEnd => "a Parallel or Map does not count its branches or iterations right",
            Self::TaskIsOfATask => "a task is that of no Task state",
            Self::MapRunExists => "a distributed Map has no Map Run",
            Self::MapRunIsOfItsMap => "a Map Run is that of another state",
            Self::RequestIsOfItsMap => "a Map Run waits for a request that its state does not make",
            Self::MapRunGoesOn => "a Map Run runs, but no child execution can go on, waits for a time or for a task",
            Self::MapRunCounts => "a Map Run does not count its items or child executions right",
            Self::ChildIsKnown => "a child execution is not known to its Map Run",
            Self::TaskOfChildIsKnown => "a task of a child execution is not known to its Map Run",
            Self::ChildrenAreShallow => "child executions nest too deeply",
        })
    }
}
