//! SARIF 2.1.0 (OASIS), which code scanning services read.

use serde_json::{Value, json};
use std::fmt::Write;

use super::Checked;
use super::findings::{Finding, Findings};
use crate::definition::{Diagnostic, Severity};

pub(super) fn document(checked: &[Checked]) -> String {
    let mut rules: Vec<&str> = Vec::new();
    let mut results = Vec::new();
    for Finding {
        file,
        source,
        diagnostic,
    } in Findings::of(checked).all()
    {
        let code = diagnostic.code.as_str();
        let rule = rules.iter().position(|rule| *rule == code).unwrap_or_else(|| {
            rules.push(code);
            rules.len() - 1
        });
        results.push(result(diagnostic, rule, file, source));
    }
    let rules: Vec<_> = rules.iter().map(|code| json!({ "id": code })).collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "asl", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{document:#}")
}

fn result(diagnostic: &Diagnostic, rule: usize, file: &str, source: &str) -> Value {
    let mut text = diagnostic.message.clone();
    for more in [
        &diagnostic.location.as_ref().map(|at| format!(" at {at}")),
        &diagnostic.help.as_ref().map(|help| format!("\nhelp: {help}")),
    ] {
        text.push_str(more.as_deref().unwrap_or_default());
    }
    let (end_line, end_column) = end(diagnostic, source);
    json!({
        "ruleId": diagnostic.code.as_str(),
        "ruleIndex": rule,
        "level": match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        "message": { "text": text },
        "locations": [{
            "physicalLocation": {
                "artifactLocation": { "uri": uri(file) },
                "region": {
                    "startLine": diagnostic.line,
                    "startColumn": diagnostic.column,
                    "endLine": end_line,
                    "endColumn": end_column,
                },
            },
        }],
    })
}

/// The end of the span.
fn end(diagnostic: &Diagnostic, source: &str) -> (usize, usize) {
    let marked = source.get(diagnostic.span.clone()).unwrap_or_default();
    match marked.rsplit_once('\n') {
        Some((before, last)) => (
            diagnostic.line + 1 + before.matches('\n').count(),
            last.chars().count() + 1,
        ),
        None => (diagnostic.line, diagnostic.column + marked.chars().count()),
    }
}

/// A path as a relative URI reference (RFC 3986).
fn uri(file: &str) -> String {
    let mut uri = String::new();
    for byte in file.replace('\\', "/").bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}
