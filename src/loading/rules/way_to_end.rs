//! # A way to the end
//!
//! **What**: transitions lead from every state to a terminal state of the graph. A warning.
//!
//! **Why**: a circle without an exit runs until an error, a timeout, or the 25,000th history event.
//!
//! The rule is silent about a graph without a terminal state, which `terminal_state` rejects.
//!
//! Bad:
//! ```json
//! { "StartAt": "Ask", "States": { "Ask": { "Type": "Choice", "Choices": [{ "Variable": "$.a", "IsNull": true, "Next": "Poll" }], "Default": "Done" },
//!     "Poll": { "Type": "Wait", "Seconds": 5, "Next": "Poll" }, "Done": { "Type": "Succeed" } } }
//! ```
//! Good:
//! ```json
//! { "StartAt": "Ask", "States": { "Ask": { "Type": "Choice", "Choices": [{ "Variable": "$.a", "IsNull": true, "Next": "Poll" }], "Default": "Done" },
//!     "Poll": { "Type": "Wait", "Seconds": 5, "Next": "Ask" }, "Done": { "Type": "Succeed" } } }
//! ```

use super::reachable_states::reached_from;
use crate::data::json::Place;
use crate::definition::Code;
use crate::loading::outline::{GraphOutline, Outline, StateOutline};
use crate::loading::report::Report;

pub(super) fn check(outline: &Outline<'_>, report: &mut Report) {
    for graph in &outline.graphs {
        if !graph.states.iter().any(|state| state.is_terminal) {
            continue;
        }
        let Some(start) = graph.start_at.and_then(|edge| graph.index_of(edge.target)) else {
            continue;
        };
        let reached = reached_from(start, graph);
        let ends = leading_to_an_end(graph);
        let holds = |flags: &[bool], index: usize| flags.get(index) == Some(&true);
        let mut told = vec![false; graph.states.len()];
        // Report only the states at which a circle is entered, not all states in it.
        let ways = graph
            .states
            .iter()
            .enumerate()
            .filter(|(from, _)| holds(&reached, *from) && holds(&ends, *from));
        for target in ways
            .flat_map(|(_, state)| &state.edges)
            .filter_map(|edge| graph.index_of(edge.target))
        {
            let (Some(state), Some(told)) = (graph.states.get(target), told.get_mut(target)) else {
                continue;
            };
            if holds(&ends, target) || !leads_on(graph, state) || std::mem::replace(told, true) {
                continue;
            }
            report
                .warning(
                    Code::NoWayToEnd,
                    Place::key(state.member),
                    format!("from `{}`, no transition leads to an end", state.name()),
                )
                .help("let a Choice state lead out of the circle");
        }
    }
}

/// Whether a state has transitions, and all of them lead to states. Other rules reject the rest.
fn leads_on(graph: &GraphOutline<'_>, state: &StateOutline<'_>) -> bool {
    !state.edges.is_empty() && state.edges.iter().all(|edge| graph.index_of(edge.target).is_some())
}

/// For each state, whether a terminal state can be reached from it.
fn leading_to_an_end(graph: &GraphOutline<'_>) -> Vec<bool> {
    let mut before: Vec<Vec<usize>> = vec![Vec::new(); graph.states.len()];
    let mut pending = Vec::new();
    for (index, state) in graph.states.iter().enumerate() {
        if state.is_terminal {
            pending.push(index);
        }
        for target in state.edges.iter().filter_map(|edge| graph.index_of(edge.target)) {
            if let Some(before) = before.get_mut(target) {
                before.push(index);
            }
        }
    }
    let mut ends = vec![false; graph.states.len()];
    while let Some(index) = pending.pop() {
        if let Some(reached) = ends.get_mut(index).filter(|reached| !**reached) {
            *reached = true;
            pending.extend(before.get(index).into_iter().flatten());
        }
    }
    ends
}

#[cfg(test)]
mod tests {
    use crate::loading::rules::testing::findings;

    fn machine(poll: &str) -> Vec<String> {
        findings(&format!(
            r#"{{ "StartAt": "Ask", "States": {{
                "Ask": {{ "Type": "Choice", "Choices": [{{ "Variable": "$.a", "IsNull": true, "Next": "Poll" }}], "Default": "Done" }},
                "Poll": {{ "Type": "Wait", "Seconds": 5, "Next": "{poll}" }}, "Done": {{ "Type": "Succeed" }} }} }}"#
        ))
    }

    #[test]
    fn a_circle_without_an_exit_is_warned_of() {
        assert_eq!(
            machine("Poll"),
            [
                "warning NO_WAY_TO_END: from `Poll`, no transition leads to an end at /States/Poll (help: let a Choice state lead \
              out of the circle)"
            ]
        );
    }

    #[test]
    fn a_circle_with_an_exit_is_fine() {
        assert_eq!(machine("Ask"), [""; 0]);
    }
}
