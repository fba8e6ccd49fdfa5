//! The recorded pairs of input and output: every intrinsic function and every Choice operator, each run by itself.
//!
//! `tests/recorded/conformance` replays the same recordings event by event; here only the answer counts, so that a mistake in
//! the history does not hide one in a function.

use asl_engine::data::StateMachineContext;
use asl_engine::execution::StartOptions;
use asl_engine::{Simulation, StateMachine};
use serde_json::Value;

use crate::{cases, document, is_same};

#[test]
fn intrinsic_functions_answer_as_recorded() {
    compare("intrinsic_functions", |case| {
        let history = case["expected"]["history"].as_array()?;
        Some(document(&history.last()?["executionSucceededEventDetails"]["output"]))
    });
}

#[test]
fn choices_decide_as_recorded() {
    compare("choice_operators", |case| case["expected"].get("output").cloned());
}

/// Runs every JSONPath machine of a folder; `output` is what AWS answered.
fn compare(folder: &str, output: impl Fn(&Value) -> Option<Value>) {
    let (mut compared, mut failures) = (0, Vec::new());
    for (file, case) in cases(folder) {
        let definition = case["definition"].to_string();
        let Some(expected) = output(&case).filter(|_| !definition.contains("JSONata")) else {
            continue;
        };
        compared += 1;
        match run(&definition, &case) {
            Ok(actual) if is_same(&expected, &actual) => {}
            answer => failures.push(format!("{}: {answer:?}, not {expected}", file.display())),
        }
    }
    println!("{folder}: {compared} compared, {} failed", failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn run(definition: &str, case: &Value) -> Result<Value, String> {
    let machine: StateMachine = definition.parse().map_err(|error| format!("{error}"))?;
    let mut options = StartOptions::new(Value::Null);
    if let Some(name) = case["context"]["state_machine_name"].as_str() {
        options.state_machine = StateMachineContext::new("us-east-1", "123456789012", name).into();
    }
    let run = Simulation::of(&machine).options(options).run(case["input"].clone());
    run.output().cloned().ok_or_else(|| format!("{:?}", run.error()))
}
