//! The activities that exist, where an activity has to: over the API. A Task of any other fails, as on AWS.

use restate_sdk::endpoint::ContextInternal;
use restate_sdk::errors::{HandlerError, TerminalError};
use std::collections::BTreeSet;
use std::sync::Arc;

use super::CANCELLED;
use super::messages::Message;
use crate::Interpreter;
use crate::execution::{Event, Execution};

/// Looks which activities of an execution's tasks exist now, besides those that a handler does. Returns whether the invocation
/// was cancelled meanwhile.
pub(super) async fn look(
    context: &ContextInternal,
    interpreter: &Interpreter,
    execution: &mut Execution,
    handled: &BTreeSet<String>,
) -> Result<bool, TerminalError> {
    let Some(known) = execution.activities().map(Arc::clone) else {
        return Ok(false);
    };
    let mut asked = execution.program().activities();
    asked.retain(|activity| !handled.contains(activity));
    if asked.is_empty() {
        return Ok(false);
    }
    let mut is_cancelled = false;
    let existing = loop {
        let look = || async { Ok::<_, HandlerError>(Message(interpreter.look_for_activities(&asked).await?)) };
        match context.run(look).await {
            Ok(Message(existing)) => break existing,
            Err(error) if error.code() == CANCELLED => is_cancelled = true,
            Err(error) => return Err(error),
        }
    };
    // A worker without the API does not know, so that what was known before counts.
    let Some(mut existing) = existing else {
        return Ok(is_cancelled);
    };
    existing.extend(handled.iter().cloned());
    if *known != existing {
        let changed = Event::ActivitiesChanged(Arc::new(existing));
        execution.handle(execution.context().start_time, changed);
    }
    Ok(is_cancelled)
}
