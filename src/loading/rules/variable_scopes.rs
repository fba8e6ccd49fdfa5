//! # Variable scopes
//!
//! **What**: a branch or an item processor does not assign a variable that a graph around it assigns, too.
//!
//! **Why**: each graph has its own variables. An inner variable of the same name would hide the outer one until the
//! inner graph ends, which is surely a mistake. Like AWS, the rule ignores variables that a Catcher around the graph
//! assigns: the Catcher runs after the inner graph has ended.
//!
//! Bad:
//! ```json
//! { "Assign": { "depot": 1 }, "Type": "Parallel", "End": true, "Branches": [
//!     { "StartAt": "A", "States": { "A": { "Type": "Pass", "Assign": { "depot": 2 }, "End": true } } } ] }
//! ```
//! Good:
//! ```json
//! { "Assign": { "depot": 1 }, "Type": "Parallel", "End": true, "Branches": [
//!     { "StartAt": "A", "States": { "A": { "Type": "Pass", "Assign": { "shelf": 2 }, "End": true } } } ] }
//! ```

use crate::data::json::Place;
use std::collections::HashMap;

use crate::loading::outline::Outline;
use crate::loading::report::Report;

pub(super) fn check(outline: &Outline<'_>, report: &mut Report) {
    // A graph comes before the graphs inside it, so `scopes`, cut back to the graph's parent, holds exactly its
    // ancestors.
    let mut scopes: Vec<(usize, HashMap<&str, usize>)> = Vec::new();
    for (index, graph) in outline.graphs.iter().enumerate() {
        while scopes.last().is_some_and(|(outer, _)| Some(*outer) != graph.parent) {
            scopes.pop();
        }
        let mut own = HashMap::new();
        for variable in graph.states.iter().flat_map(|state| &state.variables) {
            let name = variable.name;
            if !variable.by_catcher {
                own.entry(name).or_insert(variable.member.key_span.start);
            }
            let outer = scopes.iter().find_map(|(_, names)| names.get(name));
            if let Some(outer) = outer {
                let line = report.line_of(*outer);
                report
                    .schema(
                        Place::key(variable.member),
                        format!("The variable name '{name}' was already defined in a parent scope."),
                    )
                    .help(format!("line {line} assigns it in a graph around this one"));
            }
        }
        scopes.push((index, own));
    }
}

#[cfg(test)]
mod tests {
    use crate::loading::rules::testing::findings;

    fn parallel(outer: &str, left: &str, right: &str) -> String {
        format!(
            r#"{{ "StartAt": "P", "States": {{
                "P": {{ "Type": "Parallel", "Assign": {{ "{outer}": 1 }}, "End": true, "Branches": [
                {{ "StartAt": "L", "States": {{ "L": {{ "Type": "Pass", "Assign": {{ "{left}": 1 }}, "End": true }} }} }},
                {{ "StartAt": "R", "States": {{ "R": {{ "Type": "Pass", "Assign": {{ "{right}": 1 }}, "End": true }} }} }} ] }} }} }}"#
        )
    }

    #[test]
    fn an_inner_graph_cannot_assign_an_outer_variable() {
        assert_eq!(
            findings(&parallel("depot", "shelf", "depot")),
            [
                "SCHEMA_VALIDATION_FAILED: The variable name 'depot' was already defined in a parent scope. at \
              /States/P/Branches[1]/States/R/Assign/depot (help: line 2 assigns it in a graph around this one)"
            ]
        );
    }

    #[test]
    fn a_catcher_around_the_graph_may_assign_the_same_name() {
        let source = parallel("other", "shelf", "depot").replace(
            r#""Type": "Parallel","#,
            r#""Type": "Parallel", "Catch": [{ "ErrorEquals": ["States.ALL"], "Assign": { "depot": 1 }, "Next": "P" }],"#,
        );
        assert_eq!(findings(&source), [""; 0]);
    }

    #[test]
    fn sibling_branches_may_assign_the_same_name() {
        assert_eq!(findings(&parallel("depot", "shelf", "shelf")), [""; 0]);
    }
}
