//! The services that do tasks: one for each resource, so that workers may share them out among themselves.

use restate_sdk::errors::{HandlerError, TerminalError};
use std::sync::Arc;

use super::messages::{Message, TaskAnswer, TaskCall};
use super::services::{Handler, Kind, answer};
use crate::Interpreter;
use crate::definition::Resource;
use crate::execution::{Task, TaskId};
use crate::handlers::{Attempt, TaskChannel, TaskContext};
use serde_json::Value;

/// The handler of a service that does tasks.
pub(super) const ATTEMPT: &str = "attempt";

pub(super) fn attempts(interpreter: &Arc<Interpreter>) -> Handler {
    let interpreter = Arc::clone(interpreter);
    Handler {
        name: ATTEMPT,
        kind: Kind::Plain,
        handle: Arc::new(move |context| {
            let interpreter = Arc::clone(&interpreter);
            Box::pin(async move {
                let (Message(call), _) = context.input::<Message<TaskCall>>().await;
                // Written before it is returned: a worker that dies in between does not work again, and would not answer the same.
                let answered = context.run(|| attempt(&interpreter, call)).await;
                answer(&context, answered.map_err(Into::into));
            })
        }),
    }
}

/// Does an attempt: again, if its worker dies before its answer is written.
async fn attempt(interpreter: &Interpreter, call: TaskCall) -> Result<Message<TaskAnswer>, HandlerError> {
    let Some(resource) = Resource::parse(&call.resource) else {
        let message = format!("this worker does not know the resource `{}`", call.resource);
        return Err(TerminalError::new(message).into());
    };
    let task = Task {
        id: call.id,
        state: call.state,
        resource,
        request: call.request,
        retry_count: call.retry_count,
        is_submitted: false,
        child: None,
    };
    let resource = task.resource.clone();
    let channel = Channel {
        execution_arn: call.execution_arn,
        state_machine_arn: call.state_machine_arn,
    };
    let result = interpreter
        .attempt(&resource, Attempt::new(task, Arc::new(channel)))
        .await;
    let time = interpreter.own_clock().now();
    Ok(Message(TaskAnswer { time, result }))
}

/// What a handler is told. It has nothing to tell its execution before its answer: heartbeats and first responses are of
/// tasks that a worker refuses.
struct Channel {
    execution_arn: Arc<str>,
    state_machine_arn: Arc<str>,
}

impl TaskChannel for Channel {
    fn heartbeat(self: Arc<Self>, _: TaskId) {}

    fn submitted(self: Arc<Self>, _: TaskId, _: Value) {}

    fn context(self: Arc<Self>, task: Task) -> TaskContext {
        TaskContext {
            execution_arn: Arc::clone(&self.execution_arn),
            state_machine_arn: Arc::clone(&self.state_machine_arn),
            state: task.state,
            resource: task.resource,
            retry_count: task.retry_count,
            request: task.request,
            driven_arn: Arc::clone(&self.execution_arn),
            id: task.id,
            channel: self,
        }
    }
}
