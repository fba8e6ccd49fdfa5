//! # Exclusive fields
//!
//! **What**: a state has exactly one field of some groups (`Next` or `End`, the duration of a Wait state), and at most
//! one of others (a value or the path to it).
//!
//! **Why**: with two of them, it would be unclear which one counts.
//!
//! Bad:
//! ```json
//! { "Type": "Wait", "Seconds": 5, "SecondsPath": "$.pause", "Next": "Bake", "End": true }
//! ```
//! Good:
//! ```json
//! { "Type": "Wait", "SecondsPath": "$.pause", "Next": "Bake" }
//! ```

use crate::data::json::{Member, Node, Object, Place};
use crate::definition::StateType;
use crate::loading::outline::{Outline, StateOutline, state_field};
use crate::loading::report::Report;

/// Fields of which a state has at most one, in AWS's order, which comes from a Java `HashSet`.
struct Group {
    fields: &'static [&'static str],
    /// Whether one of them is required.
    needed: bool,
    states: &'static [StateType],
}

const GROUPS: &[Group] = &[
    Group {
        fields: &["SecondsPath", "Seconds", "TimestampPath", "Timestamp"],
        needed: true,
        states: &[StateType::Wait],
    },
    optional(&["TimeoutSeconds", "TimeoutSecondsPath"], &[StateType::Task]),
    optional(&["HeartbeatSecondsPath", "HeartbeatSeconds"], &[StateType::Task]),
    optional(&["MaxConcurrency", "MaxConcurrencyPath"], &[StateType::Map]),
    optional(&["ItemProcessor", "Iterator"], &[StateType::Map]),
    optional(&["Parameters", "ItemSelector"], &[StateType::Map]),
    optional(
        &["ToleratedFailureCount", "ToleratedFailureCountPath"],
        &[StateType::Map],
    ),
    optional(
        &["ToleratedFailurePercentage", "ToleratedFailurePercentagePath"],
        &[StateType::Map],
    ),
    optional(&["Error", "ErrorPath"], &[StateType::Fail]),
    optional(&["Cause", "CausePath"], &[StateType::Fail]),
];

const fn optional(fields: &'static [&'static str], states: &'static [StateType]) -> Group {
    Group {
        fields,
        needed: false,
        states,
    }
}

pub(super) fn check(outline: &Outline<'_>, report: &mut Report) {
    for (_, state) in outline.states() {
        let (Some(object), Some(state_type)) = (state.object, state.state_type) else {
            continue;
        };
        if state_type.has_transition() {
            next_or_end(state, object, report);
        }
        for group in GROUPS.iter().filter(|group| group.states.contains(&state_type)) {
            one_of(group, state, object, report);
        }
    }
}

/// Checks `Next` and `End`. `"End": false` counts as missing.
fn next_or_end(state: &StateOutline<'_>, object: &Object, report: &mut Report) {
    let end = object.member("End").filter(|end| end.value.as_bool() != Some(false));
    match (object.member("Next"), end) {
        (None, None) if object.has_unknown_keys() => {}
        (None, None) => {
            let help = if object.contains("End") {
                "`\"End\": false` says nothing: write `\"End\": true`, or where it goes on by `Next`"
            } else {
                "write `\"End\": true` where the state is the last one, else `Next`"
            };
            report
                .schema(Place::key(state.member), none_of(&["Next", "End"]))
                .help(help);
        }
        (Some(next), Some(end)) => several(&["Next", "End"], &[next, end], state.node(), report),
        _ => {}
    }
}

fn one_of(group: &Group, state: &StateOutline<'_>, object: &Object, report: &mut Report) {
    // `field_languages` rejects fields of the other language.
    let own = |field: &&str| state_field(field).is_some_and(|rule| rule.language.is_of(state.query_language));
    let fields: Vec<&str> = group.fields.iter().copied().filter(own).collect();
    let mut there: Vec<&Member> = fields.iter().filter_map(|field| object.member(field)).collect();
    there.sort_by_key(|member| member.key_span.start);
    match there.as_slice() {
        [] if group.needed
            && !object.has_unknown_keys()
            && !group.fields.iter().any(|field| object.contains(field)) =>
        {
            report
                .schema(Place::key(state.member), none_of(&fields))
                .help("say how long it waits, for example `\"Seconds\": 5`");
        }
        [] | [_] => {}
        several_members => several(&fields, several_members, state.node(), report),
    }
}

fn several(fields: &[&str], there: &[&Member], owner: &Node, report: &mut Report) {
    let Some(last) = there.iter().max_by_key(|member| member.key_span.start) else {
        return;
    };
    let names: Vec<String> = there.iter().map(|member| format!("`{}`", member.key)).collect();
    report
        .schema(Place::key(last).about(owner), too_many(fields))
        .help(format!("keep one of {}", names.join(" and ")));
}

/// AWS's message if a required group has no field.
pub(super) fn none_of(fields: &[&str]) -> String {
    format!(
        "This object should have only one of the following fields: [{}]",
        fields.join(", ")
    )
}

/// AWS's message if a group has several fields.
pub(super) fn too_many(fields: &[&str]) -> String {
    format!(
        "There should only be one of the following fields: [{}]",
        fields.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use crate::loading::rules::testing::{findings, state};

    #[test]
    fn a_wait_state_waits_in_one_way() {
        assert_eq!(
            findings(&state(
                r#"{ "Type": "Wait", "Seconds": 5, "SecondsPath": "$.s", "End": true }"#
            )),
            [
                "SCHEMA_VALIDATION_FAILED: There should only be one of the following fields: [SecondsPath, Seconds, TimestampPath, \
              Timestamp] at /States/X (help: keep one of `Seconds` and `SecondsPath`)"
            ]
        );
        assert_eq!(
            findings(&state(r#"{ "Type": "Wait", "End": true }"#)),
            [
                "SCHEMA_VALIDATION_FAILED: This object should have only one of the following fields: [SecondsPath, Seconds, \
              TimestampPath, Timestamp] at /States/X (help: say how long it waits, for example `\"Seconds\": 5`)"
            ]
        );
    }

    #[test]
    fn a_state_leads_on_or_ends() {
        assert_eq!(
            findings(&state(r#"{ "Type": "Pass", "Next": "X", "End": true }"#)),
            [
                "SCHEMA_VALIDATION_FAILED: There should only be one of the following fields: [Next, End] at /States/X (help: \
              keep one of `Next` and `End`)"
            ]
        );
        assert_eq!(
            findings(&state(r#"{ "Type": "Pass" }"#)),
            [
                "SCHEMA_VALIDATION_FAILED: This object should have only one of the following fields: [Next, End] at /States/X \
                 (help: write `\"End\": true` where the state is the last one, else `Next`)",
                "MISSING_END_STATE: Workflow has no terminal state (help: add `\"End\": true` to the last state)"
            ]
        );
    }

    #[test]
    fn a_value_or_the_path_to_it_is_fine() {
        assert_eq!(
            findings(&state(r#"{ "Type": "Wait", "SecondsPath": "$.s", "End": true }"#)),
            [""; 0]
        );
        assert_eq!(
            findings(&state(r#"{ "Type": "Fail", "Error": "E", "CausePath": "$.c" }"#)),
            [""; 0]
        );
    }
}
