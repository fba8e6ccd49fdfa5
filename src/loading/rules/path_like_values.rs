//! # Values that look like paths
//!
//! **What**: a string that looks like a path or a call (`$.`, `$$.`, `$[`, `States.…(…)`) stands in a field that
//! evaluates it: in a payload template, a field whose name ends in `.$`; elsewhere, a field whose name ends in `Path`.
//! A warning.
//!
//! **Why**: any other field passes on the text itself, which is seldom intended. Strings in an array have no name that
//! could end in `.$`, so they are never evaluated. A Pass state's `Result` has a separate rule, `static_result`.
//!
//! Bad:
//! ```json
//! { "Type": "Pass", "Parameters": { "id": "$.order.id" }, "End": true }
//! ```
//! Good:
//! ```json
//! { "Type": "Pass", "Parameters": { "id.$": "$.order.id" }, "End": true }
//! ```

use std::collections::HashSet;

use crate::data::json::{Kind, Node, Object, Place};
use crate::definition::{Code, QueryLanguage};
use crate::loading::outline::{Outline, TEMPLATE_FIELDS, leading_variable, state_field};
use crate::loading::report::Report;

pub(super) fn check(outline: &Outline<'_>, report: &mut Report) {
    let assigned = outline.states().flat_map(|(_, state)| &state.variables);
    let variables = Variables(assigned.map(|variable| variable.name).collect());
    for (_, state) in outline
        .states()
        .filter(|(_, state)| state.query_language == QueryLanguage::JsonPath)
    {
        let (Some(object), Some(_)) = (state.object, state.state_type) else {
            continue;
        };
        for member in &object.members {
            match member.key.as_str() {
                key @ ("Parameters" | "ItemSelector") if member.value.as_str().is_some() => {
                    variables.whole(key, &member.value, report);
                }
                key if TEMPLATE_FIELDS.contains(&key) => variables.template(&member.value, report),
                "Catch" | "Choices" => {
                    for element in member.value.as_array().unwrap_or_default() {
                        element
                            .field("Assign")
                            .into_iter()
                            .for_each(|assign| variables.template(assign, report));
                        comparisons(element, report);
                    }
                }
                key if state_field(&format!("{key}Path")).is_some() => literal(key, &member.value, report),
                _ => {}
            }
        }
    }
}

/// The names of all variables that the machine assigns.
struct Variables<'n>(HashSet<&'n str>);

impl Variables<'_> {
    /// Checks a payload template that is a text.
    fn whole(&self, key: &str, node: &Node, report: &mut Report) {
        let text = node.as_str().unwrap_or_default();
        if text == "$" || self.look_computed(text) {
            let message =
                format!("the text of `{key}` looks like a path or an intrinsic function, but is not evaluated");
            report
                .warning(Code::NoDollar, Place::value(node), message)
                .help(format!(
                    "in an object, a field such as `\"order.$\": \"{text}\"` is evaluated"
                ));
        }
    }

    /// Checks the constants of a payload template.
    fn template(&self, node: &Node, report: &mut Report) {
        match &node.kind {
            Kind::Array(elements) => {
                for element in elements {
                    if element.as_str().is_some_and(|text| self.look_computed(text)) {
                        let message = "the string looks like a path or an intrinsic function, but is not evaluated";
                        report
                            .warning(Code::NoDollar, Place::value(element), message)
                            .help("an array is computed by `States.Array(…)` in a field whose name ends in `.$`");
                    } else {
                        self.template(element, report);
                    }
                }
            }
            Kind::Object(object) => {
                for member in object.members.iter().filter(|member| !member.key.ends_with(".$")) {
                    if member.value.as_str().is_some_and(|text| self.look_computed(text)) {
                        report
                            .warning(
                                Code::NoDollar,
                                Place::key(member),
                                format!(
                                    "the value of `{}` looks like a path or an intrinsic function, but is not evaluated",
                                    member.key
                                ),
                            )
                            .help(format!("to have it evaluated, call the field `{}.$`", member.key));
                    } else {
                        self.template(&member.value, report);
                    }
                }
            }
            _ => {}
        }
    }

    /// Whether a text looks like a path, a call or an assigned variable.
    fn look_computed(&self, text: &str) -> bool {
        looks_computed(text) || leading_variable(text).is_some_and(|name| self.0.contains(name))
    }
}

/// Checks the operands of a Choice Rule.
fn comparisons(node: &Node, report: &mut Report) {
    let members = node
        .as_object()
        .map(|object: &Object| object.members.as_slice())
        .unwrap_or_default();
    for member in members {
        match member.key.as_str() {
            "And" | "Or" => member
                .value
                .as_array()
                .unwrap_or_default()
                .iter()
                .for_each(|node| comparisons(node, report)),
            "Not" => comparisons(&member.value, report),
            key if key.starts_with("String") && !key.ends_with("Path") && key != "StringMatches" => {
                literal(key, &member.value, report);
            }
            _ => {}
        }
    }
}

/// Checks a constant for which there is also a `…Path` field. A value that is not a text is reported when the field is
/// read.
fn literal(key: &str, node: &Node, report: &mut Report) {
    let reads_text = matches!(key, "Error" | "Cause") || key.starts_with("String");
    if reads_text && node.as_str().is_some_and(looks_computed) {
        report
            .warning(
                Code::NoPath,
                Place::value(node),
                format!("the value of `{key}` looks like a path, but is not evaluated"),
            )
            .help(format!("to have it evaluated, call the field `{key}Path`"));
    }
}

/// Whether a text looks like a path or a call.
pub(super) fn looks_computed(text: &str) -> bool {
    ["$.", "$$.", "$["].iter().any(|start| text.starts_with(start))
        || (text.starts_with("States.") && text.ends_with(')'))
}

#[cfg(test)]
mod tests {
    use crate::loading::rules::testing::{findings, pass, state};

    #[test]
    fn a_template_field_without_a_dollar_is_warned_of() {
        assert_eq!(
            findings(&pass(r#""Parameters": { "id": "$.order.id" }"#)),
            [
                "warning NO_DOLLAR: the value of `id` looks like a path or an intrinsic function, but is not evaluated at \
              /States/X/Parameters/id (help: to have it evaluated, call the field `id.$`)"
            ]
        );
    }

    #[test]
    fn a_variable_and_a_string_in_an_array_are_warned_of() {
        let found = findings(&pass(
            r#""Assign": { "order": 1 }, "Parameters": { "a": "$order.id", "b": ["$.x"], "c": "$other" }"#,
        ));
        assert_eq!(
            found,
            [
                "warning NO_DOLLAR: the value of `a` looks like a path or an intrinsic function, but is not evaluated at \
              /States/X/Parameters/a (help: to have it evaluated, call the field `a.$`)",
                "warning NO_DOLLAR: the string looks like a path or an intrinsic function, but is not evaluated at \
              /States/X/Parameters/b[0] (help: an array is computed by `States.Array(…)` in a field whose name ends in `.$`)"
            ]
        );
    }

    #[test]
    fn a_path_in_a_field_for_text_is_warned_of() {
        assert_eq!(
            findings(&state(r#"{ "Type": "Fail", "Cause": "$.cause" }"#)),
            [
                "warning NO_PATH: the value of `Cause` looks like a path, but is not evaluated at /States/X/Cause (help: to have \
              it evaluated, call the field `CausePath`)"
            ]
        );
    }

    #[test]
    fn evaluated_fields_and_plain_text_are_fine() {
        assert_eq!(
            findings(&pass(
                r#""Parameters": { "id.$": "$.id", "price": "$5", "note": "States of matter" }"#
            )),
            [""; 0]
        );
        assert_eq!(
            findings(&state(
                r#"{ "Type": "Fail", "CausePath": "$.cause", "Error": "Sold out" }"#
            )),
            [""; 0]
        );
    }
}
