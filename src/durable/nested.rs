//! Tasks that call Step Functions itself: they start executions, and answer tasks by token. Every call is an entry of the
//! journal, so that it is made once although a worker or a node may die.

use chrono::{DateTime, Utc};
use restate_sdk::context::RequestTarget;
use restate_sdk::endpoint::ContextInternal;
use restate_sdk::errors::{HandlerError, TerminalError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::awaited::{self, at};
use super::begun::{Begun, Facts};
use super::drive::time;
use super::messages::{Awaited, Delivery, Ending, Message, Receipt, StartedChild, TaskAnswer, TaskCall};
use super::place::Place;
use super::redrive::Redrives;
use super::{BEGUN, CHECK, DELIVER, ENDED, REDRIVES, RUN, TELL, names};
use crate::Interpreter;
use crate::TaskError;
use crate::error::predefined_errors;
use crate::history::ErrorOutput;
use crate::runtime::ChildRequest;
use crate::services::step_functions::{
    Action, Operation, SendTask, StartExecution, StepFunctionsError, Style, TaskAnswer as SentAnswer, started,
};

/// What a task has come to; `None` if its answer comes by its token.
type Answered = Result<Option<Value>, TaskError>;

/// An execution that a task asks for.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Asked {
    begun: Begun,
    /// Whether the task gives it a name that others may have given, too.
    is_named: bool,
}

/// Does a task that calls Step Functions. `check` errors if an execution of a machine does not run over Restate.
pub(super) async fn attempt(
    context: &ContextInternal,
    interpreter: &Interpreter,
    operation: Operation,
    call: &TaskCall,
) -> Result<TaskAnswer, TerminalError> {
    let answered = if operation.starts_executions() {
        start(context, interpreter, operation, call).await?
    } else {
        send_task(context, operation, &call.request.effective_input.to_value()).await?
    };
    let time = time(context, &interpreter.own_clock()).await?;
    let result = answered.map_err(ErrorOutput::from).transpose();
    Ok(TaskAnswer { time, result })
}

async fn start(
    context: &ContextInternal,
    interpreter: &Interpreter,
    operation: Operation,
    call: &TaskCall,
) -> Result<Answered, TerminalError> {
    let request = match StartExecution::read(&call.request.effective_input.to_value(), operation.style) {
        Ok(request) => request,
        Err(error) => return Ok(Err(error)),
    };
    let begun = match &call.started {
        Some(started) => Running::from(started.clone()),
        None => match begin(context, interpreter, operation, call, &request).await? {
            Ok(begun) => begun,
            Err(error) => return Ok(Err(error)),
        },
    };
    let Running {
        arn,
        start_time,
        run,
        is_named,
    } = begun;
    let answer = started(operation.style, &arn, start_time);
    match operation.action {
        Action::RunExecution | Action::RunExecutionForJson => {
            let waits = wait(context, call, run, answer, request.input_text).await;
            if waits.is_err() {
                stop_unnamed(context, &arn, is_named);
            }
            waits.map(|()| Ok(None))
        }
        Action::StartSyncExecution => {
            let ended = context.request::<_, Message<Found>>(at(&arn, ENDED), Message(run.invocation));
            let Message(Some((facts, Some(ending)))) = ended.call().await? else {
                return Ok(Err(lost(&arn)));
            };
            Ok(awaited::answer(operation, &request.input_text, &facts, ending)?.map(Some))
        }
        _ => Ok(Ok(Some(answer))),
    }
}

/// Begins the execution that a task asks for, or finds the one of its name.
async fn begin(
    context: &ContextInternal,
    interpreter: &Interpreter,
    operation: Operation,
    call: &TaskCall,
    request: &StartExecution,
) -> Result<Result<Running, TaskError>, TerminalError> {
    let attempt_id = call.id.of_execution(&call.execution_arn);
    // What is random, and what depends on this worker, is chosen once.
    let asked = || async {
        interpreter.follow_catalogue().await?;
        let now = chrono::SubsecRound::trunc_subsecs(interpreter.own_clock().now(), 6);
        let asked = asked(interpreter, operation, request, call, &attempt_id, now);
        Ok::<_, HandlerError>(Message(asked.map_err(ErrorOutput::from)))
    };
    let Message(asked) = context.run(asked).await?;
    let Asked { begun, is_named } = match asked {
        Ok(asked) => asked,
        Err(error) => return Ok(Err(failed(error))),
    };
    let (arn, mut start_time) = (begun.arn().to_owned(), begun.time());
    let invocation = match context.request::<_, ()>(at(&arn, RUN), Message(begun)).send().await {
        Ok(run) => run.invocation_id().to_owned(),
        Err(error) => {
            stop_unnamed(context, &arn, is_named);
            return Err(error);
        }
    };
    let mut run = Run {
        key: arn.clone(),
        invocation,
    };
    if is_named {
        let Some((last, told)) = find(context, run).await? else {
            return Ok(Err(lost(&arn)));
        };
        run = last;
        match known(&told, &attempt_id, &request.input) {
            Ok(time) => start_time = time,
            Err(error) => return Ok(Err(error.in_style(operation.style))),
        }
    }
    Ok(Ok(Running {
        arn,
        start_time,
        run,
        is_named,
    }))
}

/// What a worker makes of a request.
fn asked(
    interpreter: &Interpreter,
    operation: Operation,
    request: &StartExecution,
    call: &TaskCall,
    attempt_id: &str,
    now: DateTime<Utc>,
) -> Result<Asked, TaskError> {
    let (lineage, start_time) = call
        .parent
        .as_ref()
        .map_or_else(Default::default, |parent| (parent.lineage, parent.start_time));
    let child = interpreter.child(
        &ChildRequest {
            operation,
            request,
            attempt_id,
            lineage,
            start_time,
        },
        now,
    )?;
    let is_named = request.name.is_some() && child.options.express_id.is_none();
    let services = call.parent.as_ref().and_then(|parent| parent.services.clone());
    let limits = interpreter.own_limits();
    let begun = Begun::of(&child.program, &child.options, limits, child.origin, now, services)
        .doing_activities(interpreter.handled_activities(&child.program));
    Ok(Asked { begun, is_named })
}

/// What is told of a run, and how it ended.
type Told = (Facts, Option<Ending>);

/// The same of one that may not have begun.
type Found = Option<Told>;

const SUCCEEDED: &str = "SUCCEEDED";

/// A run of an execution, and the invocation that runs it.
struct Run {
    key: String,
    invocation: String,
}

/// An execution that a task has started.
struct Running {
    arn: String,
    start_time: DateTime<Utc>,
    run: Run,
    /// Whether the task gives it its name.
    is_named: bool,
}

impl From<StartedChild> for Running {
    /// One that the task had started before it came here: its first run is here.
    fn from(StartedChild { arn, start_time, run }: StartedChild) -> Self {
        let run = Run {
            key: arn.clone(),
            invocation: run,
        };
        Self {
            arn,
            start_time,
            run,
            is_named: false,
        }
    }
}

/// The task was cancelled, and nobody knows of the execution.
fn stop_unnamed(context: &ContextInternal, arn: &str, is_named: bool) {
    if !is_named {
        awaited::stop(context, arn);
    }
}

fn lost(arn: &str) -> TaskError {
    TaskError::new(predefined_errors::TASK_FAILED, awaited::is_lost(arn))
}

/// The last run of an execution, as soon as it has begun, by its first; `None` if it was killed before.
async fn find(context: &ContextInternal, first: Run) -> Result<Option<(Run, Told)>, TerminalError> {
    let begun = async |run: &Run| {
        let asked = context.request::<_, Message<Found>>(at(&run.key, BEGUN), Message(run.invocation.clone()));
        asked.call().await.map(|Message(told)| told)
    };
    let told = begun(&first).await?;
    let has_failed = |(_, ending): &Told| ending.as_ref().is_some_and(|ending| ending.status != SUCCEEDED);
    if let Some(told) = told.as_ref().filter(|told| !has_failed(told)) {
        return Ok(Some((first, told.clone())));
    }
    // Nothing is told of a name that is taken for a run which is kept longer than the first.
    let place = Place::of_arn(&first.key);
    let Place { service, key } = place.redrives();
    let redrives = context.request::<_, Message<Option<Redrives>>>(RequestTarget::object(service, key, REDRIVES), ());
    let Message(redrives) = redrives.call().await?;
    let is_its_own = |known: &Redrives| told.as_ref().is_none_or(|(facts, _)| known.are_of(facts.start_time));
    let Some(redrives) = redrives.filter(|known| known.count > 0 && is_its_own(known)) else {
        return Ok(told.map(|told| (first, told)));
    };
    let last = Run {
        key: redrives.last(&place).key,
        invocation: redrives.invocation.unwrap_or_default(),
    };
    let told = begun(&last).await?;
    Ok(told.map(|told| (last, told)))
}

/// When the execution began that a start of its name leads to: the task's own, or a running one of the same input.
fn known((facts, ending): &Told, attempt_id: &str, input: &Value) -> Result<DateTime<Utc>, StepFunctionsError> {
    let is_own = facts.started_by.as_deref() == Some(attempt_id);
    if is_own || (ending.is_none() && facts.has_input(input)) {
        Ok(facts.start_time)
    } else {
        Err(StepFunctionsError::execution_already_exists(&facts.arn))
    }
}

/// Has a task wait for a run of an execution; if the task is over already, the execution stops.
async fn wait(
    context: &ContextInternal,
    call: &TaskCall,
    run: Run,
    answer: Value,
    input_text: String,
) -> Result<(), TerminalError> {
    let token = call.request.token.clone().unwrap_or_default();
    let started = Delivery::ExecutionStarted {
        answer,
        run: run.key.clone(),
    };
    if deliver(context, &token, started).await? != Receipt::Taken {
        awaited::stop(context, &run.key);
        return Ok(());
    }
    let told = Awaited {
        token,
        resource: call.resource.clone(),
        input_text,
        run: run.invocation,
    };
    drop(
        context
            .request::<_, Message<()>>(at(&run.key, TELL), Message(told))
            .send(),
    );
    Ok(())
}

/// Delivers an answer given by token.
async fn send_task(context: &ContextInternal, operation: Operation, input: &Value) -> Result<Answered, TerminalError> {
    let request = match SendTask::read(operation.action, input) {
        Ok(request) => request,
        Err(error) => return Ok(Err(error)),
    };
    let token = request.token.clone();
    let receipt = match request.into_answer(operation.style) {
        Ok(SentAnswer::Success(output)) => deliver(context, &token, Delivery::Succeeded(output)).await?,
        Ok(SentAnswer::Failure(error)) => deliver(context, &token, Delivery::Failed(error)).await?,
        Ok(SentAnswer::Heartbeat) => deliver(context, &token, Delivery::Heartbeat).await?,
        // Checked after the token, as on AWS.
        Err(error) => match check(context, &token).await? {
            Receipt::Taken => return Ok(Err(error)),
            receipt => receipt,
        },
    };
    Ok(taken(receipt, operation.style))
}

fn taken(receipt: Receipt, style: Style) -> Answered {
    match receipt {
        Receipt::Taken => Ok(Some(json!({}))),
        Receipt::TooLate => Err(StepFunctionsError::task_timed_out().in_style(style)),
        Receipt::Unknown => Err(StepFunctionsError::invalid_token().in_style(style)),
    }
}

async fn deliver(context: &ContextInternal, token: &str, delivery: Delivery) -> Result<Receipt, TerminalError> {
    if token.is_empty() {
        return Ok(Receipt::Unknown);
    }
    let target = RequestTarget::object(names::TOKENS, token, DELIVER);
    let Message(receipt) = context.request(target, Message(delivery)).call().await?;
    Ok(receipt)
}

async fn check(context: &ContextInternal, token: &str) -> Result<Receipt, TerminalError> {
    if token.is_empty() {
        return Ok(Receipt::Unknown);
    }
    let target = RequestTarget::object(names::TOKENS, token, CHECK);
    let Message(receipt) = context.request(target, Message(())).call().await?;
    Ok(receipt)
}

fn failed(ErrorOutput { error, cause }: ErrorOutput) -> TaskError {
    let error = error.unwrap_or_else(|| predefined_errors::TASK_FAILED.into());
    TaskError::new(error, cause.unwrap_or_default())
}
