//! Tasks that call Step Functions itself: they start executions and answer tasks by token.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::sync::{Arc, Weak};
use tokio::time::Duration;

use super::Interpreter;
use super::catalogue::Resolved;
use super::running::{Origin, Running};
use super::shared::Shared;
use super::start::Start;
#[cfg(feature = "store")]
use super::stored;
use crate::TaskError;
use crate::definition::WorkflowType;
use crate::error::predefined_errors;
use crate::error::{Error, ErrorKind};
use crate::execution::{Program, StartOptions, TaskId};
use crate::handlers::{Handler, TaskContext};
use crate::services::step_functions::{
    Action, Description, Lineage, Operation, Parent, SendTask, StartExecution, StepFunctionsError, TaskAnswer, started,
};

/// How many executions may run at once, so that an endless chain of executions stops.
const CROWD: usize = 10_000;

/// How long a task waits before it looks again for its execution, which did not go on after a restart.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

impl Interpreter {
    /// Registers a state machine that executions can start, by its ARN, or by its name for any region and account. An
    /// ARN with a version or alias means the unqualified state machine, unless the qualified ARN is registered.
    ///
    /// `arn:aws:states:::states:startExecution` starts it and goes on, `.sync` and `.sync:2` wait for its end,
    /// `.waitForTaskToken` waits for the token in its input; so do `aws-sdk:sfn:startExecution` and, for an Express
    /// workflow, `aws-sdk:sfn:startSyncExecution`. A handler registered for such a resource takes precedence.
    ///
    /// ```
    /// use asl_engine::{Interpreter, StateMachine};
    /// use serde_json::json;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let ship: StateMachine = r#"{
    ///   "StartAt": "Ship",
    ///   "States": { "Ship": { "Type": "Pass", "Result": { "shipped": true }, "End": true } }
    /// }"#.parse()?;
    /// let order: StateMachine = r#"{
    ///   "StartAt": "Fulfil",
    ///   "States": {
    ///     "Fulfil": {
    ///       "Type": "Task",
    ///       "Resource": "arn:aws:states:::states:startExecution.sync:2",
    ///       "Parameters": {
    ///         "StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:Ship",
    ///         "Input": { "order.$": "$.id", "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$": "$$.Execution.Id" }
    ///       },
    ///       "OutputPath": "$.Output",
    ///       "End": true
    ///     }
    ///   }
    /// }"#.parse()?;
    ///
    /// let interpreter = Interpreter::new().state_machine("Ship", &ship);
    /// let output: serde_json::Value = interpreter.run(&order, json!({ "id": 7 })).await?;
    /// assert_eq!(output, json!({ "shipped": true }));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A child of `.sync` and `.sync:2` is stopped when its task times out or its parent is stopped. Starting a name
    /// again with the same input while it runs gives the running execution; otherwise the task fails with
    /// `StepFunctions.ExecutionAlreadyExistsException`, also on a retry. Executions that start themselves without end
    /// fail with `StepFunctions.ExecutionLimitExceededException`.
    #[must_use]
    pub fn state_machine(self, name: impl Into<String>, machine: impl Into<Arc<Program>>) -> Self {
        let name = name.into();
        self.with(|settings| {
            if !settings.state_machines.register(name.clone(), machine.into()) {
                settings.refuse(format!("two state machines are registered as `{name}`"));
            }
        })
    }
}

/// The service integration with Step Functions itself: serves the resources of [`Operation`].
pub(super) struct StepFunctionsIntegration(pub(super) Weak<Shared>);

#[async_trait]
impl Handler for StepFunctionsIntegration {
    async fn call(&self, input: Value, context: TaskContext) -> Result<Value, TaskError> {
        let (Some(shared), Some(operation)) = (self.0.upgrade(), Operation::of(&context.resource)) else {
            return Err(TaskError::new(
                predefined_errors::TASK_FAILED,
                "the interpreter is gone",
            ));
        };
        if operation.starts_executions() {
            start_execution(&shared, operation, &input, &context).await
        } else {
            send_task(&shared, operation, &input).await
        }
    }
}

async fn start_execution(
    shared: &Arc<Shared>,
    operation: Operation,
    input: &Value,
    context: &TaskContext,
) -> Result<Value, TaskError> {
    let style = operation.style;
    let request = StartExecution::read(input, style)?;
    let child = loop {
        match start_child(shared, operation, &request, context)? {
            Some(child) => break child,
            None => tokio::time::sleep(LOOK_AGAIN).await,
        }
    };
    #[cfg(feature = "otel")]
    if let (Some(observed), Some(attempt)) = (&child.observed, &context.span) {
        observed.started_by(attempt);
    }
    child.written().await.map_err(never_written)?;
    let answer = started(style, &child.arn, child.start_time);
    if operation.action == Action::StartExecution {
        return Ok(answer);
    }
    let mut stop = StopOnDrop(None);
    if operation.action != Action::StartSyncExecution {
        context.submitted(answer);
        stop.0 = Some(Child {
            execution: Arc::clone(&child),
            parent: shared.execution_here(&context.driven_arn),
            task: context.id,
        });
    }
    rest_until_end(shared, context, &child);
    let outcome = child.finished().await;
    stop.0 = None;
    operation.ended(&Description {
        execution_arn: &child.arn,
        state_machine_arn: child.state_machine_arn(),
        name: &child.name(),
        input: &request.input_text,
        start_date: child.start_time,
        stop_date: child.stop_time().unwrap_or(child.start_time),
        outcome: &outcome,
        redrive_count: child.redrives().0,
    })
}

/// Lets virtual time be skipped while a task only waits for its execution.
fn rest_until_end(shared: &Arc<Shared>, context: &TaskContext, child: &Running) {
    let Ok(host) = shared.host() else { return };
    let Some(time) = host.clock.time() else { return };
    time.rest_until_end((Arc::clone(&context.driven_arn), context.id), &child.arn);
    if child.has_ended() {
        time.ended(&child.arn);
    }
}

/// Starts the execution for a task, or finds the running one of the same name. `None` if the task started it before a
/// restart, and it could not go on yet.
fn start_child(
    shared: &Arc<Shared>,
    operation: Operation,
    request: &StartExecution,
    context: &TaskContext,
) -> Result<Option<Arc<Running>>, TaskError> {
    let in_style = |error: StepFunctionsError| error.in_style(operation.style);
    #[cfg_attr(not(feature = "store"), expect(unused_mut, reason = "only a store changes the name"))]
    let (Resolved { target, mocks }, mut options) = asked_for(shared, operation, request).map_err(in_style)?;
    let program = Arc::clone(&target.program);
    let is_express = program.machine().workflow_type == WorkflowType::Express;
    #[cfg(feature = "store")]
    if request.name.is_none() && shared.settings.store.is_some() {
        // The same name when the task is invoked again.
        options.name = stored::name_of_child(&context.attempt_id());
    }
    let host = shared
        .host()
        .map_err(|error| TaskError::new(predefined_errors::TASK_FAILED, error.to_string()))?;
    let now = host.clock.now();
    let arn = options.execution_arn();
    #[cfg(feature = "store")]
    match shared.child_of(&arn, &context.attempt_id()) {
        Ok(None) => {}
        Ok(own) => return Ok(own),
        Err(error) => {
            tracing::warn!(arn, %error, "a task cannot see whether it has started its execution, and looks again");
            return Ok(None);
        }
    }
    #[cfg(feature = "store")]
    if shared.execution_here(&arn).is_none() && shared.has_resting_child(&arn, &context.attempt_id()) {
        tracing::warn!(arn, "a task waits for an execution that did not go on after a restart");
        return Ok(None);
    }
    if let Some(known) = shared.execution_of_name(&arn, &request.input, now) {
        return known.map(Some).map_err(in_style);
    }
    let origin = Origin {
        lineage: lineage(shared, operation, context, now).map_err(in_style)?,
        keeps_name: request.name.is_some() && !is_express,
    };
    let start = Start {
        program,
        options,
        origin,
        is_named: !is_express,
        is_refusable: false,
        started_by: Some(context.attempt_id().into()),
        mocks,
        #[cfg(feature = "store")]
        request: target.request(&request.input_text, None),
        #[cfg(feature = "store")]
        trace: None,
        #[cfg(feature = "otel")]
        caller: context.as_caller(),
    };
    match shared.start(start, host) {
        Ok(child) => {
            shared.tell_of_start(&child, &target, &request.input_text);
            Ok(Some(child))
        }
        // Another start took the name in between.
        Err(error) if error.kind() == ErrorKind::ExecutionAlreadyExists => {
            match shared.execution_of_name(&arn, &request.input, now) {
                Some(known) => known.map(Some).map_err(in_style),
                None => Err(in_style(StepFunctionsError::execution_already_exists(&arn))),
            }
        }
        Err(error) => Err(TaskError::new(predefined_errors::TASK_FAILED, error.to_string())),
    }
}

/// What a task asks for: a state machine, and an execution of it, which has a new name unless the task gives one.
pub(super) fn asked_for(
    shared: &Shared,
    operation: Operation,
    request: &StartExecution,
) -> Result<(Resolved, StartOptions), StepFunctionsError> {
    let resolved = shared.resolve(&request.state_machine_arn)?;
    let target = &resolved.target;
    operation.check_type(target.program.machine().workflow_type == WorkflowType::Express)?;
    let mut options = shared.settings.start_options_of(request.input.clone(), target);
    options.is_synchronous = operation.action == Action::StartSyncExecution;
    if let Some(name) = &request.name {
        options.name.clone_from(name);
    }
    Ok((resolved, options))
}

/// The lineage of a child of the task's execution, if a child is allowed.
fn lineage(
    shared: &Shared,
    operation: Operation,
    context: &TaskContext,
    now: DateTime<Utc>,
) -> Result<Lineage, StepFunctionsError> {
    let Some(parent) = shared.execution_here(&context.driven_arn) else {
        return Ok(Lineage::default());
    };
    parent_of(operation, parent.origin.lineage, parent.start_time).start_child(now, shared.running())
}

/// The execution of a task as a parent.
pub(super) fn parent_of(operation: Operation, lineage: Lineage, start_time: DateTime<Utc>) -> Parent {
    Parent {
        lineage,
        start_time,
        waits: operation.action != Action::StartExecution,
        crowd: CROWD,
    }
}

/// Delivers an answer given by token.
async fn send_task(shared: &Arc<Shared>, operation: Operation, input: &Value) -> Result<Value, TaskError> {
    let in_style = |error: Error| api_error(&error).in_style(operation.style);
    let request = SendTask::read(operation.action, input)?;
    let (running, task) = loop {
        match shared.task_of(&request.token) {
            // As below.
            Err(error) if error.kind() == ErrorKind::Store => tokio::time::sleep(LOOK_AGAIN).await,
            task => break task.map_err(in_style)?,
        }
    };
    let answered = match request.into_answer(operation.style)? {
        TaskAnswer::Success(output) => running.answer(task, Ok(output)),
        TaskAnswer::Failure(error) => running.answer(task, Err(error)),
        TaskAnswer::Heartbeat => running.heartbeat(task),
    };
    // Tried again until the store has it: to fail the task for that would lose more.
    let was_waiting = answered.was_waiting;
    running.written().await.map_err(never_written)?;
    super::task_tokens::in_time(was_waiting).map_err(in_style)?;
    Ok(json!({}))
}

fn never_written(error: Error) -> TaskError {
    TaskError::new(predefined_errors::TASK_FAILED, error.to_string())
}

fn api_error(error: &Error) -> StepFunctionsError {
    match error.kind() {
        ErrorKind::TaskTimedOut => StepFunctionsError::task_timed_out(),
        _ => StepFunctionsError::invalid_token(),
    }
}

/// Stops the child of a cancelled task.
struct StopOnDrop(Option<Child>);

struct Child {
    execution: Arc<Running>,
    parent: Option<Arc<Running>>,
    task: TaskId,
}

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        let Some(child) = self.0.take() else { return };
        if let Some(parent) = &child.parent
            && parent.still_wants(child.task)
        {
            // The process ends, and both go on in another.
            return;
        }
        child.execution.stop();
    }
}
