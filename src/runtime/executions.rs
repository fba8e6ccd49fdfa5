//! The running executions of an interpreter.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::running::Running;
use crate::error::{Error, ErrorKind};

/// Far more parts than threads that start executions at the same time.
const PARTS: usize = 16;

/// The running executions by ARN, in parts with a lock each, so that threads seldom wait for each other.
#[derive(Debug, Default)]
pub(super) struct Executions {
    parts: [Mutex<Part>; PARTS],
    is_closed: AtomicBool,
    ended: AtomicUsize,
}

/// Some of the running executions, locked.
pub(super) type LockedPart<'a> = MutexGuard<'a, Part>;

#[derive(Debug, Default)]
pub(super) struct Part(HashSet<ByArn>);

impl Executions {
    /// The part that an execution of the ARN belongs to.
    pub(super) fn part_of(&self, arn: &str) -> LockedPart<'_> {
        let [first, rest @ ..] = &self.parts;
        // The last letters differ most: those of a UUID are random.
        let letters = arn.bytes().rev().take(8).map(usize::from);
        let hash = letters.fold(0, |hash: usize, letter| hash.wrapping_mul(31).wrapping_add(letter));
        let part = (hash % PARTS).checked_sub(1).and_then(|index| rest.get(index));
        lock(part.unwrap_or(first))
    }

    /// All of them; nothing starts or ends as long as the parts are kept.
    pub(super) fn all_parts(&self) -> Vec<LockedPart<'_>> {
        self.parts.iter().map(lock).collect()
    }

    /// One of them, if there is one.
    pub(super) fn first(&self) -> Option<Arc<Running>> {
        let mut parts = self.parts.iter().map(lock);
        parts.find_map(|part| part.iter().next().cloned())
    }

    /// Notes that an execution has ended. Call it before it is removed.
    pub(super) fn note_end(&self) {
        self.ended.fetch_add(1, Ordering::SeqCst);
    }

    /// How many executions have ended so far.
    #[cfg(feature = "store")]
    pub(super) fn ended(&self) -> usize {
        self.ended.load(Ordering::SeqCst)
    }

    /// Whether no more executions may start. Read it with the part of the execution locked.
    pub(super) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::SeqCst)
    }

    /// Lets no more executions start. What has started is in the parts that are locked afterwards.
    pub(super) fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
    }
}

impl Part {
    pub(super) fn find(&self, arn: &str) -> Option<Arc<Running>> {
        self.0.get(arn).map(|ByArn(running)| Arc::clone(running))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<Running>> {
        self.0.iter().map(|ByArn(running)| running)
    }

    /// Adds an execution; false if one of its ARN is running.
    #[must_use]
    pub(super) fn insert(&mut self, running: &Arc<Running>) -> bool {
        !self.0.contains(&*running.arn) && self.0.insert(ByArn(Arc::clone(running)))
    }

    /// Removes an execution; `None` if it is not there, or another of its ARN is.
    pub(super) fn remove(&mut self, running: &Running) -> Option<Arc<Running>> {
        let known = self.find(&running.arn)?;
        if !std::ptr::eq(Arc::as_ptr(&known), running) {
            return None;
        }
        self.0.remove(&*running.arn);
        Some(known)
    }
}

/// The error of a start while another execution of its ARN runs.
pub(super) fn runs_already(arn: &str) -> Error {
    Error::new(
        ErrorKind::ExecutionAlreadyExists,
        format!("the execution `{arn}` is running already"),
    )
}

fn lock(part: &Mutex<Part>) -> LockedPart<'_> {
    part.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A running execution under its ARN, which it has itself.
#[derive(Debug)]
struct ByArn(Arc<Running>);

impl Borrow<str> for ByArn {
    fn borrow(&self) -> &str {
        &self.0.arn
    }
}

impl Hash for ByArn {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.arn.hash(state);
    }
}

impl PartialEq for ByArn {
    fn eq(&self, other: &Self) -> bool {
        self.0.arn == other.0.arn
    }
}

impl Eq for ByArn {}
