//! Definitions that are accepted: a run ends as AWS could end it.

use asl_engine::StateMachine;
use asl_engine::execution::Outcome;
use serde_json::Value;

use super::corpus::{self, Sample};
use super::definition::new_value;
use super::execution::Driver;
use super::{Dice, grammar};

/// How many inputs a definition is run with.
const INPUTS: usize = 4;

/// The errors that Step Functions itself gives (developer guide, "Error names").
const ERRORS: [&str; 15] = [
    "States.BranchFailed",
    "States.DataLimitExceeded",
    "States.ExceedToleratedFailureThreshold",
    "States.HeartbeatTimeout",
    "States.IntrinsicFailure",
    "States.ItemReaderFailed",
    "States.NoChoiceMatched",
    "States.ParameterPathFailure",
    "States.Permissions",
    "States.QueryEvaluationError",
    "States.ResultPathMatchFailure",
    "States.ResultWriterFailed",
    "States.Runtime",
    "States.TaskFailed",
    "States.Timeout",
];

pub(crate) fn accepted(dice: &Dice) -> bool {
    let samples = corpus::samples();
    let sample = &samples[dice.below(samples.len())];
    let mut definition = sample.definition.clone();
    for _ in 0..=dice.below(3) {
        dice.mutate(&mut definition, &new_value);
    }
    let source = definition.to_string();
    let Ok(machine) = StateMachine::parse(&source) else {
        return false;
    };
    for attempt in 0..INPUTS {
        let mut input = sample.input.clone();
        for _ in 0..attempt {
            dice.mutate(&mut input, &|dice, _| match dice.below(3) {
                0 => grammar::path(dice).into(),
                _ => dice.json(3),
            });
        }
        run(dice, sample, &machine, &source, input);
    }
    true
}

fn run(dice: &Dice, sample: &'static Sample, machine: &StateMachine, source: &str, input: Value) {
    let (mut driver, mut execution) = Driver::of(dice, sample, machine, input);
    let ended = (0..200).any(|_| !driver.drive(dice, &mut execution));
    let Some(Outcome::Failed(error)) = execution.outcome().filter(|_| ended) else {
        return;
    };
    let name = error.error.as_deref().unwrap_or_default();
    let is_known = ERRORS.contains(&name) || Driver::ERROR_NAMES.contains(&name);
    assert!(
        is_known || !name.starts_with("States.") || source.contains(name),
        "{name}: {source}"
    );
    let cause = error.cause.clone().unwrap_or_default();
    assert!(!cause.contains("The interpreter broke a rule"), "{cause}: {source}");
}
