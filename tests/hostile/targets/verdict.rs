//! The validator beside the engine: where the one says nothing, the other does not fail at once, whatever the
//! input is, unless the reason is in a list of those that no validator can know.

use asl_engine::StateMachine;
use asl_engine::execution::{Command, Event, Execution, Outcome, Program, StartOptions};
use asl_engine::history::EventDetails;
use chrono::DateTime;
use serde_json::{Value, json};
use std::sync::Arc;

use super::Dice;
use super::corpus;
use super::definition::new_value;

/// Causes that depend on the data alone, by a part of their text: an input that lets the state go on exists, or AWS
/// accepts the definition and says nothing either.
const UP_TO_THE_DATA: [&str; 22] = [
    "could not be found in the input",
    "No results for path",
    "Missing property in path",
    " not found in path",
    "Index out of bounds when evaluating path",
    "Expected to find an object with property",
    "condition path references an invalid value",
    "which is not a valid integer",
    "which is not a string",
    "does not reference an input value",
    "does not reference a valid ISO-8601",
    "must point to array",
    "can only be applied to arrays",
    "cannot be parsed as a long value",
    "MaxConcurrency cannot be negative",
    // Which state assigns first is not followed, only whether one does.
    "has not been assigned a value",
    // What a service does not take, it refuses when it is called.
    "could not be used to start the Task",
    // Built by an expression.
    "more than the limit of 262144 bytes",
    // Up to the clock.
    "Wait state delay is too long",
    // A loop that a Choice ends for some data.
    "maximum number of history events",
    // With constant arguments the validator says so.
    "Invalid arguments in States.",
    "Invalid template in States.Format",
];

pub(crate) fn verdict(dice: &Dice) -> bool {
    let samples = corpus::samples();
    let sample = &samples[dice.below(samples.len())];
    let mut definition = sample.definition.clone();
    for _ in 0..=dice.below(3) {
        dice.mutate(&mut definition, &new_value);
    }
    let source = definition.to_string();
    let found = StateMachine::validate(&source);
    if !found.is_empty() {
        return false;
    }
    let machine: StateMachine = source.parse().unwrap();
    let program = Arc::new(Program::compile(&machine));
    let inputs = [
        sample.input.clone(),
        json!({}),
        json!([[1], { "a": 1 }]),
        json!("text"),
        json!(7),
        dice.json(3),
        dice.json(3),
    ];
    let failures: Vec<(String, String)> = inputs.iter().filter_map(|input| at_once(&program, input)).collect();
    let is_known = |cause: &str| UP_TO_THE_DATA.iter().any(|part| cause.contains(part));
    let said = failures.len() < inputs.len() || failures.iter().any(|(_, cause)| is_known(cause));
    assert!(said, "the validator could have said: {:?}: {source}", failures.first());
    true
}

/// The state and the cause with which an execution fails with `States.Runtime` before any task answers.
fn at_once(program: &Arc<Program>, input: &Value) -> Option<(String, String)> {
    let now = DateTime::UNIX_EPOCH;
    let mut options = StartOptions::new(input.clone());
    options.limits.history_events = Some(400);
    options.limits.work = 300_000;
    let mut execution = Execution::start(Arc::clone(program), options, now);
    let mut state = String::new();
    for _ in 0..100 {
        while let Some(command) = execution.poll_command() {
            if let Command::Record(event) = command
                && let EventDetails::StateEntered { name, .. } = event.details
            {
                state = name.to_string();
            }
        }
        if !execution.wants_turn() {
            break;
        }
        execution.handle(now, Event::Turn);
    }
    match execution.outcome()? {
        Outcome::Failed(error) if error.error.as_deref() == Some("States.Runtime") => {
            Some((state, error.cause.clone().unwrap_or_default()))
        }
        _ => None,
    }
}
