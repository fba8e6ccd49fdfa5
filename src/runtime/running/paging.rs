//! What of an execution can leave the memory, and how it comes back.

use std::sync::{Arc, PoisonError, TryLockError};

use super::{Directory, Progress, Running};
use crate::definition::IntegrationPattern;
use crate::execution::{Execution, Program, Task, TaskId};
use crate::runtime::host::Host;
use crate::runtime::in_flight::InFlight;
use crate::runtime::timer_queue::WakeUp;

/// An execution that has left the memory.
pub(in crate::runtime) struct Remains {
    pub(in crate::runtime) host: Arc<Host<Running>>,
    pub(in crate::runtime) directory: Arc<dyn Directory>,
    pub(in crate::runtime) armed: Option<WakeUp>,
    /// The tokens that its tasks wait for.
    pub(in crate::runtime) tokens: Vec<String>,
    /// Whether it had nothing else to do but wait.
    pub(in crate::runtime) merely_waited: bool,
    /// The rest, for its drop outside of locks.
    progress: Progress,
}

impl Remains {
    pub(in crate::runtime) fn program(&self) -> &Arc<Program> {
        self.progress.execution.program()
    }
}

impl Running {
    /// Its number in the store, if there is one.
    pub(in crate::runtime) fn number(&self) -> Option<u64> {
        self.durable.as_ref().map(|durable| durable.number)
    }

    /// Whether it is to be put into the queue of idle executions; false if it is there.
    pub(in crate::runtime) fn queue_as_idle(&self) -> bool {
        self.durable.as_ref().is_some_and(|durable| durable.idleness.queue())
    }

    /// Notes that it is in the queue of idle executions no more; returns whether it was active since it came there.
    pub(in crate::runtime) fn leave_queue(&self) -> bool {
        self.durable.as_ref().is_some_and(|durable| durable.idleness.leave())
    }

    /// Whether everything of it is written and carried out, and it only waits for a time or for tokens. `None` while
    /// something happens to it.
    pub(in crate::runtime) fn merely_waits(&self) -> Option<bool> {
        match self.progress.try_lock() {
            Ok(mut progress) => Some(progress.merely_waits()),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner().merely_waits()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Puts it among the idle ones, if it only waits.
    pub(in crate::runtime) fn look_for_rest(self: Arc<Self>) {
        let is_idle = !self.has_ended() && self.progress().is_idle();
        if is_idle {
            Arc::clone(&self.directory).rests(self);
        }
    }

    pub(in crate::runtime) fn into_remains(self) -> Remains {
        let mut progress = self.progress.into_inner().unwrap_or_else(PoisonError::into_inner);
        let merely_waited = progress.merely_waits();
        let tokens = progress.in_flight.values().filter_map(InFlight::token);
        Remains {
            host: self.host,
            directory: self.directory,
            armed: progress.armed.take(),
            tokens: tokens.map(str::to_owned).collect(),
            merely_waited,
            progress,
        }
    }

    /// Notes the tasks that wait for tokens, of an execution that was resting. Returns all tasks that have tokens, with these:
    /// they are yet to be registered.
    pub(in crate::runtime) fn expect_answers(&self) -> Vec<(String, TaskId)> {
        let mut progress = self.progress();
        let mut expected = Vec::new();
        for task in progress.execution.unanswered_tasks() {
            if let Some(token) = &task.request.token {
                expected.push((token.clone(), task.id));
            }
            if token_waited_for(&task).is_some() {
                let mut in_flight = InFlight::of(&task);
                in_flight.outside = self.host.clock.working();
                progress.in_flight.insert(task.id, in_flight);
            }
        }
        expected
    }
}

impl Progress {
    fn merely_waits(&mut self) -> bool {
        let is_written = |progress: &Self| progress.journal.as_ref().is_some_and(|journal| journal.is_at_rest());
        self.is_idle() && is_written(self) && merely_waits(&mut self.execution)
    }

    /// Whether nobody is at work for it, and no worker is to come.
    pub(super) fn is_idle(&self) -> bool {
        let waits_for_token =
            |task: &InFlight| task.handler.is_none() && task.ticket.is_none() && task.token().is_some();
        !self.takes_turns && self.in_flight.values().all(waits_for_token)
    }
}

/// Whether an execution has nothing to do but wait for a time or for tokens.
pub(in crate::runtime) fn merely_waits(execution: &mut Execution) -> bool {
    execution.is_running()
        && !execution.wants_turn()
        && execution
            .unanswered_tasks()
            .iter()
            .all(|task| token_waited_for(task).is_some())
}

/// The token that a task waits for whose handler has returned.
pub(in crate::runtime) fn token_waited_for(task: &Task) -> Option<&str> {
    let only_waits = task.is_submitted && task.resource.pattern() == IntegrationPattern::WaitForTaskToken;
    if only_waits {
        task.request.token.as_deref()
    } else {
        None
    }
}
