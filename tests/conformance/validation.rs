//! Definitions that AWS was asked to check or to refuse.

use asl_engine::definition::{Diagnostic, Loader, Severity, WorkflowType};
use serde_json::Value;

use crate::case::Case;
use crate::normalise::Normaliser;

/// Compares the verdict and every problem.
pub(crate) fn check(case: &Case) -> Result<(), String> {
    let normaliser = Normaliser::new(case, None);
    let workflow_type = if case.json["machine_type"] == "EXPRESS" {
        WorkflowType::Express
    } else {
        WorkflowType::Standard
    };
    let loader = Loader::new().workflow_type(workflow_type);
    let found: Vec<[String; 4]> = loader
        .validate(&case.definition())
        .iter()
        .map(|diagnostic| described(diagnostic).map(|text| normaliser.text(&text)))
        .collect();
    let wanted = &case.json["expected"]["validate"];
    if let Some(diagnostics) = wanted["diagnostics"].as_array() {
        let text = |diagnostic: &Value, member: &str| normaliser.text(diagnostic[member].as_str().unwrap_or_default());
        let wanted: Vec<[String; 4]> = diagnostics
            .iter()
            .map(|d| {
                [
                    text(d, "severity"),
                    text(d, "code"),
                    text(d, "message"),
                    text(d, "location"),
                ]
            })
            .collect();
        return if wanted == found {
            Ok(())
        } else {
            Err(format!("got {found:?}, wanted {wanted:?}"))
        };
    }
    let message = [&wanted["Error"]["Message"], &wanted["exception_value"]];
    let message = message.into_iter().find_map(Value::as_str).unwrap_or_default();
    let wanted = normaliser.text(
        message
            .split_once("Definition: ")
            .map_or(message, |(_, refused)| refused),
    );
    let errors: Vec<String> = found
        .iter()
        .filter(|[severity, ..]| severity == "ERROR")
        .map(|[_, code, message, location]| format!("{code}: {message} at {location}"))
        .collect();
    let got = format!("'{}'", errors.join(", "));
    if wanted == got {
        Ok(())
    } else {
        Err(format!("got {got}, wanted {wanted}"))
    }
}

fn described(diagnostic: &Diagnostic) -> [String; 4] {
    let severity = match diagnostic.severity {
        Severity::Warning => "WARNING",
        Severity::Error => "ERROR",
    };
    [
        severity.to_owned(),
        diagnostic.code.to_string(),
        diagnostic.message.clone(),
        diagnostic.location.clone().unwrap_or_default(),
    ]
}
