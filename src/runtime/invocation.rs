//! One attempt of a task: invokes its handler and delivers the answer.

use serde_json::Value;
use std::sync::Arc;
use tracing::Instrument as _;

use super::activity_queue::Scheduled;
use super::panics::failing_on_panic;
use super::running::{InFlight, Progress, Running};
use crate::TaskError;
use crate::definition::{IntegrationPattern, ResourceKind};
use crate::execution::{Event, Task, TaskId};
use crate::handlers::{TaskChannel, TaskContext};
use crate::history::ErrorOutput;

impl Running {
    pub(super) fn invoke(self: &Arc<Self>, task: Task, progress: &mut Progress) {
        let span = tracing::info_span!(
            parent: &self.span, "task", state = %task.state, resource = %task.resource, retry_count = task.retry_count
        );
        if let Some(token) = &task.request.token
            && !self.directory.remember_token(token, Arc::downgrade(self), task.id)
        {
            let error = TaskError::new("States.Runtime", "another task waits for this task's token");
            let event = Event::TaskFailed {
                task: task.id,
                error: error.into(),
            };
            return progress.execution.handle(self.host.clock.now(), event);
        }
        let mut in_flight = InFlight {
            handler: None,
            request: Arc::clone(&task.request),
            pattern: task.resource.pattern(),
            ticket: None,
        };
        let handler = self.directory.handler_of(&task.resource);
        if handler.is_none()
            && let Some(activity) = self.directory.activity(task.resource.arn())
        {
            in_flight.ticket = Some(activity.schedule(Scheduled {
                execution: Arc::<Self>::downgrade(self),
                task: task.id,
                request: task.request,
            }));
            progress.in_flight.insert(task.id, in_flight);
            return;
        }
        let running = Arc::clone(self);
        let id = task.id;
        let live = self.directory.handler_starts();
        let work = async move {
            // Dropped after the handler, since it is declared before.
            let _live = live;
            if *task.resource.kind() == ResourceKind::Activity {
                running.deliver(Event::TaskStarted {
                    task: id,
                    worker_name: None,
                });
            }
            let result = match handler {
                Some(handler) => {
                    let context = running.context(&task);
                    let input = task.request.effective_input.value().clone();
                    // The call itself may panic too, before there is a future.
                    failing_on_panic(async { handler.call(input, context).await }).await
                }
                None => Err(TaskError::new(
                    "States.TaskFailed",
                    format!("no handler is registered for the resource {}", task.resource),
                )),
            };
            if let Err(error) = &result {
                tracing::info!(error = error.error(), cause = error.cause(), "task failed");
            }
            running.handler_ended(id, result.map_err(Into::into));
        };
        in_flight.handler = Some(self.host.runtime.spawn(work.instrument(span)).abort_handle());
        progress.in_flight.insert(id, in_flight);
    }

    /// Handles the end of the handler; a callback task goes on until it is answered by its token.
    fn handler_ended(self: &Arc<Self>, task: TaskId, result: Result<Value, ErrorOutput>) {
        let mut progress = self.progress();
        let mut in_flight = progress.in_flight.get_mut(&task);
        if let Some(in_flight) = &mut in_flight {
            in_flight.handler = None;
        }
        match (in_flight, result) {
            (Some(waiting), Ok(output)) if waiting.pattern == IntegrationPattern::WaitForTaskToken => {
                drop(progress);
                self.deliver(Event::TaskSubmitted { task, output });
            }
            (_, result) => {
                drop(progress);
                self.answer(task, result);
            }
        }
    }

    fn context(self: &Arc<Self>, task: &Task) -> TaskContext {
        TaskContext {
            execution_arn: Arc::clone(task.child.as_ref().map_or(&self.arn, |child| &child.arn)),
            state_machine_arn: match &task.child {
                None => self.state_machine.id.as_str().into(),
                Some(child) => child.state_machine_arn.as_str().into(),
            },
            state: Arc::clone(&task.state),
            resource: task.resource.clone(),
            retry_count: task.retry_count,
            request: Arc::clone(&task.request),
            driven_arn: Arc::clone(&self.arn),
            id: task.id,
            channel: Arc::new(Channel(Arc::clone(self))),
        }
    }
}

struct Channel(Arc<Running>);

impl TaskChannel for Channel {
    fn heartbeat(&self, task: TaskId) {
        self.0.deliver(Event::TaskHeartbeat { task });
    }

    fn submitted(&self, task: TaskId, output: Value) {
        self.0.deliver(Event::TaskSubmitted { task, output });
    }
}
