//! # Variables that nothing assigns
//!
//! **What**: a variable that a state reads is assigned by a state of the same graph or of a graph around it. Graphs
//! outside of a Distributed Map's child execution do not count. A warning.
//!
//! **Why**: reading an unassigned variable fails with `States.Runtime`, which nothing can catch. The rule does not ask
//! when the variable is assigned: a state that runs later counts, too.
//!
//! Bad:
//! ```json
//! { "Type": "Pass", "Parameters": { "total.$": "$totl" }, "End": true }
//! ```
//! Good:
//! ```json
//! { "Type": "Pass", "Parameters": { "total.$": "$total" }, "Assign": { "total": 0 }, "End": true }
//! ```

use std::collections::HashSet;

use crate::definition::{Code, QueryLanguage};
use crate::loading::outline::{GraphOutline, GraphOwner, Outline, VariableRead, is_distributed, reads};
use crate::loading::report::Report;

/// The most names to search for a similar one; among more, the search would take too long.
const MOST_COMPARED: usize = 500;

pub(super) fn check(outline: &Outline<'_>, report: &mut Report) {
    let mut everywhere: Option<HashSet<&str>> = None;
    // A graph comes before the graphs inside it, so `scopes`, cut back to the graph's parent, holds exactly its
    // ancestors.
    let mut scopes: Vec<(usize, HashSet<&str>)> = Vec::new();
    for (index, graph) in outline.graphs.iter().enumerate() {
        while scopes.last().is_some_and(|(outer, _)| Some(*outer) != graph.parent) {
            scopes.pop();
        }
        scopes.push((index, assigned_in(graph).collect()));
        // A child execution does not see the variables of the graphs around it.
        let is_child = |(outer, _): &(usize, HashSet<&str>)| outline.graphs.get(*outer).is_some_and(runs_as_executions);
        let visible = scopes.iter().rposition(is_child).unwrap_or(0);
        let visible = scopes.get(visible..).unwrap_or_default();
        for state in &graph.states {
            for VariableRead { name, place, is_called } in reads(state) {
                if visible.iter().any(|(_, names)| names.contains(name)) {
                    continue;
                }
                let elsewhere = everywhere
                    .get_or_insert_with(|| outline.graphs.iter().flat_map(assigned_in).collect())
                    .contains(name);
                let is_outside = scopes.iter().any(|(_, names)| names.contains(name));
                let help = if is_outside {
                    "a child execution of a distributed Map does not see the variables around it: pass it on with `ItemSelector`"
                        .to_owned()
                } else if is_called {
                    format!("neither JSONata nor Step Functions has a function `${name}`")
                } else {
                    help(name, elsewhere, state.query_language, visible, report)
                };
                report
                    .warning(
                        Code::UnassignedVariable,
                        place,
                        format!("no state assigns the variable `{name}`"),
                    )
                    .help(help);
            }
        }
    }
}

/// Whether the child executions of a Distributed Map run the graph.
fn runs_as_executions(graph: &GraphOutline<'_>) -> bool {
    graph.owner == GraphOwner::ItemProcessor && is_distributed(graph.node)
}

fn assigned_in<'n>(graph: &GraphOutline<'n>) -> impl Iterator<Item = &'n str> + use<'n> {
    let names: Vec<&str> = graph
        .states
        .iter()
        .flat_map(|state| &state.variables)
        .map(|variable| variable.name)
        .collect();
    names.into_iter()
}

fn help(
    name: &str,
    elsewhere: bool,
    query_language: QueryLanguage,
    scopes: &[(usize, HashSet<&str>)],
    report: &mut Report,
) -> String {
    if name == "states" {
        return "`$states` is JSONata; in JSONPath, the context object is `$$` and the input `$`".to_owned();
    }
    if elsewhere {
        return "a branch or an item processor assigns it, whose variables end with it".to_owned();
    }
    let mut names: Vec<&str> = Vec::new();
    if scopes.iter().map(|(_, names)| names.len()).sum::<usize>() <= MOST_COMPARED {
        names.extend(scopes.iter().flat_map(|(_, names)| names.iter().copied()));
        names.sort_unstable();
    }
    match report.similar(name, names) {
        Some(similar) => format!("did you mean `${similar}`?"),
        None if query_language == QueryLanguage::Jsonata => {
            format!("a field of the input is written `$states.input.{name}`; `Assign` gives a variable its value")
        }
        None => format!("a field of the input is written `$.{name}`; `Assign` gives a variable its value"),
    }
}

#[cfg(test)]
mod tests {
    use crate::loading::rules::testing::{findings, pass};

    #[test]
    fn a_child_execution_sees_no_variable_around_it() {
        let machine = |mode: &str| {
            findings(&format!(
                r#"{{ "StartAt": "A", "States": {{
                    "A": {{ "Type": "Pass", "Assign": {{ "shop": 1 }}, "Next": "M" }},
                    "M": {{ "Type": "Map", "End": true, "ItemSelector": {{ "s.$": "$shop" }}, "ItemProcessor": {{
                        "ProcessorConfig": {mode}, "StartAt": "P", "States": {{
                            "P": {{ "Type": "Pass", "Parameters": {{ "s.$": "$shop" }}, "End": true }} }} }} }} }} }}"#
            ))
        };
        assert_eq!(machine(r#"{ "Mode": "INLINE" }"#), [""; 0]);
        assert_eq!(
            machine(r#"{ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" }"#),
            ["warning UNASSIGNED_VARIABLE: no state assigns the variable `shop` at \
                 /States/M/ItemProcessor/States/P/Parameters/s.$ (help: a child execution of a distributed Map does not see \
                 the variables around it: pass it on with `ItemSelector`)"]
        );
    }

    #[test]
    fn a_variable_that_nothing_assigns_is_warned_of() {
        assert_eq!(
            findings(&pass(r#""Parameters": { "a.$": "$totl" }, "Assign": { "total": 0 }"#)),
            [
                "warning UNASSIGNED_VARIABLE: no state assigns the variable `totl` at /States/X/Parameters/a.$ (help: did you mean \
              `$total`?)"
            ]
        );
        assert_eq!(
            findings(&pass(r#""InputPath": "$order.id""#)),
            [
                "warning UNASSIGNED_VARIABLE: no state assigns the variable `order` at /States/X/InputPath (help: a field of the \
              input is written `$.order`; `Assign` gives a variable its value)"
            ]
        );
    }

    #[test]
    fn variables_of_a_branch_end_with_it() {
        let source = r#"{ "StartAt": "P", "States": {
            "P": { "Type": "Parallel", "Next": "X", "Branches": [
                { "StartAt": "B", "States": { "B": { "Type": "Pass", "Assign": { "inner": 1 }, "End": true } } } ] },
            "X": { "Type": "Pass", "InputPath": "$inner", "End": true } } }"#;
        assert_eq!(
            findings(source),
            [
                "warning UNASSIGNED_VARIABLE: no state assigns the variable `inner` at /States/X/InputPath (help: a branch or an \
              item processor assigns it, whose variables end with it)"
            ]
        );
    }

    #[test]
    fn variables_of_the_graph_and_of_those_around_it_are_fine() {
        let source = r#"{ "StartAt": "P", "States": {
            "P": { "Type": "Parallel", "End": true, "Assign": { "outer": 1 }, "Branches": [
                { "StartAt": "B", "States": { "B": { "Type": "Pass", "Assign": { "inner.$": "$outer" }, "Next": "C" },
                    "C": { "Type": "Pass", "Parameters": { "x.$": "States.Array($inner, $outer)" }, "End": true } } } ] } } }"#;
        assert_eq!(findings(source), [""; 0]);
    }
}
