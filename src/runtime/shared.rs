//! What all executions of an interpreter share.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tokio::runtime::Handle;

use super::clock::Clock;
use super::host::Host;
use super::running::Running;
use crate::error::{Error, ErrorKind};
use crate::execution::TaskId;
use crate::handlers::{Functions, Registry};

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) handlers: Registry,
    pub(super) functions: Functions,
    /// Without one, each runtime has the system's time.
    clock: Option<Clock>,
    live: Mutex<Live>,
}

#[derive(Debug, Default)]
struct Live {
    executions: HashMap<Arc<str>, Arc<Running>>,
    tokens: HashMap<String, (Weak<Running>, TaskId)>,
    hosts: Vec<Arc<Host>>,
    closed: bool,
}

impl Shared {
    pub(super) fn new(mut handlers: Registry, clock: Option<Clock>) -> Arc<Self> {
        Arc::new(Self {
            functions: Functions::serve(&mut handlers),
            handlers,
            clock,
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
        let started = Host::start(self.clock.clone().unwrap_or_default(), Arc::downgrade(self));
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
        match self.live().tokens.entry(token.to_owned()) {
            Entry::Vacant(place) => {
                place.insert((running, task));
                true
            }
            Entry::Occupied(_) => false,
        }
    }

    pub(super) fn forget_token(&self, token: &str) {
        self.live().tokens.remove(token);
    }

    pub(super) fn task_of(&self, token: &str) -> Option<(Arc<Running>, TaskId)> {
        let (running, task) = self.live().tokens.get(token)?.clone();
        Some((running.upgrade()?, task))
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{Registry, Shared, TaskId, Weak};

    #[test]
    fn no_task_takes_the_token_of_another() {
        let shared = Shared::new(Registry::default(), None);
        let task = |generation| TaskId { frame: 0, generation };
        assert!(shared.remember_token("token", Weak::new(), task(1)));
        assert!(!shared.remember_token("token", Weak::new(), task(2)));
        shared.forget_token("token");
        assert!(shared.remember_token("token", Weak::new(), task(2)));
    }
}
