//! The variables that states read.

use indexmap::IndexMap;
use std::collections::BTreeSet;

use super::{Outline, StateOutline};
use crate::data::json::Place;
use crate::data::{Expression, Target};

/// A reference that reads a variable.
pub(crate) struct VariableRead<'s> {
    pub(crate) name: &'s str,
    pub(crate) place: Place,
    /// Whether it is called like a function, in JSONata.
    pub(crate) is_called: bool,
}

/// The variables that a state reads.
pub(crate) fn reads<'s>(state: &'s StateOutline<'_>) -> Vec<VariableRead<'s>> {
    let mut found = Vec::new();
    for text in &state.paths {
        let variables = text.expression.iter().flat_map(Expression::variables);
        found.extend(variables.map(|(offset, name)| VariableRead {
            name,
            place: Place::inside(text.node, offset),
            is_called: false,
        }));
    }
    for text in &state.texts {
        for reference in text.references() {
            if let Target::Variable(name) = &reference.target {
                found.push(VariableRead {
                    name,
                    place: text.place(reference),
                    is_called: text.is_called(reference, name),
                });
            }
        }
    }
    found
}

/// The name after the `$` that a constant begins with, if it is a variable name.
pub(crate) fn leading_variable(text: &str) -> Option<&str> {
    let name = text.strip_prefix('$')?;
    let is_in_names = |c: char| c.is_alphanumeric() || c == '_';
    let end = name.find(|c| !is_in_names(c)).unwrap_or(name.len());
    name.get(..end)
        .filter(|name| name.starts_with(|c: char| c.is_alphabetic() || c == '_'))
}

/// The variables that each state reads, by the state's name, including nested states; states that read none are left
/// out. Called names are functions, not variables.
pub(crate) fn variable_references(outline: &Outline<'_>) -> IndexMap<String, BTreeSet<String>> {
    let mut references: IndexMap<String, BTreeSet<String>> = IndexMap::new();
    for (_, state) in outline.states() {
        let variables = reads(state).into_iter().filter(|read| !read.is_called);
        let names: BTreeSet<String> = variables.map(|read| read.name.to_owned()).collect();
        if !names.is_empty() {
            references.entry(state.name().to_owned()).or_default().extend(names);
        }
    }
    references
}

#[cfg(test)]
mod tests {
    use crate::loading::Loader;

    fn references(states: &str) -> Vec<(String, Vec<String>)> {
        let source = format!(r#"{{ "StartAt": "A", "States": {{ {states} }} }}"#);
        let found = Loader::new().variable_references(&source);
        let sorted = |names: std::collections::BTreeSet<String>| names.into_iter().collect();
        found.into_iter().map(|(state, names)| (state, sorted(names))).collect()
    }

    #[test]
    fn states_name_what_they_read_in_order_of_the_names() {
        let states = r#"
            "A": { "Type": "Pass", "Parameters": { "x.$": "States.Array($b, $a.c, $.d, $$.Execution.Id)", "y": "$z" }, "Next": "B" },
            "B": { "Type": "Pass", "Assign": { "a": 1 }, "ResultPath": "$.r", "End": true }"#;
        assert_eq!(references(states), [("A".into(), vec!["a".into(), "b".into()])]);
    }

    #[cfg(feature = "jsonata")]
    #[test]
    fn functions_of_jsonata_are_no_variables() {
        let states = r#"
            "A": { "Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $sum($n) + $states.input.m %}", "End": true }"#;
        assert_eq!(references(states), [("A".into(), vec!["n".into()])]);
    }

    #[test]
    fn what_a_map_reads_its_items_with_is_the_maps_own() {
        let states = r#"
            "A": { "Type": "Map", "End": true,
                "ItemReader": {
                    "Resource": "arn:aws:states:::s3:getObject",
                    "ReaderConfig": { "InputType": "JSON", "MaxItemsPath": "$most" },
                    "Parameters": { "Bucket.$": "$bucket", "Key": "$key" }
                },
                "ItemBatcher": { "MaxItemsPerBatchPath": "$size", "BatchInput": { "a.$": "$facts" } },
                "ResultWriter": { "Resource": "arn:aws:states:::s3:putObject", "Parameters": { "Bucket.$": "$out" } },
                "ItemProcessor": {
                    "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
                    "StartAt": "I",
                    "States": { "I": { "Type": "Wait", "SecondsPath": "$pause", "End": true } }
                } }"#;
        let names = ["bucket", "facts", "most", "out", "size"];
        assert_eq!(
            references(states),
            [
                ("A".into(), names.map(str::to_owned).to_vec()),
                ("I".into(), vec!["pause".into()])
            ]
        );
    }
}
