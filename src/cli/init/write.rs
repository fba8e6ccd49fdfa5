//! The text of a test file.

use serde_json::Value;
use std::fmt::Write;

use super::trial::{Fault, Found};
use crate::test_file::{json, key};

/// The most states that a case's name tells.
const MOST_STATES: usize = 6;

/// What stands before the cases.
pub(super) struct Head<'a> {
    /// The definition, from the folder of the test file.
    pub(super) machine: String,
    pub(super) state_machine: Option<&'a str>,
    pub(super) is_express: bool,
    pub(super) substitutions: &'a [(String, String)],
}

pub(super) fn test_file(head: &Head<'_>, found: &[Found]) -> String {
    let mut text = String::from(
        "# What the state machine does now, found by trying it out. Change what should be otherwise, and give the cases names\n\
         # and data that tell what they are about.\n",
    );
    // Writing to a `String` cannot fail.
    let _ = writeln!(text, "machine: {}", json(&Value::from(&*head.machine)));
    if let Some(name) = head.state_machine {
        let _ = writeln!(text, "stateMachine: {}", json(&name.into()));
    }
    if head.is_express {
        text.push_str("type: EXPRESS\n");
    }
    if !head.substitutions.is_empty() {
        text.push_str("substitutions:\n");
    }
    for (name, value) in head.substitutions {
        let _ = writeln!(text, "  {}: {}", key(name), json(&Value::from(&**value)));
    }
    text.push_str("cases:\n");
    let mut names = Vec::new();
    for found in found {
        let name = unique(name(found), &mut names);
        case(&mut text, &name, found);
    }
    text
}

fn case(text: &mut String, name: &str, found: &Found) {
    let _ = writeln!(text, "  - name: {}", json(&name.into()));
    let _ = writeln!(text, "    input: {}", json(&found.trial.input));
    if !found.tasks.is_empty() {
        text.push_str("    tasks:\n");
    }
    for (state, answers) in &found.tasks {
        let _ = writeln!(text, "      {}:", key(state));
        for answer in answers {
            let _ = writeln!(text, "        - {}", json(answer));
        }
    }
    text.push_str("    expect:\n");
    match (&found.error, &found.output) {
        (Some(error), _) if found.status == "FAILED" => {
            let _ = writeln!(text, "      error: {}", json(&Value::from(&**error)));
        }
        (Some(error), _) => {
            let _ = writeln!(
                text,
                "      status: {}\n      error: {}",
                found.status,
                json(&Value::from(&**error))
            );
        }
        (None, Some(output)) => {
            let _ = writeln!(text, "      output: {}", json(output));
        }
        (None, None) => {
            let _ = writeln!(text, "      status: {}", found.status);
        }
    }
    let path: Vec<_> = found.path.iter().map(|state| Value::from(&**state)).collect();
    let _ = writeln!(text, "      path: {}", json(&Value::Array(path)));
}

/// What happens in a case.
fn name(found: &Found) -> String {
    let mut states: Vec<&str> = found.path.iter().take(MOST_STATES).map(String::as_str).collect();
    if found.path.len() > MOST_STATES {
        states.push("…");
    }
    let path = states.join(" → ");
    let faults = found
        .trial
        .faults
        .iter()
        .map(|Fault { state, error, times }| match times {
            Some(_) => format!("{state} fails with {error} once"),
            None => format!("{state} fails with {error}"),
        });
    let faults: Vec<_> = faults.collect();
    if faults.is_empty() {
        path
    } else {
        format!("{}: {path}", faults.join(", "))
    }
}

fn unique(name: String, known: &mut Vec<String>) -> String {
    let mut unique = name.clone();
    let mut number = 1;
    while known.contains(&unique) {
        number += 1;
        unique = format!("{name} ({number})");
    }
    known.push(unique.clone());
    unique
}
