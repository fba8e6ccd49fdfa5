//! # Fields of the other query language
//!
//! **What**: a state in JSONPath has no fields of JSONata, and a state in JSONata has none of JSONPath. The same holds
//! for its Choice Rules and Catchers.
//!
//! **Why**: a field of the other language would have no effect. AWS rejects it, too.
//!
//! Bad:
//! ```json
//! { "Type": "Pass", "QueryLanguage": "JSONata", "Parameters": { "id.$": "$.id" }, "End": true }
//! ```
//! Good:
//! ```json
//! { "Type": "Pass", "QueryLanguage": "JSONata", "Output": { "id": "{% $states.input.id %}" }, "End": true }
//! ```

use crate::data::json::{Member, Node, Place};
use crate::definition::{QueryLanguage, StateType};
use crate::loading::outline::{
    CATCHER_FIELDS, CHOICE_RULE_FIELDS, COMPARISON_OPERATORS, Language, Outline, Presence, state_field,
};
use crate::loading::report::Report;

pub(super) fn check(outline: &Outline<'_>, report: &mut Report) {
    for (_, state) in outline.states() {
        let Some(state_type) = state.state_type else { continue };
        let query_language = state.query_language;
        for member in members(state.node()) {
            let rule = state_field(&member.key).filter(|rule| rule.presence(state_type) != Presence::Never);
            if rule.is_some_and(|rule| !rule.language.is_of(query_language)) {
                let help = state_help(&member.key, state_type, query_language);
                refuse(member, state.node(), query_language, help, report);
            }
        }
        for catcher in state.field("Catch").and_then(Node::as_array).unwrap_or_default() {
            for member in members(catcher) {
                if language_of(CATCHER_FIELDS, &member.key).is_some_and(|language| !language.is_of(query_language)) {
                    let help = if query_language == QueryLanguage::Jsonata {
                        "in JSONata, `Output` makes the output: `{% $states.errorOutput %}` is the Error Output"
                    } else {
                        "in JSONPath, `ResultPath` places the Error Output in the input"
                    };
                    refuse(member, catcher, query_language, Some(help.to_owned()), report);
                }
            }
        }
        if state_type == StateType::Choice {
            for rule in state.field("Choices").and_then(Node::as_array).unwrap_or_default() {
                choice_rule(rule, query_language, report);
            }
        }
    }
}

/// A Choice Rule, or an expression nested in it.
fn choice_rule(node: &Node, query_language: QueryLanguage, report: &mut Report) {
    for member in members(node) {
        let key = member.key.as_str();
        let language =
            language_of(CHOICE_RULE_FIELDS, key).or(COMPARISON_OPERATORS.contains(&key).then_some(Language::JsonPath));
        if language.is_some_and(|language| !language.is_of(query_language)) {
            let help = match key {
                _ if query_language == QueryLanguage::Jsonata => {
                    "in JSONata, a rule has a `Condition` such as `{% $states.input.total > 100 %}`"
                }
                "Condition" => "in JSONPath, a rule has a `Variable` and an operator",
                _ => "in JSONPath, the state's `OutputPath` shapes the output",
            };
            refuse(member, node, query_language, Some(help.to_owned()), report);
        } else if matches!(key, "And" | "Or") {
            for nested in member.value.as_array().unwrap_or_default() {
                choice_rule(nested, query_language, report);
            }
        } else if key == "Not" {
            choice_rule(&member.value, query_language, report);
        }
    }
}

fn members(node: &Node) -> &[Member] {
    node.as_object()
        .map(|object| object.members.as_slice())
        .unwrap_or_default()
}

fn language_of(fields: &[(&str, Language)], name: &str) -> Option<Language> {
    fields
        .iter()
        .find(|(field, _)| *field == name)
        .map(|(_, language)| *language)
}

fn refuse(member: &Member, owner: &Node, query_language: QueryLanguage, help: Option<String>, report: &mut Report) {
    let (set, other) = if query_language == QueryLanguage::Jsonata {
        ("JSONata", "JSONPath")
    } else {
        ("JSONPath", "JSONata")
    };
    let message = format!(
        "The QueryLanguage is set to '{set}', but field '{}' is only supported for the '{other}' QueryLanguage",
        member.key
    );
    report.schema(Place::key(member).about(owner), message).maybe_help(help);
}

/// The help for a field of the other language: the field to use instead.
fn state_help(field: &str, state_type: StateType, query_language: QueryLanguage) -> Option<String> {
    let help = match (field, state_type) {
        ("Output", _) => "in JSONPath, `Parameters`, `ResultSelector` and `OutputPath` shape the output",
        ("Arguments", _) => "in JSONPath, the field is called `Parameters`",
        ("Items", _) => "in JSONPath, the field is called `ItemsPath`",
        ("InputPath", _) => "in JSONata, expressions select from `$states.input` themselves",
        ("Parameters", StateType::Task | StateType::Parallel) => "in JSONata, the field is called `Arguments`",
        ("Parameters", StateType::Map) => "in JSONata, the field is called `ItemSelector`",
        ("ItemsPath", _) => "in JSONata, the field is called `Items`",
        ("ResultSelector" | "ResultPath", _) => "in JSONata, `Output` makes the output of `$states.result`",
        ("Parameters" | "OutputPath" | "Result", _) => "in JSONata, `Output` makes the output",
        (field, _) if query_language == QueryLanguage::Jsonata => {
            let value = field.strip_suffix("Path")?;
            return Some(format!("in JSONata, `{value}` takes an expression: `{{% … %}}`"));
        }
        _ => return None,
    };
    Some(help.to_owned())
}

#[cfg(test)]
mod tests {
    use crate::loading::rules::testing::{findings, state};

    #[test]
    fn a_field_of_the_other_query_language_is_refused() {
        assert_eq!(
            findings(&state(r#"{ "Type": "Pass", "Output": {}, "End": true }"#)),
            [
                "SCHEMA_VALIDATION_FAILED: The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for \
              the 'JSONata' QueryLanguage at /States/X (help: in JSONPath, `Parameters`, `ResultSelector` and `OutputPath` shape the output)"
            ]
        );
    }

    #[cfg(feature = "jsonata")]
    mod in_jsonata {
        use super::{findings, state};
        use crate::loading::rules::testing::jsonata;

        #[test]
        fn each_field_of_json_path_is_refused() {
            assert_eq!(
                findings(&jsonata(
                    r#"{ "Type": "Wait", "SecondsPath": "$.s", "Seconds": 1, "End": true }"#
                )),
                [
                    "SCHEMA_VALIDATION_FAILED: The QueryLanguage is set to 'JSONata', but field 'SecondsPath' is only supported \
                     for the 'JSONPath' QueryLanguage at /States/X (help: in JSONata, `Seconds` takes an expression: `{% … %}`)"
                ]
            );
            let pass = r#"{ "Type": "Pass", "InputPath": "$", "Parameters": {}, "Result": 1, "ResultPath": null, "OutputPath": "$", "End": true }"#;
            assert_eq!(findings(&jsonata(pass)).len(), 5);
        }

        #[test]
        fn rules_and_catchers_have_fields_of_their_own() {
            let choice = r#"{ "Type": "Choice", "Default": "X", "Choices": [{ "Variable": "$.a", "IsNull": true, "Next": "X" }] }"#;
            let found = findings(&jsonata(choice));
            assert!(
                found[0].contains("but field 'Variable' is only supported for the 'JSONPath'"),
                "{found:?}"
            );
            assert!(
                found[1].contains("but field 'IsNull' is only supported for the 'JSONPath'"),
                "{found:?}"
            );
            let task = r#"{ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
                "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "X", "ResultPath": null }] }"#;
            assert!(
                findings(&jsonata(task))[0].contains("but field 'ResultPath' is only supported for the 'JSONPath'")
            );
            let task = task.replace("ResultPath", "Output");
            assert!(findings(&state(&task))[0].contains("but field 'Output' is only supported for the 'JSONata'"));
            assert_eq!(findings(&jsonata(&task)), [""; 0]);
        }
    }
}
