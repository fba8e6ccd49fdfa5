//! The invariants of an execution between two events.

use std::fmt;

/// A rule that the engine keeps, and that an execution cannot go on without.
///
/// The engine returns the rule that is broken instead of doing nothing: an execution that nothing wakes would hang
/// for ever. The same rules decide whether a snapshot can be restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Invariant {
    /// A key that the engine holds has a frame.
    FrameExists,
    /// Slots without a frame are known as free, once each.
    FreeSlotsAreEmpty,
    /// One root, and every other frame in the list of its parent.
    FramesAreATree,
    /// Each frame and each attempt has a number of its own.
    NumbersAreUnique,
    /// A frame's state exists.
    StateExists,
    /// A frame's state belongs to the graph that the frame runs.
    StateIsOfItsGraph,
    /// A frame does what its state may do.
    ActivityFitsState,
    /// A state keeps its raw input as long as it waits.
    InputIsKept,
    /// Data nests only as deep as it can be worked with.
    DataIsShallow,
    /// A frame that goes on at once stands in the ready queue, once.
    ReadyFramesAreQueued,
    /// Only frames that can go on stand in the ready queue.
    QueuedFramesAreReady,
    /// A frame that waits for a time has that timer, and no other frame waits for one.
    WaitingFramesHaveATimer,
    /// Something is ready, a timer is armed, or a task is unanswered.
    ExecutionGoesOn,
    /// The execution's deadline follows from its start.
    DeadlineIsTheTimeout,
    /// An execution that runs has not told its end, and one that has ended has nothing left that runs.
    EndIsTheEnd,
    /// Retries are counted for each Retrier of the state.
    RetriersAreCounted,
    /// A branch or iteration runs inside a Parallel or Map.
    ParentRunsGraphs,
    /// A Parallel or Map has a graph for each index.
    GraphExists,
    /// What its parent lists as running is all that runs, and comes to its end once.
    RunningGraphsAreListed,
    /// Each branch or iteration has a place for its result, which only it fills.
    ResultHasItsPlace,
    /// A Parallel or Map is done once each of its graphs has come to its end.
    AllGraphsEnd,
    /// A task waits in a Task state.
    TaskIsOfATask,
    /// A distributed Map, and nothing else, has a Map Run.
    MapRunExists,
    /// A Map Run belongs to the Map state that its frame is in.
    MapRunIsOfItsMap,
    /// A Map Run asks the services that its state names, and waits for an answer while it reads or writes.
    RequestIsOfItsMap,
    /// A Map Run has something to start, or a child execution that is ready, has a timer or an unanswered task.
    MapRunGoesOn,
    /// The counts of a Map Run are those of its items and child executions.
    MapRunCounts,
    /// A Map Run finds its child executions by their numbers, and knows when each is to be woken.
    ChildIsKnown,
    /// A Map Run knows each task of its child executions by a number of its own.
    TaskOfChildIsKnown,
    /// Child executions nest only as deep as a definition can.
    ChildrenAreShallow,
}

impl Invariant {
    /// An error where it does not hold.
    pub(crate) fn holds_if(self, it_does: bool) -> Result<(), Self> {
        if it_does { Ok(()) } else { Err(self) }
    }

    /// What an execution fails with over it.
    pub(crate) fn cause(self) -> String {
        format!("The interpreter broke a rule of its own: {self}.")
    }
}

/// What is wrong, as a clause.
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
