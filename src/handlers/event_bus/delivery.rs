//! Delivers each event to each of its targets, in separate tasks.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep};

use super::rule_target::{RuleTarget, Sent};
use super::target::{DeadLetter, ExhaustedRetryCondition, TargetError};
use crate::services::event_bridge::Event;

/// One event on its way to one target.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) event: Arc<Event>,
    pub(super) target: Arc<RuleTarget>,
    pub(super) sent: Arc<Sent>,
}

/// All deliveries of a bus.
#[derive(Debug, Clone)]
pub(super) struct Deliveries {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: watch::Sender<State>,
    /// Separate from the state, so that deliveries waiting for a retry are not woken when others begin or end.
    closing: watch::Sender<bool>,
    lines: Mutex<HashMap<LineId, VecDeque<Waiting>>>,
}

#[derive(Debug, Default)]
struct State {
    pending: usize,
    is_closing: bool,
}

/// Deliveries that must be in order: those with the same target address and ordering key.
///
/// INVARIANT: a line is in the map exactly while a task works on it, and that task holds the target.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct LineId {
    target: usize,
    key: String,
}

#[derive(Debug)]
struct Waiting {
    delivery: Delivery,
    put_at: Instant,
    pending: Pending,
    /// Dropped when it is done, for a `put_events` that waits.
    on_its_way: mpsc::Sender<Infallible>,
}

/// Counts as a pending delivery until dropped, so that the count is right even if its task panics.
#[derive(Debug)]
struct Pending(Arc<Shared>);

impl Drop for Pending {
    fn drop(&mut self) {
        self.0
            .state
            .send_modify(|state| state.pending = state.pending.saturating_sub(1));
    }
}

/// The reasons why deliveries were not begun.
#[derive(Debug, PartialEq)]
pub(super) enum Refused {
    Closing,
    Full,
}

impl Deliveries {
    pub(super) fn new() -> Self {
        let shared = Shared {
            state: watch::Sender::new(State::default()),
            closing: watch::Sender::new(false),
            lines: Mutex::default(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Begins all deliveries, or none if the bus is closing or more than `maximum` would be pending.
    pub(super) fn begin(
        &self,
        deliveries: Vec<Delivery>,
        maximum: usize,
        runtime: &Handle,
        on_its_way: &mpsc::Sender<Infallible>,
    ) -> Result<(), Refused> {
        let mut refused = None;
        self.shared.state.send_if_modified(|state| {
            let pending = state.pending.saturating_add(deliveries.len());
            refused = match () {
                () if state.is_closing => Some(Refused::Closing),
                () if pending > maximum => Some(Refused::Full),
                () => None,
            };
            if refused.is_none() {
                state.pending = pending;
            }
            refused.is_none()
        });
        if let Some(refused) = refused {
            return Err(refused);
        }
        let put_at = Instant::now();
        for delivery in deliveries {
            let waiting = Waiting {
                delivery,
                put_at,
                pending: Pending(Arc::clone(&self.shared)),
                on_its_way: on_its_way.clone(),
            };
            self.start(waiting, runtime);
        }
        Ok(())
    }

    /// Waits until nothing is pending.
    pub(super) async fn idle(&self) {
        // The sender is in `self`, so it cannot be gone while we wait.
        let _ = self.shared.state.subscribe().wait_for(|state| state.pending == 0).await;
    }

    pub(super) fn is_closing(&self) -> bool {
        self.shared.state.borrow().is_closing
    }

    /// Refuses new deliveries and retries.
    pub(super) fn close(&self) {
        self.shared.state.send_modify(|state| state.is_closing = true);
        self.shared.closing.send_replace(true);
    }

    fn start(&self, waiting: Waiting, runtime: &Handle) {
        let shared = Arc::clone(&self.shared);
        let Some(key) = waiting.delivery.target.ordering_key(&waiting.delivery.event) else {
            runtime.spawn(async move { shared.deliver(waiting).await });
            return;
        };
        let target = Arc::clone(&waiting.delivery.target);
        let line = LineId {
            target: Arc::as_ptr(&target).addr(),
            key,
        };
        let mut lines = self.shared.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = lines.get_mut(&line) {
            line.push_back(waiting);
            return;
        }
        lines.insert(line.clone(), VecDeque::from([waiting]));
        drop(lines);
        runtime.spawn(async move {
            while let Some(next) = shared.next_of(&line) {
                shared.deliver(next).await;
            }
            drop(target);
        });
    }
}

impl Shared {
    /// The next delivery in a line; an empty line ends.
    fn next_of(&self, line: &LineId) -> Option<Waiting> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let next = lines.get_mut(line)?.pop_front();
        if next.is_none() {
            lines.remove(line);
        }
        next
    }

    async fn deliver(&self, waiting: Waiting) {
        let Waiting {
            delivery,
            put_at,
            pending,
            on_its_way,
        } = waiting;
        let mut attempts: u32 = 0;
        let (error, condition) = loop {
            attempts = attempts.saturating_add(1);
            let Err(error) = delivery.attempt().await else {
                return;
            };
            tracing::debug!(rule = delivery.sent.rule.name(), target = delivery.target.id(), %error, "delivery failed");
            if error.is_final() {
                break (error, ExhaustedRetryCondition::NotRetryable);
            }
            let wait = match delivery.target.policy().next_wait(attempts, put_at.elapsed()) {
                Ok(wait) => wait,
                Err(condition) => break (error, condition),
            };
            let mut closing = self.closing.subscribe();
            tokio::select! {
                biased;
                _ = closing.wait_for(|closing| *closing) => break (error, ExhaustedRetryCondition::Shutdown),
                () = sleep(wait) => {}
            }
        };
        delivery.give_up(error, attempts, condition);
        drop((pending, on_its_way));
    }
}

impl Delivery {
    /// Tries once, in a separate task, so that a panic of the target only fails this delivery.
    async fn attempt(&self) -> Result<(), TargetError> {
        let (event, target, sent) = (
            Arc::clone(&self.event),
            Arc::clone(&self.target),
            Arc::clone(&self.sent),
        );
        let attempt = tokio::spawn(async move { target.deliver(&event, &sent).await });
        attempt
            .await
            .unwrap_or_else(|error| Err(TargetError::new("TargetPanicked", error.to_string())))
    }

    fn give_up(&self, error: TargetError, attempts: u32, exhausted_retry_condition: ExhaustedRetryCondition) {
        let rule = &self.sent.rule;
        let Some(hook) = self.target.dead_letter_hook() else {
            let target = self.target.id();
            tracing::warn!(rule = rule.name(), target, event = self.event.id, attempts, %error, "event dropped");
            return;
        };
        let letter = DeadLetter {
            event: (*self.event).clone(),
            rule: rule.name().to_owned(),
            rule_arn: rule.arn(&self.event.region, &self.event.account),
            target_id: self.target.id().to_owned(),
            error,
            attempts,
            exhausted_retry_condition,
        };
        // A line of ordered deliveries must outlive a hook that panics.
        if catch_unwind(AssertUnwindSafe(|| hook(letter))).is_err() {
            tracing::error!(
                rule = rule.name(),
                target = self.target.id(),
                "dead letter hook panicked"
            );
        }
    }
}
