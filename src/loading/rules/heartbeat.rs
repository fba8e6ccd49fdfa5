//! # Heartbeat
//!
//! **What**: `HeartbeatSeconds` is smaller than `TimeoutSeconds`.
//!
//! **Why**: otherwise the task times out before a heartbeat can be missed.
//!
//! Bad:
//! ```json
//! { "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "TimeoutSeconds": 60, "HeartbeatSeconds": 60, "End": true }
//! ```
//! Good:
//! ```json
//! { "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "TimeoutSeconds": 60, "HeartbeatSeconds": 20, "End": true }
//! ```

use crate::data::json::{Kind, Node, Place};
use crate::definition::StateType;
use crate::loading::outline::Outline;
use crate::loading::report::Report;

pub(super) fn check(outline: &Outline<'_>, report: &mut Report) {
    for (_, state) in outline
        .states()
        .filter(|(_, state)| state.state_type == Some(StateType::Task))
    {
        let Some(node) = state.field("HeartbeatSeconds") else {
            continue;
        };
        let (Some(heartbeat), Some(timeout)) = (seconds(node), state.field("TimeoutSeconds").and_then(seconds)) else {
            continue;
        };
        if heartbeat >= timeout {
            report
                .schema(
                    Place::value(node),
                    "`HeartbeatSeconds` must be smaller than `TimeoutSeconds`",
                )
                .help(format!("`TimeoutSeconds` is {timeout}"));
        }
    }
}

fn seconds(node: &Node) -> Option<u64> {
    match &node.kind {
        // A zero is reported when the field is read.
        Kind::Number(number) => number.as_u64().filter(|seconds| *seconds > 0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::loading::rules::testing::{findings, state};

    fn task(heartbeat: u32) -> Vec<String> {
        findings(&state(&format!(
            r#"{{ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "TimeoutSeconds": 60, "HeartbeatSeconds": {heartbeat}, "End": true }}"#
        )))
    }

    #[test]
    fn it_cannot_be_as_long_as_the_timeout() {
        assert_eq!(
            task(60),
            [
                "SCHEMA_VALIDATION_FAILED: `HeartbeatSeconds` must be smaller than `TimeoutSeconds` at /States/X/HeartbeatSeconds \
              (help: `TimeoutSeconds` is 60)"
            ]
        );
    }

    #[test]
    fn a_shorter_one_is_fine() {
        assert_eq!(task(59), [""; 0]);
    }
}
