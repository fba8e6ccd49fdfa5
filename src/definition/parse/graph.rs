//! `StartAt` with `States`: of the machine, a branch or an item processor.

use indexmap::IndexMap;

use super::{Fields, Place, Report, Reported, states, values};
use crate::definition::json::{Member, Node};
use crate::definition::{State, StateGraph, StateType};

/// The graph of an object that has `StartAt` and `States`. Where they are missing, the required fields' rule says so.
pub(super) fn state_graph(node: &Node, report: &mut Report) -> Result<StateGraph, Reported> {
    let mut fields = Fields::of(node, report)?;
    let jsonata = is_jsonata(node);
    let start_at = fields.required_string("StartAt");
    let states_node = fields.required("States")?;
    let members = &values::object(states_node, report)?.members;
    if members.is_empty() {
        report
            .schema(Place::value(states_node), "Value cannot be empty")
            .help("a machine has at least one state");
        return Err(Reported);
    }
    let mut states = IndexMap::with_capacity(members.len());
    let mut complete = true;
    for member in members {
        if jsonata && member.value.as_object().is_some() {
            continue;
        }
        match state(member, report) {
            Ok(state) => drop(states.insert(member.key.clone(), state)),
            Err(Reported) => complete = false,
        }
    }
    let start_at = start_at?;
    if complete {
        Ok(StateGraph { start_at, states })
    } else {
        Err(Reported)
    }
}

/// A state; the language rule has refused those that are written in JSONata.
fn state(member: &Member, report: &mut Report) -> Result<State, Reported> {
    let node = &member.value;
    let mut fields = Fields::of(node, report)?;
    let state_type = fields.string("Type")?.and_then(StateType::of).ok_or(Reported)?;
    if is_jsonata(node) {
        return Err(Reported);
    }
    match state_type {
        StateType::Task => super::task::task_state(fields).map(State::Task),
        StateType::Parallel => states::parallel_state(fields).map(State::Parallel),
        StateType::Map => super::map::map_state(fields).map(State::Map),
        StateType::Pass => states::pass_state(fields).map(State::Pass),
        StateType::Wait => states::wait_state(fields).map(State::Wait),
        StateType::Choice => super::choice::choice_state(fields).map(State::Choice),
        StateType::Succeed => states::succeed_state(fields).map(State::Succeed),
        StateType::Fail => states::fail_state(fields).map(State::Fail),
    }
}

fn is_jsonata(node: &Node) -> bool {
    node.field("QueryLanguage").and_then(Node::as_str) == Some("JSONata")
}
