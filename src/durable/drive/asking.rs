//! Asks for what an execution needs: tasks, their tokens, child executions.

use restate_sdk::context::{DurableFuture, Request, RequestTarget};
use std::sync::Arc;

use super::super::activities::{offer_task, withdraw_task};
use super::super::messages::{Delivered, Message, ParentFacts, TaskAnswer, TaskCall};
use super::super::{ATTEMPT, LARGEST, LISTEN, OVER, names};
use super::{Driver, Happened, Pending, Token};
use crate::definition::{IntegrationPattern, ResourceKind};
use crate::error::predefined_errors;
use crate::execution::{ChildStart, Event, Task, TaskId};
use crate::history::ErrorOutput;
use crate::services::step_functions::Operation;

impl<'a> Driver<'a> {
    pub(super) fn start_child(&mut self, start: &ChildStart) {
        let id = start.id;
        let ended = self.children.start(self.context, &self.execution, start, &self.hands);
        self.pending
            .push(Box::pin(ended.map(move |ended| Happened::ChildEnded(id, ended))));
    }

    /// Asks for a task. One with a token is asked for once what comes by it is waited for: nobody has the token before.
    pub(super) fn invoke(&mut self, task: Task) {
        let Some(token) = task.request.token.clone() else {
            if task.request.effective_input.exceeds(LARGEST) {
                self.refuse(task.id);
                return;
            }
            let called = self.call(task);
            self.pending.push(called);
            return;
        };
        let listening = self.listen(task.id, &token).call();
        let is_callback = task.resource.pattern() == IntegrationPattern::WaitForTaskToken;
        let token = Token {
            text: token,
            is_callback,
            offered_by: None,
        };
        self.tokens.insert(task.id, token);
        let task = Box::new(task);
        self.pending
            .push(Box::pin(listening.map(move |listens| Happened::Listens(task, listens))));
    }

    /// Asks for a task whose token is known.
    pub(super) fn ask_for(&mut self, task: Task) {
        if task.is_submitted && task.resource.pattern() == IntegrationPattern::WaitForTaskToken {
            // It was asked for before its execution came here.
            return;
        }
        if *task.resource.kind() == ResourceKind::Activity {
            let activity = task.resource.shared_arn();
            if !self.hands.handled_activities.contains(&*activity) {
                if let Some(token) = self.tokens.get_mut(&task.id) {
                    offer_task(self.context, &activity, &token.text, &task.request.effective_input);
                    token.offered_by = Some(activity);
                }
                return;
            }
            let started = Event::TaskStarted {
                task: task.id,
                worker_name: None,
            };
            self.handle(self.now, started);
        }
        let called = self.call(task);
        self.pending.push(called);
    }

    /// Fails a task whose request a journal does not take.
    pub(super) fn refuse(&mut self, task: TaskId) {
        let error = ErrorOutput {
            error: Some(predefined_errors::TASK_FAILED.into()),
            cause: Some(format!(
                "The request has more than the {LARGEST} bytes that one message over Restate may have."
            )),
        };
        self.refused.push(Event::TaskFailed { task, error });
    }

    /// The request to wait for what comes by a task's token next.
    pub(super) fn listen(&mut self, task: TaskId, token: &str) -> Request<'a, Message<String>, Message<()>> {
        let (awakeable, delivered) = self.context.awakeable::<Message<Vec<Delivered>>>();
        self.pending.push(Box::pin(
            delivered.map(move |delivered| Happened::Delivered(task, delivered)),
        ));
        let listen = RequestTarget::object(names::TOKENS, token, LISTEN);
        self.context.request(listen, Message(awakeable))
    }

    /// Ends the tokens of tasks that are over.
    pub(super) fn end_tokens(&mut self) {
        let (execution, context) = (&self.execution, self.context);
        self.tokens.retain(|task, token| {
            let is_awaited = execution.awaits(*task);
            if !is_awaited {
                if let Some(activity) = &token.offered_by {
                    withdraw_task(context, activity, &token.text);
                }
                let end = RequestTarget::object(names::TOKENS, token.text.as_str(), OVER);
                drop(
                    context
                        .request::<_, Message<()>>(end, Message(token.text.clone()))
                        .send(),
                );
            }
            is_awaited
        });
    }

    pub(super) fn call(&self, task: Task) -> Pending<'a> {
        let id = task.id;
        let operation = Operation::of(&task.resource);
        let starts = operation.is_some_and(Operation::starts_executions);
        let call = TaskCall {
            execution_arn: Arc::clone(self.execution.arn()),
            state_machine_arn: self.execution.state_machine().id.as_str().into(),
            id,
            state: task.state,
            resource: task.resource.arn().to_owned(),
            retry_count: task.retry_count,
            request: task.request,
            parent: starts.then(|| ParentFacts {
                lineage: self.hands.lineage,
                start_time: self.execution.context().start_time,
                services: self.hands.services.clone(),
            }),
            started: {
                let mut started = self.hands.started.iter();
                started.find(|(task, _)| *task == id).map(|(_, child)| child.clone())
            },
        };
        let own_service = names::of_resource(&call.resource);
        let has_own = self
            .hands
            .services
            .as_ref()
            // Only the API's workers know its state machines.
            .is_none_or(|own| operation.is_none() && own.contains(&own_service));
        let service = if has_own { own_service } else { names::ANY.to_owned() };
        let service = RequestTarget::service(service, ATTEMPT);
        let called = self
            .context
            .request::<_, Message<TaskAnswer>>(service, Message(call))
            .call();
        Box::pin(called.map(move |answer| Happened::Answered(id, answer)))
    }
}
