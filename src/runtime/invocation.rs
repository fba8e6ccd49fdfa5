//! One attempt of a task: calls its handler and delivers the answer.
//!
//! A handler works in a tokio task of its own, which goes on with the task that its answer leads to. So a chain of tasks
//! whose handlers are ready at once is one tokio task, and what keeps a handler waiting never keeps another one waiting.
//! `Interpreter::run` needs no tokio task at all for them in a runtime of one thread, where another would be no gain.

use serde_json::Value;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use tracing::field::Empty;

use super::activity_queue::Scheduled;
use super::here::Here;
use super::in_flight::{InFlight, Invocation, Work};
use super::panics::failing_on_panic;
use super::running::{Progress, Running};
use super::virtual_time::Working;
use crate::TaskError;
use crate::definition::ResourceKind;
use crate::error::predefined_errors;
use crate::execution::{Event, Task, TaskId};
use crate::handlers::{Answering, Attempt, TaskChannel, TaskContext};
use crate::history::ErrorOutput;
#[cfg(feature = "otel")]
use crate::telemetry::Observed;

/// After so many tasks in a row that lead to little work, other executions have their turn.
const IN_A_ROW: u32 = 32;

impl Running {
    /// Finds who does a task. `None` if nobody has to be called: it waits for a worker of its activity, or has failed.
    pub(super) fn invocation(self: &Arc<Self>, mut task: Task, progress: &mut Progress) -> Option<Invocation> {
        let span = tracing::info_span!(
            parent: self.span.as_ref().and_then(|span| span.id()), "task", state = %task.state, resource = %task.resource, retry_count = task.retry_count, trace_id = Empty, span_id = Empty
        );
        #[cfg(feature = "otel")]
        if let Some(observed) = self.observed.as_ref().filter(|_| !span.is_disabled()) {
            Observed::name_in(&span, &observed.attempt(&task));
        }
        if let Some(recorder) = self.directory.recorder() {
            recorder.asked(&self.arn, &task);
        }
        if let Some(answer) = self.mocked(&mut task) {
            return Some(Invocation {
                task,
                work: Work::Mocked(answer),
                span,
                follows_much_work: false,
            });
        }
        if let Some(token) = &task.request.token
            && !self.directory.remember_token(token, Arc::downgrade(self), task.id)
        {
            let error = TaskError::new(predefined_errors::RUNTIME, "another task waits for this task's token");
            let event = Event::TaskFailed {
                task: task.id,
                error: error.into(),
            };
            self.handle(progress, event);
            return None;
        }
        let handler = self.handlers.find(&task.resource).cloned();
        if handler.is_none()
            && let Some(activity) = self.directory.activity(task.resource.arn())
        {
            let mut in_flight = InFlight::of(&task);
            in_flight.outside = self.host.clock.working();
            in_flight.ticket = Some(activity.schedule(Scheduled {
                execution: Arc::<Self>::downgrade(self),
                task: task.id,
                request: task.request,
            }));
            progress.in_flight.insert(task.id, in_flight);
            return None;
        }
        Some(Invocation {
            task,
            work: handler.map_or(Work::Nobody, Work::Handler),
            span,
            follows_much_work: false,
        })
    }

    /// The mocked answer to a task, if there is one. It is the final one also where a real answer would come by a token, so
    /// the task has no token then.
    fn mocked(&self, task: &mut Task) -> Option<Result<Value, ErrorOutput>> {
        let own = self.mocks.as_ref().and_then(|mocks| mocks.answer(task));
        let answer = own.or_else(|| self.directory.mocks()?.answer(task))?;
        if task.request.token.is_some() {
            Arc::make_mut(&mut task.request).token = None;
        }
        Some(answer)
    }

    /// Puts a task into the place that a tokio task has for one that it does itself, if that is free. Otherwise it is done in
    /// a new one.
    pub(super) fn place(
        self: &Arc<Self>,
        invocation: Invocation,
        place: Option<&mut Option<Invocation>>,
        progress: &mut Progress,
    ) {
        match place {
            Some(place) if place.is_none() => {
                // Only by its token can another than its handler answer it.
                let task = &invocation.task;
                if task.request.token.is_some() {
                    progress.in_flight.insert(task.id, InFlight::of(task));
                }
                *place = Some(invocation);
            }
            _ => self.spawn(invocation, progress),
        }
    }

    /// Calls a handler in a new tokio task.
    pub(super) fn spawn(self: &Arc<Self>, invocation: Invocation, progress: &mut Progress) {
        let (id, in_flight) = (invocation.task.id, InFlight::of(&invocation.task));
        let running = Arc::clone(self);
        let working = self.host.clock.working();
        let work = async move {
            let handling = running.call(invocation);
            drop(working);
            running.work(id, handling).await;
        };
        self.spawn_work(id, in_flight, work, progress);
    }

    fn spawn_work(
        &self,
        id: TaskId,
        mut in_flight: InFlight,
        work: impl Future<Output = ()> + Send + 'static,
        progress: &mut Progress,
    ) {
        let live = self.directory.handler_starts();
        let work = async move {
            // Dropped after the handler, since it is declared before.
            let _live = live;
            work.await;
        };
        in_flight.handler = Some(self.host.runtime.spawn(work).abort_handle());
        progress.in_flight.insert(id, in_flight);
    }

    /// Waits for a handler, then does the tasks that follow from its answer, as long as their handlers are ready at once.
    async fn work(self: Arc<Self>, id: TaskId, mut first: Handling) {
        let answer = poll_fn(|context| first.poll(context)).await;
        let _working = self.host.clock.working();
        drop(first);
        let mut next = self.handler_ended(id, answer, false);
        if next.as_ref().is_none_or(|next| !next.follows_much_work) {
            next = poll_fn(|context| Poll::Ready(self.work_in_a_row(next.take(), context))).await;
        }
        while let Some(invocation) = next {
            tokio::task::yield_now().await;
            if !self.progress().execution.awaits(invocation.task.id) {
                return;
            }
            let mut next_row = Some(invocation);
            next = poll_fn(|context| Poll::Ready(self.work_in_a_row(next_row.take(), context))).await;
        }
    }

    /// Does tasks one after the other, as long as their handlers are ready at once. Returns the task before which other
    /// executions have their turn.
    fn work_in_a_row(self: &Arc<Self>, mut next: Option<Invocation>, context: &mut Context<'_>) -> Option<Invocation> {
        for _ in 0..IN_A_ROW {
            let invocation = next?;
            let (id, in_flight) = (invocation.task.id, InFlight::of(&invocation.task));
            let mut handling = self.call(invocation);
            let Poll::Ready(answer) = handling.poll(context) else {
                self.work_elsewhere(id, in_flight, handling);
                return None;
            };
            next = self.handler_ended(id, answer, true);
            if next.as_ref().is_some_and(|next| next.follows_much_work) {
                break;
            }
        }
        next
    }

    /// The same in the caller's tokio task. The execution goes on without the caller then: what has to wait gets a tokio
    /// task of its own.
    pub(super) async fn work_here(self: &Arc<Self>, invocation: Invocation) {
        let _working = self.host.clock.working();
        let mut first = Some(invocation);
        let next = poll_fn(|context| {
            let _here = Here::enter();
            Poll::Ready(self.work_in_a_row(first.take(), context))
        });
        self.spawn_if_awaited(next.await);
    }

    /// Does a task in the middle of a tokio task that has more to do.
    #[cfg(feature = "store")]
    pub(super) fn work_in_place(self: &Arc<Self>, invocation: Option<Invocation>, context: &mut Context<'_>) {
        let next = self.work_in_a_row(invocation, context);
        self.spawn_if_awaited(next);
    }

    fn spawn_if_awaited(self: &Arc<Self>, invocation: Option<Invocation>) {
        let Some(invocation) = invocation else { return };
        let mut progress = self.progress();
        if progress.execution.awaits(invocation.task.id) {
            self.spawn(invocation, &mut progress);
        }
    }

    /// Waits for a handler in a tokio task of its own, which ends when the task is cancelled.
    fn work_elsewhere(self: &Arc<Self>, id: TaskId, in_flight: InFlight, handling: Handling) {
        let mut progress = self.progress();
        // Otherwise it was cancelled or answered while the handler was called, and the handler is dropped.
        if self.outcome().is_none() && progress.execution.awaits(id) {
            let work = Arc::clone(self).work(id, handling);
            self.spawn_work(id, in_flight, work, &mut progress);
        } else {
            drop(progress);
        }
    }

    fn call(self: &Arc<Self>, invocation: Invocation) -> Handling {
        let Invocation { task, work, span, .. } = invocation;
        let working = self.host.clock.begin(|| (Arc::clone(&self.arn), task.id));
        let is_activity = *task.resource.kind() == ResourceKind::Activity;
        #[cfg(feature = "otel")]
        let trace = self.observed.as_ref().map(|observed| in_span(observed.attempt(&task)));
        #[cfg(feature = "otel")]
        let attached = trace.clone().map(opentelemetry::Context::attach);
        if is_activity && !matches!(work, Work::Mocked(_)) {
            self.deliver(Event::TaskStarted {
                task: task.id,
                worker_name: None,
            });
        }
        let work = match work {
            Work::Handler(handler) => {
                let attempt = Attempt::new(task, Arc::<Self>::clone(self));
                // The call itself may panic too, before there is a future.
                Handled::Called(failing_on_panic(|| handler.begin(attempt)).unwrap_or_else(failed))
            }
            Work::Nobody => Handled::Called(failed(TaskError::new(
                predefined_errors::TASK_FAILED,
                format!("no handler is registered for the resource {}", task.resource),
            ))),
            Work::Mocked(answer) => Handled::Answered(Some(answer)),
        };
        #[cfg(feature = "otel")]
        drop(attached);
        Handling {
            work,
            span,
            #[cfg(feature = "otel")]
            trace,
            _working: working,
        }
    }

    /// Handles the end of a handler; a callback task goes on until it is answered by its token. Returns the task to do
    /// next, if this tokio task may do it: not if the handler's was cancelled, since it ends with it.
    fn handler_ended(
        self: &Arc<Self>,
        task: TaskId,
        result: Result<Value, ErrorOutput>,
        was_in_place: bool,
    ) -> Option<Invocation> {
        let mut progress = self.progress();
        // A task without a token, of a handler that was ready at once, is not there.
        let in_flight = progress.in_flight.get_mut(&task);
        let waits_for_token = in_flight.as_ref().map(|task| task.waits_for_token);
        let was_cancelled = in_flight.and_then(|task| task.handler.take()).is_none() && !was_in_place;
        if let Some(time) = self.host.clock.time() {
            time.answered();
        }
        let event = match (waits_for_token, result) {
            (Some(true), Ok(output)) => {
                if let Some(in_flight) = progress.in_flight.get_mut(&task) {
                    in_flight.outside = self.host.clock.working();
                }
                Event::TaskSubmitted { task, output }
            }
            (_, result) => {
                if waits_for_token.is_some()
                    && let Some(settled) = progress.in_flight.remove(&task)
                {
                    self.release(settled);
                }
                match result {
                    Ok(raw_result) => Event::TaskSucceeded { task, raw_result },
                    Err(error) => Event::TaskFailed { task, error },
                }
            }
        };
        self.handle(&mut progress, event);
        let mut next = None;
        // In virtual time, tasks that are asked for at the same time are done in that order.
        let goes_on = !was_cancelled && !self.host.clock.is_virtual();
        self.carry_out(&mut progress, goes_on.then_some(&mut next));
        if let Some(next) = &mut next {
            next.follows_much_work = progress.execution.has_worked_much();
        }
        next
    }
}

impl TaskChannel for Running {
    fn heartbeat(self: Arc<Self>, task: TaskId) {
        let _working = self.catch_up();
        self.deliver(Event::TaskHeartbeat { task });
    }

    fn submitted(self: Arc<Self>, task: TaskId, output: Value) {
        self.deliver(Event::TaskSubmitted { task, output });
    }

    fn context(self: Arc<Self>, task: Task) -> TaskContext {
        #[cfg(feature = "otel")]
        let span = self.observed.as_ref().map(|observed| observed.attempt(&task));
        TaskContext {
            execution_arn: Arc::clone(task.child.as_ref().map_or(&self.arn, |child| &child.arn)),
            state_machine_arn: match &task.child {
                None => self.state_machine.id.as_str().into(),
                Some(child) => child.state_machine_arn.as_str().into(),
            },
            state: task.state,
            resource: task.resource,
            retry_count: task.retry_count,
            request: task.request,
            driven_arn: Arc::clone(&self.arn),
            id: task.id,
            #[cfg(feature = "otel")]
            span,
            channel: self,
        }
    }
}

#[cfg(feature = "otel")]
fn in_span(span: opentelemetry::trace::SpanContext) -> opentelemetry::Context {
    use opentelemetry::trace::TraceContextExt as _;

    opentelemetry::Context::new().with_remote_span_context(span)
}

fn failed(error: TaskError) -> Answering {
    Box::pin(std::future::ready(Err(error)))
}

/// The work of a task, in its span.
struct Handling {
    work: Handled,
    span: tracing::Span,
    /// The attempt's span as OpenTelemetry's current one.
    #[cfg(feature = "otel")]
    trace: Option<opentelemetry::Context>,
    /// Dropped last: what comes of the answer is under way by then.
    _working: Working,
}

/// A called handler, or the answer that is there without one.
enum Handled {
    Called(Answering),
    Answered(Option<Result<Value, ErrorOutput>>),
}

impl Handling {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Value, ErrorOutput>> {
        let _entered = self.span.enter();
        #[cfg(feature = "otel")]
        let _attached = self.trace.clone().map(opentelemetry::Context::attach);
        let polled = match &mut self.work {
            Handled::Called(answering) => {
                let polled = failing_on_panic(|| answering.as_mut().poll(context));
                polled
                    .unwrap_or_else(|error| Poll::Ready(Err(error)))
                    .map_err(ErrorOutput::from)
            }
            Handled::Answered(answer) => answer.take().map_or(Poll::Pending, Poll::Ready),
        };
        polled.map_err(|error| {
            tracing::info!(error = error.error, cause = error.cause, "task failed");
            error
        })
    }
}
