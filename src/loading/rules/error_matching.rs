//! # Errors that never match
//!
//! **What**: a Retrier or Catcher names errors that the state can fail with, and that no earlier Retrier or Catcher
//! matches. A warning.
//!
//! **Why**: the first match decides, even after its attempts are used up, so a later one never applies. Some errors
//! never reach `Retry` and `Catch` at all.
//!
//! Bad:
//! ```json
//! [{ "ErrorEquals": ["Busy"], "MaxAttempts": 1 }, { "ErrorEquals": ["Busy"], "MaxAttempts": 5 }]
//! ```
//! Good:
//! ```json
//! [{ "ErrorEquals": ["Busy"], "MaxAttempts": 5 }]
//! ```

use std::collections::HashMap;

use crate::data::json::{Node, Place};
use crate::definition::{Code, QueryLanguage, StateType};
use crate::error::predefined_errors;
use crate::loading::outline::{Outline, StateOutline};
use crate::loading::report::Report;

/// The errors that the wildcard `States.TaskFailed` does not match.
const NOT_TASK_FAILED: [&str; 5] = [
    predefined_errors::ALL,
    predefined_errors::DATA_LIMIT_EXCEEDED,
    predefined_errors::HEARTBEAT_TIMEOUT,
    predefined_errors::RUNTIME,
    predefined_errors::TIMEOUT,
];

pub(super) fn check(outline: &Outline<'_>, report: &mut Report) {
    for (_, state) in outline.states() {
        for (list, element_name) in [("Retry", "Retrier"), ("Catch", "Catcher")] {
            let mut earlier = HashMap::new();
            for element in state.field(list).and_then(Node::as_array).unwrap_or_default() {
                if let Some(error_equals) = element.field("ErrorEquals") {
                    error_names(error_equals, element_name, state, &mut earlier, report);
                }
                if earlier.contains_key(predefined_errors::ALL) {
                    // `states_all` rejects the elements after it.
                    break;
                }
            }
        }
    }
}

/// Checks the names of one element; `earlier` holds the names matched before, with their byte offsets.
fn error_names<'n>(
    error_equals: &'n Node,
    element_name: &str,
    state: &StateOutline<'_>,
    earlier: &mut HashMap<&'n str, usize>,
    report: &mut Report,
) {
    let nodes = error_equals.as_array().unwrap_or_default();
    let mut dead: Vec<(&Node, &str, Code, String)> = Vec::new();
    for node in nodes {
        let Some(name) = node.as_str().filter(|_| !node.unresolved) else {
            continue;
        };
        if let Some(why) = cannot_occur(name, state) {
            dead.push((node, name, Code::ErrorCannotOccur, why.to_owned()));
        } else if let Some(why) = already_matched(name, earlier, report) {
            dead.push((node, name, Code::ErrorAlreadyMatched, why));
        }
        earlier.entry(name).or_insert(node.span.start);
    }
    match dead.as_slice() {
        [(_, _, code, why), ..] if dead.len() == nodes.len() => {
            let message = format!("this {element_name} never matches");
            report
                .warning(*code, Place::value(error_equals), message)
                .help(why.as_str());
        }
        _ => {
            for (node, name, code, why) in dead {
                let message = format!("`{name}` never matches in this {element_name}");
                report
                    .warning(code, Place::value(node).about(error_equals), message)
                    .help(why);
            }
        }
    }
}

fn already_matched(name: &str, earlier: &HashMap<&str, usize>, report: &Report) -> Option<String> {
    if let Some(at) = earlier.get(name) {
        return Some(format!(
            "line {} names `{name}` already, and the first match decides",
            report.line_of(*at)
        ));
    }
    let wildcard = earlier
        .get(predefined_errors::TASK_FAILED)
        .filter(|_| !NOT_TASK_FAILED.contains(&name))?;
    Some(format!(
        "line {} names `States.TaskFailed`, which matches every error but `States.Timeout`: put `{name}` before it",
        report.line_of(*wildcard)
    ))
}

/// Why a state never fails with an error of this name that it could retry or catch; `None` if it may.
fn cannot_occur(name: &str, state: &StateOutline<'_>) -> Option<&'static str> {
    match name {
        predefined_errors::RUNTIME => Some("`States.Runtime` can be neither retried nor caught"),
        predefined_errors::NO_CHOICE_MATCHED => {
            Some("AWS fails with `States.Runtime` instead, which can be neither retried nor caught")
        }
        predefined_errors::BRANCH_FAILED => Some("a Parallel state fails with the error of its branch"),
        _ if state.state_type != Some(StateType::Task) => None,
        predefined_errors::EXCEED_TOLERATED_FAILURE_THRESHOLD
        | predefined_errors::ITEM_READER_FAILED
        | predefined_errors::RESULT_WRITER_FAILED => Some("only a Map state fails with it"),
        predefined_errors::QUERY_EVALUATION_ERROR if state.query_language == QueryLanguage::JsonPath => {
            Some("only a state in JSONata fails with it")
        }
        predefined_errors::HEARTBEAT_TIMEOUT
            if state
                .field("HeartbeatSeconds")
                .or(state.field("HeartbeatSecondsPath"))
                .is_none() =>
        {
            Some("the state has no `HeartbeatSeconds`")
        }
        _ if name.starts_with("States.Http.") && !calls_http(state) => Some("only `http:invoke` fails with it"),
        _ => None,
    }
}

/// Whether a Task may call an HTTPS endpoint; `true` if its resource is unknown.
fn calls_http(state: &StateOutline<'_>) -> bool {
    let resource = state.field("Resource").filter(|node| !node.unresolved);
    resource
        .and_then(Node::as_str)
        .is_none_or(|arn| arn.ends_with(":http:invoke"))
}

#[cfg(test)]
mod tests {
    use crate::loading::rules::testing::{findings, state};

    fn task(fields: &str) -> Vec<String> {
        findings(&state(&format!(
            r#"{{ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", {fields}, "End": true }}"#
        )))
    }

    fn retry(first: &str, second: &str) -> Vec<String> {
        task(&format!(
            r#""Retry": [{{ "ErrorEquals": [{first}] }}, {{ "ErrorEquals": [{second}] }}]"#
        ))
    }

    #[test]
    fn a_retrier_whose_errors_are_all_taken_is_warned_of() {
        assert_eq!(
            retry(r#""Busy", "Late""#, r#""Late", "Busy""#),
            [
                "warning ERROR_ALREADY_MATCHED: this Retrier never matches at /States/X/Retry[1]/ErrorEquals (help: line 1 names \
              `Late` already, and the first match decides)"
            ]
        );
        assert_eq!(
            retry(r#""States.TaskFailed""#, r#""Busy""#),
            [
                "warning ERROR_ALREADY_MATCHED: this Retrier never matches at /States/X/Retry[1]/ErrorEquals (help: line 1 names \
              `States.TaskFailed`, which matches every error but `States.Timeout`: put `Busy` before it)"
            ]
        );
    }

    #[test]
    fn one_name_of_several_is_pointed_at() {
        assert_eq!(
            retry(r#""Busy""#, r#""Late", "Busy""#),
            [
                "warning ERROR_ALREADY_MATCHED: `Busy` never matches in this Retrier at /States/X/Retry[1]/ErrorEquals (help: line \
              1 names `Busy` already, and the first match decides)"
            ]
        );
    }

    #[test]
    fn errors_that_cannot_occur_are_warned_of() {
        for name in [
            "States.Runtime",
            "States.BranchFailed",
            "States.HeartbeatTimeout",
            "States.Http.Socket",
        ] {
            let found = task(&format!(r#""Catch": [{{ "ErrorEquals": ["{name}"], "Next": "X" }}]"#));
            assert_eq!(found.len(), 1, "{name}");
            assert!(
                found[0].starts_with("warning ERROR_CANNOT_OCCUR: this Catcher never matches"),
                "{}",
                found[0]
            );
        }
    }

    #[test]
    fn different_errors_and_what_the_wildcard_leaves_are_fine() {
        assert_eq!(retry(r#""Busy""#, r#""Late""#), [""; 0]);
        assert_eq!(retry(r#""States.TaskFailed""#, r#""States.Timeout""#), [""; 0]);
        assert_eq!(retry(r#""States.TaskFailed""#, r#""States.ALL""#), [""; 0]);
        assert_eq!(
            task(r#""HeartbeatSeconds": 5, "Retry": [{ "ErrorEquals": ["States.HeartbeatTimeout"] }]"#),
            [""; 0]
        );
    }
}
