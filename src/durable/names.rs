//! The names of services, which have fewer letters than names and ARNs on AWS.

use std::fmt::Write as _;

/// The service of task tokens; its keys are tokens.
pub(super) const TOKENS: &str = "asl-token";

/// The service that redrives executions; its keys are their services and keys.
pub(super) const REDRIVES: &str = "asl-redrive";

/// The service of what is left of executions that come from a store; its keys are their services and keys.
pub(super) const MOVES: &str = "asl-move";

/// The service of activities; its keys are their ARNs.
pub(super) const ACTIVITIES: &str = "asl-activity";

/// The service that tells of changes of executions' statuses, and the one that writes what they log.
pub(super) const STATUS_CHANGES: &str = "asl-status-change";
pub(super) const LOGS: &str = "asl-log";

/// The documents that all processes share; its keys are places.
pub(super) const DOCUMENTS: &str = "asl-documents";

/// The service of definitions; its keys are their fingerprints.
pub(super) const DEFINITIONS: &str = "asl-definition";

/// The same as [`EXECUTIONS`] for Express workflows, of whose executions nothing is kept for long.
pub(super) const EXPRESS: &str = "asl-express";

/// The workflow service of executions that bring their state machines with them; its keys are the ARNs of executions.
pub(super) const EXECUTIONS: &str = "asl-execution";

/// The workflow service of child executions of distributed Maps; its keys are their ARNs.
pub(super) const CHILDREN: &str = "asl-child";

/// The workflow service of a state machine; its keys are the names of executions.
pub(super) fn of_machine(name: &str) -> String {
    format!("asl.{}", encoded(name))
}

/// The service that does the tasks of all resources that have none of their own.
pub(super) const ANY: &str = "asl-task-any";

/// What the service of a resource begins with.
pub(super) const RESOURCES: &str = "asl-task.";

/// The service that does the tasks of a resource.
pub(super) fn of_resource(arn: &str) -> String {
    format!("{RESOURCES}{}", encoded(arn))
}

/// Letters, digits and hyphens stay, a colon becomes a dot, and any other byte `_` with its two hexadecimal digits. So no
/// two texts have the same name.
fn encoded(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' => name.push(char::from(byte)),
            b':' => name.push('.'),
            other => {
                // Writing to a `String` cannot fail.
                let _ = write!(name, "_{other:02x}");
            }
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_readable_and_distinct() {
        assert_eq!(of_machine("Orders-2"), "asl.Orders-2");
        assert_eq!(
            of_resource("arn:aws:states:::dynamodb:putItem"),
            "asl-task.arn.aws.states...dynamodb.putItem"
        );
        assert_eq!(of_machine("a_b.c é"), "asl.a_5fb_2ec_20_c3_a9");
        assert_ne!(of_machine("a:b"), of_machine("a.b"));
    }
}
