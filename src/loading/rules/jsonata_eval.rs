//! # `$eval`
//!
//! **What**: an expression does not call `$eval`. A warning.
//!
//! **Why**: Step Functions does not have it, so the call fails when the state runs.
//!
//! Bad:
//! ```json
//! { "Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $eval($states.input.json) %}", "End": true }
//! ```
//! Good:
//! ```json
//! { "Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $parse($states.input.json) %}", "End": true }
//! ```

use crate::data::Target;
use crate::definition::Code;
use crate::loading::outline::Outline;
use crate::loading::report::Report;

pub(super) fn check(outline: &Outline<'_>, report: &mut Report) {
    for text in outline.states().flat_map(|(_, state)| &state.texts) {
        for reference in text.references().filter(|reference| reference.target == Target::Eval) {
            report
                .warning(
                    Code::FunctionNotSupported,
                    text.place(reference),
                    "Step Functions does not have `$eval`",
                )
                .help("`$parse` reads JSON from a text");
        }
    }
}

#[cfg(all(test, feature = "jsonata"))]
mod tests {
    use crate::loading::rules::testing::{findings, jsonata};

    fn output(expression: &str) -> Vec<String> {
        findings(&jsonata(&format!(
            r#"{{ "Type": "Pass", "Output": "{{% {expression} %}}", "End": true }}"#
        )))
    }

    #[test]
    fn a_call_is_warned_of() {
        assert_eq!(
            output("$eval('1')"),
            [
                "warning FUNCTION_NOT_SUPPORTED: Step Functions does not have `$eval` at /States/X/Output (help: `$parse` reads \
                 JSON from a text)"
            ]
        );
    }

    #[test]
    fn other_functions_are_fine() {
        assert_eq!(output("$parse('1')"), [""; 0]);
    }
}
