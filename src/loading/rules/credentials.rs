//! # Credentials
//!
//! **What**: `Credentials` has a `RoleArn`, constant or computed.
//!
//! **Why**: `Credentials` serves only to name the role.
//!
//! Bad:
//! ```json
//! { "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Credentials": {}, "End": true }
//! ```
//! Good:
//! ```json
//! { "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Credentials": { "RoleArn.$": "$.role" }, "End": true }
//! ```

use crate::data::json::Place;
use crate::definition::{QueryLanguage, StateType};
use crate::loading::outline::Outline;
use crate::loading::report::Report;

pub(super) fn check(outline: &Outline<'_>, report: &mut Report) {
    for (_, state) in outline
        .states()
        .filter(|(_, state)| state.state_type == Some(StateType::Task))
    {
        let Some(member) = state.object.and_then(|object| object.member("Credentials")) else {
            continue;
        };
        let Some(credentials) = member.value.as_object() else {
            continue;
        };
        let computed = credentials.contains("RoleArn.$") && state.query_language == QueryLanguage::JsonPath;
        if !credentials.contains("RoleArn") && !computed {
            let help = if state.query_language == QueryLanguage::Jsonata {
                "write `\"RoleArn\": \"arn:aws:iam::ACCOUNT:role/NAME\"`, or give it an expression"
            } else {
                "write `\"RoleArn\": \"arn:aws:iam::ACCOUNT:role/NAME\"`, or `\"RoleArn.$\"` with a path"
            };
            report
                .schema(Place::key(member), "The field 'RoleArn' is required but was missing")
                .help(help);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::loading::rules::testing::{findings, state};

    fn credentials(value: &str) -> Vec<String> {
        findings(&state(&format!(
            r#"{{ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Credentials": {value}, "End": true }}"#
        )))
    }

    #[test]
    fn they_need_a_role() {
        let expected = "SCHEMA_VALIDATION_FAILED: The field 'RoleArn' is required but was missing at /States/X/Credentials (help: write \
             `\"RoleArn\": \"arn:aws:iam::ACCOUNT:role/NAME\"`, or `\"RoleArn.$\"` with a path)";
        assert_eq!(credentials("{}"), [expected]);
        assert_eq!(credentials(r#"{ "Role": "arn:aws:iam::1:role/r" }"#), [expected]);
    }

    #[test]
    fn a_role_that_is_given_or_computed_is_fine() {
        assert_eq!(credentials(r#"{ "RoleArn": "arn:aws:iam::1:role/r" }"#), [""; 0]);
        assert_eq!(credentials(r#"{ "RoleArn.$": "$.role" }"#), [""; 0]);
    }
}
