//! # Reachable states
//!
//! **What**: transitions lead from `StartAt` to every state of the graph. `Default`, `Catch` and Choice Rules count as
//! transitions.
//!
//! **Why**: a state without a transition to it is left over, or a `Next` is missing. AWS rejects it.
//!
//! The rule is silent if `StartAt` is missing, or a value that is not known yet may be a transition or a state.
//!
//! DIFFERENCE: if `StartAt` names no state, only the states that no transition names are reported, since the others
//! depend on them. AWS may report all; its recorded answer is for a machine with one state.
//!
//! Bad:
//! ```json
//! { "StartAt": "Bake", "States": { "Bake": { "Type": "Succeed" }, "Deliver": { "Type": "Succeed" } } }
//! ```
//! Good:
//! ```json
//! { "StartAt": "Bake", "States": { "Bake": { "Type": "Pass", "Next": "Deliver" }, "Deliver": { "Type": "Succeed" } } }
//! ```

use crate::data::json::Place;
use crate::definition::Code;
use crate::loading::outline::{GraphOutline, Outline};
use crate::loading::report::{Phase, Report};

pub(super) fn check(outline: &Outline<'_>, report: &mut Report) {
    for graph in &outline.graphs {
        let Some(start_at) = graph.start_at else { continue };
        let mut edges = graph
            .start_at
            .iter()
            .chain(graph.states.iter().flat_map(|state| &state.edges));
        let is_unknown = edges.any(|edge| edge.unresolved && graph.index_of(edge.target).is_none());
        if is_unknown || graph.has_unknown_parts() {
            continue;
        }
        let named = named_by_a_transition(graph);
        let reached = graph.index_of(start_at.target).map(|start| reached_from(start, graph));
        let reached = reached.as_ref().unwrap_or(&named);
        for ((state, reached), named) in graph.states.iter().zip(reached).zip(&named) {
            if *reached {
                continue;
            }
            let help = if *named {
                "the states that lead to it are not reachable themselves"
            } else {
                "no transition names it: is a `Next` missing, or is the state left over?"
            };
            let message = format!("State \"{}\" is not reachable.", state.name());
            let place = Place::key(state.member);
            report
                .error_in(Phase::Reachability, Code::MissingTransitionTarget, place, message)
                .help(help);
        }
    }
}

/// For each state, whether transitions lead to it from the state `start`.
pub(super) fn reached_from(start: usize, graph: &GraphOutline<'_>) -> Vec<bool> {
    let mut reached = vec![false; graph.states.len()];
    let mut pending = vec![start];
    while let Some(index) = pending.pop() {
        let (Some(reached), Some(state)) = (reached.get_mut(index), graph.states.get(index)) else {
            continue;
        };
        if !std::mem::replace(reached, true) {
            pending.extend(state.edges.iter().filter_map(|edge| graph.index_of(edge.target)));
        }
    }
    reached
}

fn named_by_a_transition(graph: &GraphOutline<'_>) -> Vec<bool> {
    let mut named = vec![false; graph.states.len()];
    for edge in graph.states.iter().flat_map(|state| &state.edges) {
        if let Some(named) = graph.index_of(edge.target).and_then(|index| named.get_mut(index)) {
            *named = true;
        }
    }
    named
}

#[cfg(test)]
mod tests {
    use crate::loading::rules::testing::findings;

    fn unreachable(location: &str, help: &str) -> String {
        let name = location.rsplit('/').next().unwrap();
        format!("MISSING_TRANSITION_TARGET: State \"{name}\" is not reachable. at {location} (help: {help})")
    }

    #[test]
    fn a_state_that_nothing_leads_to_is_refused() {
        let source = r#"{ "StartAt": "A", "States": { "A": { "Type": "Succeed" }, "B": { "Type": "Succeed" } } }"#;
        assert_eq!(
            findings(source),
            [unreachable(
                "/States/B",
                "no transition names it: is a `Next` missing, or is the state left over?"
            )]
        );
    }

    #[test]
    fn states_that_only_lead_to_each_other_are_refused() {
        let source = r#"{ "StartAt": "A", "States": { "A": { "Type": "Succeed" },
            "B": { "Type": "Pass", "Next": "C" }, "C": { "Type": "Pass", "Next": "B" } } }"#;
        assert_eq!(
            findings(source),
            [
                unreachable("/States/B", "the states that lead to it are not reachable themselves"),
                unreachable("/States/C", "the states that lead to it are not reachable themselves")
            ]
        );
    }

    #[test]
    fn nested_graphs_are_checked() {
        let source = r#"{ "StartAt": "Each", "States": { "Each": { "Type": "Map", "End": true, "ItemProcessor": {
            "StartAt": "A", "States": { "A": { "Type": "Succeed" }, "B": { "Type": "Succeed" } } } } } }"#;
        assert_eq!(
            findings(source),
            [unreachable(
                "/States/Each/ItemProcessor/States/B",
                "no transition names it: is a `Next` missing, or is the state left over?"
            )]
        );
    }

    #[test]
    fn an_edge_that_is_refused_still_counts() {
        let source =
            r#"{ "StartAt": "A", "States": { "A": { "Type": "Succeed", "Next": "B" }, "B": { "Type": "Succeed" } } }"#;
        let findings = findings(source);
        assert_eq!(findings.len(), 1);
        assert!(findings[0].starts_with("SCHEMA_VALIDATION_FAILED: Field 'Next' is not supported at /States/A"));
    }

    #[test]
    fn a_value_that_is_not_known_may_lead_anywhere() {
        for a in [
            r#""A": { "Type": "Pass", "Next": ${Next} }"#,
            r#""A": { "Type": "Task", "Resource": "arn:aws:states:::sns:publish", "Parameters": {}, "Catch": ${C}, "End": true }"#,
            r#""A": { "Type": "Choice", "Choices": ${Choices}, "Default": "A" }"#,
            r#""A": { "Type": "Choice", "Choices": [${Rule}], "Default": "A" }"#,
            r#""A": ${State}"#,
            r#""A": { "Type": "Pass", "End": true }, "${Name}": { "Type": "Pass", "Next": "B" }"#,
        ] {
            let source = format!(r#"{{ "StartAt": "A", "States": {{ {a}, "B": {{ "Type": "Succeed" }} }} }}"#);
            let found = findings(&source);
            assert!(
                found.iter().all(|found| !found.contains("TRANSITION_TARGET")),
                "{source}: {found:?}"
            );
        }
    }
}
