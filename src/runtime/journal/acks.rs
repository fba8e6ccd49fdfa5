//! Who waits until something is written.

use std::future::Future as _;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{Thread, current, park};
use tokio::sync::oneshot;

use crate::error::{Error, ErrorKind};
use crate::store::StoreError;

/// The error is the one of the store; `None` after the end of the writer.
type Answer = Result<(), Option<Arc<StoreError>>>;

/// How far the batches of an execution are written, and who waits for them.
#[derive(Debug, Default)]
pub(in crate::runtime) struct Acks {
    written: AtomicU64,
    waiting: Mutex<Waiting>,
}

#[derive(Debug)]
enum Waiting {
    Open(Vec<(u64, oneshot::Sender<Answer>)>),
    /// Nothing more is written, and why.
    Closed(Option<Arc<StoreError>>),
}

impl Default for Waiting {
    fn default() -> Self {
        Self::Open(Vec::new())
    }
}

/// Tells when a batch is written.
pub(crate) struct Ack(Option<oneshot::Receiver<Answer>>);

impl Acks {
    /// The number of the last batch that is written; 0 for none.
    pub(in crate::runtime) fn written(&self) -> u64 {
        self.written.load(Ordering::Acquire)
    }

    /// All batches up to this one are written.
    pub(in crate::runtime) fn set_written(&self, batch: u64) {
        self.written.store(batch, Ordering::Release);
        let Waiting::Open(waiting) = &mut *self.waiting() else {
            return;
        };
        for (_, waiter) in waiting.extract_if(.., |(awaited, _)| *awaited <= batch) {
            // Whoever waited may have gone.
            let _ = waiter.send(Ok(()));
        }
    }

    /// Tells all who wait that the store does not write now.
    pub(in crate::runtime) fn fail(&self, error: &Arc<StoreError>) {
        let Waiting::Open(waiting) = &mut *self.waiting() else {
            return;
        };
        for (_, waiter) in waiting.drain(..) {
            let _ = waiter.send(Err(Some(Arc::clone(error))));
        }
    }

    /// Tells all who wait, and who ask later, that nothing more is written: for an error of the store, or since its writer
    /// has ended.
    pub(in crate::runtime) fn close(&self, error: Option<&Arc<StoreError>>) {
        let mut waiting = self.waiting();
        let Waiting::Open(waiters) = &mut *waiting else { return };
        for (_, waiter) in waiters.drain(..) {
            let _ = waiter.send(Err(error.cloned()));
        }
        *waiting = Waiting::Closed(error.cloned());
    }

    /// The acknowledgement of a batch.
    pub(in crate::runtime) fn of(&self, batch: u64) -> Ack {
        let mut waiting = self.waiting();
        // Under the lock, so that a write in between is not missed.
        if self.written() >= batch {
            return Ack(None);
        }
        let (sender, receiver) = oneshot::channel();
        match &mut *waiting {
            Waiting::Open(waiting) => waiting.push((batch, sender)),
            Waiting::Closed(error) => drop(sender.send(Err(error.clone()))),
        }
        Ack(Some(receiver))
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ack {
    /// Nothing is to be waited for.
    pub(in crate::runtime) const NONE: Self = Self(None);

    /// Nothing more is written, since the interpreter shuts down.
    pub(in crate::runtime) fn never() -> Self {
        let (_, receiver) = oneshot::channel();
        Self(Some(receiver))
    }

    /// Waits. Errors if the store does not write now: what was to be written may still be, once it does.
    pub(crate) async fn wait(self) -> Result<(), Error> {
        let Some(receiver) = self.0 else { return Ok(()) };
        match receiver.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(Some(error))) => Err(Error::new(ErrorKind::Store, error.to_string())),
            Ok(Err(None)) | Err(_) => Err(Error::new(
                ErrorKind::ShutDown,
                "the interpreter was shut down before the store had written it",
            )),
        }
    }

    /// The same, and holds the thread meanwhile. The answer comes from the thread of the writer, so this ends in a
    /// runtime of one thread too.
    pub(in crate::runtime) fn wait_here(self) -> Result<(), Error> {
        if self.0.is_none() {
            return Ok(());
        }
        let waker = Waker::from(Arc::new(Unpark(current())));
        let mut context = Context::from_waker(&waker);
        // Without tokio's budget, which would not be filled again while the thread is held.
        let mut waiting = pin!(tokio::task::unconstrained(self.wait()));
        loop {
            match waiting.as_mut().poll(&mut context) {
                Poll::Ready(answer) => return answer,
                Poll::Pending => park(),
            }
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
