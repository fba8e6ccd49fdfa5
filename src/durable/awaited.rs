//! Executions that tasks of others wait for: the handlers beside their runs.

use restate_sdk::context::RequestTarget;
use restate_sdk::endpoint::ContextInternal;
use restate_sdk::errors::TerminalError;
use serde_json::Value;

use super::begun::Facts;
use super::messages::{Awaited, Delivery, Ending, Message, Receipt};
use super::place::Place;
use super::services::{Handler, Kind, handler};
use super::{BEGUN, DELIVER, END, ENDED, FACTS, STOP, TELL, names};
use crate::TaskError;
use crate::definition::Resource;
use crate::history::ErrorOutput;
use crate::services::step_functions::{Description, Operation};
use crate::store::End;

pub(super) fn handlers() -> Vec<Handler> {
    vec![
        handler(BEGUN, Kind::Shared, begun),
        handler(ENDED, Kind::Shared, ended),
        handler(TELL, Kind::Shared, tell),
    ]
}

/// The request to a handler of an execution.
pub(super) fn at(arn: &str, handler: &str) -> RequestTarget {
    let Place { service, key } = Place::of_arn(arn);
    RequestTarget::workflow(service, key, handler)
}

/// Stops an execution, unless it has ended.
pub(super) fn stop(context: &ContextInternal, arn: &str) {
    let stopped = context.request::<_, Message<()>>(at(arn, STOP), Message(ErrorOutput::default()));
    drop(stopped.send());
}

/// What the run of an execution has written.
pub(super) async fn told_of(context: &ContextInternal) -> Result<Option<(Facts, Option<Ending>)>, TerminalError> {
    let facts = context.get::<Message<Facts>>(FACTS).await?;
    let ending = context.get::<Message<Ending>>(END).await?;
    Ok(facts.map(|Message(facts)| (facts, ending.map(|Message(ending)| ending))))
}

/// What a task is answered whose execution has ended.
pub(super) fn answer(
    operation: Operation,
    input_text: &str,
    facts: &Facts,
    ending: Ending,
) -> Result<Result<Value, TaskError>, TerminalError> {
    let end = End::from(ending);
    let outcome = end.outcome().map_err(|error| TerminalError::new(error.to_string()))?;
    Ok(operation.ended(&Description {
        execution_arn: &facts.arn,
        state_machine_arn: &facts.state_machine_arn,
        name: &facts.name,
        input: input_text,
        start_date: facts.start_time,
        stop_date: end.time,
        outcome: &outcome,
        redrive_count: facts.redrive_count,
    }))
}

/// Waits until the execution has begun.
async fn begun(context: ContextInternal) -> Result<Option<(Facts, Option<Ending>)>, TerminalError> {
    let ((), _) = context.input::<()>().await;
    let Message(()) = context.promise::<Message<()>>(BEGUN).await?;
    told_of(&context).await
}

/// Waits until the execution has ended.
async fn ended(context: ContextInternal) -> Result<Option<(Facts, Option<Ending>)>, TerminalError> {
    let ((), _) = context.input::<()>().await;
    let Message(()) = context.promise::<Message<()>>(ENDED).await?;
    told_of(&context).await
}

/// Waits until the execution has ended, and answers a task with it.
async fn tell(context: ContextInternal) -> Result<(), TerminalError> {
    let (Message(awaited), _) = context.input::<Message<Awaited>>().await;
    let Awaited {
        token,
        resource,
        input_text,
    } = awaited;
    let Message(()) = context.promise::<Message<()>>(ENDED).await?;
    let operation = Resource::parse(&resource).and_then(|resource| Operation::of(&resource));
    let (Some(operation), Some((facts, Some(ending)))) = (operation, told_of(&context).await?) else {
        return Err(TerminalError::new(format!(
            "nobody waits by `{resource}` for an execution"
        )));
    };
    let delivery = match answer(operation, &input_text, &facts, ending)? {
        Ok(output) => Delivery::Succeeded(output),
        Err(error) => Delivery::Failed(error.into()),
    };
    let target = RequestTarget::object(names::TOKENS, token, DELIVER);
    drop(context.request::<_, Message<Receipt>>(target, Message(delivery)).send());
    Ok(())
}
