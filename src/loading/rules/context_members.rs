//! # Members of the context object
//!
//! **What**: a path that starts at `$$` names a member that the context object can have, and a field that needs a number, a
//! time or a text reads none of its objects. A warning.
//!
//! **Why**: AWS accepts any name, and fails with `States.Runtime` each time the path is read.
//!
//! Bad:
//! ```json
//! { "Type": "Pass", "Parameters": { "id.$": "$$.Exection.Id" }, "End": true }
//! ```
//! Good:
//! ```json
//! { "Type": "Pass", "Parameters": { "id.$": "$$.Execution.Id" }, "End": true }
//! ```

use crate::data::json::Place;
use crate::data::{JsonPath, Root};
use crate::definition::Code;
use crate::loading::outline::Outline;
use crate::loading::report::Report;

/// The members of the context object (Step Functions Developer Guide: "Accessing execution data from the Context object").
const MEMBERS: [&str; 5] = ["Execution", "Map", "State", "StateMachine", "Task"];

pub(super) fn check(outline: &Outline<'_>, report: &mut Report) {
    for text in outline.states().flat_map(|(_, state)| &state.paths) {
        let paths = text.expression.iter().flat_map(|expression| expression.paths());
        for path in paths.map(|(_, path)| path).filter(|path| names_nothing(path)) {
            report
                .warning(
                    Code::UnknownContextMember,
                    Place::value(text.node),
                    format!("the context object has no member that `{}` names", path.as_str()),
                )
                .help(format!(
                    "it has {}",
                    MEMBERS.map(|name| format!("`$$.{name}`")).join(", ")
                ));
        }
    }
    check_scalars(outline, report);
}

/// The fields that need a number, a time or a text, with what they need.
const SCALARS: [(&str, &str); 6] = [
    ("SecondsPath", "number"),
    ("TimestampPath", "time"),
    ("TimeoutSecondsPath", "number"),
    ("HeartbeatSecondsPath", "number"),
    ("ErrorPath", "text"),
    ("CausePath", "text"),
];

/// The paths of objects, whose members are known.
const OBJECTS: [&str; 7] = [
    "$$",
    "$$.Execution",
    "$$.Map",
    "$$.Map.Item",
    "$$.State",
    "$$.StateMachine",
    "$$.Task",
];

fn check_scalars(outline: &Outline<'_>, report: &mut Report) {
    for (_, state) in outline.states() {
        for (field, needed) in SCALARS {
            let Some(node) = state.field(field) else { continue };
            let Some(path) = node.as_str().filter(|path| !node.unresolved && OBJECTS.contains(path)) else {
                continue;
            };
            report
                .warning(
                    Code::UnknownContextMember,
                    Place::value(node),
                    format!("the context object has no {needed} at `{path}`"),
                )
                .help(format!("it has an object there; `{field}` needs a {needed}"));
        }
    }
}

fn names_nothing(path: &JsonPath) -> bool {
    *path.root() == Root::Context && !MEMBERS.iter().any(|name| path.may_read(name))
}

#[cfg(test)]
mod tests {
    use crate::loading::rules::testing::{findings, pass};

    #[test]
    fn a_name_that_the_context_object_never_has_is_warned_of() {
        for path in ["$$.Exection.Id", "$$.input", "$$['execution'].Id", "$$[0]"] {
            assert_eq!(
                findings(&pass(&format!(r#""Parameters": {{ "x.$": "{path}" }}"#))),
                [format!(
                    "warning UNKNOWN_CONTEXT_MEMBER: the context object has no member that `{path}` names at \
                     /States/X/Parameters/x.$ (help: it has `$$.Execution`, `$$.Map`, `$$.State`, `$$.StateMachine`, \
                     `$$.Task`)"
                )]
            );
        }
    }

    #[test]
    fn its_members_and_paths_into_all_of_it_are_fine() {
        for path in [
            "$$",
            "$$.Execution.Id",
            "$$['Map'].Item.Value",
            "$$..Id",
            "$$.*.Name",
            "$$['Task', 'x']",
        ] {
            assert_eq!(
                findings(&pass(&format!(r#""Parameters": {{ "x.$": "{path}" }}"#))),
                [""; 0],
                "{path}"
            );
        }
    }
}
