//! # `$states`
//!
//! **What**: an expression reads only existing members of `$states`: `input` and `context` everywhere; `result` in the
//! `Output` and `Assign` of a Task, Parallel or Map state; `errorOutput` in the `Output` and `Assign` of a Catcher.
//!
//! **Why**: elsewhere there is neither a result nor an error. AWS rejects it, too.
//!
//! Bad:
//! ```json
//! { "Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $states.result %}", "End": true }
//! ```
//! Good:
//! ```json
//! { "Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $states.input %}", "End": true }
//! ```

use crate::data::Target;
use crate::loading::outline::{JsonataText, Outline, Sees};
use crate::loading::report::Report;

/// All members that `$states` may have.
const MEMBERS: [&str; 4] = ["context", "errorOutput", "input", "result"];

pub(super) fn check(outline: &Outline<'_>, report: &mut Report) {
    for text in outline.states().flat_map(|(_, state)| &state.texts) {
        for reference in text.references() {
            let Target::States(Some(member)) = &reference.target else {
                continue;
            };
            if let Some(help) = missing(member, text, report) {
                let message = format!("Field '$states.{member}' does not exist.");
                text.refuse(reference, &message, &help, report);
            }
        }
    }
}

/// Why a member of `$states` does not exist; `None` if it does.
fn missing(member: &str, text: &JsonataText<'_>, report: &mut Report) -> Option<String> {
    match (member, text.sees) {
        ("input" | "context", _) | ("result", Sees::Result) | ("errorOutput", Sees::ErrorOutput) => None,
        ("result", Sees::ErrorOutput) => Some("a Catcher has `$states.errorOutput` instead".to_owned()),
        ("result", Sees::Nothing) => {
            Some("only `Output` and `Assign` of Task, Parallel and Map states see a result".to_owned())
        }
        ("errorOutput", _) => Some("only `Output` and `Assign` of a Catcher see an error".to_owned()),
        (member, _) => Some(match report.similar(member, MEMBERS) {
            Some(similar) => format!("did you mean `$states.{similar}`?"),
            None => "`$states` has `input`, `context`, `result` and `errorOutput`".to_owned(),
        }),
    }
}

#[cfg(all(test, feature = "jsonata"))]
mod tests {
    use crate::loading::rules::testing::{findings, jsonata};

    fn task(fields: &str) -> Vec<String> {
        findings(&jsonata(&format!(
            r#"{{ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", {fields}, "End": true }}"#
        )))
    }

    #[test]
    fn a_state_without_a_result_has_none() {
        assert_eq!(
            findings(&jsonata(
                r#"{ "Type": "Pass", "Output": "{% $states.result.id %}", "End": true }"#
            )),
            [
                "SCHEMA_VALIDATION_FAILED: Field '$states.result' does not exist. at /States/X/Output (help: only `Output` and \
                 `Assign` of Task, Parallel and Map states see a result)"
            ]
        );
        assert_eq!(task(r#""Arguments": { "a": "{% $states.result %}" }"#).len(), 1);
        assert_eq!(
            task(r#""Output": "{% $map([1], function($v) { $states.errorOutput }) %}""#).len(),
            1
        );
    }

    #[test]
    fn an_unknown_member_is_refused() {
        assert_eq!(
            task(r#""Arguments": "{% $states.inptu.id %}""#),
            [
                "SCHEMA_VALIDATION_FAILED: Field '$states.inptu' does not exist. at /States/X/Arguments (help: did you mean \
                 `$states.input`?)"
            ]
        );
    }

    #[test]
    fn what_is_there_is_fine() {
        let catch = |output: &str| {
            format!(r#""Catch": [{{ "ErrorEquals": ["States.ALL"], "Next": "X", "Output": "{output}" }}]"#)
        };
        assert_eq!(
            task(&catch("{% $states.errorOutput.Cause & $states.input.id %}")),
            [""; 0]
        );
        assert_eq!(task(&catch("{% $states.result %}")).len(), 1);
        assert_eq!(
            task(r#""Output": "{% $states.result.a %}", "Assign": { "b": "{% $states.result %}" }"#),
            [""; 0]
        );
        assert_eq!(task(r#""Arguments": "{% $states.context.Execution.Id %}""#), [""; 0]);
    }
}
