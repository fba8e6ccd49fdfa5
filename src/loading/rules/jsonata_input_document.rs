//! # The input document of JSONata
//!
//! **What**: an expression does not read an input document: it has no `$$`, and no `$` or bare name outside of the
//! paths, filters and functions that give it a value.
//!
//! **Why**: a state has no input document. Its input is `$states.input`.
//!
//! Bad:
//! ```json
//! { "Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% order.items[price > 10] %}", "End": true }
//! ```
//! Good:
//! ```json
//! { "Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $states.input.order.items[price > 10] %}", "End": true }
//! ```

use crate::data::Target;
use crate::loading::outline::Outline;
use crate::loading::report::Report;

pub(super) fn check(outline: &Outline<'_>, report: &mut Report) {
    for text in outline.states().flat_map(|(_, state)| &state.texts) {
        for reference in text.references() {
            let (message, help) = match &reference.target {
                Target::Root => (
                    "`$$` cannot be used: a state has no input document".to_owned(),
                    "the state's input is `$states.input`, the context object `$states.context`".to_owned(),
                ),
                Target::Context => (
                    "`$` cannot be used at the top level: a state has no input document".to_owned(),
                    "the state's input is `$states.input`".to_owned(),
                ),
                Target::Field(name) => (
                    format!("`{name}` cannot be used at the top level: a state has no input document"),
                    field_help(name),
                ),
                _ => continue,
            };
            text.refuse(reference, &message, &help, report);
        }
    }
}

fn field_help(name: &str) -> String {
    match name {
        "states" => "write `$states`".to_owned(),
        "*" | "**" | "%" => format!("begin it with a value, such as `$states.input.{name}`"),
        "True" | "False" | "Null" | "TRUE" | "FALSE" | "NULL" => format!("write `{}`", name.to_lowercase()),
        "None" | "nil" | "undefined" => "write `null`".to_owned(),
        _ => format!("a field of the input is written `$states.input.{name}`, a variable `${name}`, a text `'{name}'`"),
    }
}

#[cfg(all(test, feature = "jsonata"))]
mod tests {
    use crate::loading::rules::testing::{findings, jsonata};

    fn output(expression: &str) -> Vec<String> {
        findings(&jsonata(&format!(
            r#"{{ "Type": "Pass", "Assign": {{ "order": 1 }}, "Output": "{{% {expression} %}}", "End": true }}"#
        )))
    }

    #[test]
    fn there_is_no_input_document() {
        assert_eq!(
            output("order.id"),
            [
                "SCHEMA_VALIDATION_FAILED: `order` cannot be used at the top level: a state has no input document at \
                 /States/X/Output (help: a field of the input is written `$states.input.order`, a variable `$order`, a text \
                 `'order'`)"
            ]
        );
        assert_eq!(output("$.id").len(), 1);
        assert_eq!(output("$order[total > $$.limit]").len(), 1);
        assert_eq!(output("total + $").len(), 2);
        assert!(output("states.input")[0].ends_with("(help: write `$states`)"));
    }

    #[test]
    fn what_a_path_or_function_gives_is_fine() {
        for expression in [
            "$order[total > 10]",
            "$order[$.total > 10]",
            "$order.items.(price * quantity)",
            "$map([1, 2], function($v) { $v + 1 })",
            "$order ~> $string",
            "($total := 1; $total)",
            "$order{ kind: $sum(total) }",
        ] {
            assert_eq!(output(expression), [""; 0], "{expression}");
        }
    }
}
