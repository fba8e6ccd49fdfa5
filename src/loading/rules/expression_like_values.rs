//! # Texts that look like expressions
//!
//! **What**: in a JSONata state, a text that looks like an expression or a path stands between `{%` and `%}`, without
//! blanks around them. In a JSONPath state, no constant stands between them. A warning.
//!
//! **Why**: any other text is a constant, and is passed on as it is.
//!
//! Bad:
//! ```json
//! { "Type": "Pass", "QueryLanguage": "JSONata", "Output": { "id": "$states.input.id" }, "End": true }
//! ```
//! Good:
//! ```json
//! { "Type": "Pass", "QueryLanguage": "JSONata", "Output": { "id": "{% $states.input.id %}" }, "End": true }
//! ```

use std::collections::HashSet;

use crate::data::json::{Kind, Node, Place};
use crate::definition::{Code, QueryLanguage};
use crate::loading::outline::{Outline, TEMPLATE_FIELDS, expression_text, leading_variable};
use crate::loading::report::Report;

pub(super) fn check(outline: &Outline<'_>, report: &mut Report) {
    let assigned = outline.states().flat_map(|(_, state)| &state.variables);
    let variables: HashSet<&str> = assigned.map(|variable| variable.name).chain(["states"]).collect();
    for text in outline.states().flat_map(|(_, state)| &state.texts) {
        let Some(value) = text.node.as_str().filter(|_| text.is_constant()) else {
            continue;
        };
        let trimmed = value.trim();
        let help = if trimmed.starts_with("{%") && trimmed.ends_with("%}") {
            "remove the blanks around it: an expression begins with `{%` and ends with `%}`"
        } else if ["$.", "$$.", "$["].iter().any(|start| value.starts_with(start)) {
            "it is a path of JSONPath; in JSONata, the input is read by `{% $states.input… %}`"
        } else if begins_with_a_variable(value, &variables) {
            "to have it evaluated, write it between `{%` and `%}`"
        } else {
            continue;
        };
        warn(text.node, help, report);
    }
    for (_, state) in outline
        .states()
        .filter(|(_, state)| state.query_language == QueryLanguage::JsonPath)
    {
        for member in state.object.map(|object| object.members.as_slice()).unwrap_or_default() {
            if TEMPLATE_FIELDS.contains(&member.key.as_str()) || matches!(&*member.key, "Result" | "Error" | "Cause") {
                constants_of_json_path(&member.value, report);
            }
        }
    }
}

fn constants_of_json_path(node: &Node, report: &mut Report) {
    match &node.kind {
        Kind::String(_) if expression_text(node).is_some() => {
            warn(
                node,
                "it is JSONata: give the state `\"QueryLanguage\": \"JSONata\"`",
                report,
            );
        }
        Kind::Array(elements) => elements
            .iter()
            .for_each(|element| constants_of_json_path(element, report)),
        Kind::Object(object) => object
            .members
            .iter()
            // A field whose name ends in `.$` is evaluated, or rejected.
            .filter(|member| !member.key.ends_with(".$"))
            .for_each(|member| constants_of_json_path(&member.value, report)),
        _ => {}
    }
}

fn warn(node: &Node, help: &str, report: &mut Report) {
    let message = "the text looks like an expression, but is not evaluated";
    report
        .warning(Code::NotAnExpression, Place::value(node), message)
        .help(help);
}

fn begins_with_a_variable(text: &str, variables: &HashSet<&str>) -> bool {
    leading_variable(text).is_some_and(|name| variables.contains(name))
}

#[cfg(all(test, feature = "jsonata"))]
mod tests {
    use crate::loading::rules::testing::{findings, jsonata, pass};

    fn output(text: &str) -> Vec<String> {
        findings(&jsonata(&format!(
            r#"{{ "Type": "Pass", "Assign": {{ "order": 1 }}, "Output": {{ "a": "{text}" }}, "End": true }}"#
        )))
    }

    #[test]
    fn what_looks_like_an_expression_is_warned_of() {
        let warning = |help: &str| {
            [format!(
                "warning NOT_AN_EXPRESSION: the text looks like an expression, but is not evaluated at /States/X/Output/a (help: \
                 {help})"
            )]
        };
        let delimiters = "to have it evaluated, write it between `{%` and `%}`";
        assert_eq!(output("$states.input.id"), warning(delimiters));
        assert_eq!(output("$order.id"), warning(delimiters));
        assert_eq!(
            output(" {% $order %} "),
            warning("remove the blanks around it: an expression begins with `{%` and ends with `%}`")
        );
        assert_eq!(
            output("$.id"),
            warning("it is a path of JSONPath; in JSONata, the input is read by `{% $states.input… %}`")
        );
    }

    #[test]
    fn an_expression_in_json_path_is_warned_of() {
        let parameters = pass(r#""Parameters": { "a": ["{% $states.input %}"] }"#);
        assert_eq!(
            findings(&parameters),
            [
                "warning NOT_AN_EXPRESSION: the text looks like an expression, but is not evaluated at \
                 /States/X/Parameters/a[0] (help: it is JSONata: give the state `\"QueryLanguage\": \"JSONata\"`)"
            ]
        );
    }

    #[test]
    fn expressions_and_plain_texts_are_fine() {
        for text in ["{% $order %}", "$5", "$else", "States of matter", "100 %"] {
            assert_eq!(output(text), [""; 0], "{text}");
        }
    }
}
