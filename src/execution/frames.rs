//! Frames: the running graphs of an execution, as plain data.

use indexmap::{IndexMap, IndexSet};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

use super::command::{Timestamp, seconds_later};
use super::engine::Core;
use super::intent::Invoke;
use super::map_run::MapRunProgress;
use super::program::{GraphId, StateId};
use crate::data::{MapItemContext, Payload, VariableScope, json_size};

/// One running graph: the machine itself, a branch or an iteration. It is in one state at a time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Frame {
    pub(crate) serial: u32,
    /// The frame whose Parallel or Map forked this one; `None` for the machine itself.
    pub(crate) parent: Option<FrameKey>,
    /// Which branch or item.
    pub(crate) index: usize,
    pub(crate) state: StateId,
    /// The raw input of the state; `None` only while the engine works on it.
    pub(crate) raw_input: Option<Payload>,
    /// The variables of this scope; outer ones are found in the parents.
    // Boxed, because most frames assign nothing, and a frame is kept small.
    pub(crate) variables: Option<Box<IndexMap<String, Arc<Value>>>>,
    /// The id of this frame's last event: the next one's `previousEventId`.
    pub(crate) last_event: u64,
    /// The id of the state's `…StateEntered` event.
    pub(crate) entered_event: u64,
    pub(crate) entered_time: Timestamp,
    /// Retries of this state so far.
    pub(crate) retry_count: u32,
    /// Retries by Retrier; empty before the first.
    pub(crate) retries: Vec<u32>,
    pub(crate) activity: Activity,
    /// When the frame must be woken.
    pub(crate) deadline: Option<Timestamp>,
}

/// What a frame is doing.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Activity {
    /// It stands in the ready queue and enters its state next.
    Entering,
    /// A Wait state waits.
    Waiting,
    /// The state failed and is tried again at the deadline.
    Backoff,
    /// A Task waits for its answer.
    Task(Box<TaskAttempt>),
    /// A Parallel or Map waits for its graphs.
    Fork(Box<ForkProgress>),
    /// A distributed Map waits for its Map Run.
    MapRun(Box<MapRunProgress>),
}

/// A Task's attempt in flight.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TaskAttempt {
    pub(crate) generation: u32,
    pub(crate) input: Payload,
    pub(crate) timeout_seconds: Option<u32>,
    pub(crate) heartbeat_seconds: Option<u32>,
    pub(crate) credentials: Option<Payload>,
    pub(crate) token: Option<String>,
    pub(crate) times_out_at: Option<Timestamp>,
    pub(crate) heartbeat_due_at: Option<Timestamp>,
}

impl TaskAttempt {
    /// Heartbeats are waited for only where the work goes on after the call.
    pub(crate) fn new(invoke: Invoke, generation: u32, beats: bool, now: Timestamp) -> Self {
        let after = |seconds: u32| seconds_later(now, seconds);
        Self {
            generation,
            times_out_at: invoke.timeout_seconds.map(after),
            heartbeat_due_at: invoke.heartbeat_seconds.filter(|_| beats).map(after),
            input: invoke.input,
            timeout_seconds: invoke.timeout_seconds,
            heartbeat_seconds: invoke.heartbeat_seconds,
            credentials: invoke.credentials,
            token: invoke.token,
        }
    }

    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        [self.times_out_at, self.heartbeat_due_at].into_iter().flatten().min()
    }
}

/// A Parallel or Map whose graphs run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ForkProgress {
    /// The graphs by index; a Map has one for all.
    pub(crate) graphs: Arc<[GraphId]>,
    /// The items of a Map; `None` for a Parallel.
    pub(crate) items: Option<Payload>,
    /// What every branch gets; a Map's effective input.
    pub(crate) input: Payload,
    /// Graphs at once.
    pub(crate) limit: usize,
    /// How many graphs there are.
    pub(crate) total: usize,
    /// How many were started.
    pub(crate) started: usize,
    /// The frames that run, in no order.
    pub(crate) running: IndexSet<FrameKey>,
    /// The outputs by index; `Null` where there is none yet.
    pub(crate) results: Vec<Value>,
    /// The sum of the outputs' size bounds.
    #[serde(skip)]
    pub(crate) results_bound: usize,
}

/// Where a frame stands, and which of the frames that stood there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct FrameKey {
    pub(crate) slot: u32,
    pub(crate) serial: u32,
}

/// All frames of an execution. Slots are used again; serials are not.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Frames {
    slots: Vec<Option<Frame>>,
    free: Vec<u32>,
    /// Numbers frames and task attempts.
    serials: u32,
}

impl Frames {
    pub(crate) fn next_serial(&mut self) -> u32 {
        self.serials = self.serials.wrapping_add(1);
        self.serials
    }

    pub(crate) fn insert(&mut self, mut frame: Frame) -> FrameKey {
        frame.serial = self.next_serial();
        let serial = frame.serial;
        if let Some(slot) = self.free.pop()
            && let Some(place) = self.slots.get_mut(slot as usize)
        {
            *place = Some(frame);
            return FrameKey { slot, serial };
        }
        let slot = u32::try_from(self.slots.len()).unwrap_or(u32::MAX);
        if self.slots.is_empty() {
            // Most executions never fork: one frame is all they need.
            self.slots.reserve_exact(1);
        }
        self.slots.push(Some(frame));
        FrameKey { slot, serial }
    }

    #[inline]
    pub(crate) fn get(&self, key: FrameKey) -> Option<&Frame> {
        self.slots
            .get(key.slot as usize)?
            .as_ref()
            .filter(|frame| frame.serial == key.serial)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, key: FrameKey) -> Option<&mut Frame> {
        self.slots
            .get_mut(key.slot as usize)?
            .as_mut()
            .filter(|frame| frame.serial == key.serial)
    }

    /// The frame in a slot, whichever it is.
    pub(crate) fn in_slot(&self, slot: u32) -> Option<(FrameKey, &Frame)> {
        let frame = self.slots.get(slot as usize)?.as_ref()?;
        Some((
            FrameKey {
                slot,
                serial: frame.serial,
            },
            frame,
        ))
    }

    pub(crate) fn remove(&mut self, key: FrameKey) -> Option<Frame> {
        self.get(key)?;
        let frame = self.slots.get_mut(key.slot as usize)?.take();
        self.free.push(key.slot);
        frame
    }

    /// Every frame, in the order of the slots.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (FrameKey, &Frame)> {
        (0u32..).zip(&self.slots).filter_map(|(slot, frame)| {
            frame.as_ref().map(|frame| {
                (
                    FrameKey {
                        slot,
                        serial: frame.serial,
                    },
                    frame,
                )
            })
        })
    }

    /// Whether every slot that is free, and no other, is known as such, once.
    pub(crate) fn is_consistent(&self) -> bool {
        let mut free = self.free.clone();
        free.sort_unstable();
        let empty = (0u32..).zip(&self.slots).filter(|(_, frame)| frame.is_none());
        free.into_iter().eq(empty.map(|(slot, _)| slot))
    }

    /// Measures the results of all forks, which a snapshot does not tell.
    pub(crate) fn measure_results(&mut self) {
        for frame in self.slots.iter_mut().flatten() {
            if let Activity::Fork(fork) = &mut frame.activity {
                fork.results_bound = fork.results.iter().map(|result| json_size(result) + 1).sum();
            }
        }
    }

    /// The child executions of all Map Runs.
    pub(crate) fn children_mut(&mut self) -> impl Iterator<Item = &mut Core> {
        self.slots.iter_mut().flatten().flat_map(|frame| {
            match &mut frame.activity {
                Activity::MapRun(run) => Some(run.children.values_mut().map(|child| &mut *child.core)),
                _ => None,
            }
            .into_iter()
            .flatten()
        })
    }

    /// The item of the innermost Map around a frame, for `$$.Map.Item`.
    pub(crate) fn map_item<'a>(&'a self, frame: &'a Frame) -> Option<MapItemContext<'a>> {
        let mut frame = frame;
        while let Some(parent) = frame.parent.and_then(|key| self.get(key)) {
            if let Activity::Fork(fork) = &parent.activity
                && let Some(items) = &fork.items
            {
                let value = items.value().get(frame.index);
                return Some(MapItemContext::element(frame.index, value));
            }
            frame = parent;
        }
        None
    }
}

/// The workflow variables that a frame sees: its own, then its parents'.
#[derive(Clone, Copy)]
pub(crate) struct VisibleVariables<'a> {
    pub(crate) frames: &'a Frames,
    pub(crate) frame: &'a Frame,
}

impl VariableScope for VisibleVariables<'_> {
    fn variable(&self, name: &str) -> Option<&Value> {
        let mut frame = self.frame;
        loop {
            if let Some(value) = frame.variables.as_ref().and_then(|variables| variables.get(name)) {
                return Some(value);
            }
            frame = frame.parent.and_then(|key| self.frames.get(key))?;
        }
    }
}
