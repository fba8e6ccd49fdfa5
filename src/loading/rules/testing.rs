//! Builds definitions for the tests of rules, and validates them.

use crate::definition::{Severity, StateMachine};

/// The diagnostics of a definition: `CODE: message at location (help: …)`, with `warning` in front of a warning.
pub(super) fn findings(source: &str) -> Vec<String> {
    let diagnostics = StateMachine::validate(source);
    let line = |diagnostic: &crate::definition::Diagnostic| {
        let severity = if diagnostic.severity == Severity::Warning {
            "warning "
        } else {
            ""
        };
        let location = diagnostic
            .location
            .as_ref()
            .map(|location| format!(" at {location}"))
            .unwrap_or_default();
        let help = diagnostic
            .help
            .as_ref()
            .map(|help| format!(" (help: {help})"))
            .unwrap_or_default();
        format!("{severity}{}: {}{location}{help}", diagnostic.code, diagnostic.message)
    };
    diagnostics.iter().map(line).collect()
}

/// A machine whose only state is `X`.
pub(super) fn state(state: &str) -> String {
    format!(r#"{{ "StartAt": "X", "States": {{ "X": {state} }} }}"#)
}

/// A machine in JSONata whose only state is `X`.
#[cfg(feature = "jsonata")]
pub(super) fn jsonata(state: &str) -> String {
    format!(r#"{{ "QueryLanguage": "JSONata", "StartAt": "X", "States": {{ "X": {state} }} }}"#)
}

/// A machine whose only state `X` is a Pass state with these additional fields.
pub(super) fn pass(fields: &str) -> String {
    state(&format!(r#"{{ "Type": "Pass", "End": true, {fields} }}"#))
}
