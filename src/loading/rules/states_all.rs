//! # `States.ALL`
//!
//! **What**: in `Retry` and `Catch`, `States.ALL` is the only name in its `ErrorEquals`, and is in the last element.
//!
//! **Why**: it matches every error, so no name beside or after it could ever match.
//!
//! Bad:
//! ```json
//! [{ "ErrorEquals": ["States.ALL"] }, { "ErrorEquals": ["Busy"], "MaxAttempts": 9 }]
//! ```
//! Good:
//! ```json
//! [{ "ErrorEquals": ["Busy"], "MaxAttempts": 9 }, { "ErrorEquals": ["States.ALL"] }]
//! ```

use crate::data::json::{Node, Place};
use crate::error::predefined_errors;
use crate::loading::outline::Outline;
use crate::loading::report::Report;

pub(super) fn check(outline: &Outline<'_>, report: &mut Report) {
    for (_, state) in outline.states() {
        for list in ["Retry", "Catch"] {
            let elements = state.field(list).and_then(Node::as_array).unwrap_or_default();
            for (index, element) in elements.iter().enumerate() {
                let Some(error_equals) = element.field("ErrorEquals") else {
                    continue;
                };
                error_names(error_equals, index + 1 == elements.len(), report);
            }
        }
    }
}

fn error_names(error_equals: &Node, is_last: bool, report: &mut Report) {
    let names = error_equals.as_array().unwrap_or_default();
    let Some(all) = names.iter().find(|name| name.as_str() == Some(predefined_errors::ALL)) else {
        return;
    };
    let help = match (names.len() > 1, is_last) {
        (true, _) => {
            "the other names match nothing that `States.ALL` does not: leave them away, or put it in an element of its own"
        }
        (false, false) => "move this element to the end: those behind it are never reached",
        (false, true) => return,
    };
    let place = Place::value(all).about(error_equals);
    report
        .schema(place, "States.ALL must appear alone and at end of list")
        .help(help);
}

#[cfg(test)]
mod tests {
    use crate::loading::rules::testing::{findings, state};

    fn retry(elements: &str) -> Vec<String> {
        findings(&state(&format!(
            r#"{{ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Retry": [{elements}], "End": true }}"#
        )))
    }

    #[test]
    fn it_stands_alone() {
        assert_eq!(
            retry(r#"{ "ErrorEquals": ["Busy", "States.ALL"] }"#),
            [
                "SCHEMA_VALIDATION_FAILED: States.ALL must appear alone and at end of list at /States/X/Retry[0]/ErrorEquals \
              (help: the other names match nothing that `States.ALL` does not: leave them away, or put it in an element of its own)"
            ]
        );
    }

    #[test]
    fn it_stands_last() {
        assert_eq!(
            retry(r#"{ "ErrorEquals": ["States.ALL"] }, { "ErrorEquals": ["Busy"] }"#),
            [
                "SCHEMA_VALIDATION_FAILED: States.ALL must appear alone and at end of list at /States/X/Retry[0]/ErrorEquals \
              (help: move this element to the end: those behind it are never reached)"
            ]
        );
    }

    #[test]
    fn alone_and_last_it_is_fine() {
        assert_eq!(
            retry(r#"{ "ErrorEquals": ["Busy"] }, { "ErrorEquals": ["States.ALL"] }"#),
            [""; 0]
        );
    }
}
