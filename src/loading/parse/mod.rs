//! From the tree to typed states: the files are named as the specification's terms.
//!
//! This file reads graphs: `StartAt` with `States`, of the machine, a branch or an item processor.

mod assign;
mod catch;
mod choice;
mod distributed_map;
mod fail;
mod fields;
mod jsonata;
mod jsonata_syntax;
mod machine;
mod map;
mod parallel;
mod pass;
mod payload_template;
mod retry;
mod succeed;
mod task;
#[cfg(test)]
mod testing;
mod timestamp;
mod values;
mod wait;

pub(super) use machine::state_machine;

use fields::Fields;

use indexmap::IndexMap;

use crate::data::json::{Kind, Member, Node, Place};
use crate::definition::{QueryLanguage, State, StateGraph, StateType};
use crate::loading::outline::Expressions;
use crate::loading::report::{Report, Reported};

/// What all parts of a definition are read with.
pub(super) struct Reading {
    pub(super) report: Report,
    pub(super) expressions: Expressions,
}

impl Reading {
    /// Notes that a value is not judged, because a placeholder in it has no value.
    fn not_judged(&mut self, node: &Node) -> Reported {
        self.report.placeholders().not_judged(node);
        Reported
    }

    /// The same for the values inside that are no texts.
    fn not_judged_inside(&mut self, node: &Node) -> Reported {
        match &node.kind {
            Kind::Array(elements) => {
                for element in elements.iter().filter(|element| element.has_unknown()) {
                    self.not_judged_inside(element);
                }
            }
            Kind::Object(object) => {
                for member in object.members.iter().filter(|member| member.value.has_unknown()) {
                    self.not_judged_inside(&member.value);
                }
            }
            _ => drop(self.not_judged(node)),
        }
        Reported
    }
}

/// The graph of an object with `StartAt` and `States`. The rule about required fields reports missing ones.
///
/// `machine` is the default language of the states.
fn state_graph(node: &Node, machine: QueryLanguage, reading: &mut Reading) -> Result<StateGraph, Reported> {
    let mut fields = Fields::of(node, reading)?;
    let start_at = fields.required_string("StartAt");
    let states_node = fields.required("States")?;
    let members = &values::object(states_node, reading)?.members;
    if members.is_empty() {
        reading
            .report
            .schema(Place::value(states_node), "Value cannot be empty")
            .help("a machine has at least one state");
        return Err(Reported);
    }
    let mut states = IndexMap::with_capacity(members.len());
    let mut complete = true;
    for member in members {
        match state(member, machine, reading) {
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

fn state(member: &Member, machine: QueryLanguage, reading: &mut Reading) -> Result<State, Reported> {
    let node = &member.value;
    let mut fields = Fields::of(node, reading)?;
    let state_type = fields.string("Type")?.and_then(StateType::of).ok_or(Reported)?;
    let named = query_language(node, machine);
    let language = named.unwrap_or(machine);
    if language == QueryLanguage::Jsonata && !cfg!(feature = "jsonata") {
        // The rule about query languages reports it.
        return Err(Reported);
    }
    let state = match state_type {
        StateType::Task => task::task_state(fields, language).map(State::Task),
        StateType::Parallel => parallel::parallel_state(fields, language, machine).map(State::Parallel),
        StateType::Map => map::map_state(fields, language, machine).map(State::Map),
        StateType::Pass => pass::pass_state(fields, language).map(State::Pass),
        StateType::Wait => wait::wait_state(fields, language).map(State::Wait),
        StateType::Choice => choice::choice_state(fields, language).map(State::Choice),
        StateType::Succeed => succeed::succeed_state(fields, language).map(State::Succeed),
        StateType::Fail => fail::fail_state(fields, language).map(State::Fail),
    };
    named.and(state)
}

/// `QueryLanguage` of a machine or state. The rule about query languages reports invalid values.
fn query_language(node: &Node, default: QueryLanguage) -> Result<QueryLanguage, Reported> {
    let Some(node) = node.field("QueryLanguage") else {
        return Ok(default);
    };
    node.as_str().and_then(QueryLanguage::of).ok_or(Reported)
}
