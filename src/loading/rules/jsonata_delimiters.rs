//! # Delimiters of JSONata expressions
//!
//! **What**: a text that begins with `{%` ends with `%}`, and vice versa.
//!
//! **Why**: only a whole text can be an expression; with one of the delimiters it would be a constant, which is surely
//! a mistake. With both delimiters and blanks around them, a text is a constant.
//!
//! Bad:
//! ```json
//! { "Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $states.input.id", "End": true }
//! ```
//! Good:
//! ```json
//! { "Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $states.input.id %}", "End": true }
//! ```

use crate::data::json::Place;
use crate::data::{Delimited, delimited};
use crate::loading::outline::Outline;
use crate::loading::report::Report;

pub(super) fn check(outline: &Outline<'_>, report: &mut Report) {
    for text in outline.states().flat_map(|(_, state)| &state.texts) {
        let Some(value) = text.node.as_str().filter(|_| !text.node.unresolved) else {
            continue;
        };
        if delimited(value) != Delimited::Improper {
            continue;
        }
        let message = "a JSONata expression begins with `{%` and ends with `%}`";
        let help = match value.strip_prefix("{%") {
            Some(rest) if rest.trim_end().ends_with("%}") => "remove the blanks behind `%}`",
            Some(_) => "end it with `%}`",
            None if value.trim_start().starts_with("{%") => "remove the blanks in front of `{%`",
            None => "begin it with `{%`",
        };
        report.schema(Place::value(text.node), message).help(help);
    }
}

#[cfg(all(test, feature = "jsonata"))]
mod tests {
    use crate::loading::rules::testing::{findings, jsonata};

    fn output(text: &str) -> Vec<String> {
        findings(&jsonata(&format!(
            r#"{{ "Type": "Pass", "Output": {{ "a": ["{text}"] }}, "End": true }}"#
        )))
    }

    #[test]
    fn one_of_the_two_is_refused() {
        let refused = |help: &str| {
            [format!(
                "SCHEMA_VALIDATION_FAILED: a JSONata expression begins with `{{%` and ends with `%}}` at \
                 /States/X/Output/a[0] (help: {help})"
            )]
        };
        assert_eq!(output("{% 1"), refused("end it with `%}`"));
        assert_eq!(output("{% 1 }"), refused("end it with `%}`"));
        assert_eq!(output("{%}"), refused("end it with `%}`"));
        assert_eq!(output("{% 1 %} "), refused("remove the blanks behind `%}`"));
        assert_eq!(output("1 %}"), refused("begin it with `{%`"));
    }

    #[test]
    fn both_or_neither_are_fine() {
        for text in ["{% 1 %}", "{%1%}", "{ % 1 % }", "100 %", "a {% 1 %} b"] {
            assert_eq!(output(text), [""; 0], "{text}");
        }
    }
}
