//! Executions come back into memory from the store.

use async_trait::async_trait;
use std::sync::{Arc, Weak};
use tokio::time::Duration;

use super::Shared;
use crate::error::{Error, ErrorKind};
use crate::execution::TaskId;
use crate::runtime::host::Host;
use crate::runtime::journal::{replay, unreadable};
use crate::runtime::paging::Away;
#[cfg(doc)]
use crate::runtime::running::Directory;
use crate::runtime::running::{New, Running};
use crate::runtime::task_tokens::{Key, Waiting, timed_out};
use crate::runtime::timer_queue::{Recall, Recalled};
use crate::store::{StoreError, StoreErrorKind};

/// When an execution is read again that could not be read: from a store that may work again, and from one that says more
/// of it.
const UNAVAILABLE: Duration = Duration::from_secs(1);
const DAMAGED: Duration = Duration::from_mins(1);

impl Shared {
    /// The running execution of an ARN. Errors if it is in the store alone and cannot be read.
    pub(in crate::runtime) fn execution(self: &Arc<Self>, arn: &str) -> Result<Option<Arc<Running>>, Error> {
        loop {
            let part = self.executions.part_of(arn);
            // Under the lock under which they come and go.
            let (here, may_be_stored) = (part.find(arn), self.paging.len() > 0);
            drop(part);
            let (None, true, Some(store)) = (&here, may_be_stored, &self.settings.store) else {
                return Ok(here);
            };
            let known = store.execution(arn).map_err(unreadable)?;
            let Some(known) = known.filter(|known| known.end.is_none()) else {
                return Ok(None);
            };
            let number = known.start.number;
            if let Some(running) = self.recall(number).map_err(unreadable)? {
                return Ok(Some(running));
            }
            let part = self.executions.part_of(arn);
            let here = part.find(arn);
            if here.is_some() || !self.paging.contains(number) {
                return Ok(here);
            }
            // It came and went again meanwhile.
        }
    }

    /// How many executions have ended here so far.
    pub(in crate::runtime) fn ended_count(&self) -> usize {
        self.executions.ended()
    }

    /// Whether an execution runs here.
    pub(in crate::runtime) fn runs(&self, arn: &str, number: u64) -> bool {
        let part = self.executions.part_of(arn);
        part.find(arn).is_some() || self.paging.contains(number)
    }

    /// Admits an execution that stays in the store alone, with the tokens that it waits for; false if it runs already.
    /// Errors as [`Directory::admit`].
    pub(in crate::runtime) fn admit_stored(
        self: &Arc<Self>,
        arn: &str,
        number: u64,
        tokens: &[Key],
        host: &Arc<Host<Running>>,
    ) -> Result<bool, Error> {
        let part = self.executions.part_of(arn);
        self.check_open(host)?;
        if part.find(arn).is_some() || self.paging.contains(number) {
            return Ok(false);
        }
        let mut names = self.names();
        for token in tokens {
            names.tokens.leave(*token, number);
        }
        self.paging.add(number, Arc::clone(host), Arc::<Self>::clone(self));
        Ok(true)
    }

    /// Brings an execution back. `None` if it is not in the store alone, or was not meanwhile: it is in memory, has left it
    /// again, or has ended.
    pub(in crate::runtime) fn recall(self: &Arc<Self>, number: u64) -> Result<Option<Arc<Running>>, StoreError> {
        let (Some(away), Some(store)) = (self.paging.find(number), &self.settings.store) else {
            return Ok(None);
        };
        let writer = self.stored.writer(store, self.settings.retention)?;
        let journal = store.journal(number)?;
        let Some(journal) = journal.filter(|journal| journal.execution.end.is_none()) else {
            if self.paging.find(number).is_some_and(|now| now.is_same(&away)) {
                let message = format!("the execution {number} is not in the store any more, though it was not ended");
                return Err(StoreError::new(StoreErrorKind::Damaged, message));
            }
            return Ok(None);
        };
        let program = self.stored.program(store, &journal.execution.start.definition)?;
        let replayed = replay(program, &journal, &self.settings.limits)?;
        let new = New::replayed(writer, number, replayed);
        let running = Running::resting(new, Arc::<Self>::clone(self), Arc::clone(&away.host));
        Ok(self.take_in(running, number, &away))
    }

    /// Adds an execution that was read from the store to those in memory, or finds the one that was there before it.
    fn take_in(&self, running: Arc<Running>, number: u64, away: &Away) -> Option<Arc<Running>> {
        let expected = running.expect_answers();
        let mut part = self.executions.part_of(&running.arn);
        let mut names = self.names();
        if !self.paging.remove(number, away) {
            // Another was faster: more may have happened to that one than was read here.
            drop(names);
            return part.find(&running.arn);
        }
        if running.host.has_ended() || !part.insert(&running) {
            return None;
        }
        for (token, task) in expected {
            let running = Arc::downgrade(&running);
            names.tokens.come_back(Key::of(&token), running, task);
        }
        drop(names);
        drop(part);
        running.resume();
        Arc::clone(&running).look_for_rest();
        Some(running)
    }

    /// The task waiting for a token.
    pub(in crate::runtime) fn task_of(self: &Arc<Self>, token: &str) -> Result<(Arc<Running>, TaskId), Error> {
        let task = self.find_task(token);
        // The task may wait on in the store: its answer is for the next process.
        if task.is_err() && self.settings.store.is_some() && self.executions.is_closed() {
            let message = "the interpreter is shut down, and the next one takes the answer";
            return Err(Error::new(ErrorKind::ShutDown, message));
        }
        task
    }

    fn find_task(self: &Arc<Self>, token: &str) -> Result<(Arc<Running>, TaskId), Error> {
        let token = Key::of(token);
        loop {
            let names = self.names();
            let number = match names.tokens.task_of(token)? {
                Waiting::Here(running, task) => return Ok((running, task)),
                Waiting::Stored(number) => number,
            };
            // Both change together.
            let is_stored = self.paging.contains(number);
            drop(names);
            if !is_stored {
                // It runs in no tokio runtime any more.
                return Err(timed_out());
            }
            // With the execution, its tokens come back.
            self.recall(number).map_err(unreadable)?;
        }
    }

    /// All running executions, those too that were in the store alone.
    pub(super) fn recall_all(self: &Arc<Self>) -> Vec<Arc<Running>> {
        let mut recalled = Vec::new();
        for number in self.paging.numbers() {
            while self.paging.contains(number) {
                match self.recall(number) {
                    Ok(running) => recalled.extend(running),
                    Err(error) => {
                        tracing::error!(execution = number, %error, "a running execution cannot be read from the store");
                        break;
                    }
                }
            }
        }
        recalled
    }
}

/// The executions of an interpreter, for a timer.
pub(super) struct Recalling(pub(super) Weak<Shared>);

#[async_trait]
impl Recall<Running> for Recalling {
    async fn recall(&self, numbers: Vec<u64>) -> Vec<Recalled<Running>> {
        let Some(shared) = self.0.upgrade() else {
            return numbers.iter().map(|_| Recalled::Gone).collect();
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let chunks = numbers.chunks(numbers.len().div_ceil(threads).max(1)).map(|chunk| {
            let (shared, chunk) = (Arc::clone(&shared), chunk.to_vec());
            let count = chunk.len();
            let recalled = move || {
                chunk
                    .into_iter()
                    .map(|number| recalled(&shared, number))
                    .collect::<Vec<_>>()
            };
            (count, tokio::task::spawn_blocking(recalled))
        });
        let mut all: Vec<Recalled<Running>> = Vec::with_capacity(numbers.len());
        for (count, chunk) in chunks.collect::<Vec<_>>() {
            let chunk = chunk.await;
            all.extend(chunk.unwrap_or_else(|_| (0..count).map(|_| Recalled::Later(UNAVAILABLE)).collect()));
        }
        all
    }

    async fn written(&self, execution: Weak<Running>) {
        while let Some(running) = execution.upgrade() {
            let ack = running.ack();
            let is_withdrawn = running.is_out_of_store();
            drop(running);
            match ack.wait().await {
                Err(error) if error.kind() == ErrorKind::Store && !is_withdrawn => {}
                _ => return,
            }
        }
    }
}

fn recalled(shared: &Arc<Shared>, number: u64) -> Recalled<Running> {
    match shared.recall(number) {
        Ok(Some(running)) => Recalled::Here(running),
        Ok(None) => Recalled::Gone,
        Err(error) => {
            tracing::error!(execution = number, %error, "an execution whose time has come cannot be read from the store");
            let is_unavailable = error.kind() == StoreErrorKind::Unavailable;
            Recalled::Later(if is_unavailable { UNAVAILABLE } else { DAMAGED })
        }
    }
}
