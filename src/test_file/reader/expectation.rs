//! Reads what a case expects.

use super::place::{At, Read};
use crate::test_file::Expectation;

pub(super) fn expectation(at: At<'_>) -> Read<Expectation> {
    at.object(&[
        "status",
        "output",
        "outputContains",
        "error",
        "cause",
        "path",
        "elapsed",
        "calls",
        "variables",
    ])?;
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
            .optional("calls", |at| {
                at.members(|state, at| Ok((state.to_owned(), at.each(|at| Ok(at.value.clone()))?)))
            })?
            .unwrap_or_default(),
        variables: at
            .optional("variables", |at| {
                at.members(|name, at| Ok((name.to_owned(), at.value.clone())))
            })?
            .unwrap_or_default()
            .into_iter()
            .collect(),
    })
}
