//! Compares the result with the expected one.

use serde_json::{Value, json};

use super::{Calls, Expectation, Transitions};
use crate::simulation::Run;

/// A difference from the expected result.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Mismatch {
    /// The differing part.
    pub what: Expected,
    /// The expected value.
    pub expected: Value,
    /// The actual value; `null` if there is none, even where `null` is expected.
    pub actual: Value,
}

/// The parts of a result that a case can expect.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expected {
    /// The status.
    Status,
    /// The output.
    Output,
    /// A part of the output.
    OutputContains,
    /// The error name.
    Error,
    /// The cause.
    Cause,
    /// The entered states.
    Path,
    /// The virtual time in seconds.
    Elapsed,
    /// The number of calls of a Task state, or their effective inputs.
    Calls(String),
    /// The number of state transitions.
    Transitions,
    /// The most state transitions.
    MostTransitions,
    /// A variable at the end.
    Variable(String),
}

/// All differences.
pub(super) fn mismatches(expect: &Expectation, run: &Run) -> Vec<Mismatch> {
    let mut found = Vec::new();
    // `null` is a value too: an absent value differs from it.
    let mut compare = |what: Expected, expected: Value, actual: Option<Value>| {
        if actual.as_ref() != Some(&expected) {
            let actual = actual.unwrap_or_default();
            found.push(Mismatch { what, expected, actual });
        }
    };
    let text = |text: &String| Value::String(text.clone());
    let status = run.outcome().status();
    compare(Expected::Status, text(&expect.status), Some(json!(status)));
    let error = run.error();
    if let Some(expected) = &expect.error {
        let actual = error.and_then(|error| error.error.as_ref());
        compare(Expected::Error, text(expected), actual.map(text));
    }
    if let Some(expected) = &expect.cause {
        let actual = error.and_then(|error| error.cause.as_ref());
        compare(Expected::Cause, text(expected), actual.map(text));
    }
    if let Some(expected) = &expect.output {
        compare(Expected::Output, expected.clone(), run.output().cloned());
    }
    if let Some(expected) = &expect.output_contains {
        let actual = run.output();
        if !actual.is_some_and(|actual| contains(actual, expected)) {
            compare(Expected::OutputContains, expected.clone(), actual.cloned());
        }
    }
    if let Some(expected) = &expect.path {
        compare(Expected::Path, json!(expected), Some(json!(run.path())));
    }
    if let Some(expected) = expect.elapsed {
        // People write seconds with few digits.
        if expected.abs_diff(run.elapsed()).as_micros() > 0 {
            let (expected, actual) = (expected.as_secs_f64(), run.elapsed().as_secs_f64());
            compare(Expected::Elapsed, json!(expected), Some(json!(actual)));
        }
    }
    for (state, expected) in &expect.calls {
        let calls = run.calls_of(state);
        let (expected, actual) = match expected {
            Calls::Count(count) => (json!(count), json!(calls.count())),
            Calls::Inputs(inputs) => {
                let actual: Vec<_> = calls.map(|call| call.request.effective_input.value()).collect();
                (json!(inputs), json!(actual))
            }
        };
        compare(Expected::Calls(state.clone()), expected, Some(actual));
    }
    if let Some(expected) = expect.transitions {
        let actual = run.usage().transitions;
        match expected {
            Transitions::Exactly(expected) => compare(Expected::Transitions, json!(expected), Some(json!(actual))),
            Transitions::Most(most) if actual > most => {
                compare(Expected::MostTransitions, json!(most), Some(json!(actual)));
            }
            Transitions::Most(_) => {}
        }
    }
    if !expect.variables.is_empty() {
        let mut variables = run.variables();
        for (name, expected) in &expect.variables {
            compare(
                Expected::Variable(name.clone()),
                expected.clone(),
                variables.shift_remove(name),
            );
        }
    }
    found
}

/// Whether `actual` contains `expected`; arrays must have the same length.
fn contains(actual: &Value, expected: &Value) -> bool {
    match (actual, expected) {
        (Value::Object(actual), Value::Object(expected)) => expected
            .iter()
            .all(|(name, expected)| actual.get(name).is_some_and(|actual| contains(actual, expected))),
        (Value::Array(actual), Value::Array(expected)) => {
            actual.len() == expected.len() && actual.iter().zip(expected).all(|(a, e)| contains(a, e))
        }
        (actual, expected) => actual == expected,
    }
}
