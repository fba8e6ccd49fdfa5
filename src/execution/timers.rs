//! The deadlines of an execution's frames, earliest first.

use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::frame_key::FrameKey;
use super::time::Timestamp;

/// A queue of wake-ups. A frame whose deadline changed leaves a stale entry behind; stale entries are skipped.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Timers {
    heap: BinaryHeap<Reverse<Timer>>,
    armed: u64,
}

/// One wake-up; equal times keep the order of arming.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Timer {
    at: Timestamp,
    sequence: u64,
    frame: FrameKey,
}

impl Timers {
    pub(crate) fn arm(&mut self, at: Timestamp, frame: FrameKey) {
        if self.heap.is_empty() {
            // Most executions have one timer at a time.
            self.heap.reserve_exact(1);
        }
        self.heap.push(Reverse(Timer {
            at,
            sequence: self.armed,
            frame,
        }));
        self.armed = self.armed.wrapping_add(1);
    }

    pub(crate) fn earliest(&self) -> Option<(Timestamp, FrameKey)> {
        self.heap.peek().map(|Reverse(timer)| (timer.at, timer.frame))
    }

    /// Removes the earliest wake-up.
    pub(crate) fn pop(&mut self) -> Option<(Timestamp, FrameKey)> {
        self.heap.pop().map(|Reverse(timer)| (timer.at, timer.frame))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// Every wake-up, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Timestamp, FrameKey)> {
        self.heap.iter().map(|Reverse(timer)| (timer.at, timer.frame))
    }

    pub(crate) fn clear(&mut self) {
        self.heap.clear();
    }
}
