//! # Texts of a Fail state
//!
//! **What**: `ErrorPath` and `CausePath` hold a Reference Path, or a call of a function that returns a text. A call of
//! another function is a warning.
//!
//! **Why**: an error and its cause are texts, and a path that may find several values gives an array.
//!
//! Bad:
//! ```json
//! { "Type": "Fail", "ErrorPath": "$.errors[*].name", "CausePath": "States.Array($.cause)" }
//! ```
//! Good:
//! ```json
//! { "Type": "Fail", "ErrorPath": "$.errors[0].name", "CausePath": "States.Format('{}', $.cause)" }
//! ```

use crate::data::Expression;
use crate::data::json::{Node, Place};
use crate::definition::{Code, QueryLanguage, StateType};
use crate::loading::outline::Outline;
use crate::loading::report::Report;

pub(super) fn check(outline: &Outline<'_>, report: &mut Report) {
    let fails = outline.states().filter(|(_, state)| {
        state.state_type == Some(StateType::Fail) && state.query_language == QueryLanguage::JsonPath
    });
    for (_, state) in fails {
        for field in ["ErrorPath", "CausePath"] {
            if let Some(node) = state.field(field).filter(|node| !node.unresolved) {
                text(field, node, report);
            }
        }
    }
}

fn text(field: &str, node: &Node, report: &mut Report) {
    // Other mistakes are reported when the field is read.
    let Some(Ok(Expression::Intrinsic(call))) = node.as_str().map(Expression::parse) else {
        return;
    };
    if !call.may_give_text() {
        let message = format!("`{}` gives no text, which `{field}` needs", call.function());
        report
            .warning(Code::NotAText, Place::value(node), message)
            .help("`States.Format` and `States.JsonToString` make a text of any value");
    }
}

#[cfg(test)]
mod tests {
    use crate::loading::rules::testing::{findings, state};

    fn fail(path: &str) -> Vec<String> {
        findings(&state(&format!(r#"{{ "Type": "Fail", "CausePath": "{path}" }}"#)))
    }

    #[test]
    fn a_function_that_gives_no_text_is_warned_of() {
        assert_eq!(
            fail("States.ArrayLength($.errors)"),
            [
                "warning NOT_A_TEXT: `States.ArrayLength` gives no text, which `CausePath` needs at /States/X/CausePath (help: \
              `States.Format` and `States.JsonToString` make a text of any value)"
            ]
        );
    }

    #[test]
    fn a_path_that_may_find_several_values_is_refused() {
        assert_eq!(
            fail("$.errors[*].name"),
            [
                "SCHEMA_VALIDATION_FAILED: Value is not a Reference Path: a Reference Path holds no `*` at /States/X/CausePath \
              (help: it names one value: write an index such as `[0]` or a name instead of `*`)"
            ]
        );
    }

    #[test]
    fn paths_to_one_value_and_texts_are_fine() {
        for path in [
            "$.errors[0]",
            "$$.State.Name",
            "$cause",
            "States.Format('{}', $.errors[*])",
            "States.ArrayGetItem($.errors, 0)",
        ] {
            let assigned = findings(&format!(
                r#"{{ "StartAt": "A", "States": {{ "A": {{ "Type": "Pass", "Assign": {{ "cause": "c" }}, "Next": "X" }},
                    "X": {{ "Type": "Fail", "CausePath": "{path}" }} }} }}"#
            ));
            assert_eq!(assigned, [""; 0], "{path}");
        }
    }
}
