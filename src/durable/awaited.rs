//! Executions that tasks of others wait for: the handlers beside their runs.

use restate_sdk::context::{DurableFuture, DurableFuturesUnordered, RequestTarget};
use restate_sdk::endpoint::ContextInternal;
use restate_sdk::errors::TerminalError;
use serde_json::Value;
use std::pin::Pin;

use super::begun::Facts;
use super::messages::{Awaited, Delivery, Ending, Input, Message, Receipt};
use super::place::Place;
use super::services::{Handler, Kind, handler};
use super::{BEGUN, DELIVER, END, ENDED, FACTS, STOP, TELL, names};
use crate::TaskError;
use crate::definition::Resource;
use crate::error::predefined_errors;
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

/// The request to a handler of an execution, or of a later run of one.
pub(super) fn at(run: &str, handler: &str) -> RequestTarget {
    let Place { service, key } = Place::of_arn(run);
    RequestTarget::workflow(service, key, handler)
}

/// Stops a run of an execution, unless it has ended.
pub(super) fn stop(context: &ContextInternal, run: &str) {
    let stopped = context.request::<_, Message<()>>(at(run, STOP), Message(ErrorOutput::default()));
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

/// Waits until the execution has begun, or the invocation that would run it is over.
async fn begun(context: ContextInternal) -> Result<Option<(Facts, Option<Ending>)>, TerminalError> {
    type Waiting<'a> = Pin<Box<dyn DurableFuture<Output = ()> + Send + 'a>>;

    let (Message(run), _) = context.input::<Message<String>>().await;
    let begun = context.promise::<Message<()>>(BEGUN);
    let over = context.attach_invocation::<Input>(run);
    let mut waiting: DurableFuturesUnordered<Waiting<'_>> = DurableFuturesUnordered::new();
    waiting.push(Box::pin(begun.map(|_| ())));
    waiting.push(Box::pin(over.map(|_| ())));
    waiting.next().await?;
    told_of(&context).await
}

/// Waits until the execution has ended, or the invocation that runs it is over.
async fn ended(context: ContextInternal) -> Result<Option<(Facts, Option<Ending>)>, TerminalError> {
    let (Message(run), _) = context.input::<Message<String>>().await;
    until_over(&context, run).await?;
    told_of(&context).await
}

/// Waits until an invocation has ended, was killed, or is forgotten. Errors if this one is cancelled.
async fn until_over(context: &ContextInternal, invocation: String) -> Result<(), TerminalError> {
    let mut over = DurableFuturesUnordered::new();
    over.push(context.attach_invocation::<Input>(invocation));
    over.next().await.map(drop)
}

/// What is told of an execution that has ended without a word.
pub(super) fn is_lost(arn: &str) -> String {
    format!("The execution `{arn}` has no end: its invocation was killed, or its end is forgotten.")
}

/// Waits until the execution has ended, and answers a task with it.
async fn tell(context: ContextInternal) -> Result<(), TerminalError> {
    let (Message(awaited), metadata) = context.input::<Message<Awaited>>().await;
    let Awaited {
        token,
        resource,
        input_text,
        run,
    } = awaited;
    until_over(&context, run).await?;
    let Some(operation) = Resource::parse(&resource).and_then(|resource| Operation::of(&resource)) else {
        return Err(TerminalError::new(format!(
            "nobody waits by `{resource}` for an execution"
        )));
    };
    let answered = if let Some((facts, Some(ending))) = told_of(&context).await? {
        answer(operation, &input_text, &facts, ending)?
    } else {
        let Place { key: arn, .. } = Place::of_run(context.service_name(), &metadata.key);
        Err(TaskError::new(predefined_errors::TASK_FAILED, is_lost(&arn)))
    };
    let delivery = match answered {
        Ok(output) => Delivery::Succeeded(output),
        Err(error) => Delivery::Failed(error.into()),
    };
    let target = RequestTarget::object(names::TOKENS, token, DELIVER);
    drop(context.request::<_, Message<Receipt>>(target, Message(delivery)).send());
    Ok(())
}
