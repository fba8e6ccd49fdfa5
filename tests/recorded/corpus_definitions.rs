//! Definitions that AWS executed must load, and those that AWS refused must be refused in its words.
//!
//! `ASL_CORPUS` names another folder of recordings. The samples are tested always.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

mod recordings;

use std::fs;
use std::path::{Path, PathBuf};

use asl_engine::StateMachine;
use asl_engine::definition::{Code, Diagnostic, Severity, WorkflowType};
use asl_engine::loading::{Loader, Substitutions};
use serde_json::Value;

struct Case {
    name: String,
    fields: Value,
}

impl Case {
    fn all() -> Vec<Self> {
        let root = recordings::root("ASL_CORPUS", "corpus");
        let read = |file: &Path| Self {
            name: file.strip_prefix(&root).unwrap().display().to_string(),
            fields: serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap(),
        };
        recordings::files(&root).iter().map(|file| read(file)).collect()
    }

    fn is(&self, kind: &str) -> bool {
        self.fields["kind"] == kind
    }

    fn definition(&self) -> String {
        let definition = self
            .fields
            .get("definition_raw")
            .or(self.fields.get("definition"))
            .unwrap();
        let text = match definition {
            Value::String(text) => text.clone(),
            definition => serde_json::to_string_pretty(definition).unwrap(),
        };
        text.replace("<partition>", "aws")
    }

    fn loader(&self) -> Loader {
        match self.fields["machine_type"].as_str() {
            Some("EXPRESS") => Loader::new().workflow_type(WorkflowType::Express),
            _ => Loader::new(),
        }
    }

    /// `CODE: message at location` of what AWS answered; `None` where it accepted the definition.
    fn answer(&self) -> Option<String> {
        let answer = &self.fields["expected"]["validate"];
        if let Some(diagnostics) = answer["diagnostics"].as_array() {
            let diagnostic = diagnostics.first()?;
            return Some(format!(
                "{}: {} at {}",
                diagnostic["code"].as_str()?,
                diagnostic["message"].as_str()?,
                diagnostic["location"].as_str()?
            ));
        }
        let text = answer["message"]
            .as_str()
            .or(answer["exception_value"].as_str())
            .unwrap();
        let text = text.split_once("Invalid State Machine Definition: '").unwrap().1;
        Some(text.strip_suffix('\'').unwrap().replace("<partition>", "aws"))
    }
}

fn errors(diagnostics: &[Diagnostic]) -> Vec<&Diagnostic> {
    diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity == Severity::Error)
        .collect()
}

fn is_not_supported(diagnostics: &[Diagnostic]) -> bool {
    diagnostics
        .iter()
        .any(|diagnostic| diagnostic.code == Code::NotSupported)
}

#[test]
fn what_aws_executed_loads() {
    let (mut loaded, mut skipped, mut refused) = (0, 0, Vec::new());
    for case in Case::all().iter().filter(|case| case.is("execution")) {
        let diagnostics = case.loader().validate(&case.definition());
        if errors(&diagnostics).is_empty() {
            loaded += 1;
        } else if is_not_supported(&diagnostics) {
            skipped += 1;
        } else {
            let texts: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
            refused.push(format!("{}\n{}", case.name, texts.join("\n")));
        }
    }
    println!(
        "{loaded} loaded, {skipped} skipped (not supported), {} refused",
        refused.len()
    );
    assert!(refused.is_empty(), "{}", refused.join("\n\n"));
}

#[test]
fn what_aws_refused_is_refused_in_its_words() {
    let (mut told, mut skipped, mut wrong) = (0, 0, Vec::new());
    for case in Case::all().iter().filter(|case| case.is("validation")) {
        let diagnostics = case.loader().validate(&case.definition());
        let ours: Vec<String> = errors(&diagnostics)
            .iter()
            .map(|found| {
                format!(
                    "{}: {} at {}",
                    found.code,
                    found.message,
                    found.location.as_deref().unwrap_or("")
                )
            })
            .collect();
        match case.answer() {
            Some(answer) if ours.contains(&answer) => told += 1,
            None if ours.is_empty() => told += 1,
            _ if is_not_supported(&diagnostics) => skipped += 1,
            answer => wrong.push(format!("{}\n  AWS:  {answer:?}\n  ours: {ours:?}", case.name)),
        }
    }
    println!(
        "{told} told alike, {skipped} skipped (not supported), {} otherwise",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A machine serialises to the document it was read from, and is read back from it.
fn round_trip(name: &str, source: &str, machine: &StateMachine) {
    let written = serde_json::to_value(machine).unwrap();
    let document: Value = serde_json::from_str(source).unwrap();
    assert_eq!(written, document, "{name}");
    assert_eq!(*machine.definition(), document, "{name}");
    let again: StateMachine = serde_json::from_value(written).unwrap();
    assert_eq!(
        again.definition().to_string(),
        document.to_string(),
        "{name}: the order of keys"
    );
}

#[test]
fn every_recorded_definition_makes_the_round_trip() {
    let cases = Case::all();
    let mut count = 0;
    let has_definition = |case: &&Case| case.fields.get("definition").is_some();
    for case in cases.iter().filter(has_definition) {
        // A part of the TestState cases defines a single state.
        if let Ok(machine) = StateMachine::parse(&case.definition()) {
            round_trip(&case.name, &case.definition(), &machine);
            count += 1;
        }
    }
    println!("{count} definitions");
    assert!(
        count > 0 || cases.is_empty(),
        "no definition of {} could be read",
        cases.len()
    );
}

#[test]
fn every_sample_makes_the_round_trip() {
    let samples = recordings::files(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/asl-samples")));
    let substitutions = Substitutions::new().with("PizzaOrderEventBus", "orders");
    let mut count = 0;
    // Test files and their schema lie beside the machines.
    let is_machine = |file: &PathBuf| file.to_string_lossy().ends_with(".asl.json");
    for file in samples.into_iter().filter(is_machine) {
        let source = fs::read_to_string(&file).unwrap();
        let name = file.display().to_string();
        let machine = match StateMachine::parse_with(&source, &substitutions) {
            Ok(machine) => machine,
            // As it was published, with an `end` that AWS does not know.
            Err(_) if name.ends_with(".verbatim.asl.json") => continue,
            Err(invalid) if cfg!(not(feature = "jsonata")) && source.contains("\"JSONata\"") => {
                assert!(invalid.to_string().contains("feature `jsonata`"), "{name}: {invalid}");
                continue;
            }
            Err(invalid) => panic!("{name}: {invalid}"),
        };
        round_trip(&name, &source.replace("${PizzaOrderEventBus}", "orders"), &machine);
        count += 1;
    }
    assert!(count >= 10, "{count}");
}
