//! The interpreter core: a deterministic state machine that does no I/O.
//!
//! **The execution owns** the data, the states, the order of events, the timers, the retries, the history and all
//! randomness. **The driver owns** the clock, the tasks and the storage. The execution never sleeps, spawns, reads a
//! clock or calls a handler; so the same events with the same seed give the same history, a year of waiting costs
//! nothing, and an execution is plain data between any two events.
//!
//! # Calling it
//!
//! * **Getters**, at any time: [`Execution::next_deadline`], [`Execution::wants_turn`], [`Execution::outcome`],
//!   [`Execution::is_running`].
//! * **Handle**: [`Execution::handle`] takes one [`Event`] with the time it happened, never earlier than the last.
//! * **Poll**: after [`Execution::start`] and after every `handle`, [`Execution::poll_command`] until it gives `None`.
//! * **Turns**: `start` and `handle` do a bounded amount of work, some milliseconds of it. Where that was not all,
//!   [`Execution::wants_turn`] is true once the commands are polled, and [`Event::Turn`] goes on. A driver of many
//!   executions lets the others have their turns first. A state whose expressions take long has a turn of its own, of
//!   which [`Execution::wants_long_turn`] tells.
//!
//! ```
//! use asl_engine::execution::{Command, Event, Execution, Program, StartOptions};
//! use serde_json::json;
//! use std::sync::Arc;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let machine = r#"{ "StartAt": "Rest", "States": { "Rest": { "Type": "Wait", "Seconds": 60, "End": true } } }"#.parse()?;
//! let program = Arc::new(Program::compile(&machine));
//! let start = chrono::DateTime::UNIX_EPOCH;
//! let mut execution = Execution::start(program, StartOptions::new(json!({ "id": 7 })), start);
//! let mut now = start;
//! while execution.is_running() {
//!     while let Some(command) = execution.poll_command() {
//!         if let Command::Record(event) = command {
//!             println!("{}", event.to_json());
//!         }
//!     }
//!     if execution.wants_turn() {
//!         execution.handle(now, Event::Turn);
//!     } else {
//!         now = execution.next_deadline().ok_or("nothing to wait for")?;
//!         execution.handle(now, Event::DeadlineReached);
//!     }
//! }
//! assert_eq!(execution.outcome().and_then(|outcome| outcome.output()), Some(&json!({ "id": 7 })));
//! # Ok(())
//! # }
//! ```
//!
//! # Our own words
//!
//! * **Program**: a state machine with nested graphs flattened and names resolved to numbers, shared by executions.
//! * **Frame**: one running graph, in one state at a time. Frames form a tree:
//!
//! ```text
//! the machine: in the Parallel `Prepare`
//! ├── branch 0: in the Task `Bake`, waiting for an answer
//! └── branch 1: in the Map `Toppings`
//!     ├── iteration 0: in the Wait `Cool`, until 12:00:05
//!     └── iteration 2: in the Task `Slice`, in backoff before a retry
//! ```
//!
//! * **Intent**: a state's request to the engine: exit, invoke, wait until, fork; or the state fails.
//! * **Map Run**: the child executions of a distributed Map. They live in its frame and use its execution's commands, or are
//!   run by the driver ([`StartOptions::separate_children`]).
//! * **Stages** of a state's data: *raw input*, *filtered input* after `InputPath`, *effective input*
//!   after `Parameters` or `Arguments`, *raw result* of its work, *effective result* after `ResultSelector`, *output* after
//!   `ResultPath` and `OutputPath`.
//! * **Query**: the JSONata fields of one state, evaluated on the same bindings.
//! * **Event** and **Command**: messages from the driver to the execution, and back.
//! * **Deadline**: the earliest time at which the driver must wake the execution.
//! * **Turn**: what one event leads to, up to a bounded amount of work.
//! * **Invariant**: a rule that holds between two turns. Where one is broken, the execution fails with `States.Runtime` and
//!   the cause says which; so it never waits for something that cannot come.
//!
//! More words, and why the core is as it is, are in [Contributing](crate::docs::contributing).

mod catch;
mod child_start;
mod command;
mod core;
mod engine;
mod evaluated;
mod event;
mod failure;
mod frame_key;
mod input_output;
mod inspection;
mod intent;
mod invariant;
mod limits;
mod map_run;
mod not_redrivable;
mod outcome;
mod parameters;
mod program;
mod query;
mod redrive;
mod retry;
mod single_state;
mod snapshot;
#[cfg_attr(not(feature = "otel"), expect(dead_code, reason = "only telemetry reads them"))]
mod span;
mod span_key;
mod start_options;
mod starting;
mod states;
mod task;
mod task_request;
mod time;
mod timers;
mod token;
mod trace;
mod variables;

use chrono::{DateTime, Utc};
#[cfg(feature = "restate")]
use std::collections::BTreeSet;
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use crate::data::{ExecutionContext, StateMachineContext};
use crate::history::HistoryEvent;

pub use child_start::ChildStart;
pub use command::Command;
pub use event::Event;
pub use limits::Limits;
pub(crate) use map_run::FailedChild;
pub use map_run::{ChildEvent, Counts, MapRun, MapRunLog, MapRunStatus, MapRunUpdate};
pub use not_redrivable::NotRedrivable;
pub use outcome::Outcome;
pub use program::Program;
pub use snapshot::{Snapshot, SnapshotError};
pub use start_options::StartOptions;
pub use task::{ChildExecution, Task, TaskId};
pub use task_request::TaskRequest;
pub use token::TokenSecret;

#[cfg(feature = "runtime")]
pub(crate) use engine::{LongEvaluated, LongEvaluation};
pub(crate) use failure::Failure;
pub(crate) use frame_key::FrameKey;
pub(crate) use inspection::{Inspection, Stage};
pub(crate) use intent::Assigned;
#[cfg(feature = "runtime")]
pub(crate) use map_run::KEPT_CHILDREN;
pub(crate) use program::{GraphId, Next, Node, StateId};
#[cfg(feature = "otel")]
pub(crate) use span::{Came, OfChild, Span, TakenSpans};
#[cfg(any(feature = "otel", feature = "restate"))]
pub(crate) use span_key::SpanKey;
#[cfg(feature = "otel")]
pub(crate) use span_key::SpanKind;
pub(crate) use trace::{TraceEntry, Traced};

pub(crate) use single_state::{End, SingleState, Surroundings, Work};

use self::core::Core;
use engine::Engine;

/// One run of a state machine; see the [module documentation](self).
#[derive(Debug)]
pub struct Execution {
    program: Arc<Program>,
    /// What it runs of the program.
    graph: GraphId,
    core: Core,
}

impl Execution {
    /// The number of events in its history so far, whether they are recorded or not.
    #[cfg(feature = "store")]
    pub(crate) fn event_count(&self) -> u64 {
        self.core.recorder.count()
    }

    /// The next command for the driver, in order; `None` until another event is handled.
    pub fn poll_command(&mut self) -> Option<Command> {
        let command = self.next_command();
        if command.is_none() {
            self.rest();
        }
        command
    }

    /// The same for a driver that may send the next event at once: it calls [`Execution::rest`] when it does not.
    pub(crate) fn next_command(&mut self) -> Option<Command> {
        let command = self.core.commands.pop();
        if command.is_none() {
            self.core.queued_bytes = 0;
        }
        command
    }

    /// Moves the events of all commands to the end of a history: [`Execution::next_command`] gives the other commands.
    #[cfg_attr(
        not(feature = "runtime"),
        expect(dead_code, reason = "only the tokio driver keeps a history so")
    )]
    pub(crate) fn take_events(&mut self, history: &mut Vec<HistoryEvent>) {
        self.core.commands.take_events(history);
    }

    /// Removes all events of the history among the commands: the other commands are as they were.
    #[cfg(feature = "store")]
    pub(crate) fn events(&mut self) -> impl Iterator<Item = HistoryEvent> {
        self.core.commands.events()
    }

    /// Gives memory back that is of use only at work. [`Execution::poll_command`] does so itself when it gives `None`.
    pub(crate) fn rest(&mut self) {
        self.core.commands.release_if_empty();
        if self.core.ready.is_empty() {
            self.core.ready = VecDeque::new();
        }
    }

    /// Whether more can be done at once than its last turn did: [`Event::Turn`] goes on.
    ///
    /// A turn ends after a bounded amount of work, and once unpolled commands hold much data. An execution can be stored
    /// between two turns as between any two events.
    pub fn wants_turn(&self) -> bool {
        self.core.wants_turn()
    }

    /// Whether the next turn is one that takes long, up to two seconds: it is for a state whose expressions do a lot of
    /// work.
    ///
    /// Every other turn takes some milliseconds. A driver that must not hold its thread that long gives this turn on
    /// another thread. Only [`Event::Turn`] does this work; other events are handled before it.
    pub fn wants_long_turn(&self) -> bool {
        self.core.next_evaluation().is_some()
    }

    /// The evaluation for which the next turn takes long, to be done beside the execution.
    #[cfg(feature = "runtime")]
    pub(crate) fn long_evaluation(&self) -> Option<LongEvaluation> {
        let (core, place) = self.core.next_evaluation()?;
        Some(LongEvaluation {
            program: Arc::clone(&self.program),
            evaluation: core.evaluation(place.frame).ok()?,
            place,
        })
    }

    /// Takes what came of a [`long_evaluation`](Self::long_evaluation) for the next [`Event::Turn`], unless something has
    /// happened to its state in the meantime.
    #[cfg(feature = "runtime")]
    pub(crate) fn keep_evaluated(&mut self, LongEvaluated { evaluated, place }: LongEvaluated) {
        let mut frames = &mut self.core.frames;
        for (key, id) in place.path {
            let child = frames.map_run_mut(key).and_then(|run| run.children.get_mut(&id));
            let Some(child) = child else { return };
            frames = &mut child.core.frames;
        }
        frames.evaluated(place.frame, evaluated);
    }

    /// Whether the last event led to so much work that several like it would make a turn.
    #[cfg_attr(not(feature = "runtime"), expect(dead_code, reason = "only the tokio driver asks"))]
    pub(crate) fn has_worked_much(&self) -> bool {
        self.core.turn_work > self.core.limits.turn_work / 8
    }

    /// The trace since the last call; empty if the options ask for none.
    pub(crate) fn take_trace(&mut self) -> Vec<TraceEntry> {
        self.core.trace.as_mut().map(|trace| trace.take()).unwrap_or_default()
    }

    /// Keeps spans from now on, or none any more: [`StartOptions::keeps_spans`] keeps them from the start.
    #[cfg(feature = "otel")]
    pub(crate) fn keep_spans(&mut self, keeps: bool) {
        self.core.keep_spans(keeps);
    }

    /// The spans that have ended since the last call; empty if none are kept.
    #[cfg(feature = "otel")]
    pub(crate) fn take_spans(&mut self) -> TakenSpans {
        self.core.take_spans()
    }

    /// Whether the trace dropped data because there was too much.
    pub(crate) fn is_trace_cut(&self) -> bool {
        self.core.trace.as_ref().is_some_and(|trace| trace.is_cut())
    }

    /// The time for [`Event::DeadlineReached`]: the earliest Wait, Retry, timeout or heartbeat.
    pub fn next_deadline(&self) -> Option<DateTime<Utc>> {
        self.core.next_deadline()
    }

    /// Handles an event, with a bounded amount of work. `now` must not be earlier than before; an earlier time is ignored.
    ///
    /// Deadlines before `now` are handled before the event, those at `now` after it. So an answer that comes after its
    /// task's timeout is too late, even if nobody looked at the clock in between. Answers to cancelled tasks are ignored,
    /// as is everything after the end.
    pub fn handle(&mut self, now: DateTime<Utc>, mut event: Event) {
        let is_too_deep = event.drop_deep_output();
        if let Event::ActivitiesChanged(existing) = event {
            self.core.activities = Some(existing);
            return;
        }
        if self.core.outcome.is_some() {
            return;
        }
        self.core.now = self.core.now.max(now);
        self.core.turn_work = 0;
        self.core.is_given_turn = matches!(event, Event::Turn);
        if !self.core.is_given_turn {
            self.core.work = 0;
        }
        let mut engine = self.engine();
        engine.happen(event, is_too_deep);
        engine.go_on();
    }

    /// The outcome; `None` while the execution runs.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.core.outcome.as_deref()
    }

    /// Whether the execution is still running.
    pub fn is_running(&self) -> bool {
        self.core.outcome.is_none()
    }

    /// An estimate of the bytes of memory that are kept of it once it has ended: its history, input and output, and what a
    /// redrive needs.
    #[cfg_attr(not(feature = "runtime"), expect(dead_code, reason = "only servers ask"))]
    pub(crate) fn kept_bytes(&self) -> usize {
        /// What an execution takes without its data and events, with what its driver knows of it.
        const BESIDES: usize = 2_048;
        let mut seen = HashSet::new();
        let output = match self.outcome() {
            Some(Outcome::Succeeded { output }) => output.held_size(&mut seen),
            _ => 0,
        };
        let input = self.core.execution.input.held_size(&mut seen);
        BESIDES + input + output + self.core.held_by_remains(&mut seen) + self.core.recorded_bytes
    }

    /// The execution's ARN.
    pub fn arn(&self) -> &Arc<str> {
        &self.core.execution.id
    }

    /// The content of `$$.Execution`: name, input, start time.
    pub fn context(&self) -> &ExecutionContext {
        &self.core.execution
    }

    /// The state machine's name and ARN.
    pub fn state_machine(&self) -> &Arc<StateMachineContext> {
        &self.core.state_machine
    }

    /// The program it runs.
    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// The unanswered tasks in the order in which they were asked for, including those of child executions.
    pub fn unanswered_tasks(&mut self) -> Vec<Task> {
        self.engine().unanswered_tasks()
    }

    /// The activities that exist, as it was told last; `None` for all.
    #[cfg(feature = "restate")]
    pub(crate) fn activities(&self) -> Option<&Arc<BTreeSet<String>>> {
        self.core.activities.as_ref()
    }

    /// Whether a task is unanswered.
    #[cfg(feature = "runtime")]
    pub(crate) fn awaits(&self, task: TaskId) -> bool {
        self.core.awaits(task)
    }

    /// The running Map Runs in the order of their frames, without those of child executions.
    pub fn map_runs(&self) -> Vec<MapRun> {
        self.core.map_runs(&self.program)
    }

    /// Whether it has a Map Run that has not ended for good.
    #[cfg(feature = "restate")]
    pub(crate) fn is_in_map_run(&self) -> bool {
        use self::core::Activity;
        let mut frames = self.core.frames.iter();
        frames.any(|(_, frame)| matches!(frame.activity(), Activity::MapRun(_) | Activity::EndedMapRun(_)))
    }

    /// Lets the driver run the child executions of Map Runs that begin from now on, so many at once.
    #[cfg(feature = "restate")]
    pub(crate) fn separate_children(&mut self, at_once: usize) {
        self.core.separate_children = Some(at_once);
    }

    /// Whether a Map Run is running, one of a child execution too.
    #[cfg(feature = "runtime")]
    pub(crate) fn runs_map_run(&self, arn: &str) -> bool {
        self.core.runs_map_run(arn)
    }

    /// The execution as plain data, including unpolled commands; [`Execution::restore`] continues it.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::of(&self.program, self.graph, &self.core)
    }

    /// Continues from a snapshot. Every unanswered task is issued as a command again, so that the driver dispatches it; so is
    /// every child execution that the driver runs.
    pub fn restore(program: Arc<Program>, snapshot: Snapshot) -> Result<Self, SnapshotError> {
        let (graph, core) = snapshot.into_core(&program)?;
        // Nobody would take them.
        #[cfg(not(feature = "otel"))]
        let core = Core { spans: None, ..core };
        let mut execution = Self { program, graph, core };
        let tasks = execution.unanswered_tasks();
        execution.core.commands.extend(tasks.into_iter().map(Command::Invoke));
        let children = execution.engine().separate_children();
        let starts = children.into_iter().map(|start| Command::StartChild(Box::new(start)));
        execution.core.commands.extend(starts);
        Ok(execution)
    }

    fn engine(&mut self) -> Engine<'_> {
        Engine {
            program: &self.program,
            core: &mut self.core,
        }
    }
}
