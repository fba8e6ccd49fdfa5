//! # Errors of a Fail state
//!
//! **What**: `Error` of a Fail state does not begin with `States.`: those names are reserved. A warning.
//!
//! **Why**: `Retry` and `Catch` around the state would take it for an error of the specification, and so would a reader
//! of the history.
//!
//! Bad:
//! ```json
//! { "Type": "Fail", "Error": "States.OutOfDough" }
//! ```
//! Good:
//! ```json
//! { "Type": "Fail", "Error": "OutOfDough" }
//! ```

use crate::data::json::Place;
use crate::definition::{Code, StateType};
use crate::loading::outline::Outline;
use crate::loading::report::Report;

pub(super) fn check(outline: &Outline<'_>, report: &mut Report) {
    let fails = outline
        .states()
        .filter(|(_, state)| state.state_type == Some(StateType::Fail));
    for (_, state) in fails {
        let Some(node) = state.field("Error") else { continue };
        let Some(own) = node.as_str().and_then(|error| error.strip_prefix("States.")) else {
            continue;
        };
        // A call belongs in `ErrorPath`; `path_like_values` says so.
        if node.unresolved || own.contains('(') {
            continue;
        }
        let message = "names that begin with `States.` are the language's own";
        let help = if own.is_empty() {
            "give it a name such as `SoldOut`".to_owned()
        } else {
            format!("call it `{own}`")
        };
        report
            .warning(Code::ReservedErrorName, Place::value(node), message)
            .help(help);
    }
}

#[cfg(test)]
mod tests {
    use crate::loading::rules::testing::{findings, state};

    fn fail(error: &str) -> Vec<String> {
        findings(&state(&format!(r#"{{ "Type": "Fail", "Error": "{error}" }}"#)))
    }

    #[test]
    fn a_name_of_the_language_is_warned_of() {
        assert_eq!(
            fail("States.OutOfDough"),
            [
                "warning RESERVED_ERROR_NAME: names that begin with `States.` are the language's own at /States/X/Error (help: call \
              it `OutOfDough`)"
            ]
        );
    }

    #[test]
    fn a_name_of_ones_own_is_fine() {
        assert_eq!(fail("OutOfDough"), [""; 0]);
        assert_eq!(fail("Statesman"), [""; 0]);
    }
}
