//! # Unknown and misplaced fields
//!
//! **What**: an object of the definition has only the fields that belong to it.
//!
//! **Why**: a field that is misspelt, or belongs to another type of state, would silently have no effect. AWS rejects
//! it, too. [`STATE_FIELDS`] lists the fields of each state type.
//!
//! Bad:
//! ```json
//! { "Type": "Pass", "Retry": [], "end": true }
//! ```
//! Good:
//! ```json
//! { "Type": "Pass", "End": true }
//! ```

use crate::data::json::{Member, Node, Place};
use crate::definition::{QueryLanguage, StateType};
use crate::loading::outline::{
    BRANCH_FIELDS, CATCHER_FIELDS, CHOICE_RULE_FIELDS, COMPARISON_OPERATORS, FieldRule, GraphOwner,
    ITEM_PROCESSOR_FIELDS, Language, MACHINE_FIELDS, Outline, PROCESSOR_CONFIG_FIELDS, Presence, RETRIER_FIELDS,
    STATE_FIELDS, StateOutline, state_field,
};
use crate::loading::report::Report;

pub(super) fn check(outline: &Outline<'_>, report: &mut Report) {
    for graph in &outline.graphs {
        let known = match graph.owner {
            GraphOwner::Machine => MACHINE_FIELDS,
            GraphOwner::Branch => BRANCH_FIELDS,
            GraphOwner::ItemProcessor => ITEM_PROCESSOR_FIELDS,
        };
        plain_object(graph.node, known, report);
        if let Some(config) = graph
            .node
            .field("ProcessorConfig")
            .filter(|_| graph.owner == GraphOwner::ItemProcessor)
        {
            plain_object(config, PROCESSOR_CONFIG_FIELDS, report);
        }
    }
    for (_, state) in outline.states() {
        let Some(state_type) = state.state_type else { continue };
        fields_of_state(state, state_type, report);
        for retrier in state.field("Retry").and_then(Node::as_array).unwrap_or_default() {
            plain_object(retrier, RETRIER_FIELDS, report);
        }
        for catcher in state.field("Catch").and_then(Node::as_array).unwrap_or_default() {
            object_with_languages(catcher, CATCHER_FIELDS, state.query_language, report);
        }
        if state_type == StateType::Choice {
            for rule in state.field("Choices").and_then(Node::as_array).unwrap_or_default() {
                choice_rule(rule, true, state.query_language, report);
            }
        }
    }
}

fn fields_of_state(state: &StateOutline<'_>, state_type: StateType, report: &mut Report) {
    for member in state.object.map(|object| object.members.as_slice()).unwrap_or_default() {
        let rule = state_field(&member.key);
        if member.key_unresolved {
            continue;
        }
        if rule.is_none_or(|rule| rule.presence(state_type) == Presence::Never) {
            let help = rule.map_or_else(
                || similar_field(member, state_type, state.query_language, report),
                owners,
            );
            let place = Place::key(member).about(state.node());
            report.schema(place, not_supported(&member.key)).help(help);
        }
    }
}

/// Checks an object whose fields are the same everywhere.
fn plain_object(node: &Node, known: &[&str], report: &mut Report) {
    unknown_members(node, known, &[], report);
}

/// Checks an object whose fields depend on the query language; `field_languages` rejects fields of the other language.
fn object_with_languages(node: &Node, fields: &[(&str, Language)], query_language: QueryLanguage, report: &mut Report) {
    let names = |own: bool| {
        let fields = fields
            .iter()
            .filter(|(_, language)| language.is_of(query_language) == own);
        fields.map(|(name, _)| *name).collect::<Vec<_>>()
    };
    unknown_members(node, &names(true), &names(false), report);
}

fn unknown_members(node: &Node, known: &[&str], judged_elsewhere: &[&str], report: &mut Report) {
    for member in node
        .as_object()
        .map(|object| object.members.as_slice())
        .unwrap_or_default()
    {
        let key = member.key.as_str();
        if known.contains(&key) || judged_elsewhere.contains(&key) || member.key_unresolved {
            continue;
        }
        let help = match report.similar(key, known.iter().copied()) {
            Some(similar) => format!("did you mean `{similar}`?"),
            None => format!("the fields here are {}", listed(known.iter().copied())),
        };
        report
            .schema(Place::key(member).about(node), not_supported(key))
            .help(help);
    }
}

/// Checks a Choice Rule, or an expression nested in it; `field_languages` rejects fields of the other language.
fn choice_rule(node: &Node, top_level: bool, query_language: QueryLanguage, report: &mut Report) {
    for member in node
        .as_object()
        .map(|object| object.members.as_slice())
        .unwrap_or_default()
    {
        let key = member.key.as_str();
        match key {
            "And" | "Or" if query_language == QueryLanguage::JsonPath => {
                for nested in member.value.as_array().unwrap_or_default() {
                    choice_rule(nested, false, query_language, report);
                }
            }
            "Not" if query_language == QueryLanguage::JsonPath => {
                choice_rule(&member.value, false, query_language, report);
            }
            "Next" | "Assign" if !top_level => {
                report
                    .schema(Place::key(member).about(node), not_supported(key))
                    .help(format!(
                        "`{key}` belongs to the rule in `Choices` that this expression is part of"
                    ));
            }
            _ if CHOICE_RULE_FIELDS.iter().any(|(name, _)| *name == key) => {}
            _ if COMPARISON_OPERATORS.contains(&key) || member.key_unresolved => {}
            _ => {
                let fields = CHOICE_RULE_FIELDS
                    .iter()
                    .filter(|(_, language)| language.is_of(query_language));
                let operators = COMPARISON_OPERATORS
                    .iter()
                    .filter(|_| query_language == QueryLanguage::JsonPath);
                let known = operators.copied().chain(fields.map(|(name, _)| *name));
                let similar = report
                    .similar(key, known)
                    .map(|similar| format!("did you mean `{similar}`?"));
                report
                    .schema(Place::key(member).about(node), not_supported(key))
                    .maybe_help(similar);
            }
        }
    }
}

fn similar_field(member: &Member, state_type: StateType, query_language: QueryLanguage, report: &mut Report) -> String {
    let belongs =
        |rule: &&'static FieldRule| rule.presence(state_type) != Presence::Never && rule.language.is_of(query_language);
    if let Some(rule) = member.key.strip_suffix(".$").and_then(state_field).filter(belongs) {
        let name = rule.name;
        if query_language == QueryLanguage::Jsonata {
            return format!("call it `{name}`: in JSONata, a text between `{{%` and `%}}` is evaluated");
        }
        let path = format!("{name}Path");
        return if state_field(&path).is_some() {
            format!("to read it from the input, use `{path}`")
        } else {
            format!("call it `{name}`: only the fields inside payload templates are computed by a `.$`")
        };
    }
    let own = STATE_FIELDS.iter().filter(belongs).map(|rule| rule.name);
    if let Some(similar) = report.similar(&member.key, own) {
        return format!("did you mean `{similar}`?");
    }
    let of_others = report.similar(&member.key, STATE_FIELDS.iter().map(|rule| rule.name));
    if let Some(rule) = of_others.and_then(state_field) {
        return format!("did you mean `{}`? {}", rule.name, owners(rule));
    }
    let own = STATE_FIELDS.iter().filter(belongs).map(|rule| rule.name);
    format!("the fields of a {} state are {}", state_type.as_str(), listed(own))
}

/// "only Task, Parallel and Map states have `Retry`"
fn owners(rule: &FieldRule) -> String {
    let names: Vec<&str> = rule.owners().map(StateType::as_str).collect();
    let names = match names.as_slice() {
        [] => return String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    };
    format!("only {names} states have `{}`", rule.name)
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn not_supported(field: &str) -> String {
    format!("Field '{field}' is not supported")
}

#[cfg(test)]
mod tests {
    use crate::loading::rules::testing::{findings, pass, state};

    /// The fields of the specification with the initials of the state types that have them: Task, Parallel, Map, pass,
    /// Wait, Choice, Succeed, Fail.
    const MATRIX: [(&str, &str); 43] = [
        ("Comment", "TPMpWCSF"),
        ("QueryLanguage", "TPMpWCSF"),
        ("InputPath", "TPMpWCS"),
        ("OutputPath", "TPMpWCS"),
        ("Parameters", "TPMp"),
        ("ResultSelector", "TPM"),
        ("ResultPath", "TPMp"),
        ("Assign", "TPMpWC"),
        ("Next", "TPMpW"),
        ("End", "TPMpW"),
        ("Retry", "TPM"),
        ("Catch", "TPM"),
        ("Result", "p"),
        ("Resource", "T"),
        ("TimeoutSeconds", "T"),
        ("TimeoutSecondsPath", "T"),
        ("HeartbeatSeconds", "T"),
        ("HeartbeatSecondsPath", "T"),
        ("Credentials", "T"),
        ("Choices", "C"),
        ("Default", "C"),
        ("Seconds", "W"),
        ("SecondsPath", "W"),
        ("Timestamp", "W"),
        ("TimestampPath", "W"),
        ("Error", "F"),
        ("ErrorPath", "F"),
        ("Cause", "F"),
        ("CausePath", "F"),
        ("Branches", "P"),
        ("ItemProcessor", "M"),
        ("Iterator", "M"),
        ("ItemsPath", "M"),
        ("ItemSelector", "M"),
        ("MaxConcurrency", "M"),
        ("MaxConcurrencyPath", "M"),
        ("ToleratedFailureCount", "M"),
        ("ToleratedFailureCountPath", "M"),
        ("ToleratedFailurePercentage", "M"),
        ("ToleratedFailurePercentagePath", "M"),
        ("Version", ""),
        ("StartAt", ""),
        ("States", ""),
    ];

    #[test]
    fn every_type_has_its_fields_and_no_others() {
        let types = ["Task", "Parallel", "Map", "pass", "Wait", "Choice", "Succeed", "Fail"];
        for ((field, owners), state_type) in MATRIX.iter().flat_map(|row| types.map(|state_type| (row, state_type))) {
            let name = state_type.replace("pass", "Pass");
            let found = findings(&state(&format!(r#"{{ "Type": "{name}", "{field}": null }}"#)));
            let refused = found
                .iter()
                .any(|found| found.contains(&format!("Field '{field}' is not supported at")));
            let has = state_type
                .chars()
                .next()
                .is_some_and(|initial| owners.contains(initial));
            assert_eq!(refused, !has, "{name} with {field}");
        }
    }

    #[test]
    fn a_field_of_jsonata_is_refused_by_its_language_or_its_type() {
        for state_type in ["Task", "Parallel", "Map", "Pass", "Wait", "Choice", "Succeed", "Fail"] {
            for field in ["Arguments", "Output", "Items"] {
                let found = findings(&state(&format!(r#"{{ "Type": "{state_type}", "{field}": {{}} }}"#)));
                let language = format!("but field '{field}' is only supported for the 'JSONata' QueryLanguage");
                let unsupported = format!("Field '{field}' is not supported at");
                let refusals = found
                    .iter()
                    .filter(|found| found.contains(&language) || found.contains(&unsupported));
                assert_eq!(refusals.count(), 1, "{state_type} with {field}: {found:?}");
            }
        }
    }

    #[test]
    fn a_misspelt_field_is_refused() {
        assert_eq!(
            findings(&state(r#"{ "Type": "Pass", "Resultpath": "$.x", "End": true }"#)),
            [
                "SCHEMA_VALIDATION_FAILED: Field 'Resultpath' is not supported at /States/X (help: did you mean `ResultPath`?)"
            ]
        );
    }

    #[test]
    fn a_field_of_another_type_of_state_is_refused() {
        assert_eq!(
            findings(&state(r#"{ "Type": "Pass", "Retry": [], "End": true }"#)),
            [
                "SCHEMA_VALIDATION_FAILED: Field 'Retry' is not supported at /States/X (help: only Task, Parallel and Map states have `Retry`)"
            ]
        );
        assert_eq!(
            findings(&state(r#"{ "Type": "Succeed", "Next": "X" }"#)),
            [
                "SCHEMA_VALIDATION_FAILED: Field 'Next' is not supported at /States/X (help: only Task, Wait, Pass, Parallel and Map states have `Next`)"
            ]
        );
    }

    #[test]
    fn objects_inside_a_state_are_checked() {
        let task = state(
            r#"{ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
                 "Retry": [{ "ErrorEquals": ["E"], "MaxAttempt": 1 }] }"#,
        );
        assert_eq!(
            findings(&task),
            [
                "SCHEMA_VALIDATION_FAILED: Field 'MaxAttempt' is not supported at /States/X/Retry[0] (help: did you mean `MaxAttempts`?)"
            ]
        );
    }

    #[test]
    fn every_field_in_its_place_is_fine() {
        let fields = r#""Comment": "c", "InputPath": "$", "Parameters": {}, "ResultPath": "$.x", "Assign": {}"#;
        assert_eq!(findings(&pass(fields)), [""; 0]);
    }
}
