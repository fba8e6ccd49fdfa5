//! The behaviour of each state type, on entry and after its work: straight-line and pure.
//!
//! Every function takes the state, its raw input and a view of the execution, and returns an intent; the engine carries
//! it out.

mod choice;
mod distributed_map;
mod fail;
mod item_selector;
mod jsonata;
mod map;
mod numbers;
mod parallel;
mod pass;
mod succeed;
mod task;
#[cfg(test)]
mod tests;
mod wait;

use std::borrow::Cow;

use super::failure::Failure;
use super::input_output::StateView;
use super::intent::{Assigned, Exit, Intent};
use super::program::Node;
use crate::data::Payload;
use crate::definition::{MapData, ParallelData, State, TaskData};

pub(crate) use distributed_map::transformation;
pub(crate) use item_selector::{iteration_input, select_next};
pub(crate) use task::{check_result, has_token};

/// Enters a state, or retries it.
#[expect(
    clippy::inline_always,
    reason = "passing the intent through a call costs as much as a state that does little"
)]
#[inline(always)]
pub(crate) fn enter(node: &Node, raw_input: &mut Option<Payload>, view: &StateView<'_>) -> Result<Intent, Failure> {
    // A Catcher or a redrive needs the raw input again, as do states that wait.
    let kept = || raw_input.clone().unwrap_or_else(Payload::empty_object);
    match &node.state {
        State::Pass(state) => pass::enter(state, node, raw_input, view),
        State::Task(state) => task::enter(state, &kept(), view),
        State::Choice(state) => choice::enter(state, node, kept(), view),
        State::Wait(state) => wait::enter(state, node, kept(), view),
        State::Succeed(state) => succeed::enter(state, kept(), view),
        State::Fail(state) => Err(fail::enter(state, &kept(), view)),
        State::Parallel(state) => parallel::enter(state, node, kept(), view),
        State::Map(state) => map::enter(state, node, kept(), view),
    }
}

/// Continues a state after its work: with a Task's result, with a Parallel's or Map's outputs, or after a Wait.
pub(crate) fn finish(
    node: &Node,
    raw_input: &mut Option<Payload>,
    raw_result: Payload,
    view: &StateView<'_>,
) -> Result<Exit, Failure> {
    match &node.state {
        State::Task(state) => match &state.data {
            TaskData::JsonPath(state) => view.finish(
                &task::result_stages(state),
                raw_input,
                Cow::Owned(raw_result),
                node.next,
            ),
            TaskData::Jsonata(state) => jsonata::leave_with(&state.exit, node, raw_input, raw_result, view),
        },
        State::Parallel(state) => match &state.data {
            ParallelData::JsonPath(state) => view.finish(
                &parallel::result_stages(state),
                raw_input,
                Cow::Owned(raw_result),
                node.next,
            ),
            ParallelData::Jsonata(state) => jsonata::leave_with(&state.exit, node, raw_input, raw_result, view),
        },
        State::Map(state) => match &state.data {
            MapData::JsonPath(state) => {
                view.finish(&map::result_stages(state), raw_input, Cow::Owned(raw_result), node.next)
            }
            MapData::Jsonata(state) => jsonata::leave_with(&state.exit, node, raw_input, raw_result, view),
        },
        State::Wait(state) => wait::finish(state, node, raw_result, view),
        _ => Ok(Exit {
            output: raw_result,
            assigned: Assigned::default(),
            next: node.next,
        }),
    }
}
