//! The frames of an execution that did not succeed, from which a redrive goes on.

use super::{Activity, Frames};
use crate::execution::core::map_run_progress::MapRunProgress;
use crate::execution::frame_key::FrameKey;
use crate::execution::invariant::Invariant;
use crate::execution::program::StateId;

impl Frames {
    /// Keeps the frame of a graph that did not succeed: its place, its data, and the results of its graphs.
    pub(crate) fn lay_down(&mut self, key: FrameKey) -> Result<(), Invariant> {
        self.at_mut(key)?.deadline = None;
        match self.at(key)?.activity {
            Activity::Entering | Activity::Fork(_) | Activity::EndedMapRun(_) => Ok(()),
            _ => self.set_activity(key, Activity::Waiting).map(drop),
        }
    }

    /// Removes the frames of graphs that did not succeed, whose Parallel or Map goes on: the innermost first. The recursion
    /// is bounded: graphs nest only as deep as the parser allows.
    pub(crate) fn remove_graphs(&mut self, of: Activity) -> Result<(), Invariant> {
        if let Activity::Fork(fork) = of {
            for key in fork.running {
                let inner = self.set_activity(key, Activity::Waiting)?;
                self.remove_graphs(inner)?;
                self.remove(key)?;
            }
        }
        Ok(())
    }

    /// All frames of an execution that has just ended without success, for a redrive.
    pub(crate) fn remains(mut self) -> Self {
        let keys: Vec<FrameKey> = self.iter().map(|(key, _)| key).collect();
        for key in keys {
            // INVARIANT: it exists, as it was listed.
            let _ = self.lay_down(key);
        }
        self.slots.shrink_to_fit();
        self
    }

    /// Gives every frame another number: what was meant for it before, such as a task token, must not reach it.
    pub(crate) fn renumber(&mut self) {
        for index in 0..self.slots.len() {
            let serial = self.next_serial();
            if let Some(frame) = self.slots.get_mut(index).and_then(Option::as_mut) {
                frame.serial = serial;
            }
        }
        let serials: Vec<Option<u32>> = self
            .slots
            .iter()
            .map(|frame| frame.as_ref().map(|frame| frame.serial))
            .collect();
        let renumbered = |key: FrameKey| FrameKey {
            serial: serials.get(key.slot as usize).copied().flatten().unwrap_or(key.serial),
            ..key
        };
        for (slot, frame) in (0u32..).zip(&mut self.slots) {
            let Some(frame) = frame else { continue };
            let serial = frame.serial;
            frame.parent = frame.parent.map(renumbered);
            match &mut frame.activity {
                Activity::Fork(fork) => fork.running = fork.running.iter().copied().map(renumbered).collect(),
                Activity::EndedMapRun(run) => run.frame = FrameKey { slot, serial },
                _ => {}
            }
        }
    }

    /// The frames from the root on, each before those inside it, these in the order of their indexes.
    pub(crate) fn root_first(&self) -> Vec<FrameKey> {
        let all = self.iter().count();
        let mut order = Vec::with_capacity(all);
        let root = self.iter().find(|(_, frame)| frame.parent.is_none());
        let mut next: Vec<FrameKey> = root.into_iter().map(|(key, _)| key).collect();
        // Those of a snapshot may go in a circle: it is refused later.
        while let Some(key) = next.pop().filter(|_| order.len() < all) {
            order.push(key);
            let inner = self.get(key).and_then(|frame| frame.fork());
            let inner = inner.into_iter().flat_map(|fork| &fork.running);
            let mut inner: Vec<(usize, FrameKey)> =
                inner.filter_map(|key| Some((self.get(*key)?.index, *key))).collect();
            inner.sort_unstable();
            next.extend(inner.into_iter().rev().map(|(_, key)| key));
        }
        order
    }

    /// What is left of the Map Runs that did not succeed, each with its frame and its state.
    pub(crate) fn ended_map_runs_mut(&mut self) -> impl Iterator<Item = (FrameKey, StateId, &mut MapRunProgress)> {
        (0u32..).zip(&mut self.slots).filter_map(|(slot, frame)| {
            let frame = frame.as_mut()?;
            let serial = frame.serial;
            match &mut frame.activity {
                Activity::EndedMapRun(run) => Some((FrameKey { slot, serial }, frame.state, &mut **run)),
                _ => None,
            }
        })
    }
}
