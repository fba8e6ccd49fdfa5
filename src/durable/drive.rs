//! Drives an execution: its commands become entries of a journal, and what comes of them its events.
//!
//! All of it happens again, in the same order, whenever a worker takes the execution over: so nothing here may depend on
//! anything but the journal. The one exception is how long a timer still has, which is written when it is first set.

mod asking;

use chrono::{DateTime, TimeDelta, Utc};
use restate_sdk::context::{DurableFuture, DurableFuturesUnordered};
use restate_sdk::endpoint::ContextInternal;
use restate_sdk::errors::{HandlerError, TerminalError};
use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::Arc;

use super::activities::withdraw_task;
use super::children::Children;
use super::existing;
use super::hands::Hands;
use super::messages::{Delivered, Delivery, Ending, Events, Message, Stop, TaskAnswer};
use super::{STOP, map_run_key, updates};
use crate::Interpreter;
use crate::error::predefined_errors;
use crate::execution::{Command, Event, Execution, MapRun, Outcome, Task, TaskId};
use crate::history::ErrorOutput;
use crate::runtime::Clock;
use crate::store::HistoryRecords;

/// What an execution waits for.
type Pending<'a> = Pin<Box<dyn DurableFuture<Output = Happened> + Send + 'a>>;

/// What has happened.
enum Happened {
    /// What comes by the task's token is waited for.
    Listens(Box<Task>, Result<Message<()>, TerminalError>),
    Answered(TaskId, Result<Message<TaskAnswer>, TerminalError>),
    TimeCame(DateTime<Utc>, Result<(), TerminalError>),
    Delivered(TaskId, Result<Message<Vec<Delivered>>, TerminalError>),
    ChildEnded(TaskId, Result<Message<Ending>, TerminalError>),
    StopAsked(Result<Message<Stop>, TerminalError>),
    UpdateAsked(Result<Message<updates::Asked>, TerminalError>),
}

/// A task token, and whether it alone answers its task (`.waitForTaskToken`).
struct Token {
    text: String,
    is_callback: bool,
    /// The activity that offers its task.
    offered_by: Option<Arc<str>>,
}

struct Driver<'a> {
    context: &'a ContextInternal,
    interpreter: &'a Interpreter,
    clock: &'a Clock,
    execution: Execution,
    /// The time of the last event.
    now: DateTime<Utc>,
    pending: DurableFuturesUnordered<Pending<'a>>,
    /// The times of the timers among them.
    timers: BTreeSet<DateTime<Utc>>,
    /// Unanswered tasks that others may answer.
    tokens: BTreeMap<TaskId, Token>,
    /// What was told of Map Runs, by their ARNs.
    map_runs: BTreeMap<Arc<str>, MapRun>,
    /// Who asked for their new settings, and whether they were running.
    updates: Vec<(String, bool)>,
    hands: Hands,
    children: Children,
    /// What has become of that which could not be asked for.
    refused: Vec<Event>,
    /// Whether the invocation was cancelled, for which the execution has not been stopped yet.
    is_cancelled: bool,
}

/// Drives an execution to its end, which is at once if the invocation is cancelled. The time is that of its last event.
pub(super) async fn drive(
    context: &ContextInternal,
    (interpreter, clock): (&Interpreter, &Clock),
    execution: Execution,
    hands: Hands,
    is_cancelled: bool,
) -> Result<(Execution, Outcome, DateTime<Utc>), TerminalError> {
    let context_object = execution.context();
    let begin = context_object.redrive_time.unwrap_or(context_object.start_time);
    let mut driver = Driver {
        context,
        interpreter,
        clock,
        now: begin,
        execution,
        pending: DurableFuturesUnordered::new(),
        timers: BTreeSet::new(),
        tokens: BTreeMap::new(),
        map_runs: BTreeMap::new(),
        updates: Vec::new(),
        hands,
        children: Children::default(),
        refused: Vec::new(),
        is_cancelled,
    };
    let stop = context.promise::<Message<Stop>>(STOP).map(Happened::StopAsked);
    driver.pending.push(Box::pin(stop));
    driver.listen_for_updates();
    loop {
        if let Some(outcome) = driver.carry_out().await {
            return Ok((driver.execution, outcome, driver.now));
        }
        if let Some(event) = driver.refused.pop() {
            driver.handle(driver.now, event);
            continue;
        }
        if driver.is_cancelled {
            tracing::info!(arn = %driver.execution.arn(), "the invocation is cancelled: the execution stops");
            let now = driver.time().await;
            driver.handle(now, Event::Stop(ErrorOutput::default()));
            continue;
        }
        driver.set_timer();
        match driver.pending.next().await {
            Ok(Some((_, happened))) => driver.happen(happened).await?,
            // The stop is always there, or has ended it.
            Ok(None) => return Err(TerminalError::new("the execution waits for nothing")),
            Err(_) => driver.is_cancelled = true,
        }
    }
}

impl Driver<'_> {
    /// Does what the execution asks for, and writes what it has recorded. Returns its outcome at its end.
    async fn carry_out(&mut self) -> Option<Outcome> {
        let mut events = HistoryRecords::default();
        let mut ended = None;
        loop {
            while let Some(command) = self.execution.next_command() {
                match command {
                    Command::Record(event) => {
                        events.push_event(&event);
                        // A journal takes only so much at once.
                        if events.is_large() {
                            self.write(&std::mem::take(&mut events));
                        }
                    }
                    Command::Invoke(task) => self.invoke(task),
                    // The execution ignores the answer of a cancelled task.
                    Command::Cancel(id) => self.children.stop(self.context, id),
                    Command::StartChild(start) => self.start_child(&start),
                    Command::MapRun(map_run) => self.tell_map_run(*map_run),
                    // Child executions have workflows, and histories, of their own.
                    Command::RecordChild(_) => {}
                    Command::Complete(outcome) => ended = Some(outcome),
                }
            }
            if !self.execution.wants_turn() {
                break;
            }
            // Other executions of this worker have their turns.
            tokio::task::yield_now().await;
            self.execution.handle(self.now, Event::Turn);
        }
        for map_run in self.execution.map_runs() {
            self.tell_map_run(map_run);
        }
        for (asked_by, was_running) in self.updates.drain(..) {
            updates::answer(self.context, &asked_by, was_running);
        }
        self.execution.rest();
        self.write(&events);
        self.end_tokens();
        ended
    }

    /// Tells of a Map Run, if that is news.
    fn tell_map_run(&mut self, map_run: MapRun) {
        let arn = Arc::clone(&map_run.map_run_arn);
        if self.map_runs.get(&arn) != Some(&map_run) {
            self.context.set(&map_run_key(&arn), Message(&map_run));
            self.map_runs.insert(arn, map_run);
        }
    }

    fn write(&self, events: &HistoryRecords) {
        let Some((first, _)) = events.ids() else { return };
        let written = Events {
            time: events.time(),
            heads: events.heads().to_owned(),
            details: events.details().to_owned(),
        };
        self.context.set(&super::history_key(first), Message(written));
    }

    /// Sets a timer for the next deadline, unless one is set that comes no later.
    fn set_timer(&mut self) {
        let Some(deadline) = self.execution.next_deadline() else {
            return;
        };
        if self.timers.first().is_some_and(|first| *first <= deadline) {
            return;
        }
        self.timers.insert(deadline);
        // Restate counts milliseconds, and drops the rest.
        let left = deadline - self.clock.now() + TimeDelta::milliseconds(1);
        let slept = self.context.sleep(left.to_std().unwrap_or_default());
        self.pending
            .push(Box::pin(slept.map(move |slept| Happened::TimeCame(deadline, slept))));
    }

    async fn happen(&mut self, happened: Happened) -> Result<(), TerminalError> {
        let handled = &self.hands.handled_activities;
        self.is_cancelled |= existing::look(self.context, self.interpreter, &mut self.execution, handled).await?;
        match happened {
            Happened::Listens(task, Ok(Message(()))) => {
                // It may have timed out meanwhile.
                if self.execution.awaits(task.id) {
                    self.ask_for(*task);
                }
            }
            Happened::Answered(task, Ok(Message(TaskAnswer { time, result }))) => {
                let event = match result {
                    // What a callback's service says first.
                    Some(Ok(output)) if self.tokens.get(&task).is_some_and(|token| token.is_callback) => {
                        Event::TaskSubmitted { task, output }
                    }
                    Some(Ok(raw_result)) => Event::TaskSucceeded { task, raw_result },
                    Some(Err(error)) => Event::TaskFailed { task, error },
                    None => return Ok(()),
                };
                self.handle(time, event);
            }
            // The service itself has failed, or somebody has killed the call.
            Happened::Answered(task, Err(failure)) | Happened::Delivered(task, Err(failure)) => {
                self.fail(task, &failure).await;
            }
            Happened::Listens(task, Err(failure)) => self.fail(task.id, &failure).await,
            Happened::Delivered(task, Ok(Message(delivered))) => {
                for Delivered { time, delivery } in delivered {
                    let event = match delivery {
                        Delivery::Started { worker_name, .. } => {
                            self.is_taken(task);
                            Event::TaskStarted { task, worker_name }
                        }
                        Delivery::Heartbeat => Event::TaskHeartbeat { task },
                        Delivery::Submitted(output) | Delivery::ExecutionStarted { answer: output, .. } => {
                            Event::TaskSubmitted { task, output }
                        }
                        Delivery::Succeeded(raw_result) => Event::TaskSucceeded { task, raw_result },
                        Delivery::Failed(error) => Event::TaskFailed { task, error },
                    };
                    self.handle(time, event);
                }
                if self.execution.awaits(task)
                    && let Some(token) = self.tokens.get(&task).map(|token| token.text.clone())
                {
                    // What comes before it listens again waits at the token.
                    drop(self.listen(task, &token).send());
                }
            }
            Happened::TimeCame(deadline, slept) => {
                slept?;
                self.timers.remove(&deadline);
                self.handle(deadline, Event::DeadlineReached);
            }
            Happened::ChildEnded(child, ended) => {
                let (outcome, time) = self.children.end(child, ended);
                let time = match time {
                    Some(time) => time,
                    None => self.time().await,
                };
                self.handle(time, Event::ChildEnded { child, outcome, time });
            }
            Happened::StopAsked(stop) => {
                let Message(Stop { time, error }) = stop?;
                self.handle(time, Event::Stop(error));
            }
            Happened::UpdateAsked(asked) => {
                let Message(updates::Asked { update, answer }) = asked?;
                let was_running = self.execution.runs_map_run(&update.map_run_arn);
                self.updates.push((answer, was_running));
                let now = self.time().await;
                self.handle(now, Event::UpdateMapRun(update.into()));
                self.listen_for_updates();
            }
        }
        Ok(())
    }

    fn listen_for_updates(&mut self) {
        let asked = updates::next(self.context).map(Happened::UpdateAsked);
        self.pending.push(Box::pin(asked));
    }

    /// A worker has the task: nobody else is offered it.
    fn is_taken(&mut self, task: TaskId) {
        let Some(token) = self.tokens.get_mut(&task) else {
            return;
        };
        if let Some(activity) = token.offered_by.take() {
            withdraw_task(self.context, &activity, &token.text);
        }
    }

    async fn fail(&mut self, task: TaskId, failure: &TerminalError) {
        let now = self.time().await;
        let error = ErrorOutput {
            error: Some(predefined_errors::TASK_FAILED.into()),
            cause: Some(failure.message().into()),
        };
        self.handle(now, Event::TaskFailed { task, error });
    }

    /// The time as it was when this was first done.
    async fn time(&mut self) -> DateTime<Utc> {
        loop {
            match time(self.context, self.clock).await {
                Ok(time) => return time,
                // A cancellation: it is not lost, and comes once.
                Err(_) => self.is_cancelled = true,
            }
        }
    }

    fn handle(&mut self, now: DateTime<Utc>, event: Event) {
        self.now = self.now.max(now);
        self.execution.handle(self.now, event);
    }
}

/// The time as it was when this was first done. Errors if the invocation is cancelled.
pub(super) async fn time(context: &ContextInternal, clock: &Clock) -> Result<DateTime<Utc>, TerminalError> {
    let now = || async { Ok::<_, HandlerError>(Message(clock.now())) };
    let Message(time) = context.run(now).await?;
    Ok(time)
}
