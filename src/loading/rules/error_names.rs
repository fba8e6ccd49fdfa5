//! # Error names
//!
//! **What**: a name in `ErrorEquals` that begins with `States.` is an error of the specification. A warning.
//!
//! **Why**: custom names must not begin with `States.`, and a misspelt name never matches.
//!
//! Bad:
//! ```json
//! [{ "ErrorEquals": ["States.Timout"] }]
//! ```
//! Good:
//! ```json
//! [{ "ErrorEquals": ["States.Timeout"] }]
//! ```

use crate::data::json::{Node, Place};
use crate::definition::Code;
use crate::error::predefined_errors;
use crate::loading::outline::Outline;
use crate::loading::report::Report;

/// The names of the specification and the developer guide, except those that `is_known` adds.
const KNOWN: [&str; 16] = [
    predefined_errors::ALL,
    predefined_errors::BRANCH_FAILED,
    predefined_errors::DATA_LIMIT_EXCEEDED,
    predefined_errors::EXCEED_TOLERATED_FAILURE_THRESHOLD,
    predefined_errors::HEARTBEAT_TIMEOUT,
    "States.Http.Socket",
    predefined_errors::INTRINSIC_FAILURE,
    predefined_errors::ITEM_READER_FAILED,
    predefined_errors::NO_CHOICE_MATCHED,
    predefined_errors::PARAMETER_PATH_FAILURE,
    predefined_errors::PERMISSIONS,
    predefined_errors::QUERY_EVALUATION_ERROR,
    predefined_errors::RESULT_PATH_MATCH_FAILURE,
    predefined_errors::RESULT_WRITER_FAILED,
    predefined_errors::RUNTIME,
    predefined_errors::TASK_FAILED,
];

pub(super) fn check(outline: &Outline<'_>, report: &mut Report) {
    for (_, state) in outline.states() {
        for list in ["Retry", "Catch"] {
            let elements = state.field(list).and_then(Node::as_array).unwrap_or_default();
            let names = elements
                .iter()
                .filter_map(|element| element.field("ErrorEquals")?.as_array())
                .flatten();
            for node in names {
                let Some(name) = node.as_str().filter(|name| !node.unresolved && !is_known(name)) else {
                    continue;
                };
                let similar = report.similar(name, KNOWN.into_iter().chain([predefined_errors::TIMEOUT]));
                let help = match similar {
                    Some(similar) => format!("did you mean `{similar}`?"),
                    // A custom name may begin similarly, such as `StatesmanIsOut`.
                    None if !name.starts_with("States.") => continue,
                    None => "names of your own begin with something else than `States.`".to_owned(),
                };
                let message = format!("the language has no error `{name}`");
                report
                    .warning(Code::UnknownErrorName, Place::value(node), message)
                    .help(help);
            }
        }
    }
}

fn is_known(name: &str) -> bool {
    let begins_alike = name
        .get(..6)
        .is_some_and(|start| start.eq_ignore_ascii_case("states") || start.eq_ignore_ascii_case("state."));
    !begins_alike
        || name == predefined_errors::TIMEOUT
        || name.starts_with("States.Http.StatusCode.")
        || KNOWN.contains(&name)
}

#[cfg(test)]
mod tests {
    use crate::loading::rules::testing::{findings, state};

    fn retry(name: &str) -> Vec<String> {
        findings(&state(&format!(
            r#"{{ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Retry": [{{ "ErrorEquals": ["{name}"] }}], "End": true }}"#
        )))
    }

    #[test]
    fn a_misspelt_name_is_warned_of() {
        assert_eq!(
            retry("States.Timout"),
            [
                "warning UNKNOWN_ERROR_NAME: the language has no error `States.Timout` at \
              /States/X/Retry[0]/ErrorEquals[0] (help: did you mean `States.Timeout`?)"
            ]
        );
    }

    #[test]
    fn one_that_begins_almost_like_a_name_of_the_language_is_warned_of() {
        for name in ["State.ALL", "states.ALL", "States.All"] {
            assert_eq!(retry(name).len(), 1, "{name}");
            assert!(retry(name)[0].ends_with("(help: did you mean `States.ALL`?)"), "{name}");
        }
    }

    #[test]
    fn names_of_the_language_and_of_ones_own_are_fine() {
        for name in [
            "States.Timeout",
            "Busy",
            "Lambda.Unknown",
            "StatesmanIsOut",
            "State.OfAffairs",
        ] {
            assert_eq!(retry(name), [""; 0], "{name}");
        }
    }
}
