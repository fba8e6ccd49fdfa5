//! Frames: the running graphs of an execution, as plain data.

mod activity;
mod frame;
mod remains;

use serde::{Deserialize, Serialize};

use super::map_run_progress::MapRunProgress;
use crate::data::{MapItemContext, Payload, VariableScope, held_size};
#[cfg(feature = "runtime")]
use crate::execution::evaluated::Evaluated;
use crate::execution::frame_key::FrameKey;
use crate::execution::invariant::Invariant;
use crate::execution::program::StateId;

pub(crate) use activity::{Activity, Begun, Evaluating, ForkProgress, TaskAttempt};
pub(crate) use frame::Frame;

/// All frames of an execution. Slots are reused, serial numbers are not.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Frames {
    slots: Vec<Option<Frame>>,
    free: Vec<u32>,
    /// The next number of a frame or task attempt. Both share one sequence, so no number has two meanings.
    serials: u32,
    /// The number of frames waiting for an answer, kept so that events need no search through all frames.
    #[serde(skip)]
    awaiting: usize,
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
            // Most executions never fork and have a single frame.
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

    /// The frame of a key; it must exist.
    #[inline]
    pub(crate) fn at(&self, key: FrameKey) -> Result<&Frame, Invariant> {
        self.get(key).ok_or(Invariant::FrameExists)
    }

    /// The same, mutable.
    #[inline]
    pub(crate) fn at_mut(&mut self, key: FrameKey) -> Result<&mut Frame, Invariant> {
        self.get_mut(key).ok_or(Invariant::FrameExists)
    }

    /// Changes a frame's activity and returns the previous one.
    #[inline]
    pub(crate) fn set_activity(&mut self, key: FrameKey, activity: Activity) -> Result<Activity, Invariant> {
        let frame = self.at_mut(key)?;
        let before = std::mem::replace(&mut frame.activity, activity);
        let awaits = frame.activity.awaits_answers();
        self.count_awaiting(before.awaits_answers(), awaits);
        Ok(before)
    }

    /// Moves a frame on to the state that it enters next.
    #[inline]
    pub(crate) fn move_on(&mut self, key: FrameKey, next: StateId, raw_input: Payload) -> Result<(), Invariant> {
        let frame = self.at_mut(key)?;
        frame.state = next;
        frame.raw_input = Some(raw_input);
        frame.retry_count = 0;
        frame.retries.clear();
        frame.deadline = None;
        if !matches!(frame.activity, Activity::Entering) {
            self.set_activity(key, Activity::Entering)?;
        }
        Ok(())
    }

    #[inline]
    fn count_awaiting(&mut self, before: bool, now: bool) {
        self.awaiting = (self.awaiting + usize::from(now)).saturating_sub(usize::from(before));
    }

    /// Whether a frame waits for an answer.
    pub(crate) fn await_answers(&self) -> bool {
        self.awaiting > 0
    }

    /// The unanswered attempt of a Task.
    pub(crate) fn attempt_mut(&mut self, key: FrameKey) -> Result<&mut TaskAttempt, Invariant> {
        match &mut self.at_mut(key)?.activity {
            Activity::Task(attempt) => Ok(attempt),
            _ => Err(Invariant::TaskIsOfATask),
        }
    }

    /// The graphs running inside a Parallel or Map.
    pub(crate) fn fork_mut(&mut self, key: FrameKey) -> Result<&mut ForkProgress, Invariant> {
        match &mut self.at_mut(key)?.activity {
            Activity::Fork(fork) => Ok(fork),
            _ => Err(Invariant::ParentRunsGraphs),
        }
    }

    /// Takes the Map Run out of a frame: its child executions are worked on together with the frames around them.
    pub(crate) fn take_map_run(&mut self, key: FrameKey) -> Result<Box<MapRunProgress>, Invariant> {
        if !matches!(self.at(key)?.activity, Activity::MapRun(_)) {
            return Err(Invariant::MapRunExists);
        }
        match self.set_activity(key, Activity::Waiting)? {
            Activity::MapRun(run) => Ok(run),
            _ => Err(Invariant::MapRunExists),
        }
    }

    /// A copy of a frame and of those around it, with the frame's key in it: all that the frame's expressions may read.
    pub(crate) fn around(&self, key: FrameKey) -> Result<(Self, FrameKey), Invariant> {
        let mut around = Self::default();
        let mut next = Some(key);
        while let Some(at) = next {
            let frame = self.at(at)?;
            next = frame.parent;
            let above = u32::try_from(around.slots.len() + 1).unwrap_or(u32::MAX);
            let parent = next.map(|FrameKey { serial, .. }| FrameKey { slot: above, serial });
            around.slots.push(Some(frame.to_be_read(parent)));
        }
        let serial = key.serial;
        Ok((around, FrameKey { slot: 0, serial }))
    }

    /// Keeps what came of a frame's evaluation, if the frame still waits for it.
    #[cfg(feature = "runtime")]
    pub(crate) fn evaluated(&mut self, key: FrameKey, done: Evaluated) {
        if let Some(frame) = self.get_mut(key)
            && (frame.entered_event, frame.retry_count) == done.attempt
            && let Activity::Evaluating(evaluating) = &mut frame.activity
            && evaluating.begun.is_finish() == done.came.is_exit()
        {
            evaluating.done = Some(Box::new(done));
        }
    }

    /// The Map Run of a frame.
    #[cfg(feature = "runtime")]
    pub(crate) fn map_run_mut(&mut self, key: FrameKey) -> Option<&mut MapRunProgress> {
        match &mut self.get_mut(key)?.activity {
            Activity::MapRun(run) => Some(run),
            _ => None,
        }
    }

    /// The frame in a slot.
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

    /// Removes a frame; it must exist.
    pub(crate) fn remove(&mut self, key: FrameKey) -> Result<Frame, Invariant> {
        self.at(key)?;
        let slot = self.slots.get_mut(key.slot as usize);
        let frame = slot.and_then(Option::take).ok_or(Invariant::FrameExists)?;
        self.free.push(key.slot);
        self.count_awaiting(frame.activity.awaits_answers(), false);
        Ok(frame)
    }

    /// All frames in the order of their slots.
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

    /// Whether the list of free slots has exactly the free slots, each once.
    pub(crate) fn has_sound_slots(&self) -> bool {
        let mut free = self.free.clone();
        free.sort_unstable();
        let empty = (0u32..).zip(&self.slots).filter(|(_, frame)| frame.is_none());
        free.into_iter().eq(empty.map(|(slot, _)| slot))
    }

    /// Recomputes the counts that a snapshot does not store: the sizes of results and the number of waiting frames.
    pub(crate) fn count_again(&mut self) {
        self.awaiting = 0;
        for frame in self.slots.iter_mut().flatten() {
            self.awaiting += usize::from(frame.activity.awaits_answers());
            if let Activity::Fork(fork) = &mut frame.activity {
                fork.results_bound = fork.results.iter().map(|result| result.size() + 1).sum();
                fork.results_held = fork.results.iter().map(|result| held_size(result.value())).sum();
            }
            if let Activity::MapRun(run) | Activity::EndedMapRun(run) = &mut frame.activity {
                run.results_held = run.results.iter().map(held_size).sum();
            }
        }
    }

    /// All running Map Runs, each with its frame and its state.
    pub(crate) fn map_runs_mut(&mut self) -> impl Iterator<Item = (FrameKey, StateId, &mut MapRunProgress)> {
        (0u32..).zip(&mut self.slots).filter_map(|(slot, frame)| {
            let frame = frame.as_mut()?;
            let serial = frame.serial;
            match &mut frame.activity {
                Activity::MapRun(run) => Some((FrameKey { slot, serial }, frame.state, &mut **run)),
                _ => None,
            }
        })
    }

    /// The item of the innermost Map around a frame, for `$$.Map.Item`.
    pub(crate) fn map_item<'a>(&'a self, frame: &'a Frame) -> Option<MapItemContext<'a>> {
        let mut frame = frame;
        while let Some(parent) = frame.parent.and_then(|key| self.get(key)) {
            if let Some(items) = parent.fork().and_then(|fork| fork.items.as_ref()) {
                let value = items.value().get(frame.index);
                return Some(MapItemContext::element(frame.index, value));
            }
            frame = parent;
        }
        None
    }
}

/// The workflow variables visible to a frame: its own, then its parents'.
#[derive(Clone, Copy)]
pub(crate) struct VisibleVariables<'a> {
    pub(crate) frames: &'a Frames,
    pub(crate) frame: &'a Frame,
}

impl VariableScope for VisibleVariables<'_> {
    fn variable(&self, name: &str) -> Option<&Payload> {
        let mut frame = self.frame;
        loop {
            if let Some(value) = frame.variables.as_ref().and_then(|variables| variables.get(name)) {
                return Some(value);
            }
            frame = frame.parent.and_then(|key| self.frames.get(key))?;
        }
    }
}
