//! # Fields without effect
//!
//! **What**: a Pass state has `Result` or `Parameters`, not both; an inline Map has no `ToleratedFailure…` field; a
//! Retrier's `MaxDelaySeconds` is not below its `IntervalSeconds`. A warning.
//!
//! **Why**: AWS accepts these fields, but they have no effect: `Result` hides `Parameters`, only a Distributed Map
//! tolerates failures, and the first delay is cut to the longest one.
//!
//! Bad:
//! ```json
//! { "Type": "Pass", "Result": { "paid": true }, "Parameters": { "id.$": "$.id" }, "End": true }
//! ```
//! Good:
//! ```json
//! { "Type": "Pass", "Parameters": { "paid": true, "id.$": "$.id" }, "End": true }
//! ```

use crate::data::json::{Kind, Member, Node, Place};
use crate::definition::{Code, QueryLanguage, StateType};
use crate::loading::outline::{Outline, StateOutline, TOLERANCE_FIELDS, is_distributed};
use crate::loading::report::Report;

pub(super) fn check(outline: &Outline<'_>, report: &mut Report) {
    for (_, state) in outline.states() {
        match state.state_type {
            Some(StateType::Pass) if state.query_language == QueryLanguage::JsonPath => pass(state, report),
            Some(StateType::Map) => map(state, report),
            _ => {}
        }
        for retrier in state.field("Retry").and_then(Node::as_array).unwrap_or_default() {
            delays(retrier, report);
        }
    }
}

fn pass(state: &StateOutline<'_>, report: &mut Report) {
    let parameters = state.object.and_then(|object| object.member("Parameters"));
    if let (Some(parameters), Some(_)) = (parameters, state.field("Result")) {
        warn(
            parameters,
            "`Parameters` has no effect: `Result` is the result of the state",
            "leave one of them away; `Parameters` takes constants, too",
            report,
        );
    }
}

fn map(state: &StateOutline<'_>, report: &mut Report) {
    let processor = state.field("ItemProcessor").or(state.field("Iterator"));
    if processor.is_none_or(is_distributed) {
        return;
    }
    for member in state.object.map(|object| object.members.as_slice()).unwrap_or_default() {
        // `field_languages` rejects a `…Path` field in JSONata.
        let refused = state.query_language == QueryLanguage::Jsonata && member.key.ends_with("Path");
        if TOLERANCE_FIELDS.contains(&member.key.as_str()) && !refused {
            let message = format!(
                "`{}` has no effect: an inline Map fails with its first iteration",
                member.key
            );
            let help =
                "only `\"Mode\": \"DISTRIBUTED\"` tolerates failures; here, a `Catch` inside the item processor can";
            warn(member, &message, help, report);
        }
    }
}

fn delays(retrier: &Node, report: &mut Report) {
    let Some(object) = retrier.as_object() else { return };
    let (Some(interval), Some(longest)) = (object.member("IntervalSeconds"), object.member("MaxDelaySeconds")) else {
        return;
    };
    if let (Some(seconds), Some(most)) = (whole(&interval.value), whole(&longest.value))
        && (1..seconds).contains(&most)
    {
        let message = format!("`IntervalSeconds` has no effect: no delay is longer than {most} seconds");
        let help = "`MaxDelaySeconds` is at least `IntervalSeconds`, which is the first delay";
        warn(interval, &message, help, report);
    }
}

/// The most seconds of a delay. A longer one is rejected when the field is read.
const MOST: u64 = 31_622_399;

fn whole(node: &Node) -> Option<u64> {
    match &node.kind {
        Kind::Number(number) => number.as_u64().filter(|seconds| *seconds <= MOST),
        _ => None,
    }
}

fn warn(member: &Member, message: &str, help: &str, report: &mut Report) {
    report
        .warning(Code::FieldWithoutEffect, Place::key(member), message)
        .help(help);
}

#[cfg(test)]
mod tests {
    use crate::loading::rules::testing::{findings, pass, state};

    #[test]
    fn parameters_beside_a_result_are_warned_of() {
        assert_eq!(
            findings(&pass(r#""Result": 1, "Parameters": { "a": 1 }"#)),
            [
                "warning FIELD_WITHOUT_EFFECT: `Parameters` has no effect: `Result` is the result of the state at \
              /States/X/Parameters (help: leave one of them away; `Parameters` takes constants, too)"
            ]
        );
    }

    #[test]
    fn tolerance_of_an_inline_map_is_warned_of() {
        let found = findings(&state(
            r#"{ "Type": "Map", "ToleratedFailurePercentage": 50, "End": true,
                "ItemProcessor": { "StartAt": "A", "States": { "A": { "Type": "Succeed" } } } }"#,
        ));
        assert_eq!(
            found,
            [
                "warning FIELD_WITHOUT_EFFECT: `ToleratedFailurePercentage` has no effect: an inline Map fails with its first \
              iteration at /States/X/ToleratedFailurePercentage (help: only `\"Mode\": \"DISTRIBUTED\"` tolerates failures; \
              here, a `Catch` inside the item processor can)"
            ]
        );
    }

    #[test]
    fn a_delay_that_is_cut_from_the_start_is_warned_of() {
        let retry = |retrier: &str| {
            findings(&state(&format!(
                r#"{{ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Retry": [{retrier}], "End": true }}"#
            )))
        };
        assert_eq!(
            retry(r#"{ "ErrorEquals": ["E"], "IntervalSeconds": 9, "MaxDelaySeconds": 5 }"#),
            [
                "warning FIELD_WITHOUT_EFFECT: `IntervalSeconds` has no effect: no delay is longer than 5 seconds at \
              /States/X/Retry[0]/IntervalSeconds (help: `MaxDelaySeconds` is at least `IntervalSeconds`, which is the first \
              delay)"
            ]
        );
        assert_eq!(
            retry(r#"{ "ErrorEquals": ["E"], "IntervalSeconds": 5, "MaxDelaySeconds": 5 }"#),
            [""; 0]
        );
    }

    #[test]
    fn a_result_alone_is_fine() {
        assert_eq!(findings(&pass(r#""Result": 1"#)), [""; 0]);
    }
}
