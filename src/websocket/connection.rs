use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::time::{Instant, timeout};

use super::closure::Closure;
use super::connection_description::ConnectionDescription;
use super::limits::Limits;
use super::post_to_connection::PostToConnectionError;
use super::proxy_event::Identity;

/// One connection, as its tasks and the `@connections` API share it.
pub(super) struct Connection {
    pub(super) id: String,
    pub(super) identity: Identity,
    pub(super) connected_at: DateTime<Utc>,
    /// The `Host` of the upgrade request.
    pub(super) host: String,
    limits: Limits,
    opened: Instant,
    /// Milliseconds from `opened` to when either side last sent something.
    last_active: AtomicU64,
    queue: mpsc::Sender<QueuedMessage>,
    /// One permit a byte that may be queued.
    queue_bytes: Arc<Semaphore>,
    closure: watch::Sender<Option<Closure>>,
}

/// A message that waits for the writer, and its share of the queue.
pub(super) struct QueuedMessage {
    pub(super) payload: String,
    _bytes: OwnedSemaphorePermit,
}

impl Connection {
    /// A connection, and the queue that its writer is to empty.
    pub(super) fn new(
        id: String,
        identity: Identity,
        connected_at: DateTime<Utc>,
        host: String,
        limits: Limits,
    ) -> (Arc<Self>, mpsc::Receiver<QueuedMessage>) {
        let (queue, queued) = mpsc::channel(limits.outbound_queue.min(Semaphore::MAX_PERMITS));
        let connection = Self {
            id,
            identity,
            connected_at,
            host,
            limits,
            opened: Instant::now(),
            last_active: AtomicU64::new(0),
            queue,
            queue_bytes: Arc::new(Semaphore::new(queue_bytes(limits) as usize)),
            closure: watch::Sender::new(None),
        };
        (Arc::new(connection), queued)
    }

    /// Queues a message, waiting for room no longer than `Limits::post_timeout`.
    pub(super) async fn post(&self, payload: String) -> Result<(), PostToConnectionError> {
        if payload.len() > self.limits.message {
            return Err(PostToConnectionError::PayloadTooLarge {
                limit: self.limits.message,
            });
        }
        match timeout(self.limits.post_timeout, self.enqueue(payload)).await {
            Ok(queued) => queued,
            Err(_) => Err(PostToConnectionError::LimitExceeded),
        }
    }

    /// Queues a message when there is room for it, or the connection is gone.
    pub(super) async fn enqueue(&self, payload: String) -> Result<(), PostToConnectionError> {
        let share = u32::try_from(payload.len())
            .unwrap_or(u32::MAX)
            .min(queue_bytes(self.limits));
        let queued = async {
            let bytes = Arc::clone(&self.queue_bytes).acquire_many_owned(share).await.ok()?;
            self.queue.send(QueuedMessage { payload, _bytes: bytes }).await.ok()
        };
        tokio::select! {
            biased;
            _ = self.closed() => Err(PostToConnectionError::Gone),
            queued = queued => queued.ok_or(PostToConnectionError::Gone),
        }
    }

    /// Ends the connection; false if it has ended already, and then the first reason stands.
    pub(super) fn close(&self, closure: Closure) -> bool {
        self.closure.send_if_modified(|current| {
            let first = current.is_none();
            if first {
                *current = Some(closure);
            }
            first
        })
    }

    /// Waits until the connection has ended.
    pub(super) async fn closed(&self) -> Closure {
        let mut closure = self.closure.subscribe();
        match closure.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(closure)) => closure.clone(),
            // Not reachable: the sender is ours, and the value is some.
            _ => Closure::ABNORMAL,
        }
    }

    /// Why the connection has ended, if it has.
    pub(super) fn closure(&self) -> Option<Closure> {
        self.closure.borrow().clone()
    }

    /// Notes that one of the sides has sent something.
    pub(super) fn touch(&self) {
        let active = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last_active.fetch_max(active, Ordering::Relaxed);
    }

    /// When the connection will have been idle for too long, if nothing is sent until then.
    pub(super) fn idle_deadline(&self) -> Instant {
        after(self.opened, self.last_active().saturating_add(self.limits.idle_timeout))
    }

    /// When the connection will have been open for too long.
    pub(super) fn age_deadline(&self) -> Instant {
        after(self.opened, self.limits.connection_duration)
    }

    pub(super) fn describe(&self) -> ConnectionDescription {
        let active = TimeDelta::from_std(self.last_active()).unwrap_or_default();
        ConnectionDescription {
            connected_at: self.connected_at,
            identity: self.identity.clone(),
            last_active_at: self
                .connected_at
                .checked_add_signed(active)
                .unwrap_or(self.connected_at),
        }
    }

    fn last_active(&self) -> Duration {
        Duration::from_millis(self.last_active.load(Ordering::Relaxed))
    }
}

/// How many bytes may be queued: four of the longest messages.
fn queue_bytes(limits: Limits) -> u32 {
    let bytes = limits.message.saturating_mul(4).min(Semaphore::MAX_PERMITS);
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// An instant that far away, or farther than any connection lasts where the clock cannot tell.
fn after(start: Instant, duration: Duration) -> Instant {
    const FAR: Duration = Duration::from_hours(365 * 24);
    start.checked_add(duration).unwrap_or_else(|| start + FAR)
}
