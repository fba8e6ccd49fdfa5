//! The executions whose batches are written, and how they act afterwards.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

use crate::store::StoreError;

/// How many executions of a group act in one tokio task. A task for each kept the writer, which starts them, from writing.
const ACT_TOGETHER: usize = 32;

/// For how long they do so, while other threads may have nothing to do. Handlers that work without ever waiting take long.
const ACT_FOR: Duration = Duration::from_millis(1);

/// An execution that has batches written.
pub(in crate::runtime) trait Author: fmt::Debug + Send + Sync {
    /// All its batches up to this one are written.
    fn written(&self, batch: u64);

    /// The runtime in which it acts afterwards; `None` if there is nothing more to do.
    fn runtime(&self) -> Option<&Handle>;

    /// Does what was to be done once they were written, also the tasks whose handlers are ready at once: it runs in a tokio
    /// task, whose context this is.
    fn act(self: Arc<Self>, context: &mut Context<'_>);

    /// The store does not write now.
    fn delayed(&self, error: &Arc<StoreError>) -> Fate;

    /// The store will never write this batch.
    fn refused(&self, error: &Arc<StoreError>);

    /// The writer has ended, and nothing more is written.
    fn left_unwritten(&self);

    /// Whether nothing more of it is to be written.
    fn is_withdrawn(&self) -> bool;
}

/// What becomes of a batch that the store did not write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::runtime) enum Fate {
    TryAgain,
    Withdrawn,
}

/// Lets executions do what they waited with.
pub(super) fn act_later(authors: impl Iterator<Item = Arc<dyn Author>>) {
    let mut authors = authors.peekable();
    while let Some(first) = authors.next() {
        let Some(runtime) = first.runtime().cloned() else {
            continue;
        };
        let mut together = Vec::with_capacity(ACT_TOGETHER);
        together.push(first);
        let is_there = |author: &Arc<dyn Author>| author.runtime().is_some_and(|other| other.id() == runtime.id());
        while together.len() < ACT_TOGETHER
            && let Some(author) = authors.next_if(is_there)
        {
            together.push(author);
        }
        act_in(&runtime, together);
    }
}

/// Lets executions act one after the other in one tokio task; once that takes long, each of the others in its own.
fn act_in(runtime: &Handle, together: Vec<Arc<dyn Author>>) {
    let mut authors = together.into_iter();
    runtime.spawn(poll_fn(move |context| {
        let began = instant();
        while let Some(author) = authors.next() {
            author.act(context);
            if began.elapsed() >= ACT_FOR {
                let runtime = Handle::current();
                authors.by_ref().for_each(|author| act_in(&runtime, vec![author]));
            }
        }
        Poll::Ready(())
    }));
}

#[expect(clippy::disallowed_methods, reason = "the driver is where time comes from")]
pub(super) fn instant() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests;
