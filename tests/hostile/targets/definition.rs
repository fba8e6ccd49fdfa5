//! Definitions: whatever a text holds, it is judged, and a machine comes out exactly where nothing is wrong.

use asl_engine::StateMachine;
use asl_engine::definition::{Code, Severity};
use serde_json::Value;

use super::{Dice, corpus, grammar};

/// Pieces that a mutation of a definition's text puts somewhere.
const PIECES: [&str; 26] = [
    "{",
    "}",
    "[",
    "]",
    "\"",
    ",",
    ":",
    "\\",
    "null",
    "true",
    "-1",
    "1e999",
    "\"$.a[\"",
    "{}",
    "[]",
    "\\ud800",
    "${Name}",
    "\"Next\": \"A\",",
    "\"End\": true,",
    "\"Type\": \"Map\",",
    "\"States\": {},",
    "\"Choices\": [{}],",
    "\"x.$\": 1,",
    "\u{0}",
    "\u{feff}",
    "🍕",
];

pub(crate) fn definition(dice: &Dice) -> bool {
    let samples = corpus::samples();
    let mut sample = samples[dice.below(samples.len())].definition.clone();
    for _ in 0..dice.below(4) {
        dice.mutate(&mut sample, &new_value);
    }
    let mut source = sample.to_string();
    if dice.chance(40) {
        source = dice.mutated(&source, &PIECES);
    }
    let found = StateMachine::validate(&source);
    let refused = found.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    // A placeholder without a value is a warning, also where the machine cannot run without it.
    let lacks_a_value = found
        .iter()
        .any(|diagnostic| diagnostic.code == Code::UnresolvedSubstitution);
    let is_without_machine = StateMachine::parse(&source).is_err();
    assert!(is_without_machine || !refused, "{source}");
    assert!(refused || lacks_a_value || !is_without_machine, "{source}");
    for diagnostic in &found {
        assert!(!diagnostic.to_string().is_empty());
        assert!(
            source.get(diagnostic.span.clone()).is_some(),
            "{:?}: {source}",
            diagnostic.span
        );
    }
    !refused
}

/// Something that may stand in a field of that name.
pub(crate) fn new_value(dice: &Dice, name: &str) -> Value {
    match name {
        _ if dice.chance(20) => dice.json(3),
        "Parameters" | "ResultSelector" | "ItemSelector" | "Assign" => grammar::template(dice, 2),
        "ErrorEquals" => vec![dice.pick(&["States.ALL", "States.Timeout", "States.TaskFailed", "Busy", "E"])].into(),
        "Next" | "Default" | "StartAt" => dice.pick(&["A", "B", "Done", "Wait", "Work"]).into(),
        "ErrorPath" | "CausePath" => grammar::expression(dice).into(),
        name if name.ends_with(".$") => grammar::expression(dice).into(),
        name if name.ends_with("Path") || name == "Variable" => grammar::path(dice).into(),
        _ => dice.json(2),
    }
}
