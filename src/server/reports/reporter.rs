//! Writes the reports, one after the other, apart from the executions.

use chrono::{DateTime, SubsecRound, Utc};
use indexmap::IndexMap;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::runtime::Handle;
#[cfg(feature = "store")]
use tokio::sync::watch;
use tokio::sync::{mpsc, oneshot};

use super::begun::Begun;
use super::{Reports, StatusChange};
use crate::definition::WorkflowType;
use crate::execution::Outcome;
use crate::runtime::{ExecutionHandle, Interpreter, Working};
use crate::server::Service;
use crate::server::arn::StateMachineArn;
use crate::services::step_functions::StepFunctionsError;

/// How many executions may have ended before their start was told of. In truth they are few, for a moment.
const MOST_EARLY: usize = 10_000;

/// Takes what there is to report.
#[derive(Debug)]
pub(in crate::server) struct Reporter {
    messages: mpsc::UnboundedSender<Message>,
    /// How many executions run that are told of once a store has that.
    #[cfg(feature = "store")]
    unwritten: watch::Sender<usize>,
    /// What writes the reports, until there is a first one: only then is there certainly a tokio runtime.
    resting: Mutex<Option<Writer>>,
}

#[derive(Debug)]
enum Message {
    /// An execution runs, newly or again.
    Begun(ExecutionHandle, Begun, Working),
    /// A start was not written by the store, and counts for nothing.
    #[cfg(feature = "store")]
    Withdrawn(ExecutionHandle),
    Ended(Ended),
    /// Everything before it is reported.
    Reported(oneshot::Sender<()>),
}

/// An execution with its end, which a redrive may have undone by now.
#[derive(Debug)]
struct Ended {
    execution: ExecutionHandle,
    outcome: Outcome,
    time: DateTime<Utc>,
    /// Keeps time from being skipped until it is told of.
    working: Working,
}

impl Reporter {
    /// `None` if nobody wants reports.
    pub(in crate::server) fn of(reports: Reports, service: &Weak<Service>, interpreter: &Interpreter) -> Option<Self> {
        if reports.are_empty() {
            return None;
        }
        let (messages, received) = mpsc::unbounded_channel();
        let writer = Writer {
            reports,
            service: Weak::clone(service),
            messages: received,
            // As coarse as the times of a store.
            first: interpreter.now().trunc_subsecs(6),
            begun: HashMap::new(),
            ended_early: IndexMap::new(),
        };
        Some(Self {
            messages,
            #[cfg(feature = "store")]
            unwritten: watch::Sender::default(),
            resting: Mutex::new(Some(writer)),
        })
    }

    /// Tells that an execution runs, newly or again, as soon as a store has that.
    pub(in crate::server) fn begun(&self, execution: ExecutionHandle, begun: Begun) {
        let working = execution.working();
        #[cfg(feature = "store")]
        if execution.is_durable() {
            let messages = self.messages.clone();
            let unwritten = Unwritten::of(&self.unwritten);
            self.start();
            tokio::spawn(async move {
                let _unwritten = unwritten;
                let message = match execution.written().await {
                    Ok(()) => Message::Begun(execution, begun, working),
                    Err(_) => Message::Withdrawn(execution),
                };
                // Nobody takes it when the process ends.
                let _ = messages.send(message);
            });
            return;
        }
        self.send(Message::Begun(execution, begun, working));
    }

    /// Tells that an execution has ended. Waits for nothing: the execution may be locked meanwhile.
    pub(in crate::server) fn ended(&self, execution: ExecutionHandle, outcome: Outcome, time: DateTime<Utc>) {
        self.send(Message::Ended(Ended {
            working: execution.working(),
            execution,
            outcome,
            time,
        }));
    }

    /// Waits until everything so far is reported.
    pub(in crate::server) async fn reported(&self) {
        // The sender is in `self`, so it cannot be gone while we wait.
        #[cfg(feature = "store")]
        let _ = self.unwritten.subscribe().wait_for(|unwritten| *unwritten == 0).await;
        let (done, reported) = oneshot::channel();
        self.send(Message::Reported(done));
        // The other side is gone when the tokio runtime ends.
        let _ = reported.await;
    }

    fn send(&self, message: Message) {
        // As above.
        let _ = self.messages.send(message);
        self.start();
    }

    fn start(&self) {
        let Ok(runtime) = Handle::try_current() else { return };
        let resting = self.resting.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = resting {
            runtime.spawn(writer.run());
        }
    }
}

/// Counts as unwritten until it is dropped.
#[cfg(feature = "store")]
struct Unwritten(watch::Sender<usize>);

#[cfg(feature = "store")]
impl Unwritten {
    fn of(unwritten: &watch::Sender<usize>) -> Self {
        unwritten.send_modify(|unwritten| *unwritten += 1);
        Self(unwritten.clone())
    }
}

#[cfg(feature = "store")]
impl Drop for Unwritten {
    fn drop(&mut self) {
        self.0.send_modify(|unwritten| *unwritten = unwritten.saturating_sub(1));
    }
}

/// Writes the reports.
#[derive(Debug)]
struct Writer {
    reports: Reports,
    service: Weak<Service>,
    messages: mpsc::UnboundedReceiver<Message>,
    /// When this process began.
    first: DateTime<Utc>,
    /// The running executions that have been told of.
    begun: HashMap<Arc<str>, Begun>,
    /// Executions that ended before their start was told of, which is yet to come: the last of them, since that of an execution
    /// that the API did not start never comes.
    ended_early: IndexMap<Arc<str>, Ended>,
}

impl Writer {
    async fn run(mut self) {
        while let Some(message) = self.messages.recv().await {
            match message {
                Message::Begun(execution, begun, _working) => self.begun(execution, begun).await,
                #[cfg(feature = "store")]
                Message::Withdrawn(execution) => drop(self.ended_early.shift_remove(execution.arn())),
                Message::Ended(ended) => self.ended(ended).await,
                // Nobody waits any more.
                Message::Reported(done) => drop(done.send(())),
            }
        }
    }

    async fn begun(&mut self, execution: ExecutionHandle, begun: Begun) {
        if begun.workflow_type == WorkflowType::Standard {
            self.put(|| StatusChange::running(&execution, &begun)).await;
        }
        match self.ended_early.shift_remove(execution.arn()) {
            Some(ended) => self.report_end(&ended, &begun).await,
            None => drop(self.begun.insert(execution.arn().into(), begun)),
        }
    }

    async fn ended(&mut self, mut ended: Ended) {
        let execution = &ended.execution;
        if let Some(begun) = self.begun.remove(execution.arn()) {
            return self.report_end(&ended, &begun).await;
        }
        let last_begin = execution.redrive_time().unwrap_or(execution.start_time());
        if last_begin >= self.first {
            let arn = execution.arn().into();
            // The start that is yet to come keeps time from being skipped itself.
            ended.working = Working::default();
            if self.ended_early.len() >= MOST_EARLY {
                self.ended_early.shift_remove_index(0);
            }
            self.ended_early.insert(arn, ended);
            return;
        }
        // It goes on since an earlier process.
        let Some(service) = self.service.upgrade() else { return };
        match begun_before(&service, execution) {
            Ok(begun) => self.report_end(&ended, &begun).await,
            Err(error) => tracing::warn!(arn = execution.arn(), %error, "the end of an execution is not told"),
        }
    }

    async fn report_end(&self, ended: &Ended, begun: &Begun) {
        if begun.workflow_type == WorkflowType::Standard {
            self.put(|| StatusChange::ended(&ended.execution, begun, &ended.outcome, ended.time))
                .await;
        }
        if self.reports.log.is_some() && begun.logging.is_some() {
            let execution = &ended.execution;
            self.reports.write_log(begun, execution.arn(), &execution.history());
        }
    }

    async fn put<'c>(&self, change: impl FnOnce() -> StatusChange<'c>) {
        if self.reports.event_bridge.is_none() {
            return;
        }
        if let Err(error) = self.reports.put(change().entry()).await {
            tracing::warn!(%error, "the event of a status change is lost");
        }
    }
}

/// What reports need of an execution that an earlier process has started.
fn begun_before(service: &Service, execution: &ExecutionHandle) -> Result<Begun, StepFunctionsError> {
    let state_machine = StateMachineArn::parse(execution.state_machine_arn())?;
    let current = service
        .registry()
        .state_machine(&state_machine)
        .map(|machine| Arc::clone(&machine.current));
    if let Ok(current) = &current
        && current.workflow_type() == WorkflowType::Express
    {
        return Ok(Begun::express(execution, current));
    }
    let known = service.execution_here(execution.arn())?;
    let revision = service.revision_here(&known)?;
    Ok(Begun::known(known.facts(), &revision))
}
