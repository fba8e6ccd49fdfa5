//! Child executions of distributed Maps: each is a run of a workflow of its own, so that the journal of the execution around
//! them has one call and one end for each.

use chrono::{DateTime, Utc};
use restate_sdk::context::{DurableFuture, RequestTarget};
use restate_sdk::endpoint::ContextInternal;
use restate_sdk::errors::TerminalError;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;

use super::begun::{Beginning, Begun, ChildOf};
use super::hands::Hands;
use super::messages::{Ending, Message};
use super::place::Place;
use super::remains::Redrive;
use super::{RUN, STOP, names};
use crate::error::predefined_errors;
use crate::execution::{ChildStart, Execution, Outcome, TaskId};
use crate::history::ErrorOutput;
use crate::store::{End, StoredOrigin};

/// How a child execution ends.
pub(super) type Ended<'a> = Pin<Box<dyn DurableFuture<Output = Result<Message<Ending>, TerminalError>> + Send + 'a>>;

/// The child executions of an execution that run, by the keys of their runs.
#[derive(Default)]
pub(super) struct Children(BTreeMap<TaskId, String>);

impl Children {
    /// The call that runs a child execution, or a later run of it.
    pub(super) fn start<'a>(
        &mut self,
        context: &'a ContextInternal,
        execution: &Execution,
        start: &ChildStart,
        hands: &Hands,
    ) -> Ended<'a> {
        let options = &start.options;
        let child = Place::of_child(&options.execution_arn());
        let run = child.run(None, start.redrive_count);
        self.0.insert(start.id, run.key.clone());
        let target = RequestTarget::workflow(run.service, run.key, RUN);
        if start.redrive_count > 0 && options.express_id.is_none() {
            let redrive = Redrive {
                time: start.time,
                after: child.run(None, start.redrive_count - 1).key,
            };
            return Box::pin(context.request(target, Message(redrive)).call());
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
            redrives_elsewhere: 0,
            started: Vec::new(),
        };
        Box::pin(context.request(target, Message(begun)).call())
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
