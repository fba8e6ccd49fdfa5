//! How an execution begins.

use chrono::{DateTime, Utc};
use std::sync::Arc;

use super::core::Core;
use super::limits::Limits;
#[cfg(feature = "store")]
use super::outcome::Outcome;
use super::program::{GraphId, Program};
use super::start_options::StartOptions;
use super::{ChildStart, Execution};

impl Execution {
    /// Starts an execution; commands may be ready at once.
    ///
    /// An input that is larger than [`Limits`] allow, or that nests deeper than
    /// [`MAX_NESTING`](crate::data::MAX_NESTING), fails the execution with `States.DataLimitExceeded`.
    pub fn start(program: Arc<Program>, options: StartOptions, now: DateTime<Utc>) -> Self {
        let limits = Arc::new(options.limits.clone());
        Self::start_within(program, options, limits, now)
    }

    /// The same with limits that many executions share, in the place of the options' own.
    pub(crate) fn start_within(
        program: Arc<Program>,
        mut options: StartOptions,
        limits: Arc<Limits>,
        now: DateTime<Utc>,
    ) -> Self {
        let is_too_deep = options.input.drop_if_deep();
        let core = Core::new(program.machine().timeout_seconds, options, limits, now);
        let graph = Program::MAIN;
        let mut execution = Self { program, graph, core };
        execution.engine().start(graph, is_too_deep);
        execution
    }

    /// Starts a child execution of a distributed Map; commands may be ready at once. `program` is that of the execution whose
    /// child it is.
    pub fn start_child(program: Arc<Program>, start: ChildStart) -> Self {
        Self::start_within_graph(program, start.graph, start.options, start.time)
    }

    /// The same by the number of what it runs; `None` if there is no such graph.
    #[cfg(feature = "restate")]
    pub(crate) fn start_graph(
        program: Arc<Program>,
        graph: u32,
        options: StartOptions,
        now: DateTime<Utc>,
    ) -> Option<Self> {
        let graph = program.graph(graph)?;
        Some(Self::start_within_graph(program, graph, options, now))
    }

    fn start_within_graph(
        program: Arc<Program>,
        graph: GraphId,
        mut options: StartOptions,
        now: DateTime<Utc>,
    ) -> Self {
        let is_too_deep = options.input.drop_if_deep();
        let limits = Arc::new(options.limits.clone());
        // No timeout of its own: the machine's timeout applies to the execution around it.
        let core = Core::new(None, options, limits, now);
        let mut execution = Self { program, graph, core };
        execution.engine().start(graph, is_too_deep);
        execution
    }

    /// An execution that has ended, without the way there; `redrives` is how often it was redriven, and when last.
    #[cfg(feature = "store")]
    pub(crate) fn ended(
        program: Arc<Program>,
        options: StartOptions,
        outcome: Outcome,
        start: DateTime<Utc>,
        redrives: (u32, Option<DateTime<Utc>>),
    ) -> Self {
        let limits = Arc::new(options.limits.clone());
        let mut core = Core::new(None, options, limits, start);
        core.outcome = Some(Box::new(outcome));
        let context = &mut core.execution;
        context.redrive_count = context.redrive_count.map(|_| redrives.0);
        context.redrive_time = redrives.1;
        let graph = Program::MAIN;
        Self { program, graph, core }
    }
}
