//! # Size limits
//!
//! **What**: a constant is within the limits that apply when the machine runs: 262,144 bytes for a Pass state's
//! `Result` and for the constants of `Parameters`, `Arguments`, `Output` and `Assign`, 256 characters for `Error`,
//! 32,768 for `Cause`. A warning.
//!
//! **Why**: the state would always fail with `States.DataLimitExceeded`, and the API has no room for a longer error.
//!
//! Bad:
//! ```json
//! { "Type": "Pass", "Result": "…300,000 characters…", "End": true }
//! ```
//! Good:
//! ```json
//! { "Type": "Pass", "Result": { "Bucket": "menu", "Key": "menu.json" }, "End": true }
//! ```

use crate::data::json::{Kind, Node, Place};
use crate::definition::{Code, QueryLanguage, StateType};
use crate::loading::outline::{Outline, expression_text};
use crate::loading::report::Report;

/// The largest input, output or variable, in bytes of JSON.
const LARGEST: usize = 262_144;

pub(super) fn check(outline: &Outline<'_>, report: &mut Report) {
    for (_, state) in outline.states() {
        let Some(object) = state.object else { continue };
        for member in &object.members {
            let place = Place::key(member);
            match (member.key.as_str(), state.state_type) {
                ("Result", Some(StateType::Pass)) | ("Parameters" | "Arguments" | "Output" | "Assign", _) => {
                    let size = constant_size(&member.value, state.query_language);
                    if size > LARGEST {
                        let message = format!(
                            "the constants of `{}` are {size} bytes, {LARGEST} are allowed",
                            member.key
                        );
                        warn(
                            place,
                            message,
                            "keep large data in a store such as S3, and pass its key",
                            report,
                        );
                    }
                }
                ("Error" | "Cause", Some(StateType::Fail))
                    if state.query_language == QueryLanguage::Jsonata && expression_text(&member.value).is_some() => {}
                ("Error", Some(StateType::Fail)) => text(&member.key, &member.value, 256, place, report),
                ("Cause", Some(StateType::Fail)) => text(&member.key, &member.value, 32_768, place, report),
                _ => {}
            }
        }
    }
}

fn text(field: &str, node: &Node, most: usize, place: Place, report: &mut Report) {
    let length = node.as_str().map_or(0, |text| text.chars().count());
    if length > most {
        let message = format!("`{field}` has {length} characters, {most} are allowed");
        warn(place, message, "shorten it", report);
    }
}

fn warn(place: Place, message: String, help: &str, report: &mut Report) {
    report.warning(Code::SizeLimitExceeded, place, message).help(help);
}

/// The fewest bytes that a value takes as compact JSON; computed fields count as 0.
fn constant_size(node: &Node, query_language: QueryLanguage) -> usize {
    match &node.kind {
        Kind::Null => 4,
        Kind::Boolean(value) => {
            if *value {
                4
            } else {
                5
            }
        }
        Kind::Number(number) => number.to_string().len(),
        Kind::String(_) if query_language == QueryLanguage::Jsonata && expression_text(node).is_some() => 0,
        Kind::String(text) => text.len() + 2,
        Kind::Array(elements) => {
            2 + elements.len().saturating_sub(1)
                + elements
                    .iter()
                    .map(|element| constant_size(element, query_language))
                    .sum::<usize>()
        }
        Kind::Object(object) => {
            let constant = object
                .members
                .iter()
                .filter(|member| query_language == QueryLanguage::Jsonata || !member.key.ends_with(".$"));
            2 + constant
                .map(|member| member.key.len() + 4 + constant_size(&member.value, query_language))
                .sum::<usize>()
                .saturating_sub(1)
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::loading::rules::testing::{findings, pass, state};

    #[test]
    fn a_constant_that_no_state_may_give_is_warned_of() {
        assert_eq!(
            findings(&pass(&format!(r#""Result": "{}""#, "x".repeat(262_143)))),
            [
                "warning SIZE_LIMIT_EXCEEDED: the constants of `Result` are 262145 bytes, 262144 are allowed at /States/X/Result \
              (help: keep large data in a store such as S3, and pass its key)"
            ]
        );
        assert_eq!(
            findings(&state(&format!(
                r#"{{ "Type": "Fail", "Error": "{}" }}"#,
                "x".repeat(257)
            ))),
            [
                "warning SIZE_LIMIT_EXCEEDED: `Error` has 257 characters, 256 are allowed at /States/X/Error (help: shorten it)"
            ]
        );
    }

    #[test]
    fn what_is_just_small_enough_is_fine() {
        assert_eq!(
            findings(&pass(&format!(r#""Result": "{}""#, "x".repeat(262_142)))),
            [""; 0]
        );
        assert_eq!(
            findings(&pass(&format!(
                r#""Parameters": {{ "a": ["{}"], "b": [1, true, null] }}"#,
                "x".repeat(262_000)
            ))),
            [""; 0]
        );
    }
}
