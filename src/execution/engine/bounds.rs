//! Keeps an execution and each of its turns within bounded time and memory, whatever its definition and data are.

use std::collections::HashSet;

use serde_json::Value;

use super::Engine;
use crate::data::{MAX_NESTING, Payload, Piece, held_size, visits_of};
use crate::error::predefined_errors::{DATA_LIMIT_EXCEEDED, RUNTIME};
use crate::execution::core::{Activity, Core, Frames};
use crate::history::EventDetails;

/// The work counted for entering or retrying a state, besides that of its expressions.
const WORK_OF_A_STATE: u64 = 1_000;

/// What entering or retrying a state takes of a turn, besides its expressions and its data.
const VISITS_OF_A_STATE: usize = 4;

/// The execution pauses when unpolled commands take so many bytes. Each event may hold a whole payload.
const MAX_QUEUED_BYTES: usize = 16 * 1024 * 1024;

/// The bytes of an event besides the texts of its data.
const BYTES_OF_AN_EVENT: usize = 256;

/// The memory is counted again after so many bytes of new data, in the estimate that is never too low.
const GROWTH: usize = 64 * 1024 * 1024;

/// The most bytes of memory for a byte of JSON text: an item of two bytes, `1,`, is a whole value.
const BYTES_OF_A_BYTE: usize = size_of::<Value>() / 2;

impl Core {
    /// Counts an event waiting to be polled, which its driver then keeps.
    pub(super) fn queue(&mut self, details: &EventDetails) {
        let mut bytes = details.other_bytes() + BYTES_OF_AN_EVENT;
        // A state shows what the one before it has shown.
        if let Some(text) = details.text()
            && std::mem::replace(&mut self.last_text, text.address()) != text.address()
        {
            bytes += text.own_bytes();
        }
        self.queued_bytes = self.queued_bytes.saturating_add(bytes);
        self.recorded_bytes = self.recorded_bytes.saturating_add(bytes);
        self.grown_bytes = self.grown_bytes.saturating_add(bytes);
    }

    /// Whether the rest has to wait for another turn.
    #[inline]
    pub(super) fn is_turn_over(&self) -> bool {
        self.turn_work > self.limits.turn_work || self.queued_bytes > MAX_QUEUED_BYTES
    }

    /// Whether the last turn ended before everything was done that could be done.
    pub(in crate::execution) fn wants_turn(&self) -> bool {
        let is_due = || self.next_deadline().is_some_and(|at| at <= self.now);
        self.outcome.is_none() && (!self.ready.is_empty() || self.late.is_some() || is_due())
    }

    /// Counts what a state took of this turn.
    #[inline]
    pub(super) fn spend(&mut self, visits: usize) {
        self.turn_work = self.turn_work.saturating_add(visits);
    }

    /// Counts new data by the bytes of its text.
    #[inline]
    pub(super) fn grow(&mut self, bytes: usize) {
        self.grown_bytes = self.grown_bytes.saturating_add(bytes.saturating_mul(BYTES_OF_A_BYTE));
        self.spend(visits_of(bytes));
    }

    /// Counts what a child execution has made.
    pub(super) fn grow_with(&mut self, child: &mut Self) {
        self.grown_bytes = self.grown_bytes.saturating_add(std::mem::take(&mut child.grown_bytes));
    }

    /// The memory of all frames' data; data shared by several frames counts once.
    fn held_by_frames(&self) -> usize {
        held_by(&self.frames, &mut HashSet::new())
    }

    /// The memory of what is kept for a redrive, besides what was `seen` before.
    pub(in crate::execution) fn held_by_remains(&self, seen: &mut HashSet<usize>) -> usize {
        self.remains.as_deref().map_or(0, |remains| held_by(remains, seen))
    }
}

fn held_by(frames: &Frames, seen: &mut HashSet<usize>) -> usize {
    let mut bytes: usize = 0;
    let mut results: usize = 0;
    for (_, frame) in frames.iter() {
        let mut shared = |payload: &Payload| bytes = bytes.saturating_add(payload.held_size(seen));
        frame.raw_input.iter().for_each(&mut shared);
        let variables = frame.variables.iter().flat_map(|variables| variables.values());
        variables.for_each(&mut shared);
        match frame.activity() {
            Activity::Task(attempt) => shared(&attempt.request.effective_input),
            Activity::Fork(fork) => {
                shared(&fork.effective_input);
                fork.items.iter().for_each(&mut shared);
                for result in &fork.results {
                    if let Piece::Shared(result) = result {
                        shared(result);
                    }
                }
                results += fork.results_held + size_of_val(&*fork.results);
            }
            Activity::MapRun(run) | Activity::EndedMapRun(run) => {
                run.payloads().for_each(&mut shared);
                // A `ResultWriter` holds their text beside them.
                let copies = 1 + usize::from(run.settings.write.is_some());
                results += run.results_held.saturating_mul(copies);
                results += run.stage_values().map(held_size).sum::<usize>();
                for child in run.children.values() {
                    results += match child.separate {
                        Some(_) => size_of::<Core>() + child.core.execution.input.held_size(seen),
                        None => child.core.held_by_frames(),
                    };
                }
                for child in run.unsuccessful.values().chain(run.pending_redrive.values()) {
                    results += size_of::<Core>() + child.core.execution.input.held_size(seen);
                    results += child.core.held_by_remains(seen);
                }
            }
            Activity::Evaluating(evaluating) => evaluating.begun.raw_result().into_iter().for_each(shared),
            Activity::Entering | Activity::Waiting | Activity::Backoff | Activity::Redriving => {}
        }
    }
    bytes.saturating_add(results)
}

impl Engine<'_> {
    /// Fails an execution that works without end or holds too much data.
    pub(super) fn check_bounds(&mut self) {
        if self.core.outcome.is_some() {
            return;
        }
        self.core.work = self.core.work.saturating_add(WORK_OF_A_STATE);
        self.core.spend(VISITS_OF_A_STATE);
        if self.core.work > self.core.limits.work {
            let cause = "The execution has worked for too long without a Wait or a Task.";
            return self.give_up(RUNTIME, cause.to_owned());
        }
        // To count takes time: it has to be done only where what was held and all that came since might be too much.
        let most = self.core.limits.held_bytes;
        let grown = self.core.grown_bytes;
        if grown > GROWTH && self.core.held_bytes.saturating_add(grown) > most {
            let held = self.core.held_by_frames().saturating_add(self.core.recorded_bytes);
            if held > most {
                let cause = format!(
                    "The execution holds {held} bytes of data and history, more than the limit of {most} bytes \
                     (`Limits::held_bytes`)."
                );
                return self.give_up(RUNTIME, cause);
            }
            self.core.held_bytes = held;
            self.core.grown_bytes = 0;
        }
    }

    /// Fails the execution because its input is not allowed.
    pub(super) fn refuse_input(&mut self, is_too_deep: bool, bytes: usize) {
        let cause = if is_too_deep {
            format!("The input of the execution nests arrays and objects deeper than {MAX_NESTING} levels.")
        } else {
            let most = self.core.limits.payload_bytes;
            format!("The input of the execution has {bytes} bytes, more than the limit of {most} bytes.")
        };
        self.give_up(DATA_LIMIT_EXCEEDED, cause);
    }
}
