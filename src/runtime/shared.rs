//! What all executions of an interpreter share.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tokio::runtime::Handle;

use super::activity::Activities;
use super::host::Host;
use super::running::Running;
use super::settings::Settings;
use super::task_tokens::TaskTokens;
use crate::error::{Error, ErrorKind};
use crate::execution::TaskId;
use crate::handlers::Functions;

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) settings: Settings,
    pub(super) functions: Functions,
    pub(super) activities: Activities,
    live: Mutex<Live>,
}

#[derive(Debug, Default)]
struct Live {
    executions: HashMap<Arc<str>, Arc<Running>>,
    tokens: TaskTokens,
    hosts: Vec<Arc<Host>>,
    closed: bool,
}

impl Shared {
    pub(super) fn new(mut settings: Settings) -> Arc<Self> {
        let mut activities = Activities::default();
        for activity in &settings.activities {
            activities.declare(activity);
        }
        Arc::new(Self {
            functions: Functions::serve(&mut settings.handlers),
            settings,
            activities,
            live: Mutex::default(),
        })
    }

    /// The host of the runtime that this is called in.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub(super) fn host(self: &Arc<Self>) -> Arc<Host> {
        let runtime = Handle::current().id();
        let known = |live: &Live| live.hosts.iter().find(|host| host.runtime.id() == runtime).cloned();
        if let Some(host) = known(&self.live()) {
            return host;
        }
        // Started without the lock: a runtime that shuts down drops the timer at once, and that asks for the lock.
        let started = Host::start(self.settings.clock.clone().unwrap_or_default(), Arc::downgrade(self));
        let mut live = self.live();
        if let Some(host) = known(&live) {
            // Without the lock again, as `started` is dropped.
            drop(live);
            return host;
        }
        live.hosts.push(Arc::clone(&started));
        started
    }

    /// Lets an execution run. Errors after [`Shared::close`], while another of its name runs, and in a runtime that shuts
    /// down.
    pub(super) fn admit(&self, running: &Arc<Running>) -> Result<(), Error> {
        let mut live = self.live();
        if live.closed {
            return Err(Error::new(
                ErrorKind::ShutDown,
                "the interpreter is shut down and starts nothing any more",
            ));
        }
        if running.host.has_ended() {
            return Err(Error::new(
                ErrorKind::ShutDown,
                "the tokio runtime shuts down and starts nothing any more",
            ));
        }
        match live.executions.entry(Arc::clone(&running.arn)) {
            Entry::Vacant(place) => {
                place.insert(Arc::clone(running));
                Ok(())
            }
            Entry::Occupied(_) => Err(Error::new(
                ErrorKind::InvalidInput,
                format!("the execution `{}` is running already", running.arn),
            )),
        }
    }

    /// The execution has ended.
    pub(super) fn remove(&self, running: &Running) {
        let mut live = self.live();
        let known = live.executions.get(&running.arn);
        if known.is_some_and(|known| std::ptr::eq(Arc::as_ptr(known), running)) {
            live.executions.remove(&running.arn);
        }
    }

    pub(super) fn running(&self) -> usize {
        self.live().executions.len()
    }

    /// Admits nothing any more; what was admitted and runs.
    pub(super) fn close(&self) -> Vec<Arc<Running>> {
        let mut live = self.live();
        live.closed = true;
        live.executions.values().cloned().collect()
    }

    /// Ends what ran in a runtime that has shut down.
    pub(super) fn stop_without_host(&self) {
        let mut live = self.live();
        let hosts = std::mem::take(&mut live.hosts);
        let (ended, hosts): (Vec<_>, Vec<_>) = hosts.into_iter().partition(|host| host.has_ended());
        live.hosts = hosts;
        let orphans = live.executions.values().filter(|running| running.host.has_ended());
        let orphans: Vec<_> = orphans.cloned().collect();
        drop(live);
        drop(ended);
        for running in orphans {
            running.shut_down("the tokio runtime that it ran in was shut down");
        }
    }

    /// Makes a task known by its token; whether it is, as no task takes the token of another.
    #[must_use]
    pub(super) fn remember_token(&self, token: &str, running: Weak<Running>, task: TaskId) -> bool {
        self.live().tokens.remember(token, running, task)
    }

    /// The task of a token has ended.
    pub(super) fn end_token(&self, token: &str) {
        self.live().tokens.end(token);
    }

    /// Who waits for a token's answer.
    pub(super) fn task_of(&self, token: &str) -> Result<(Arc<Running>, TaskId), Error> {
        self.live().tokens.task_of(token)
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
