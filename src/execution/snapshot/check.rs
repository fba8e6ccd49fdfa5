//! What a snapshot must look like for an execution to go on from it: it comes from a store, and anybody may have
//! written there.

use serde_json::Value;
use std::collections::HashSet;

use super::SnapshotError;
use crate::data::{MAX_NESTING, Payload, json_size, nests_within};
use crate::definition::State;
use crate::execution::engine::Core;
use crate::execution::frames::{Activity, ForkProgress, Frame, FrameKey};
use crate::execution::program::{Node, Program};

/// The most graphs inside each other; a definition nests no deeper.
const MAX_DEPTH: usize = 128;

/// The most child executions inside each other; a definition nests no deeper.
const MAX_CHILDREN: usize = 64;

/// Refuses a core whose frames are no tree of the program's graphs, and counts again what depends on its data.
pub(super) fn check(core: &mut Core, program: &Program) -> Result<(), SnapshotError> {
    check_within(core, program, MAX_CHILDREN)
}

/// The same for a core inside of which there may be so many others.
fn check_within(core: &mut Core, program: &Program, depth_left: usize) -> Result<(), SnapshotError> {
    core.is_restored = true;
    if core.outcome.is_some() {
        core.ready.clear();
        core.timers.clear();
        core.deadline = None;
        return sound(core.frames.iter().next().is_none());
    }
    sound(core.frames.has_sound_slots())?;
    let mut listed = HashSet::new();
    let mut roots = 0;
    for (key, frame) in core.frames.iter() {
        sound(program.has_state(frame.state))?;
        fits(frame, program.node(frame.state))?;
        roots += usize::from(frame.parent.is_none());
        for child in running(frame) {
            let parent = core.frames.get(*child).and_then(|child| child.parent);
            sound(parent == Some(key) && listed.insert(*child))?;
        }
        sound(depth(core, frame).is_some())?;
    }
    sound(roots == 1 && listed.len() + 1 == core.frames.iter().count())?;
    let values = core.frames.iter().flat_map(|(_, frame)| values(frame));
    sound(values.chain([&*core.execution.input]).all(is_shallow))?;
    core.variable_bytes = core
        .frames
        .iter()
        .filter_map(|(_, frame)| frame.variables.as_deref())
        .flat_map(|variables| variables.values())
        .map(|value| json_size(value))
        .sum();
    core.frames.count_again();
    let mut inner = core.frames.children_mut().peekable();
    sound(depth_left > 0 || inner.peek().is_none())?;
    inner.try_for_each(|child| {
        sound(child.outcome.is_none())?;
        check_within(child, program, depth_left - 1)
    })
}

fn sound(is_sound: bool) -> Result<(), SnapshotError> {
    if is_sound { Ok(()) } else { Err(SnapshotError::Damaged) }
}

/// What a frame does must be what its state does.
fn fits(frame: &Frame, node: &Node) -> Result<(), SnapshotError> {
    sound(match (frame.activity(), &node.state) {
        (Activity::Entering | Activity::Waiting | Activity::Backoff, _) | (Activity::Task(_), State::Task(_)) => true,
        (Activity::Fork(fork), State::Parallel(_)) => {
            fork.items.is_none() && fork.graphs == node.graphs && counts_fit(fork, node.graphs.len())
        }
        (Activity::Fork(fork), State::Map(_)) => {
            let items = fork.items.as_ref().and_then(|items| items.value().as_array());
            fork.graphs == node.graphs && items.is_some_and(|items| counts_fit(fork, items.len()))
        }
        (Activity::MapRun(run), State::Map(map)) => {
            map.distributed.is_some() && node.graphs.contains(&run.graph) && run.items.all().is_array()
        }
        _ => false,
    })
}

fn counts_fit(fork: &ForkProgress, total: usize) -> bool {
    fork.total == total
        && fork.results.len() == total
        && fork.started <= total
        && (1..=fork.started).contains(&fork.running.len())
}

fn running(frame: &Frame) -> impl Iterator<Item = &FrameKey> {
    frame.fork().into_iter().flat_map(|fork| &fork.running)
}

/// How many frames are around a frame; `None` where they are too many, or go in a circle.
fn depth(core: &Core, frame: &Frame) -> Option<usize> {
    let mut at = frame;
    for depth in 0..MAX_DEPTH {
        match at.parent {
            None => return Some(depth),
            Some(parent) => at = core.frames.get(parent)?,
        }
    }
    None
}

fn values(frame: &Frame) -> impl Iterator<Item = &Value> {
    let (attempt, fork, map_run) = match frame.activity() {
        Activity::Task(attempt) => (Some(attempt), None, None),
        Activity::Fork(fork) => (None, Some(fork), None),
        Activity::MapRun(run) => (None, None, Some(run)),
        _ => (None, None, None),
    };
    let variables = frame.variables.iter().flat_map(|variables| variables.values());
    let payloads = [
        frame.raw_input.as_ref(),
        attempt.map(|attempt| &attempt.request.effective_input),
        fork.map(|fork| &fork.input),
        fork.and_then(|fork| fork.items.as_ref()),
    ];
    let of_map_run = map_run.into_iter().flat_map(|run| {
        let payloads = run.payloads().map(Payload::value);
        payloads.chain(run.stage_values()).chain(&run.results)
    });
    payloads
        .into_iter()
        .flatten()
        .map(Payload::value)
        .chain(of_map_run)
        .chain(variables.map(|value| &**value))
        .chain(fork.into_iter().flat_map(|fork| &fork.results))
}

fn is_shallow(value: &Value) -> bool {
    nests_within(value, MAX_NESTING)
}
