//! How a span is told from others.

/// Tells a span from all others of its execution. It is the same in every process that the execution runs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct SpanKey {
    pub(crate) kind: SpanKind,
    /// How often the execution was redriven before.
    pub(crate) redrive: u32,
    /// The id of the `…StateEntered` event of the state around it.
    pub(crate) event: u64,
    /// How often that state was retried before.
    pub(crate) retry: u32,
    /// The index of the branch, iteration or child execution.
    pub(crate) index: u32,
}

/// The kinds of spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) enum SpanKind {
    /// The execution, from its start or its redrive to its end.
    #[default]
    Execution,
    /// A visit of a state, with all its retries.
    State,
    /// An attempt of a task.
    Attempt,
    /// A branch of a Parallel, an iteration of a Map, or a child execution of a distributed Map, as its Map sees it.
    Graph,
}
