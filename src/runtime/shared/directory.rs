//! The running executions, as each of them sees the others.

use chrono::{DateTime, Utc};
use std::sync::{Arc, Weak};

use super::Shared;
use crate::error::{Error, ErrorKind};
#[cfg(feature = "otel")]
use crate::execution::Execution;
use crate::execution::{Outcome, Program, TaskId};
use crate::runtime::activity_queue::ActivityQueue;
use crate::runtime::executions::runs_already;
use crate::runtime::handle::ExecutionHandle;
use crate::runtime::handler_table::HandlerTable;
use crate::runtime::host::Host;
use crate::runtime::mocks::Mocks;
use crate::runtime::recorder::Recorder;
use crate::runtime::running::{Directory, Running};
use crate::runtime::shutdown::LiveHandler;
use crate::runtime::task_tokens::Key;
#[cfg(all(feature = "otel", feature = "store"))]
use crate::store::StoredTrace;
#[cfg(feature = "otel")]
use crate::telemetry::Observed;

impl Shared {
    /// Errors after the shutdown of the interpreter, and in a tokio runtime that is shutting down. Call it with the part locked
    /// that an execution is to belong to.
    pub(super) fn check_open(&self, host: &Host<Running>) -> Result<(), Error> {
        if self.executions.is_closed() {
            return Err(Error::new(
                ErrorKind::ShutDown,
                "the interpreter is shut down and starts nothing any more",
            ));
        }
        if host.has_ended() {
            return Err(Error::new(
                ErrorKind::ShutDown,
                "the tokio runtime shuts down and starts nothing any more",
            ));
        }
        Ok(())
    }
}

impl Directory for Shared {
    fn admit(&self, running: &Arc<Running>) -> Result<(), Error> {
        #[cfg(feature = "store")]
        let _asked = self.ask_for_name(running)?;
        let mut part = self.executions.part_of(&running.arn);
        self.check_open(&running.host)?;
        // One that is redriven by one handle may be in the store alone by now, and unknown to another handle.
        #[cfg(feature = "store")]
        let is_free = !running.number().is_some_and(|number| self.paging.contains(number));
        #[cfg(not(feature = "store"))]
        let is_free = true;
        if is_free && part.insert(running) {
            // Under the lock, as for the end: one that is redriven is found in one place.
            let kept = self.ended.upgrade().and_then(|ended| ended.release(running));
            drop(part);
            drop(kept);
            return Ok(());
        }
        Err(runs_already(&running.arn))
    }

    #[cfg(feature = "store")]
    fn withdraw(&self, running: &Running) {
        self.executions.part_of(&running.arn).remove(running);
    }

    fn remove(&self, running: &Running, end: Option<(&Outcome, DateTime<Utc>)>, bytes: usize) {
        self.executions.note_end();
        let mut part = self.executions.part_of(&running.arn);
        let Some(removed) = part.remove(running) else {
            return;
        };
        let catalogue = self.catalogue();
        let told = catalogue.map(|catalogue| (catalogue, ExecutionHandle::new(Arc::clone(&removed))));
        // A store remembers the names itself, but not that of a start that it did not write.
        if running.origin.keeps_name && !running.is_durable() {
            let now = running.host.clock.now();
            self.names().closed.insert(&running.arn, now);
        }
        let keeper = self.ended.upgrade().filter(|_| !running.host.has_ended());
        let gone = match keeper {
            // Under the lock, so that the execution is always found in one place or the other.
            Some(ended) => ended.keep(removed, bytes, self.kept()),
            None => vec![removed],
        };
        drop(part);
        drop(gone);
        if let Some((catalogue, execution)) = told {
            catalogue.ended(execution, end, bytes);
        }
    }

    fn handlers_of(&self, program: &Arc<Program>) -> Arc<HandlerTable> {
        self.tables.of(program, || {
            HandlerTable::new(program, |resource| self.handler_of(resource))
        })
    }

    fn check_handlers(&self, program: &Arc<Program>, arn: &str) -> Result<(), Error> {
        // Under a catalogue a task without a handler fails, as after a start there.
        if self.settings.catalogue.is_some() {
            return Ok(());
        }
        (self.check_handlers)(program, self, arn)
    }

    fn handler_starts(&self) -> LiveHandler {
        self.handlers.add()
    }

    fn recorder(&self) -> Option<&dyn Recorder> {
        self.settings.recorder.as_deref()
    }

    #[cfg(feature = "otel")]
    fn observe_again(
        &self,
        execution: &mut Execution,
        #[cfg(feature = "store")] kept: Option<StoredTrace>,
    ) -> Option<Box<Observed>> {
        self.observed_again(
            execution,
            #[cfg(feature = "store")]
            kept,
        )
    }

    fn mocks(&self) -> Option<&dyn Mocks> {
        self.settings.mocks.as_deref()
    }

    fn activity(&self, arn: &str) -> Option<Arc<ActivityQueue>> {
        self.activities.find(arn)
    }

    fn remember_token(&self, token: &str, running: Weak<Running>, task: TaskId) -> bool {
        self.names().tokens.remember(Key::of(token), running, task)
    }

    fn end_token(&self, token: &str) {
        self.names().tokens.end(Key::of(token));
    }

    #[cfg(feature = "store")]
    fn rests(&self, running: Arc<Running>) {
        self.note_rest(running);
    }

    #[cfg(feature = "store")]
    fn page_out(&self, tries: usize) -> (usize, bool) {
        let left = self.page_out_some(tries);
        (left, self.paging.is_crowded())
    }
}
