//! What all executions of an interpreter share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::clock::Clock;
use super::running::Running;
use super::timer_queue::TimerQueue;
use crate::execution::TaskId;
use crate::handlers::Registry;

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) handlers: Registry,
    pub(super) clock: Clock,
    pub(super) timer: TimerQueue,
    pub(super) runtime: tokio::runtime::Handle,
    live: Mutex<Live>,
}

#[derive(Debug, Default)]
struct Live {
    executions: HashMap<Arc<str>, Arc<Running>>,
    tokens: HashMap<String, (Weak<Running>, TaskId)>,
    closed: bool,
}

impl Shared {
    pub(super) fn new(handlers: Registry, clock: Clock, runtime: tokio::runtime::Handle) -> Arc<Self> {
        Arc::new(Self {
            handlers,
            clock,
            timer: TimerQueue::start(),
            runtime,
            live: Mutex::default(),
        })
    }

    pub(super) fn add(&self, running: &Arc<Running>) {
        self.live()
            .executions
            .insert(Arc::clone(&running.arn), Arc::clone(running));
    }

    pub(super) fn remove(&self, arn: &str) {
        self.live().executions.remove(arn);
    }

    pub(super) fn is_running(&self, arn: &str) -> bool {
        self.live().executions.contains_key(arn)
    }

    pub(super) fn executions(&self) -> Vec<Arc<Running>> {
        self.live().executions.values().cloned().collect()
    }

    pub(super) fn close(&self) {
        self.live().closed = true;
    }

    pub(super) fn is_closed(&self) -> bool {
        self.live().closed
    }

    pub(super) fn remember_token(&self, token: &str, running: &Arc<Running>, task: TaskId) {
        self.live()
            .tokens
            .insert(token.to_owned(), (Arc::downgrade(running), task));
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
