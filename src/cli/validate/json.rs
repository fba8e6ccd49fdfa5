//! One JSON document.

use serde_json::{Value, json};

use super::findings::Findings;
use super::{Checked, place};
use crate::definition::{Diagnostic, Severity};

/// `{ "errors", "warnings", "files": [{ "file", "diagnostics", "machines": [{ "name", "valid", "diagnostics" }] }] }`; a problem
/// that several machines share counts once.
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
            json!({
                "file": checked.file,
                "diagnostics": checked.diagnostics.iter().map(diagnostic).collect::<Vec<_>>(),
                "machines": machines.collect::<Vec<_>>(),
            })
        })
        .collect();
    let findings = Findings::of(checked);
    let document = json!({
        "errors": findings.count(Severity::Error),
        "warnings": findings.count(Severity::Warning),
        "files": files,
    });
    format!("{document:#}")
}

fn diagnostic(diagnostic: &Diagnostic) -> Value {
    let mut told = json!({
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
    });
    // The message names the first of them.
    for (name, all) in [
        ("placeholders", &diagnostic.placeholders),
        ("notJudged", &diagnostic.not_judged),
    ] {
        if let (false, Some(members)) = (all.is_empty(), told.as_object_mut()) {
            members.insert(name.to_owned(), json!(all));
        }
    }
    told
}
