//! # Choice rules
//!
//! **What**: a Choice Rule, and every expression nested in it, is either one of `And`, `Or`, `Not`, or a `Variable`
//! with exactly one comparison operator.
//!
//! **Why**: with two operators, it would be unclear which one decides.
//!
//! Bad:
//! ```json
//! { "Variable": "$.total", "NumericGreaterThan": 10, "NumericLessThan": 20, "Next": "Bake" }
//! ```
//! Good:
//! ```json
//! { "And": [{ "Variable": "$.total", "NumericGreaterThan": 10 }, { "Variable": "$.total", "NumericLessThan": 20 }], "Next": "Bake" }
//! ```

use super::exclusive_fields::{none_of, too_many};
use crate::data::json::{Member, Node, Object, Place};
use crate::definition::{QueryLanguage, StateType};
use crate::loading::outline::{CHOICE_RULE_FIELDS, COMPARISON_OPERATORS, Outline};
use crate::loading::report::Report;

const COMBINATIONS: [&str; 3] = ["And", "Or", "Not"];

pub(super) fn check(outline: &Outline<'_>, report: &mut Report) {
    let choices = outline.states().filter(|(_, state)| {
        state.state_type == Some(StateType::Choice) && state.query_language == QueryLanguage::JsonPath
    });
    for (_, state) in choices {
        for rule in state.field("Choices").and_then(Node::as_array).unwrap_or_default() {
            expression(rule, report);
        }
    }
}

fn expression(node: &Node, report: &mut Report) {
    let Some(object) = node.as_object() else { return };
    let of = |names: &[&str]| members(object, names);
    let (combinations, operators) = (of(&COMBINATIONS), of(&COMPARISON_OPERATORS));
    match (combinations.as_slice(), operators.as_slice(), object.member("Variable")) {
        // `field_languages` rejects a rule in JSONata.
        ([], [], None) if object.contains("Condition") => {}
        ([], [], _) => {
            let help = if object.contains("Variable") {
                "say what the value is compared with, for example `\"StringEquals\": \"paid\"`"
            } else {
                "a rule has a `Variable` and an operator, or one of `And`, `Or`, `Not`"
            };
            // Behind the name that is wrong, which comes with a suggestion: this message lists all 39 operators.
            let misspelt = object.members.iter().find(|member| !is_known(&member.key));
            let place = misspelt.map_or(Place::opening(node), |member| Place::key(member).about(node));
            report.schema(place, none_of(&COMPARISON_OPERATORS)).help(help);
        }
        ([], [_], Some(_)) | ([_], [], None) => {}
        ([], [_], None) => {
            let help = "it is the path to the value that is compared";
            report
                .schema(Place::opening(node), "These fields are required: [Variable]")
                .help(help);
        }
        ([], [.., last], _) => {
            let names: Vec<String> = operators.iter().map(|member| format!("`{}`", member.key)).collect();
            let help = format!("to ask for {}, nest them in `And` or `Or`", names.join(" and "));
            report
                .schema(Place::key(last).about(node), too_many(&COMPARISON_OPERATORS))
                .help(help);
        }
        ([.., last], [], None) => {
            report
                .schema(Place::key(last).about(node), too_many(&COMBINATIONS))
                .help("nest one in the other");
        }
        ([combination, ..], operators, variable) => {
            let surplus = operators.first().copied().or(variable);
            let place = surplus.map_or(Place::opening(node), Place::key).about(node);
            let key = surplus.map_or("", |member| member.key.as_str());
            report
                .schema(place, format!("Field '{key}' is not supported"))
                .help(format!(
                    "`{}` holds the comparisons of this rule: move it there",
                    combination.key
                ));
        }
    }
    for combination in combinations {
        match combination.value.as_array() {
            Some(nested) => nested.iter().for_each(|nested| expression(nested, report)),
            None => expression(&combination.value, report),
        }
    }
}

fn is_known(field: &str) -> bool {
    CHOICE_RULE_FIELDS.iter().any(|(name, _)| *name == field)
}

/// The members with one of these names, in source order.
fn members<'n>(object: &'n Object, names: &[&str]) -> Vec<&'n Member> {
    object
        .members
        .iter()
        .filter(|member| names.contains(&member.key.as_str()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loading::rules::testing::findings;

    fn rule(rule: &str) -> Vec<String> {
        findings(&format!(
            r#"{{ "StartAt": "X", "States": {{ "X": {{ "Type": "Choice", "Choices": [{{ {rule}, "Next": "D" }}], "Default": "D" }},
                "D": {{ "Type": "Succeed" }} }} }}"#
        ))
    }

    #[test]
    fn a_rule_without_an_operator_is_told_all_there_are() {
        let findings = rule(r#""Variable": "$.a""#);
        assert_eq!(findings.len(), 1);
        assert!(findings[0].starts_with(
            "SCHEMA_VALIDATION_FAILED: This object should have only one of the following fields: [StringEquals, IsBoolean, \
             StringLessThan, "
        ));
        assert!(findings[0].contains("NumericGreaterThanEqualsPath] at /States/X/Choices[0] (help: "));
    }

    #[test]
    fn two_operators_are_refused() {
        assert_eq!(
            rule(r#""Variable": "$.a", "NumericLessThan": 1, "NumericGreaterThan": 0"#),
            [format!(
                "SCHEMA_VALIDATION_FAILED: {} at /States/X/Choices[0] (help: to ask for `NumericLessThan` and \
                 `NumericGreaterThan`, nest them in `And` or `Or`)",
                too_many(&COMPARISON_OPERATORS)
            )]
        );
    }

    #[test]
    fn a_nested_expression_has_neither_next_nor_two_ways() {
        assert_eq!(
            rule(r#""Not": { "Variable": "$.a", "IsNull": true, "Next": "D" }"#),
            [
                "SCHEMA_VALIDATION_FAILED: Field 'Next' is not supported at /States/X/Choices[0]/Not (help: `Next` belongs to the \
              rule in `Choices` that this expression is part of)"
            ]
        );
        assert_eq!(
            rule(r#""Not": { "Variable": "$.a", "IsNull": true }, "IsNull": true"#),
            [
                "SCHEMA_VALIDATION_FAILED: Field 'IsNull' is not supported at /States/X/Choices[0] (help: `Not` holds the \
              comparisons of this rule: move it there)"
            ]
        );
    }

    #[test]
    fn an_empty_or_is_refused_once() {
        assert_eq!(
            rule(r#""Not": { "Or": [] }"#),
            [
                "SCHEMA_VALIDATION_FAILED: Value cannot be empty at /States/X/Choices[0]/Not/Or (help: it combines at least one rule)"
            ]
        );
    }

    #[test]
    fn one_operator_and_nested_rules_are_fine() {
        assert_eq!(rule(r#""StringEquals": "b", "Variable": "$.a""#), [""; 0]);
        assert_eq!(
            rule(
                r#""And": [{ "Variable": "$.a", "IsPresent": true }, { "Not": { "Variable": "$.a", "IsNull": true } }]"#
            ),
            [""; 0]
        );
    }
}
