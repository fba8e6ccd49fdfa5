//! Reads what a case expects.

use serde_json::Value;

use crate::loading::{At, Read};
use crate::test_file::{Calls, Expectation, Transitions};

/// The fields of an expectation.
pub(super) const FIELDS: [&str; 10] = [
    "status",
    "output",
    "outputContains",
    "error",
    "cause",
    "path",
    "elapsed",
    "calls",
    "transitions",
    "variables",
];

/// The fields of `transitions`.
pub(super) const TRANSITIONS_FIELDS: [&str; 1] = ["most"];

pub(super) fn expectation(at: At<'_>) -> Read<Expectation> {
    at.object(&FIELDS)?;
    let error = at.optional("error", |at| at.text())?;
    let status = at.optional("status", |at| match &*at.text()? {
        status @ ("SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED") => Ok(status.to_owned()),
        _ => Err(at.wrong("the status is `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`")),
    })?;
    let understood = if error.is_some() { "FAILED" } else { "SUCCEEDED" };
    Ok(Expectation {
        status: status.unwrap_or_else(|| understood.to_owned()),
        output: at.optional("output", |at| Ok(at.value.clone()))?,
        output_contains: at.optional("outputContains", |at| Ok(at.value.clone()))?,
        error,
        cause: at.optional("cause", |at| at.text())?,
        path: at.optional("path", |at| at.each(|at| at.text()))?,
        elapsed: at.optional("elapsed", |at| at.duration())?,
        calls: at
            .optional("calls", |at| at.members(|state, at| Ok((state.to_owned(), calls(at)?))))?
            .unwrap_or_default(),
        transitions: at.optional("transitions", transitions)?,
        variables: at
            .optional("variables", |at| {
                at.members(|name, at| Ok((name.to_owned(), at.value.clone())))
            })?
            .unwrap_or_default()
            .into_iter()
            .collect(),
    })
}

/// A number of calls, or their effective inputs.
fn calls(at: At<'_>) -> Read<Calls> {
    match at.value {
        Value::Number(_) => Ok(Calls::Count(at.count()?)),
        Value::Array(_) => Ok(Calls::Inputs(at.each(|at| Ok(at.value.clone()))?)),
        _ => Err(at.wrong("give the number of calls, or an array with the input of each")),
    }
}

/// A number of transitions, or `{ most }`.
fn transitions(at: At<'_>) -> Read<Transitions> {
    match at.value {
        Value::Number(_) => Ok(Transitions::Exactly(at.count()?)),
        Value::Object(_) => {
            at.object(&TRANSITIONS_FIELDS)?;
            Ok(Transitions::Most(at.required("most", |at| at.count())?))
        }
        _ => Err(at.wrong("give the number of transitions, or `{ most: NUMBER }`")),
    }
}
