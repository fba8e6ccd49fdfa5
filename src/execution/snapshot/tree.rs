//! The frames of an execution are a tree of the graphs of its program.

use std::collections::HashSet;

use crate::data::Piece;
use crate::definition::State;
use crate::execution::core::{Activity, Begun, Core, ForkProgress, Frame};
use crate::execution::frame_key::FrameKey;
use crate::execution::invariant::Invariant;
use crate::execution::program::{GraphId, Node, Program};

/// The deepest nesting of graphs; a definition nests no deeper.
const MAX_DEPTH: usize = 128;

/// `graph` is what the root runs.
pub(super) fn check(core: &Core, program: &Program, graph: GraphId) -> Result<(), Invariant> {
    Invariant::FreeSlotsAreEmpty.holds_if(core.frames.has_sound_slots())?;
    let mut listed = HashSet::new();
    let mut numbers = HashSet::new();
    let mut roots = 0;
    for (key, frame) in core.frames.iter() {
        Invariant::StateExists.holds_if(program.has_state(frame.state))?;
        let node = program.node(frame.state);
        Invariant::ActivityFitsState.holds_if(fits(frame, node))?;
        match frame.parent {
            None => {
                roots += 1;
                Invariant::StateIsOfItsGraph.holds_if(node.graph == graph && frame.index == 0)?;
            }
            Some(parent) => {
                let parent = core.frames.at(parent)?;
                let fork = parent.fork().ok_or(Invariant::ParentRunsGraphs)?;
                Invariant::StateIsOfItsGraph.holds_if(fork.graph(frame.index) == Some(node.graph))?;
            }
        }
        if let Some(fork) = frame.fork() {
            check_running(core, key, fork, &mut listed)?;
        }
        Invariant::FramesAreATree.holds_if(is_below_a_root(core, frame))?;
        let mut its_numbers = frame.activity().unanswered().chain([frame.serial]);
        Invariant::NumbersAreUnique.holds_if(its_numbers.all(|number| numbers.insert(number)))?;
    }
    let frames = core.frames.iter().count();
    Invariant::FramesAreATree.holds_if(roots == 1)?;
    Invariant::RunningGraphsAreListed.holds_if(listed.len() + 1 == frames)
}

/// Checks that a frame's activity fits its state.
fn fits(frame: &Frame, node: &Node) -> bool {
    match (frame.activity(), &node.state) {
        (Activity::Entering, _)
        | (Activity::Waiting, State::Wait(_) | State::Task(_))
        | (Activity::Task(_), State::Task(_)) => true,
        (Activity::Backoff | Activity::Redriving, _) => node.takes_errors(),
        (Activity::Evaluating(evaluating), state) => {
            let has_work = node.takes_errors() || matches!(state, State::Wait(_));
            node.may_take_long && (has_work || matches!(evaluating.begun, Begun::Enter { .. }))
        }
        (Activity::Fork(fork), State::Parallel(_)) => fork.items.is_none() && fork.graphs == node.graphs,
        (Activity::Fork(fork), State::Map(_)) => fork.items.is_some() && fork.graphs == node.graphs,
        (Activity::MapRun(_) | Activity::EndedMapRun(_), State::Map(map)) => map.distributed.is_some(),
        _ => false,
    }
}

fn counts_fit(fork: &ForkProgress) -> bool {
    let total = match &fork.items {
        Some(items) => items.value().as_array().map(Vec::len),
        None => Some(fork.graphs.len()),
    };
    total == Some(fork.total)
        && fork.results.len() == fork.total
        && fork.started <= fork.total
        && (!fork.running.is_empty() || fork.started < fork.total)
        && fork.ended.checked_add(fork.running.len()) == Some(fork.started)
}

/// A fork counts its graphs right; each that it lists as running is its own, with an index of its own, and no result
/// yet.
fn check_running(
    core: &Core,
    key: FrameKey,
    fork: &ForkProgress,
    listed: &mut HashSet<FrameKey>,
) -> Result<(), Invariant> {
    Invariant::AllGraphsEnd.holds_if(counts_fit(fork))?;
    let mut indexes = HashSet::new();
    for child in &fork.running {
        let frame = core.frames.at(*child)?;
        Invariant::RunningGraphsAreListed.holds_if(frame.parent == Some(key) && listed.insert(*child))?;
        let is_open = fork.results.get(frame.index).is_some_and(Piece::is_null);
        Invariant::ResultHasItsPlace.holds_if(frame.index < fork.started && is_open && indexes.insert(frame.index))?;
    }
    Ok(())
}

/// False where too many frames are around a frame, or they go in a circle.
fn is_below_a_root(core: &Core, frame: &Frame) -> bool {
    let mut at = frame;
    for _ in 0..MAX_DEPTH {
        let Some(parent) = at.parent else { return true };
        let Some(parent) = core.frames.get(parent) else {
            return false;
        };
        at = parent;
    }
    false
}
