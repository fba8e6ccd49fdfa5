//! # A static `Result`
//!
//! **What**: a Pass state's `Result` holds no path, no call, and no field whose name ends in `.$`. A warning.
//!
//! **Why**: `Result` is not a payload template: it is passed on as it is, with the `.$`.
//!
//! Bad:
//! ```json
//! { "Type": "Pass", "Result": { "id.$": "$.order.id" }, "End": true }
//! ```
//! Good:
//! ```json
//! { "Type": "Pass", "Parameters": { "id.$": "$.order.id" }, "End": true }
//! ```

use super::path_like_values::looks_computed;
use crate::data::json::{Kind, Node, Place};
use crate::definition::{Code, QueryLanguage, StateType};
use crate::loading::outline::Outline;
use crate::loading::report::Report;

pub(super) fn check(outline: &Outline<'_>, report: &mut Report) {
    let passes = outline.states().filter(|(_, state)| {
        state.state_type == Some(StateType::Pass) && state.query_language == QueryLanguage::JsonPath
    });
    for (_, state) in passes {
        let Some(result) = state.object.and_then(|object| object.member("Result")) else {
            continue;
        };
        if result.value.as_str().is_some_and(looks_computed) {
            warn(
                "Result",
                Place::key(result),
                "to hand a part of the input on, use `InputPath`",
                report,
            );
        }
        fields(&result.value, report);
    }
}

fn fields(node: &Node, report: &mut Report) {
    match &node.kind {
        Kind::Array(elements) => elements.iter().for_each(|element| fields(element, report)),
        Kind::Object(object) => {
            for member in &object.members {
                if member.key.ends_with(".$") || member.value.as_str().is_some_and(looks_computed) {
                    warn(
                        &member.key,
                        Place::key(member),
                        "put the field into `Parameters` instead",
                        report,
                    );
                } else {
                    fields(&member.value, report);
                }
            }
        }
        _ => {}
    }
}

fn warn(field: &str, place: Place, help: &str, report: &mut Report) {
    let message = format!("`Result` is static: the value of `{field}` is not evaluated");
    report.warning(Code::PassResultIsStatic, place, message).help(help);
}

#[cfg(test)]
mod tests {
    use crate::loading::rules::testing::{findings, pass};

    #[test]
    fn a_path_is_warned_of() {
        assert_eq!(
            findings(&pass(r#""Result": { "id.$": "$.order.id" }"#)),
            [
                "warning PASS_RESULT_IS_STATIC: `Result` is static: the value of `id.$` is not evaluated at \
              /States/X/Result/id.$ (help: put the field into `Parameters` instead)"
            ]
        );
        assert_eq!(
            findings(&pass(r#""Result": "$.order""#)),
            [
                "warning PASS_RESULT_IS_STATIC: `Result` is static: the value of `Result` is not evaluated at \
              /States/X/Result (help: to hand a part of the input on, use `InputPath`)"
            ]
        );
    }

    #[test]
    fn a_computed_field_is_warned_of_whatever_it_holds() {
        for value in ["\"$\"", "\"$order\"", "1", "{}"] {
            let found = findings(&pass(&format!(r#""Result": [{{ "id.$": {value} }}]"#)));
            assert_eq!(found.len(), 1, "{value}");
            assert!(found[0].starts_with("warning PASS_RESULT_IS_STATIC"), "{}", found[0]);
        }
    }

    #[test]
    fn constants_are_fine() {
        assert_eq!(
            findings(&pass(r#""Result": { "id": 7, "price": "$5", "unit": "$" }"#)),
            [""; 0]
        );
    }
}
