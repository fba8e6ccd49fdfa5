//! The deadlines of an execution's frames, earliest first.

use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::frame_key::FrameKey;
use super::time::Timestamp;

/// A queue of wake-ups. A frame whose deadline changed leaves a stale entry behind; stale entries are skipped.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub(crate) struct Timers {
    // Most executions have one timer at a time, which takes no allocation.
    earliest: Option<Timer>,
    #[expect(
        clippy::box_collection,
        reason = "most executions never have more, and should not take the memory"
    )]
    others: Option<Box<BinaryHeap<Reverse<Timer>>>>,
    armed: u64,
}

/// One wake-up; equal times keep the order of arming.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Timer {
    at: Timestamp,
    sequence: u64,
    frame: FrameKey,
}

/// The timers in a snapshot.
#[derive(Serialize, Deserialize)]
struct Stored {
    heap: Vec<Timer>,
    armed: u64,
}

impl Timers {
    pub(crate) fn arm(&mut self, at: Timestamp, frame: FrameKey) {
        let timer = Timer {
            at,
            sequence: self.armed,
            frame,
        };
        self.armed = self.armed.wrapping_add(1);
        self.insert(timer);
    }

    fn insert(&mut self, timer: Timer) {
        let later = match &mut self.earliest {
            None => {
                self.earliest = Some(timer);
                return;
            }
            Some(earliest) if timer < *earliest => std::mem::replace(earliest, timer),
            Some(_) => timer,
        };
        self.others.get_or_insert_default().push(Reverse(later));
    }

    pub(crate) fn earliest(&self) -> Option<(Timestamp, FrameKey)> {
        self.earliest.map(|timer| (timer.at, timer.frame))
    }

    /// Removes the earliest wake-up.
    pub(crate) fn pop(&mut self) -> Option<(Timestamp, FrameKey)> {
        let next = self.others.as_mut().and_then(|others| others.pop());
        let earliest = std::mem::replace(&mut self.earliest, next.map(|Reverse(timer)| timer))?;
        Some((earliest.at, earliest.frame))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.earliest.is_none()
    }

    /// Every wake-up, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Timestamp, FrameKey)> {
        self.all().map(|timer| (timer.at, timer.frame))
    }

    fn all(&self) -> impl Iterator<Item = Timer> {
        let others = self.others.iter().flat_map(|others| others.iter());
        self.earliest.into_iter().chain(others.map(|Reverse(timer)| *timer))
    }

    pub(crate) fn clear(&mut self) {
        self.earliest = None;
        self.others = None;
    }
}

impl From<Stored> for Timers {
    fn from(stored: Stored) -> Self {
        let mut timers = Self {
            armed: stored.armed,
            ..Self::default()
        };
        for timer in stored.heap {
            timers.insert(timer);
        }
        timers
    }
}

impl From<Timers> for Stored {
    fn from(timers: Timers) -> Self {
        Self {
            heap: timers.all().collect(),
            armed: timers.armed,
        }
    }
}
