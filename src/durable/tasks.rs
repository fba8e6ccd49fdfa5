//! The services that do tasks: one for each resource, so that workers may share them out among themselves.

use restate_sdk::errors::{HandlerError, TerminalError};
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::messages::{Delivery, Message, TaskAnswer, TaskCall};
use super::services::{Handler, Kind, answer};
use super::{ATTEMPT, LARGEST, RestateClient, nested};
use crate::Interpreter;
use crate::data::Payload;
use crate::definition::{IntegrationPattern, Resource};
use crate::error::{Error, ErrorKind, predefined_errors};
use crate::execution::{SpanKey, Task, TaskId};
use crate::handlers::{Attempt, TaskChannel, TaskContext};
use crate::history::ErrorOutput;
use crate::services::s3::S3Action;
use crate::services::step_functions::Operation;

/// Between two tries to deliver what a handler says.
const RECOVERY: Duration = Duration::from_millis(500);

/// What does tasks: handlers, and a client for what they say before their answers.
#[derive(Clone)]
pub(super) struct Work {
    pub(super) interpreter: Arc<Interpreter>,
    pub(super) client: Option<RestateClient>,
}

impl Work {
    pub(super) fn attempts(&self) -> Handler {
        let work = self.clone();
        Handler {
            name: ATTEMPT,
            kind: Kind::Plain,
            handle: Arc::new(move |context| {
                let work = work.clone();
                Box::pin(async move {
                    let (Message(call), _) = context.input::<Message<TaskCall>>().await;
                    // Written before it is returned: a worker that dies in between does not work again, and would not answer the
                    // same.
                    let answered = match work.step_functions(&call) {
                        None => context.run(|| work.attempt(call)).await,
                        Some(operation) => nested::attempt(&context, &work.interpreter, operation, &call)
                            .await
                            .map(Message),
                    };
                    answer(&context, answered.map_err(Into::into));
                })
            }),
        }
    }

    fn step_functions(&self, call: &TaskCall) -> Option<Operation> {
        self.interpreter.step_functions(&Resource::parse(&call.resource)?)
    }

    /// Does an attempt: again, if its worker dies before its answer is written.
    async fn attempt(&self, call: TaskCall) -> Result<Message<TaskAnswer>, HandlerError> {
        let Some(resource) = Resource::of_task_or_map(&call.resource) else {
            let message = format!("this worker does not know the resource `{}`", call.resource);
            return Err(TerminalError::new(message).into());
        };
        let token = call.request.token.clone();
        let task = Task {
            id: call.id,
            state: call.state,
            resource: resource.clone(),
            request: call.request,
            retry_count: call.retry_count,
            is_submitted: false,
            child: None,
            span: SpanKey::default(),
        };
        let (said, says) = unbounded_channel();
        let channel = Channel {
            execution_arn: call.execution_arn,
            state_machine_arn: call.state_machine_arn,
            interpreter: Arc::clone(&self.interpreter),
            says: Mutex::new(Some(said)),
        };
        let channel = Arc::new(channel);
        let attempt = Attempt::new(task, Arc::<Channel>::clone(&channel));
        let working = async {
            let result = if S3Action::of(&resource).is_some() {
                let answer = self.interpreter.attempt_at_length(&resource, attempt).await;
                answer.and_then(within_a_message)
            } else {
                self.interpreter.attempt(&resource, attempt).await
            };
            // A context that outlives its attempt has nothing more to say.
            channel.close();
            result
        };
        let (result, telling) = tokio::join!(working, self.tell(token.as_deref(), says));
        let has_said = telling?;
        let time = self.interpreter.own_clock().now();
        if let (true, Some(token), IntegrationPattern::Sync) = (has_said, &token, resource.pattern()) {
            // Behind what was said before, on the same way.
            let delivery = match result {
                Ok(output) => Delivery::Succeeded(output),
                Err(error) => Delivery::Failed(error),
            };
            self.deliver(token, &delivery).await?;
            return Ok(Message(TaskAnswer { time, result: None }));
        }
        let result = Some(result);
        Ok(Message(TaskAnswer { time, result }))
    }

    /// Tells the execution what a handler says before its answer, in order. Returns whether it said anything.
    async fn tell(&self, token: Option<&str>, mut says: UnboundedReceiver<Delivery>) -> Result<bool, Error> {
        let mut has_said = false;
        while let Some(delivery) = says.recv().await {
            // A plain call has nothing to say: nobody waits for its heartbeats.
            let Some(token) = token else { continue };
            has_said = true;
            self.deliver(token, &delivery).await?;
        }
        Ok(has_said)
    }

    /// What comes too late is ignored, as on one machine. While the cluster cannot be reached it is tried again: the handler
    /// does not work twice because of it.
    async fn deliver(&self, token: &str, delivery: &Delivery) -> Result<(), Error> {
        let Some(client) = &self.client else {
            let message = "the worker has no client, so that it cannot tell what its handlers say before their answers";
            return Err(Error::new(ErrorKind::Misconfigured, message));
        };
        while let Err(error) = client.deliver(token, delivery).await {
            // A token is known before its task is asked for: one that is not has been forgotten.
            if matches!(error.kind(), ErrorKind::TaskTimedOut | ErrorKind::InvalidToken) {
                break;
            }
            tracing::warn!(%error, "what a handler says cannot be delivered now");
            tokio::time::sleep(RECOVERY).await;
        }
        Ok(())
    }
}

/// The answer to a request of a Map Run, which is no payload of a state, if a journal takes it.
fn within_a_message(answer: Value) -> Result<Value, ErrorOutput> {
    let answer = Payload::from(answer);
    if answer.exceeds(LARGEST) {
        return Err(ErrorOutput {
            error: Some(predefined_errors::TASK_FAILED.into()),
            cause: Some(format!(
                "The answer has more than the {LARGEST} bytes that one message over Restate may have."
            )),
        });
    }
    Ok(answer.into_value())
}

/// The way from a handler to its execution.
struct Channel {
    execution_arn: Arc<str>,
    state_machine_arn: Arc<str>,
    interpreter: Arc<Interpreter>,
    /// `None` after the attempt.
    says: Mutex<Option<UnboundedSender<Delivery>>>,
}

impl Channel {
    fn close(&self) {
        self.says.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn say(&self, delivery: Delivery) {
        let says = self.says.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(says) = &*says {
            // The other end waits until this one is closed.
            let _ = says.send(delivery);
        }
    }
}

impl TaskChannel for Channel {
    fn heartbeat(self: Arc<Self>, _: TaskId) {
        self.say(Delivery::Heartbeat);
    }

    fn submitted(self: Arc<Self>, _: TaskId, output: Value) {
        self.say(Delivery::Submitted(self.interpreter.fit(output)));
    }

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
            // Over a cluster, nothing is traced.
            #[cfg(feature = "otel")]
            span: None,
            channel: self,
        }
    }
}
