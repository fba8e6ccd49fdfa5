//! One execution with its tasks in flight.

mod answers;
mod directory;
#[cfg(feature = "store")]
mod durable;
#[cfg(feature = "store")]
mod paging;
mod redriving;
#[cfg(feature = "store")]
mod stored_view;
mod view;

use chrono::{DateTime, Utc};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Waker;
use tokio::sync::Notify;
use tracing::field::Empty;

use super::handler_table::HandlerTable;
use super::host::Host;
use super::in_flight::{InFlight, Invocation};
#[cfg(feature = "store")]
use super::journal::{Durable, Journal};
use super::mocks::Mocks;
use super::timer_queue::{Wake, WakeUp};
use crate::data::StateMachineContext;
use crate::error::predefined_errors;
use crate::error::{EndedExecution, Error};
use crate::execution::{Command, Event, Execution, KEPT_CHILDREN, MapRunLog, Outcome, TaskId};
use crate::history::{ErrorOutput, HistoryEvent};
use crate::services::step_functions::Lineage;
#[cfg(all(feature = "otel", feature = "store"))]
use crate::store::StoredTrace;
#[cfg(feature = "otel")]
use crate::telemetry::Observed;

pub(super) use answers::Answered;
pub(super) use directory::Directory;
#[cfg(feature = "store")]
pub(super) use durable::awaited_by;
#[cfg(feature = "store")]
pub(super) use paging::{merely_waits, token_waited_for};

/// A running execution: passive data; tasks and the timer deliver their events to it. A waiting execution is not a
/// tokio task.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) arn: Arc<str>,
    pub(super) state_machine: Arc<StateMachineContext>,
    pub(super) host: Arc<Host<Self>>,
    pub(super) origin: Origin,
    pub(super) start_time: DateTime<Utc>,
    progress: Mutex<Progress>,
    // Boxed, like the span and others: executions that wait are many, and most are watched by nobody.
    /// `None` while it runs, also again after a redrive. Locked after `progress`, if both are.
    ended_with: Mutex<Option<Box<End>>>,
    /// Signals the end to those who wait for it. Made only under the lock of `progress`, under which it ends.
    ended: OnceLock<Box<Notify>>,
    pub(super) directory: Arc<dyn Directory>,
    pub(super) handlers: Arc<HandlerTable>,
    pub(super) span: Option<Box<tracing::Span>>,
    /// Its trace and its metrics, if anybody wants them.
    #[cfg(feature = "otel")]
    pub(super) observed: Option<Box<Observed>>,
    pub(super) mocks: Option<Arc<dyn Mocks>>,
    /// What the store has of it, if there is one.
    #[cfg(feature = "store")]
    pub(super) durable: Option<Box<Durable>>,
}

/// An execution that is to run.
pub(super) struct New {
    pub(super) execution: Execution,
    pub(super) origin: Origin,
    /// What answers tasks of it in place of their work.
    pub(super) mocks: Option<Arc<dyn Mocks>>,
    /// Its telemetry, if it starts.
    #[cfg(feature = "otel")]
    pub(super) observed: Option<Box<Observed>>,
    /// What was kept of its trace, if it goes on.
    #[cfg(all(feature = "otel", feature = "store"))]
    pub(super) trace: Option<StoredTrace>,
    #[cfg(feature = "store")]
    pub(super) durable: Option<Box<Durable>>,
    #[cfg(feature = "store")]
    pub(super) journal: Option<Box<Journal>>,
}

/// The execution that started this one, if there is one, and how.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Origin {
    pub(super) lineage: Lineage,
    /// Whether its name stays taken after its end.
    pub(super) keeps_name: bool,
}

#[derive(Debug)]
struct End {
    outcome: Outcome,
    stop_time: DateTime<Utc>,
}

#[derive(Debug)]
pub(super) struct Progress {
    pub(super) execution: Execution,
    pub(super) in_flight: HashMap<TaskId, InFlight, BuildHasherDefault<DefaultHasher>>,
    history: Vec<HistoryEvent>,
    map_runs: Option<Box<MapRunLog>>,
    /// The deadline armed in the timer.
    armed: Option<WakeUp>,
    /// Readers of the history that wait for its next event.
    #[expect(
        clippy::box_collection,
        reason = "most executions have no readers, and should not take the memory"
    )]
    readers: Option<Box<Vec<Waker>>>,
    /// Whether a tokio task gives it its turns.
    takes_turns: bool,
    #[cfg(feature = "store")]
    pub(super) journal: Option<Box<Journal>>,
}

impl Running {
    /// Begins a newly created execution; `next` is as for [`carry_out`](Self::carry_out). Errors as [`Directory::admit`] does.
    pub(super) fn start(
        new: New,
        directory: Arc<dyn Directory>,
        host: Arc<Host<Self>>,
        next: Option<&mut Option<Invocation>>,
    ) -> Result<Arc<Self>, Error> {
        let running = Self::with(new, directory, host);
        running.directory.admit(&running)?;
        #[cfg(feature = "otel")]
        running.tell_start();
        running.carry_out(&mut running.progress(), next);
        Ok(running)
    }

    fn with(new: New, directory: Arc<dyn Directory>, host: Arc<Host<Self>>) -> Arc<Self> {
        #[cfg_attr(not(feature = "otel"), expect(unused_mut, reason = "telemetry changes it"))]
        let mut execution = new.execution;
        #[cfg(feature = "otel")]
        let observed = new.observed.or_else(|| {
            directory.observe_again(
                &mut execution,
                #[cfg(feature = "store")]
                new.trace,
            )
        });
        let arn = Arc::clone(execution.arn());
        let state_machine = Arc::clone(execution.state_machine());
        let handlers = directory.handlers_of(execution.program());
        let span = tracing::info_span!(
            "execution", arn = %arn, state_machine = state_machine.id, trace_id = Empty, span_id = Empty
        );
        #[cfg(feature = "otel")]
        if let Some(observed) = observed.as_ref().filter(|_| !span.is_disabled()) {
            Observed::name_in(&span, &observed.execution());
        }
        Arc::new(Self {
            span: (!span.is_disabled()).then(|| Box::new(span)),
            arn,
            state_machine,
            host,
            origin: new.origin,
            mocks: new.mocks,
            #[cfg(feature = "otel")]
            observed,
            start_time: execution.context().start_time,
            progress: Mutex::new(Progress {
                execution,
                in_flight: HashMap::default(),
                history: Vec::new(),
                map_runs: None,
                armed: None,
                readers: None,
                takes_turns: false,
                #[cfg(feature = "store")]
                journal: new.journal,
            }),
            ended_with: Mutex::new(None),
            ended: OnceLock::new(),
            handlers,
            directory,
            #[cfg(feature = "store")]
            durable: new.durable,
        })
    }

    pub(super) fn deliver(self: &Arc<Self>, event: Event) {
        let _working = self.host.clock.working();
        let mut progress = self.progress();
        self.handle(&mut progress, event);
        self.carry_out(&mut progress, None);
    }

    fn now(&self) -> DateTime<Utc> {
        let now = self.host.clock.now();
        // As a store gives it back.
        #[cfg(feature = "store")]
        let now = chrono::SubsecRound::trunc_subsecs(now, if self.durable.is_some() { 6 } else { 9 });
        now
    }

    /// Lets the execution handle an event; [`carry_out`](Self::carry_out) does what comes of it.
    pub(super) fn handle(&self, progress: &mut Progress, event: Event) {
        if let Some(recorder) = self.directory.recorder() {
            recorder.note(&self.arn, &progress.execution, &event);
        }
        let now = self.now();
        #[cfg(feature = "store")]
        if !self.note(progress, now, &event) {
            return;
        }
        progress.execution.handle(now, event);
    }

    /// Stops the execution without an error and cause.
    pub(super) fn stop(self: &Arc<Self>) {
        self.deliver(Event::Stop(ErrorOutput::default()));
    }

    /// Ends an execution that cannot go on. One with a store ends only here: it goes on in another process.
    pub(super) fn shut_down(self: &Arc<Self>, cause: &str) {
        let error = ErrorOutput {
            error: Some("ShutDown".into()),
            cause: Some(cause.into()),
        };
        #[cfg(feature = "store")]
        if self.leave(&error) {
            return;
        }
        self.deliver(Event::Stop(error));
    }

    pub(super) fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does what the execution asks for. A tokio task that can do a task itself gives a place for it: the first task goes
    /// there, while the others are spawned.
    pub(super) fn carry_out(self: &Arc<Self>, progress: &mut Progress, mut next: Option<&mut Option<Invocation>>) {
        if self.has_ended() {
            return;
        }
        #[cfg(feature = "store")]
        if self.write(progress) {
            self.arm(progress);
            return;
        }
        // Whoever reads the history waits for the lock meanwhile.
        progress.execution.take_events(&mut progress.history);
        while let Some(command) = progress.execution.next_command() {
            match command {
                Command::Record(event) => progress.history.push(event),
                Command::RecordChild(event) => progress.map_run_log().record(*event),
                Command::MapRun(map_run) => progress.map_run_log().update(*map_run),
                Command::Invoke(task) => {
                    if let Some(invocation) = self.invocation(task, progress) {
                        self.place(invocation, next.as_deref_mut(), progress);
                    }
                }
                // They run inside it.
                Command::StartChild(_) => {}
                Command::Cancel(task) => {
                    if let Some(place) = &mut next {
                        place.take_if(|invocation| invocation.task.id == task);
                    }
                    self.cancel(task, progress);
                }
                Command::Complete(outcome) => {
                    // Before anybody sees the end.
                    #[cfg(feature = "otel")]
                    self.tell_spans(progress);
                    self.end(outcome, self.host.clock.now(), progress.execution.kept_bytes(), true);
                }
            }
        }
        if next.is_none_or(|place| place.is_none()) {
            // Of tasks that are done in a row, all at once.
            #[cfg(feature = "otel")]
            self.tell_spans(progress);
            progress.execution.rest();
        }
        progress.wake_readers();
        self.take_turns(progress);
        self.arm(progress);
    }

    #[cfg(not(feature = "store"))]
    #[expect(clippy::unused_self, reason = "with a store it may have one")]
    fn number(&self) -> Option<u64> {
        None
    }

    fn cancel(&self, task: TaskId, progress: &mut Progress) {
        if let Some(task) = progress.in_flight.remove(&task) {
            self.release(task);
        }
    }

    /// Sees to it that the execution has the turns that it wants.
    fn take_turns(self: &Arc<Self>, progress: &mut Progress) {
        if progress.execution.wants_turn() && !std::mem::replace(&mut progress.takes_turns, true) {
            self.take_turns_later();
        }
    }

    /// Arms the timer for the next deadline.
    fn arm(self: &Arc<Self>, progress: &mut Progress) {
        let deadline = progress.execution.next_deadline();
        let deadline = deadline.map(|at| self.host.clock.ticks_of(at));
        if deadline != progress.armed.map(|wake_up| wake_up.at) {
            if let Some(wake_up) = progress.armed.take() {
                self.host.timer.forget(wake_up);
            }
            progress.armed = deadline.map(|at| self.host.timer.wake_at(at, Arc::downgrade(self), self.number()));
        }
    }

    /// Goes on; returns whether there is more to do.
    pub(super) fn take_turn(self: &Arc<Self>) -> bool {
        let mut progress = self.progress();
        self.handle(&mut progress, Event::Turn);
        self.carry_out(&mut progress, None);
        progress.takes_turns = progress.execution.wants_turn() && !self.has_ended();
        #[cfg(feature = "store")]
        if progress.is_ahead() {
            // It has its next turn when this one is written.
            progress.takes_turns = false;
        }
        progress.takes_turns
    }

    /// `is_final` unless it goes on in another process.
    fn end(&self, outcome: Outcome, stop_time: DateTime<Utc>, bytes: usize, is_final: bool) {
        let _entered = self.span.as_ref().map(|span| span.enter());
        tracing::info!(status = outcome.status(), "execution ended");
        let end = is_final.then_some((&outcome, stop_time));
        #[cfg(feature = "otel")]
        if is_final {
            self.tell_end(&outcome, stop_time);
        }
        self.directory.remove(self, end, bytes);
        // The first outcome counts; a second one comes only from an execution that was given up.
        self.ended_with()
            .get_or_insert_with(|| Box::new(End { outcome, stop_time }));
        if let Some(time) = self.host.clock.time() {
            time.ended(&self.arn);
        }
        if let Some(ended) = self.ended.get() {
            ended.notify_waiters();
        }
    }

    /// Ends it here, whatever its execution is at.
    fn abandon(&self, outcome: Outcome) {
        let mut progress = self.progress();
        #[cfg(feature = "store")]
        progress.close();
        for (_, task) in std::mem::take(&mut progress.in_flight) {
            self.release(task);
        }
        if let Some(wake_up) = progress.armed.take() {
            self.host.timer.forget(wake_up);
        }
        let bytes = progress.execution.kept_bytes();
        self.end(outcome, self.host.clock.now(), bytes, !self.is_durable());
        progress.wake_readers();
    }

    /// Cancels a task.
    pub(super) fn release(&self, task: InFlight) {
        if let Some(handler) = &task.handler {
            handler.abort();
        }
        if let Some(token) = task.token() {
            self.directory.end_token(token);
        }
    }
}

impl Progress {
    fn map_run_log(&mut self) -> &mut MapRunLog {
        self.map_runs
            .get_or_insert_with(|| Box::new(MapRunLog::of_first(KEPT_CHILDREN)))
    }

    fn wake_readers(&mut self) {
        for reader in self.readers.take().into_iter().flat_map(|readers| *readers) {
            reader.wake();
        }
    }
}

impl Wake for Running {
    fn reach_deadline(self: Arc<Self>, wake_up: WakeUp) {
        let mut progress = self.progress();
        if progress.armed.take_if(|armed| *armed == wake_up).is_none() {
            // The deadline changed after the timer had already fired.
            return;
        }
        #[cfg(feature = "otel")]
        self.tell_lag(wake_up.at);
        self.handle(&mut progress, Event::DeadlineReached);
        self.carry_out(&mut progress, None);
    }

    fn give_up(&self, cause: &str) {
        self.abandon(Outcome::Failed(ErrorOutput {
            error: Some(predefined_errors::RUNTIME.into()),
            cause: Some(cause.into()),
        }));
    }
}

impl EndedExecution for Running {
    fn arn(&self) -> &str {
        &self.arn
    }

    fn history(&self) -> Vec<HistoryEvent> {
        Self::history(self)
    }
}
