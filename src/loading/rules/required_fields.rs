//! # Required fields
//!
//! **What**: the machine and every graph have `StartAt` and `States`, a state has its `Type` and the fields that the
//! type requires, a Retrier has `ErrorEquals`, a Catcher `ErrorEquals` and `Next`, a Choice Rule `Next`.
//!
//! **Why**: these fields have no defaults.
//!
//! Bad:
//! ```json
//! { "States": { "Bake": { "Type": "Task", "End": true } } }
//! ```
//! Good:
//! ```json
//! { "StartAt": "Bake", "States": { "Bake": { "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true } } }
//! ```

use crate::data::json::{Node, Place};
use crate::definition::{QueryLanguage, StateType};
use crate::loading::outline::{GraphOwner, Outline, Presence, STATE_FIELDS, StateOutline};
use crate::loading::report::Report;

pub(super) fn check(outline: &Outline<'_>, report: &mut Report) {
    for graph in &outline.graphs {
        // AWS's order, which comes from a Java `HashSet`.
        let place = match graph.owner {
            GraphOwner::Machine => Place::value(graph.node),
            GraphOwner::Branch | GraphOwner::ItemProcessor => Place::opening(graph.node),
        };
        fields(graph.node, &["States", "StartAt"], place, report);
    }
    for (_, state) in outline.states() {
        let Some(object) = state.object else { continue };
        let place = Place::key(state.member);
        match (object.field("Type"), state.state_type) {
            (None, _) if object.has_unknown_keys() => {}
            (None, _) => {
                let help = format!(
                    "it is one of {}",
                    StateType::LISTED
                        .map(|state_type| format!("`{}`", state_type.as_str()))
                        .join(", ")
                );
                report.schema(place, "The field 'Type' is required").help(help);
            }
            (Some(node), None) => type_of(node, report),
            (_, Some(state_type)) => fields_of_state(state, state_type, place, report),
        }
    }
}

fn type_of(node: &Node, report: &mut Report) {
    if node.unresolved {
        return;
    }
    let Some(text) = node.as_str() else {
        // Reported when the state is read.
        return;
    };
    let names = StateType::LISTED.map(StateType::as_str);
    let help = match report.similar(text, names) {
        Some(similar) => format!("did you mean `{similar}`?"),
        None => "a `Task` calls a function or a service, a `Pass` hands data on, a `Choice` decides".to_owned(),
    };
    let message = format!(
        "The field 'Type' should have one of these values: [{}]",
        names.join(", ")
    );
    report.schema(Place::value(node), message).help(help);
}

fn fields_of_state(state: &StateOutline<'_>, state_type: StateType, place: Place, report: &mut Report) {
    let required = STATE_FIELDS
        .iter()
        .filter(|rule| rule.presence(state_type) == Presence::Required);
    let names: Vec<&str> = required.map(|rule| rule.name).collect();
    fields(state.node(), &names, place, report);
    let is_complete = state.object.is_none_or(|object| !object.has_unknown_keys());
    if state_type == StateType::Map && is_complete && state.field("ItemProcessor").or(state.field("Iterator")).is_none()
    {
        missing(&["ItemProcessor"], place, report);
    }
    for (list, required) in [
        ("Retry", &["ErrorEquals"][..]),
        ("Catch", &["Next", "ErrorEquals"]),
        (
            "Choices",
            if state.query_language == QueryLanguage::Jsonata {
                &["Condition", "Next"]
            } else {
                &["Next"]
            },
        ),
    ] {
        for element in state.field(list).and_then(Node::as_array).unwrap_or_default() {
            // `field_languages` rejects a rule in JSONPath.
            let is_of_json_path = ["Variable", "And", "Or", "Not"]
                .iter()
                .any(|name| element.field(name).is_some());
            let required = match required {
                ["Condition", rest @ ..] if is_of_json_path => rest,
                required => required,
            };
            fields(element, required, Place::opening(element), report);
        }
    }
}

fn fields(node: &Node, required: &[&str], place: Place, report: &mut Report) {
    let Some(object) = node.as_object().filter(|object| !object.has_unknown_keys()) else {
        return;
    };
    let absent: Vec<&str> = required.iter().copied().filter(|name| !object.contains(name)).collect();
    if !absent.is_empty() {
        missing(&absent, place, report);
    }
}

fn missing(names: &[&str], place: Place, report: &mut Report) {
    let help: Vec<&str> = names.iter().map(|name| purpose(name)).collect();
    report
        .schema(place, format!("These fields are required: [{}]", names.join(", ")))
        .help(help.join("; "));
}

/// The purpose of a field, as help.
fn purpose(name: &str) -> &'static str {
    match name {
        "StartAt" => "`StartAt` names the state that is entered first",
        "States" => "`States` holds the states by their names",
        "Resource" => "`Resource` says what does the work, such as `arn:aws:states:::lambda:invoke`",
        "Branches" => "`Branches` holds the graphs that run at once, each with `StartAt` and `States`",
        "Choices" => "`Choices` holds the rules, each with its `Next`",
        "ItemProcessor" => "`ItemProcessor` holds what every item goes through: `StartAt` and `States`",
        "ErrorEquals" => "`ErrorEquals` lists the errors it is for; `[\"States.ALL\"]` is for all",
        "Condition" => "`Condition` decides, such as `{% $states.input.total > 100 %}`",
        "Next" => "`Next` names the state that goes on",
        _ => "there is no default",
    }
}

#[cfg(test)]
mod tests {
    use crate::loading::rules::testing::{findings, state};

    #[test]
    fn a_machine_needs_states_and_a_start() {
        assert_eq!(
            findings("{}"),
            [
                "SCHEMA_VALIDATION_FAILED: These fields are required: [States, StartAt] at / \
                 (help: `States` holds the states by their names; `StartAt` names the state that is entered first)"
            ]
        );
        assert_eq!(
            findings(r#"{ "States": { "X": { "Type": "Succeed" } } }"#),
            ["SCHEMA_VALIDATION_FAILED: These fields are required: [StartAt] at / \
                 (help: `StartAt` names the state that is entered first)"]
        );
    }

    #[test]
    fn a_missing_type_and_an_unknown_one_have_texts_of_their_own() {
        assert_eq!(
            findings(&state(r#"{ "Type": "Pas", "End": true }"#)),
            [
                "SCHEMA_VALIDATION_FAILED: The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, \
              Fail, Choice, Parallel, Map] at /States/X/Type (help: did you mean `Pass`?)"
            ]
        );
        assert_eq!(
            findings(&state(r#"{ "End": true }"#)),
            [
                "SCHEMA_VALIDATION_FAILED: The field 'Type' is required at /States/X (help: it is one of `Task`, `Wait`, \
                 `Pass`, `Succeed`, `Fail`, `Choice`, `Parallel`, `Map`)",
                "MISSING_END_STATE: Workflow has no terminal state (help: add `\"End\": true` to the last state)"
            ]
        );
    }

    #[test]
    fn a_type_needs_its_fields() {
        assert_eq!(
            findings(&state(r#"{ "Type": "Task", "End": true }"#)),
            [
                "SCHEMA_VALIDATION_FAILED: These fields are required: [Resource] at /States/X \
                 (help: `Resource` says what does the work, such as `arn:aws:states:::lambda:invoke`)"
            ]
        );
        assert_eq!(
            findings(&state(r#"{ "Type": "Map", "End": true }"#)),
            [
                "SCHEMA_VALIDATION_FAILED: These fields are required: [ItemProcessor] at /States/X \
                 (help: `ItemProcessor` holds what every item goes through: `StartAt` and `States`)"
            ]
        );
    }

    #[test]
    fn elements_of_lists_need_theirs() {
        let task = r#"{ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Catch": [{}], "End": true }"#;
        assert_eq!(
            findings(&state(task)),
            [
                "SCHEMA_VALIDATION_FAILED: These fields are required: [Next, ErrorEquals] at /States/X/Catch[0] \
                 (help: `Next` names the state that goes on; `ErrorEquals` lists the errors it is for; `[\"States.ALL\"]` is for all)"
            ]
        );
    }

    #[test]
    fn what_has_all_of_them_is_fine() {
        assert_eq!(findings(&state(r#"{ "Type": "Succeed" }"#)), [""; 0]);
    }
}
