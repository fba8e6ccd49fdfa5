//! # A Choice without `Default`
//!
//! **What**: a Choice state has a `Default`. A warning.
//!
//! **Why**: if no rule is true, the execution fails with `States.Runtime`, which nothing can catch. A `Default` is not
//! needed if two rules ask the same `Is…` question with `true` and with `false`, or a `Condition` is `true`.
//!
//! Bad:
//! ```json
//! { "Type": "Choice", "Choices": [{ "Variable": "$.paid", "BooleanEquals": true, "Next": "Bake" }] }
//! ```
//! Good:
//! ```json
//! { "Type": "Choice", "Choices": [{ "Variable": "$.paid", "BooleanEquals": true, "Next": "Bake" }], "Default": "Charge" }
//! ```

use std::collections::HashSet;

use crate::data::json::{Node, Place};
use crate::definition::{Code, StateType};
use crate::loading::outline::{Outline, expression_text};
use crate::loading::report::Report;

pub(super) fn check(outline: &Outline<'_>, report: &mut Report) {
    let choices = outline
        .states()
        .filter(|(_, state)| state.state_type == Some(StateType::Choice));
    for (_, state) in choices {
        let rules = state.field("Choices").and_then(Node::as_array).unwrap_or_default();
        if rules.is_empty() || state.field("Default").is_some() || leave_nothing_over(rules) {
            continue;
        }
        report
            .warning(
                Code::MissingDefault,
                Place::key(state.member),
                "the execution fails when no rule is true",
            )
            .help("name the state that goes on then: `\"Default\": \"…\"`");
    }
}

/// Whether one of the rules is always true: a rule asks the opposite of another, or is `true` itself.
fn leave_nothing_over(rules: &[Node]) -> bool {
    if rules.iter().any(is_always_true) {
        return true;
    }
    let mut asked = HashSet::new();
    rules.iter().filter_map(question).any(|(variable, operator, answer)| {
        asked.insert((variable, operator, answer));
        asked.contains(&(variable, operator, !answer))
    })
}

/// Whether the `Condition` of a JSONata rule is `true`, or is unknown because of an unresolved substitution.
fn is_always_true(rule: &Node) -> bool {
    rule.field("Condition").is_some_and(|condition| {
        let expression = expression_text(condition).map(str::trim);
        condition.unresolved || condition.as_bool() == Some(true) || expression == Some("true")
    })
}

/// The variable, the `Is…` operator and the operand of a rule with such an operator.
fn question(rule: &Node) -> Option<(&str, &str, bool)> {
    let variable = rule.field("Variable")?.as_str()?;
    let members = &rule.as_object()?.members;
    let operator = members.iter().find(|member| member.key.starts_with("Is"))?;
    Some((variable, &operator.key, operator.value.as_bool()?))
}

#[cfg(test)]
mod tests {
    use crate::loading::rules::testing::findings;

    fn choice(rules: &str, fields: &str) -> Vec<String> {
        findings(&format!(
            r#"{{ "StartAt": "X", "States": {{ "X": {{ "Type": "Choice", "Choices": [{rules}] {fields} }}, "D": {{ "Type": "Succeed" }} }} }}"#
        ))
    }

    const PAID: &str = r#"{ "Variable": "$.a", "IsPresent": true, "Next": "D" }"#;

    #[test]
    fn one_that_may_match_nothing_is_warned_of() {
        assert_eq!(
            choice(PAID, ""),
            [
                "warning MISSING_DEFAULT: the execution fails when no rule is true at /States/X (help: name the state that goes on \
              then: `\"Default\": \"…\"`)"
            ]
        );
    }

    #[test]
    fn a_default_or_opposite_rules_are_fine() {
        assert_eq!(choice(PAID, r#", "Default": "D""#), [""; 0]);
        assert_eq!(
            choice(&format!("{PAID}, {}", PAID.replace("true", "false")), ""),
            [""; 0]
        );
    }
}
