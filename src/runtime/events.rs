//! The events of an execution as a stream.

use futures_core::Stream;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::running::Running;
use crate::history::HistoryEvent;

/// The events of an execution, from the first to the last; see [`ExecutionHandle::events`](super::ExecutionHandle::events).
#[derive(Debug)]
pub struct Events {
    running: Arc<Running>,
    seen: usize,
}

impl Events {
    pub(super) fn new(running: Arc<Running>) -> Self {
        Self { running, seen: 0 }
    }

    /// Waits for the next event; `None` after the last one. Cancelling the wait loses nothing.
    pub async fn next(&mut self) -> Option<HistoryEvent> {
        poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<HistoryEvent>> {
        let event = self.running.poll_event(self.seen, context);
        if let Poll::Ready(Some(_)) = event {
            self.seen += 1;
        }
        event
    }
}

impl Stream for Events {
    type Item = HistoryEvent;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<HistoryEvent>> {
        self.get_mut().poll(context)
    }
}
