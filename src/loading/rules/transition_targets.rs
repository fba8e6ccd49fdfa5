//! # Transition targets
//!
//! **What**: `StartAt`, `Next` and `Default` name states of the `States` object that they belong to.
//!
//! **Why**: a transition cannot leave a branch or an item processor, nor enter one.
//!
//! Bad:
//! ```json
//! { "StartAt": "Bkae", "States": { "Bake": { "Type": "Succeed" } } }
//! ```
//! Good:
//! ```json
//! { "StartAt": "Bake", "States": { "Bake": { "Type": "Succeed" } } }
//! ```

use crate::data::json::Place;
use std::collections::HashSet;

use crate::definition::Code;
use crate::loading::outline::{Edge, GraphOutline, Outline};
use crate::loading::report::{Phase, Report};

pub(super) fn check(outline: &Outline<'_>, report: &mut Report) {
    let mut everywhere: Option<HashSet<&str>> = None;
    for graph in outline.graphs.iter().filter(|graph| graph.states_member.is_some()) {
        let edges = graph
            .start_at
            .iter()
            .chain(graph.states.iter().flat_map(|state| &state.edges));
        if graph.has_unknown_names() {
            continue;
        }
        for edge in edges.filter(|edge| !edge.unresolved && graph.index_of(edge.target).is_none()) {
            let names = everywhere.get_or_insert_with(|| outline.states().map(|(_, state)| state.name()).collect());
            missing(*edge, graph, names, report);
        }
    }
}

fn missing(edge: Edge<'_>, graph: &GraphOutline<'_>, everywhere: &HashSet<&str>, report: &mut Report) {
    let Edge { target, span, .. } = edge;
    let help = if everywhere.contains(target) {
        Some(format!(
            "`{target}` is in another `States` object: transitions cannot enter or leave a branch or an item processor"
        ))
    } else {
        match report.similar(target, graph.names()) {
            Some(similar) => Some(format!("did you mean `{similar}`?")),
            None => Some(states_here(graph)),
        }
    };
    let message = format!("Missing 'Next' target: {target}");
    report
        .error_in(Phase::Targets, Code::MissingTransitionTarget, Place::at(span), message)
        .maybe_help(help);
}

/// "the states here are `Bake`, `Deliver`"
fn states_here(graph: &GraphOutline<'_>) -> String {
    const SHOWN: usize = 6;
    let mut names: Vec<String> = graph
        .names()
        .take(SHOWN + 1)
        .filter(|name| name.len() <= 80)
        .map(|name| format!("`{name}`"))
        .collect();
    let more = names.len() > SHOWN;
    names.truncate(SHOWN);
    match names.as_slice() {
        [] => "there are no states here".to_owned(),
        [one] => format!("the only state here is {one}"),
        names => format!(
            "the states here are {}{}",
            names.join(", "),
            if more { ", …" } else { "" }
        ),
    }
}

#[cfg(test)]
mod tests {
    use crate::loading::rules::testing::findings;

    #[test]
    fn a_target_that_is_not_there_is_named() {
        let source = r#"{ "StartAt": "Order", "States": {
            "Order": { "Type": "Pass", "Next": "Chrage" },
            "Charge": { "Type": "Succeed" } } }"#;
        assert_eq!(
            findings(source),
            [
                "MISSING_TRANSITION_TARGET: Missing 'Next' target: Chrage at /States/Order/Next (help: did you mean `Charge`?)",
                "MISSING_TRANSITION_TARGET: State \"Charge\" is not reachable. at /States/Charge (help: no transition names it: is a `Next` missing, or is the state left over?)"
            ]
        );
    }

    #[test]
    fn a_missing_start_has_the_same_text() {
        let source = r#"{ "StartAt": "Oder", "States": { "Order": { "Type": "Succeed" } } }"#;
        assert_eq!(
            findings(source),
            [
                "MISSING_TRANSITION_TARGET: Missing 'Next' target: Oder at /StartAt (help: did you mean `Order`?)",
                "MISSING_TRANSITION_TARGET: State \"Order\" is not reachable. at /States/Order (help: no transition names it: is a `Next` missing, or is the state left over?)"
            ]
        );
    }

    #[test]
    fn a_branch_cannot_be_left() {
        let source = r#"{ "StartAt": "Both", "States": {
            "Both": { "Type": "Parallel", "Next": "Done", "Branches": [
                { "StartAt": "Bake", "States": { "Bake": { "Type": "Pass", "Next": "Done" }, "Out": { "Type": "Succeed" } } } ] },
            "Done": { "Type": "Succeed" } } }"#;
        assert_eq!(
            findings(source)[0],
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: Done at /States/Both/Branches[0]/States/Bake/Next (help: `Done` \
             is in another `States` object: transitions cannot enter or leave a branch or an item processor)"
        );
    }

    #[test]
    fn all_kinds_of_transitions_to_states_of_the_same_graph_are_fine() {
        let source = r#"{ "StartAt": "Ask", "States": {
            "Ask": { "Type": "Choice", "Choices": [{ "Variable": "$.a", "IsNull": true, "Next": "Work" }], "Default": "End" },
            "Work": { "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "Ask",
                "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "End" }] },
            "End": { "Type": "Succeed" } } }"#;
        assert_eq!(findings(source), [""; 0]);
    }
}
