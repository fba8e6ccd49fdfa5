//! An execution whose events are written to a store before anything comes of them.

use chrono::{DateTime, Utc};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Context;
use tokio::runtime::Handle;

use super::redriving::refused;
use super::{Directory, New, Origin, Progress, Running, token_waited_for};
use crate::definition::WorkflowType;
use crate::error::{Error, ErrorKind};
use crate::execution::{Command, Event, Execution, NotRedrivable, Outcome, Task, TaskId};
use crate::history::{ErrorOutput, HistoryEvent};
use crate::runtime::Ack;
use crate::runtime::host::Host;
use crate::runtime::in_flight::{InFlight, Invocation};
use crate::runtime::journal::{Author, Batch, Durable, Fate, Journal, Writer};
use crate::runtime::timer_queue::Wake as _;
use crate::services::step_functions::Lineage;
use crate::store::{Record, Replayed, StoreError, replay};

impl New {
    /// An execution that the store has, as far as it has happened again.
    pub(in crate::runtime) fn replayed(writer: Arc<Writer>, number: u64, replayed: Replayed) -> Self {
        let journal = Journal::continuing(&replayed, None);
        Self {
            origin: Origin {
                lineage: replayed.origin.lineage,
                keeps_name: false,
            },
            // Nothing with mocks is in a store.
            mocks: None,
            #[cfg(feature = "otel")]
            observed: None,
            #[cfg(feature = "otel")]
            trace: replayed.origin.trace,
            durable: Some(Box::new(Durable::known(writer, number, replayed.origin.started_by))),
            journal: Some(Box::new(journal)),
            execution: replayed.execution,
        }
    }
}

impl Running {
    /// An execution that the store had; [`Running::resume`] lets it go on.
    pub(in crate::runtime) fn resting(new: New, directory: Arc<dyn Directory>, host: Arc<Host<Self>>) -> Arc<Self> {
        Self::with(new, directory, host)
    }

    /// An execution that has ended, as the store knows it.
    pub(in crate::runtime) fn ended(
        new: New,
        outcome: Outcome,
        stop_time: DateTime<Utc>,
        directory: Arc<dyn Directory>,
        host: Arc<Host<Self>>,
    ) -> Arc<Self> {
        let running = Self::with(new, directory, host);
        *running.ended_with() = Some(Box::new(super::End { outcome, stop_time }));
        running
    }

    /// Lets an execution go on that was resting: its tasks are invoked again.
    pub(in crate::runtime) fn resume(self: &Arc<Self>) {
        let mut progress = self.progress();
        for task in progress.execution.unanswered_tasks() {
            // Its timer may have fired already, and led to tasks that are invoked when that is written.
            if !progress.is_invoking(task.id) {
                self.invoke_again(task, &mut progress);
            }
        }
        self.carry_out(&mut progress, None);
        if !progress.is_ahead() {
            self.take_turns(&mut progress);
        }
    }

    /// Arms the timer of an execution that was resting.
    pub(in crate::runtime) fn arm_again(self: &Arc<Self>) {
        self.arm(&mut self.progress());
    }

    fn invoke_again(self: &Arc<Self>, task: Task, progress: &mut Progress) {
        if let Some(token) = token_waited_for(&task) {
            if self.directory.remember_token(token, Arc::downgrade(self), task.id) {
                let mut in_flight = InFlight::of(&task);
                in_flight.outside = self.host.clock.working();
                progress.in_flight.insert(task.id, in_flight);
            }
        } else if let Some(invocation) = self.invocation(task, progress) {
            self.spawn(invocation, progress);
        }
    }

    /// Notes an event for the store. False if the execution does not take it any more.
    pub(super) fn note(&self, progress: &mut Progress, now: DateTime<Utc>, event: &Event) -> bool {
        let (Some(durable), Some(journal)) = (&self.durable, &mut progress.journal) else {
            return true;
        };
        if journal.is_closed || !progress.execution.is_running() {
            return false;
        }
        journal.note(durable.number, now, progress.execution.event_count(), event);
        true
    }

    /// Reads an execution that has ended from the store again, where another handle may have redriven it meanwhile. Errors if it
    /// is not there any more, and if it runs for the store.
    pub(super) fn reload(&self, progress: &mut Progress) -> Result<(), Error> {
        let (Some(durable), true) = (&self.durable, self.has_ended()) else {
            return Ok(());
        };
        let unreadable = |error: StoreError| Error::new(ErrorKind::Store, error.to_string());
        let stored = durable.writer.store().journal(durable.number).map_err(unreadable)?;
        let Some(stored) = stored else {
            return Err(refused(NotRedrivable::NotKept));
        };
        if stored.execution.end.is_none() {
            return Err(refused(NotRedrivable::Running));
        }
        let program = Arc::clone(progress.execution.program());
        #[cfg_attr(not(feature = "otel"), expect(unused_mut, reason = "telemetry changes it"))]
        let mut replayed = replay(program, &stored, &Arc::default()).map_err(unreadable)?;
        #[cfg(feature = "otel")]
        self.observe_replaced(&mut replayed.execution);
        progress.journal = Some(Box::new(Journal::continuing(&replayed, progress.journal.as_deref())));
        progress.execution = replayed.execution;
        Ok(())
    }

    /// Notes a redrive for the store, with what is written beside it.
    pub(super) fn note_redrive(&self, progress: &mut Progress, now: DateTime<Utc>, beside: Vec<Record>) {
        if let (Some(durable), Some(journal)) = (&self.durable, &mut progress.journal) {
            journal.note_redrive(durable.number, now, progress.execution.event_count());
            journal.add_beside(beside);
        }
    }

    /// Hands over what has happened to the writer; false if there is no store.
    pub(super) fn write(self: &Arc<Self>, progress: &mut Progress) -> bool {
        let (Some(durable), Some(journal)) = (&self.durable, &mut progress.journal) else {
            return false;
        };
        if journal.is_closed {
            return true;
        }
        let (now, working) = (self.host.clock.now(), self.host.clock.working());
        if let Some(records) = journal.batch(durable.number, &mut progress.execution, now, working) {
            // Under the lock, so that the batches of an execution are in order.
            durable.writer.write(Batch {
                author: Arc::<Self>::clone(self),
                number: journal.last_batch,
                records,
                program: journal.take_program(),
            });
        }
        true
    }

    /// Does what was to be done once it was written. Returns whether it waits for something then, or else a task that is to
    /// be done first.
    fn carry_out_written(self: &Arc<Self>) -> (bool, Option<Invocation>) {
        let Some(durable) = &self.durable else {
            return (false, None);
        };
        let mut next: Option<Invocation> = None;
        let mut progress = self.progress();
        let written = durable.acks.written();
        while let Some(unwritten) = progress
            .journal
            .as_mut()
            .and_then(|journal| journal.next_written(written))
        {
            #[cfg(feature = "otel")]
            self.tell(unwritten.happened, &progress);
            for command in unwritten.commands {
                match command {
                    // Otherwise it was cancelled meanwhile, or another process invokes it.
                    Command::Invoke(task) if !progress.is_left() && progress.execution.awaits(task.id) => {
                        if let Some(invocation) = self.invocation(task, &mut progress) {
                            self.place(invocation, Some(&mut next), &mut progress);
                        }
                    }
                    Command::Cancel(task) => {
                        next.take_if(|invocation| invocation.task.id == task);
                        self.cancel(task, &mut progress);
                    }
                    // The rest is in the batch itself.
                    _ => {}
                }
            }
            if let Some((outcome, time)) = unwritten.end
                && !self.has_ended()
            {
                self.end(outcome, time, progress.execution.kept_bytes(), true);
            }
        }
        progress.wake_readers();
        // A task that could not be invoked has failed.
        self.carry_out(&mut progress, None);
        if next.is_none() {
            progress.execution.rest();
        }
        if progress.is_ahead() {
            return (false, next);
        }
        self.take_turns(&mut progress);
        let is_idle = next.is_none() && progress.is_idle() && !self.has_ended();
        (is_idle, next)
    }

    pub(super) fn ack_of(&self, progress: &Progress) -> Ack {
        match (&self.durable, &progress.journal) {
            (Some(durable), Some(journal)) => durable.acks.of(journal.last_batch),
            _ => Ack::NONE,
        }
    }

    /// Whether nothing more of it will be written.
    pub(in crate::runtime) fn is_out_of_store(&self) -> bool {
        Author::is_withdrawn(self)
    }

    /// Waits until all that has happened so far is written, however long it takes. Errors if it never will be.
    pub(in crate::runtime) async fn written(&self) -> Result<(), Error> {
        loop {
            match self.ack().wait().await {
                Err(error) if error.kind() == ErrorKind::Store && !self.is_withdrawn() => {}
                answer => return answer,
            }
        }
    }

    /// The event after the first `seen`, if it is written.
    pub(super) fn stored_event(&self, progress: &Progress, seen: usize) -> Option<HistoryEvent> {
        let (durable, journal) = (self.durable.as_ref()?, progress.journal.as_ref()?);
        let may_be = journal.is_closed || seen < journal.events;
        may_be.then(|| durable.event(seen)).flatten()
    }

    /// Lets nothing more happen to it in this process, if the store has it. Nobody is told yet: see [`Running::shut_down`].
    pub(in crate::runtime) fn close(&self) {
        if self.durable.is_some() && !self.has_ended() {
            self.progress().close();
        }
    }

    /// Ends it in this process: the store has it, and it goes on in another. False if there is no store.
    pub(super) fn leave(&self, error: &ErrorOutput) -> bool {
        if self.durable.is_none() {
            return false;
        }
        if !self.has_ended() {
            self.abandon(Outcome::Aborted(error.clone()));
        }
        true
    }

    pub(in crate::runtime) fn next_deadline(&self) -> Option<DateTime<Utc>> {
        self.progress().execution.next_deadline()
    }

    /// The execution that waits for its end, with the attempt of the task that started it.
    pub(in crate::runtime) fn awaited_by(&self) -> Option<(&str, TaskId)> {
        let started_by = self.durable.as_ref()?.started_by.as_deref()?;
        awaited_by(&self.progress().execution, self.origin.lineage, started_by)
    }

    /// Whether its end is written, which this process acts on a moment later.
    pub(in crate::runtime) fn has_stored_end(&self) -> bool {
        let progress = self.progress();
        let (Some(durable), Some(journal)) = (&self.durable, &progress.journal) else {
            return false;
        };
        !progress.execution.is_running() && durable.acks.written() >= journal.last_batch
    }

    /// Whether it was started by this attempt of a task.
    pub(in crate::runtime) fn is_started_by(&self, attempt: &str) -> bool {
        let durable = self.durable.as_ref();
        durable.is_some_and(|durable| durable.started_by.as_deref() == Some(attempt))
    }
}

/// The execution that waits for the end of one that was started by this attempt of a task, with the task.
pub(in crate::runtime) fn awaited_by<'a>(
    execution: &Execution,
    lineage: Lineage,
    started_by: &'a str,
) -> Option<(&'a str, TaskId)> {
    let is_standard = execution.program().machine().workflow_type == WorkflowType::Standard;
    if !is_standard || !lineage.is_awaited() {
        return None;
    }
    let (parent, task) = started_by.rsplit_once('#')?;
    let (frame, generation) = task.split_once('.')?;
    let task = TaskId {
        frame: frame.parse().ok()?,
        generation: generation.parse().ok()?,
    };
    Some((parent, task))
}

impl Progress {
    /// Whether it goes on without this process, where nothing more happens to it.
    pub(super) fn is_left(&self) -> bool {
        self.journal.as_ref().is_some_and(|journal| journal.is_closed)
    }

    /// Lets nothing more happen to it.
    pub(super) fn close(&mut self) {
        if let Some(journal) = &mut self.journal {
            journal.close();
        }
    }

    /// Whether a task was invoked in this process, or is as soon as that is written.
    fn is_invoking(&self, task: TaskId) -> bool {
        let will = |journal: &Journal| journal.will_invoke(task);
        self.in_flight.contains_key(&task) || self.journal.as_deref().is_some_and(will)
    }

    /// Whether it waits for the store before anything else is done.
    pub(super) fn is_ahead(&self) -> bool {
        self.journal.as_ref().is_some_and(|journal| !journal.is_caught_up())
    }
}

impl Author for Running {
    fn written(&self, batch: u64) {
        if let Some(durable) = &self.durable {
            durable.acks.set_written(batch);
        }
    }

    fn runtime(&self) -> Option<&Handle> {
        Some(&self.host.runtime)
    }

    fn act(self: Arc<Self>, context: &mut Context<'_>) {
        let act = || {
            let _working = self.host.clock.working();
            // A shutdown waits for what it does after it has looked whether the execution may go on.
            let _live = self.directory.handler_starts();
            let (is_idle, next) = self.carry_out_written();
            self.work_in_place(next, context);
            is_idle
        };
        // Others act after it in the same tokio task.
        match catch_unwind(AssertUnwindSafe(act)) {
            Ok(true) => Arc::clone(&self.directory).rests(self),
            Ok(false) => {}
            Err(_) => self.give_up("the interpreter panicked while the execution worked"),
        }
    }

    fn delayed(&self, error: &Arc<StoreError>) -> Fate {
        let Some(durable) = &self.durable else {
            return Fate::Withdrawn;
        };
        if durable.acks.written() == 0 && durable.is_refusable {
            durable.withdraw();
            self.give_up(&error.to_string());
            durable.acks.close(Some(error));
            return Fate::Withdrawn;
        }
        durable.acks.fail(error);
        Fate::TryAgain
    }

    fn refused(&self, error: &Arc<StoreError>) {
        let Some(durable) = &self.durable else { return };
        tracing::error!(arn = %self.arn, %error, "the store takes no more of this execution");
        durable.withdraw();
        self.give_up(&format!("The store takes no more of the execution: {error}"));
        durable.acks.close(Some(error));
    }

    fn left_unwritten(&self) {
        if let Some(durable) = &self.durable {
            durable.acks.close(None);
        }
    }

    fn is_withdrawn(&self) -> bool {
        self.durable.as_ref().is_none_or(|durable| durable.is_withdrawn())
    }
}
