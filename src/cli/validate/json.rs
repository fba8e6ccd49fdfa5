//! One JSON document.

use serde_json::{Value, json};

use super::{Checked, count, place};
use crate::definition::{Diagnostic, Severity};

/// `{ "errors", "warnings", "files": [{ "file", "machines": [{ "name", "valid", "diagnostics" }] }] }`
pub(super) fn document(checked: &[Checked]) -> String {
    let files: Vec<_> = checked
        .iter()
        .map(|checked| {
            let machines = checked.machines.iter().map(|machine| {
                let (file, _) = place(checked, machine);
                json!({
                    "name": machine.name,
                    "definition": file,
                    "valid": machine.count(Severity::Error) == 0,
                    "diagnostics": machine.diagnostics.iter().map(diagnostic).collect::<Vec<_>>(),
                    "omitted": machine.omitted,
                })
            });
            json!({ "file": checked.file, "machines": machines.collect::<Vec<_>>() })
        })
        .collect();
    let document = json!({
        "errors": count(checked, Severity::Error),
        "warnings": count(checked, Severity::Warning),
        "files": files,
    });
    format!("{document:#}")
}

fn diagnostic(diagnostic: &Diagnostic) -> Value {
    json!({
        "severity": match diagnostic.severity {
            Severity::Error => "ERROR",
            Severity::Warning => "WARNING",
        },
        "code": diagnostic.code.as_str(),
        "message": diagnostic.message,
        "location": diagnostic.location,
        "pointer": diagnostic.pointer,
        "line": diagnostic.line,
        "column": diagnostic.column,
        "help": diagnostic.help,
    })
}
