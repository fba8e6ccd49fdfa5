//! Catch: which Catcher handles a failure, and the output and transition it gives (specification, "Fallback states").

use serde_json::{Value, json};
use std::borrow::Cow;

use super::failure::Failure;
use super::input_output::{StateView, place};
use super::intent::Exit;
use super::program::{Next, Node, StateId};
use super::query::Query;
use crate::data::Payload;
use crate::definition::{Catcher, CatcherData};
use crate::error::predefined_errors::{HEARTBEAT_TIMEOUT, TIMEOUT};

/// A failure caught by a Catcher.
#[derive(Debug)]
pub(crate) struct Caught<'a> {
    /// The index of the Catcher.
    pub(crate) index: usize,
    catcher: &'a Catcher,
    next: StateId,
    error_output: Value,
}

/// Finds the first Catcher that matches the error.
pub(crate) fn decide<'a>(node: &'a Node, failure: &Failure) -> Option<Caught<'a>> {
    let catchers = node.catch().iter().zip(&node.catch_next).enumerate();
    for (index, (catcher, &next)) in catchers {
        if let Some(matched) = failure.matched(&catcher.error_equals) {
            return Some(Caught {
                index,
                catcher,
                next,
                error_output: error_output(failure, matched),
            });
        }
    }
    None
}

/// The Error Output of a failure for a Catcher that names it `matched`.
fn error_output(failure: &Failure, matched: &str) -> Value {
    let output = failure.error_output();
    let error = if matched == HEARTBEAT_TIMEOUT {
        Some(HEARTBEAT_TIMEOUT.into())
    } else {
        output.error
    };
    // Absent members become `null`; but a timeout, which never has a cause, gets an empty one.
    let cause = match &error {
        Some(name) if output.cause.is_none() && matches!(name.as_str(), TIMEOUT | HEARTBEAT_TIMEOUT) => {
            Some(String::new())
        }
        _ => output.cause,
    };
    json!({ "Error": error, "Cause": cause })
}

impl Caught<'_> {
    /// The exit of the state through the Catcher. `$` of its `Assign` is the Error Output, which `ResultPath` places in
    /// the raw input; in JSONata it is `$states.errorOutput`.
    pub(crate) fn exit(self, raw_input: &mut Option<Payload>, view: &StateView<'_>) -> Result<Exit, Failure> {
        let next = Next::State(self.next);
        let exit = match &self.catcher.data {
            CatcherData::JsonPath(catcher) => Exit {
                assigned: view.assign(catcher.assign.as_ref(), &self.error_output)?,
                output: place(
                    &catcher.result_path,
                    raw_input,
                    Cow::Owned(Payload::from(self.error_output)),
                )?,
                next,
            },
            CatcherData::Jsonata(catcher) => {
                let raw_input = raw_input.get_or_insert_with(Payload::empty_object);
                let query = Query::new(view, raw_input)
                    .with_error_output(&self.error_output)
                    .within("Catch", self.index);
                query.exit(catcher, || Payload::from(self.error_output.clone()), next)?
            }
        };
        // A Catcher's own failure is not caught by this state, only by the state around it.
        if exit.output.exceeds(view.limits.payload_bytes) {
            return Err(view.data_limit_exceeded());
        }
        Ok(exit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::ErrorOutput;

    #[test]
    fn an_error_output_has_both_members() {
        let bare = Failure::Error(ErrorOutput::default());
        assert_eq!(
            error_output(&bare, "States.ALL"),
            json!({ "Error": null, "Cause": null })
        );
        let busy = Failure::error("Busy", "try later");
        assert_eq!(
            error_output(&busy, "States.TaskFailed"),
            json!({ "Error": "Busy", "Cause": "try later" })
        );
    }

    #[test]
    fn a_timeout_has_an_empty_cause() {
        for failure in [Failure::timeout(), Failure::Heartbeat] {
            assert_eq!(
                error_output(&failure, "States.ALL"),
                json!({ "Error": "States.Timeout", "Cause": "" })
            );
        }
    }

    #[test]
    fn a_missed_heartbeat_goes_by_the_name_that_the_catcher_gives_it() {
        assert_eq!(
            error_output(&Failure::Heartbeat, HEARTBEAT_TIMEOUT),
            json!({ "Error": "States.HeartbeatTimeout", "Cause": "" })
        );
    }
}
