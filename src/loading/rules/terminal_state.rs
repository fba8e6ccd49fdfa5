//! # Terminal state
//!
//! **What**: every graph has a terminal state: one with `"End": true`, a Succeed or a Fail.
//!
//! **Why**: without one, an execution can only end with an error or a timeout. Like AWS, the rule does not ask whether
//! the terminal state is reachable.
//!
//! Bad:
//! ```json
//! { "StartAt": "Bake", "States": { "Bake": { "Type": "Pass", "Next": "Bake" } } }
//! ```
//! Good:
//! ```json
//! { "StartAt": "Bake", "States": { "Bake": { "Type": "Pass", "End": true } } }
//! ```

use crate::data::json::Place;
use crate::definition::Code;
use crate::loading::outline::{GraphOwner, Outline};
use crate::loading::report::{Phase, Report};

pub(super) fn check(outline: &Outline<'_>, report: &mut Report) {
    for graph in &outline.graphs {
        let Some(states) = graph.states_member else { continue };
        if graph.states.iter().any(|state| state.is_terminal) {
            continue;
        }
        let place = match graph.owner {
            // AWS gives no location here: the problem concerns the whole machine.
            GraphOwner::Machine => Place::key(states).nowhere(),
            GraphOwner::Branch | GraphOwner::ItemProcessor => Place::key(states).about(graph.node),
        };
        report
            .error_in(
                Phase::TerminalState,
                Code::MissingEndState,
                place,
                "Workflow has no terminal state",
            )
            .help("add `\"End\": true` to the last state");
    }
}

#[cfg(test)]
mod tests {
    use crate::loading::rules::testing::findings;

    #[test]
    fn a_circle_without_an_exit_is_refused() {
        let source = r#"{ "StartAt": "A", "States": { "A": { "Type": "Pass", "Next": "B" }, "B": { "Type": "Pass", "Next": "A" } } }"#;
        assert_eq!(
            findings(source),
            ["MISSING_END_STATE: Workflow has no terminal state (help: add `\"End\": true` to the last state)"]
        );
    }

    #[test]
    fn no_states_at_all_are_three_problems() {
        assert_eq!(
            findings(r#"{ "StartAt": "A", "States": {} }"#),
            [
                "SCHEMA_VALIDATION_FAILED: Value cannot be empty at /States (help: a machine has at least one state)",
                "MISSING_TRANSITION_TARGET: Missing 'Next' target: A at /StartAt (help: there are no states here)",
                "MISSING_END_STATE: Workflow has no terminal state (help: add `\"End\": true` to the last state)"
            ]
        );
    }

    #[test]
    fn a_branch_needs_one_of_its_own() {
        let source = r#"{ "StartAt": "P", "States": { "P": { "Type": "Parallel", "End": true, "Branches": [
            { "StartAt": "A", "States": { "A": { "Type": "Pass", "Next": "A" } } } ] } } }"#;
        assert_eq!(
            findings(source),
            [
                "MISSING_END_STATE: Workflow has no terminal state at /States/P/Branches[0] (help: add `\"End\": true` to the last state)"
            ]
        );
    }

    #[test]
    fn a_succeed_or_fail_state_or_an_end_is_fine() {
        for state in [
            r#"{ "Type": "Succeed" }"#,
            r#"{ "Type": "Fail" }"#,
            r#"{ "Type": "Pass", "End": true }"#,
        ] {
            assert_eq!(
                findings(&format!(r#"{{ "StartAt": "A", "States": {{ "A": {state} }} }}"#)),
                [""; 0]
            );
        }
    }
}
