//! # Arguments of intrinsic functions
//!
//! **What**: a call has as many arguments as its function takes, and constant ones are of its types and within its
//! limits. A warning.
//!
//! **Why**: AWS accepts any arguments, and fails with `States.Runtime` or `States.IntrinsicFailure` each time the call is
//! evaluated.
//!
//! Bad:
//! ```json
//! { "Type": "Pass", "Parameters": { "first.$": "States.ArrayGetItem($.items)" }, "End": true }
//! ```
//! Good:
//! ```json
//! { "Type": "Pass", "Parameters": { "first.$": "States.ArrayGetItem($.items, 0)" }, "End": true }
//! ```

use crate::data::Expression;
use crate::data::json::Place;
use crate::definition::Code;
use crate::loading::outline::Outline;
use crate::loading::report::Report;

pub(super) fn check(outline: &Outline<'_>, report: &mut Report) {
    for text in outline.states().flat_map(|(_, state)| &state.paths) {
        let Some(Expression::Intrinsic(call)) = &text.expression else {
            continue;
        };
        if let Some(reason) = call.fails_always() {
            report
                .warning(
                    Code::CallCannotWork,
                    Place::value(text.node),
                    format!("the call fails whatever the input is: {reason}"),
                )
                .help("look at the number of arguments, their types and limits");
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::loading::rules::testing::{findings, pass};

    #[test]
    fn a_call_that_cannot_work_is_warned_of() {
        assert_eq!(
            findings(&pass(
                r#""Parameters": { "x": [{ "n.$": "States.ArrayGetItem($.items)" }] }"#
            )),
            [
                "warning CALL_CANNOT_WORK: the call fails whatever the input is: Invalid arguments in States.ArrayGetItem at \
              /States/X/Parameters/x[0]/n.$ (help: look at the number of arguments, their types and limits)"
            ]
        );
    }

    #[test]
    fn a_call_that_depends_on_data_is_fine() {
        assert_eq!(
            findings(&pass(r#""Parameters": { "n.$": "States.ArrayGetItem($.items, 0)" }"#)),
            [""; 0]
        );
    }
}
