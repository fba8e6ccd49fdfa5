//! Child executions of distributed Maps: each is a run of a workflow of its own, so that the journal of the execution around
//! them has one call and one end for each.

use chrono::{DateTime, Utc};
use restate_sdk::context::{Request, RequestTarget};
use restate_sdk::endpoint::ContextInternal;
use restate_sdk::errors::TerminalError;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::begun::{Beginning, Begun, ChildOf};
use super::hands::Hands;
use super::messages::{Ending, Message};
use super::{RUN, STOP, names};
use crate::error::predefined_errors;
use crate::execution::{ChildStart, Execution, Outcome, TaskId};
use crate::history::ErrorOutput;
use crate::store::{End, StoredOrigin};

/// The child executions of an execution that run, by their keys.
#[derive(Default)]
pub(super) struct Children(BTreeMap<TaskId, String>);

impl Children {
    /// The call that runs a child execution; how it ends if it cannot be run.
    pub(super) fn start<'a>(
        &mut self,
        context: &'a ContextInternal,
        execution: &Execution,
        start: &ChildStart,
        hands: &Hands,
    ) -> Result<Request<'a, Message<Begun>, Message<Ending>>, Outcome> {
        let options = &start.options;
        let mut key = options.execution_arn();
        if start.redrive_count > 0 {
            if options.express_id.is_none() {
                return Err(failed(
                    "Child executions of a Map Run are not redriven over Restate yet.",
                ));
            }
            // A workflow runs once for each key, and no ARN has this letter.
            key = format!("{key}#{}", start.redrive_count);
        }
        let program = execution.program();
        let origin = StoredOrigin {
            lineage: hands.lineage,
            ..StoredOrigin::default()
        };
        let (mut beginning, input) = Beginning::of_kept(program, options, &options.limits, origin, start.time);
        beginning.handled_activities.clone_from(&hands.handled_activities);
        let begun = Begun {
            beginning,
            input,
            services: hands.services.clone(),
            child_of: Some(ChildOf {
                map_run_arn: Arc::clone(&start.map_run_arn),
                graph: start.graph.number(),
            }),
            reported: None,
        };
        self.0.insert(start.id, key.clone());
        Ok(context.request(RequestTarget::workflow(names::CHILDREN, key, RUN), Message(begun)))
    }

    /// Stops a child execution that runs; what is no child execution is left as it is.
    pub(super) fn stop(&mut self, context: &ContextInternal, id: TaskId) {
        let Some(key) = self.0.remove(&id) else { return };
        let stop = RequestTarget::workflow(names::CHILDREN, key, STOP);
        let error = Message(ErrorOutput::default());
        drop(context.request::<_, Message<()>>(stop, error).send());
    }

    /// Reads how a child execution ended, and when, if it knows.
    pub(super) fn end(
        &mut self,
        id: TaskId,
        ended: Result<Message<Ending>, TerminalError>,
    ) -> (Outcome, Option<DateTime<Utc>>) {
        self.0.remove(&id);
        match ended {
            Ok(Message(ending)) => {
                let end = End::from(ending);
                let outcome = end.outcome().unwrap_or_else(|error| failed(&error.to_string()));
                (outcome, Some(end.time))
            }
            Err(failure) => {
                let cause = format!(
                    "The child execution has no end, since its invocation failed: {}",
                    failure.message()
                );
                (failed(&cause), None)
            }
        }
    }
}

fn failed(cause: &str) -> Outcome {
    Outcome::Failed(ErrorOutput {
        error: Some(predefined_errors::RUNTIME.into()),
        cause: Some(cause.into()),
    })
}
