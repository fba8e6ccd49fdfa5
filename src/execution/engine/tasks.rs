//! Invokes tasks and handles their answers.

use serde_json::Value;
use std::sync::Arc;

use super::Engine;
use crate::data::{Payload, StateMachineContext};
use crate::definition::{Resource, ResourceKind, State};
use crate::execution::command::Command;
use crate::execution::core::{Activity, TaskAttempt};
use crate::execution::failure::Failure;
use crate::execution::frame_key::FrameKey;
use crate::execution::invariant::Invariant;
use crate::execution::span_key::SpanKind;
use crate::execution::states;
use crate::execution::task::{Task, TaskId};
use crate::execution::task_request::TaskRequest;
use crate::execution::time::seconds_later;
use crate::execution::trace::Traced;
use crate::history::{ErrorOutput, EventDetails, TaskCredentials};

impl<'a> Engine<'a> {
    /// Starts an attempt of a task.
    pub(super) fn invoke(&mut self, key: FrameKey, request: Arc<TaskRequest>) -> Result<(), Invariant> {
        let generation = self.core.frames.next_serial();
        self.core
            .trace(key, || Traced::EffectiveInput(request.effective_input.clone()));
        let resource = self.resource_of(key)?;
        if !self.exists(resource) {
            let cause = format!("The activity {resource} does not exist.");
            return self.fail(key, Failure::runtime(cause));
        }
        let attempt = TaskAttempt::new(request, resource, generation, self.core.now);
        let deadline = attempt.deadline();
        let state_machine = Arc::clone(&self.core.state_machine);
        self.core
            .record_in(key, || scheduled(resource, &attempt.request, &state_machine))?;
        // An activity task starts when a worker gets it.
        if *resource.kind() != ResourceKind::Activity {
            self.core.record_in(key, || started(resource))?;
        }
        self.core.frames.set_activity(key, Activity::Task(Box::new(attempt)))?;
        let task = self.task_at(key).ok_or(Invariant::TaskIsOfATask)?;
        self.core.trace(key, || Traced::Invoked(task.id));
        self.core.span_of_attempt_begins(key);
        self.core.commands.push(Command::Invoke(task));
        match deadline {
            Some(deadline) => self.wake_at(key, deadline),
            None => Ok(()),
        }
    }

    /// The command of a frame's unanswered task; `None` if there is none.
    pub(in crate::execution) fn task_at(&self, key: FrameKey) -> Option<Task> {
        let frame = self.core.frames.get(key)?;
        let node = self.program.node(frame.state);
        let (State::Task(state), Activity::Task(attempt)) = (&node.state, frame.activity()) else {
            return None;
        };
        Some(Task {
            id: TaskId {
                frame: key.slot,
                generation: attempt.generation,
            },
            state: Arc::clone(&node.name),
            resource: state.resource.clone(),
            request: Arc::clone(&attempt.request),
            retry_count: frame.retry_count,
            is_submitted: attempt.is_submitted,
            child: None,
            span: self.core.span_key(SpanKind::Attempt, frame, 0),
        })
    }

    /// The frame of an attempt, if the attempt still waits.
    ///
    /// A slot is used again, so the generation tells: a late answer of an attempt that timed out or was aborted must
    /// not reach what stands in its place by now.
    pub(in crate::execution) fn frame_of(&self, task: TaskId) -> Option<FrameKey> {
        let (key, frame) = self.core.frames.in_slot(task.frame)?;
        match frame.activity() {
            Activity::Task(attempt) if attempt.generation == task.generation => Some(key),
            _ => None,
        }
    }

    /// Only the first start is recorded: a driver that has restarted hands the same attempt out again.
    pub(super) fn task_started(&mut self, key: FrameKey, worker_name: Option<String>) -> Result<(), Invariant> {
        if std::mem::replace(&mut self.core.frames.attempt_mut(key)?.is_started, true) {
            return Ok(());
        }
        match self.resource_of(key)?.kind() {
            ResourceKind::Activity => self
                .core
                .record_in(key, || EventDetails::ActivityStarted { worker_name }),
            // Already recorded when the task was scheduled.
            ResourceKind::LambdaFunction | ResourceKind::Service { .. } => Ok(()),
        }
    }

    /// The same of the first response.
    pub(super) fn task_submitted(&mut self, key: FrameKey, output: &Value) -> Result<(), Invariant> {
        if std::mem::replace(&mut self.core.frames.attempt_mut(key)?.is_submitted, true) {
            return Ok(());
        }
        match self.resource_of(key)?.kind().clone() {
            ResourceKind::Service {
                resource_type,
                resource,
            } => self.core.record_in(key, || EventDetails::TaskSubmitted {
                resource_type,
                resource,
                output: output.to_string().into(),
            }),
            // AWS has no such event for these resources.
            ResourceKind::LambdaFunction | ResourceKind::Activity => Ok(()),
        }
    }

    pub(super) fn heartbeat(&mut self, key: FrameKey) -> Result<(), Invariant> {
        let now = self.core.now;
        let resource = self.resource_of(key)?;
        let attempt = self.core.frames.attempt_mut(key)?;
        // An unexpected heartbeat must not start a timer for the next one.
        if let Some(seconds) = attempt.request.awaited_heartbeat(resource) {
            attempt.heartbeat_due_at = Some(seconds_later(now, seconds));
            if let Some(deadline) = attempt.deadline() {
                self.wake_at(key, deadline)?;
            }
            // The previous heartbeat's timer is usually the earliest of all.
            self.drop_stale_timers();
        }
        Ok(())
    }

    pub(super) fn task_succeeded(&mut self, key: FrameKey, raw_result: Value) -> Result<(), Invariant> {
        let resource = self.resource_of(key)?;
        let raw_result = Payload::from(raw_result);
        if let Err(failure) = states::check_result(resource, &raw_result, &self.core.limits) {
            return self.task_ended(key, resource, failure);
        }
        self.core.grow(raw_result.bound());
        self.core.record_in(key, || succeeded(resource, &raw_result))?;
        self.core.span_of_attempt_ends(key, None);
        self.settle(key)?;
        self.finish(key, raw_result)
    }

    /// Fails a task whose answer nests too deeply.
    pub(super) fn task_answered_too_deeply(&mut self, key: FrameKey) -> Result<(), Invariant> {
        let resource = self.resource_of(key)?;
        self.task_ended(key, resource, Failure::nested_too_deep())
    }

    pub(super) fn task_failed(&mut self, key: FrameKey, error: ErrorOutput) -> Result<(), Invariant> {
        let resource = self.resource_of(key)?;
        self.task_ended(key, resource, Failure::Error(error))
    }

    /// Records the attempt's timeout; its state fails afterwards.
    pub(super) fn task_timed_out(&mut self, key: FrameKey, failure: &Failure) -> Result<(), Invariant> {
        let resource = self.resource_of(key)?;
        let task = self.task_at(key).ok_or(Invariant::TaskIsOfATask)?;
        self.core.commands.push(Command::Cancel(task.id));
        self.core
            .record_in(key, || timed_out(resource, failure.error_output()))?;
        self.core.span_of_attempt_ends(key, Some(failure));
        self.settle(key)
    }

    fn task_ended(&mut self, key: FrameKey, resource: &Resource, failure: Failure) -> Result<(), Invariant> {
        self.core.record_in(key, || failed(resource, failure.error_output()))?;
        self.core.span_of_attempt_ends(key, Some(&failure));
        self.settle(key)?;
        self.fail(key, failure)
    }

    /// Ends the attempt; a later answer is ignored.
    fn settle(&mut self, key: FrameKey) -> Result<(), Invariant> {
        self.core.frames.set_activity(key, Activity::Waiting)?;
        self.core.frames.at_mut(key)?.deadline = None;
        Ok(())
    }

    /// Whether the resource exists; only an activity may be missing.
    fn exists(&self, resource: &Resource) -> bool {
        let Some(activities) = &self.core.activities else {
            return true;
        };
        *resource.kind() != ResourceKind::Activity || activities.contains(resource.arn())
    }

    fn resource_of(&self, key: FrameKey) -> Result<&'a Resource, Invariant> {
        match &self.node_of(key)?.state {
            State::Task(state) => Ok(&state.resource),
            _ => Err(Invariant::TaskIsOfATask),
        }
    }
}

fn scheduled(resource: &Resource, request: &TaskRequest, state_machine: &StateMachineContext) -> EventDetails {
    let role = request
        .credentials
        .as_ref()
        .and_then(|credentials| credentials.get("RoleArn")?.as_str());
    let task_credentials = role.map(|role_arn| {
        Box::new(TaskCredentials {
            role_arn: role_arn.to_owned(),
        })
    });
    match resource.kind().clone() {
        ResourceKind::LambdaFunction => EventDetails::LambdaFunctionScheduled {
            resource: resource.shared_arn(),
            input: request.effective_input.to_text(),
            timeout_in_seconds: request.timeout_seconds,
            task_credentials,
        },
        ResourceKind::Activity => EventDetails::ActivityScheduled {
            resource: resource.shared_arn(),
            input: request.effective_input.to_text(),
            timeout_in_seconds: request.timeout_seconds,
            heartbeat_in_seconds: request.heartbeat_seconds,
        },
        ResourceKind::Service {
            resource_type,
            resource,
        } => EventDetails::TaskScheduled {
            resource_type,
            resource,
            region: state_machine.region().into(),
            parameters: request.effective_input.to_text(),
            timeout_in_seconds: request.timeout_seconds,
            heartbeat_in_seconds: request.heartbeat_seconds,
            task_credentials,
        },
    }
}

/// The event that follows immediately.
fn started(resource: &Resource) -> EventDetails {
    match resource.kind().clone() {
        ResourceKind::LambdaFunction => EventDetails::LambdaFunctionStarted,
        ResourceKind::Activity => EventDetails::ActivityStarted { worker_name: None },
        ResourceKind::Service {
            resource_type,
            resource,
        } => EventDetails::TaskStarted {
            resource_type,
            resource,
        },
    }
}

fn succeeded(resource: &Resource, result: &Payload) -> EventDetails {
    let output = result.to_text();
    match resource.kind().clone() {
        ResourceKind::LambdaFunction => EventDetails::LambdaFunctionSucceeded { output },
        ResourceKind::Activity => EventDetails::ActivitySucceeded { output },
        ResourceKind::Service {
            resource_type,
            resource,
        } => EventDetails::TaskSucceeded {
            resource_type,
            resource,
            output,
        },
    }
}

fn failed(resource: &Resource, failure: ErrorOutput) -> EventDetails {
    match resource.kind().clone() {
        ResourceKind::LambdaFunction => EventDetails::LambdaFunctionFailed(failure),
        ResourceKind::Activity => EventDetails::ActivityFailed(failure),
        ResourceKind::Service {
            resource_type,
            resource,
        } => EventDetails::TaskFailed {
            resource_type,
            resource,
            failure,
        },
    }
}

fn timed_out(resource: &Resource, failure: ErrorOutput) -> EventDetails {
    match resource.kind().clone() {
        ResourceKind::LambdaFunction => EventDetails::LambdaFunctionTimedOut(failure),
        ResourceKind::Activity => EventDetails::ActivityTimedOut(failure),
        ResourceKind::Service {
            resource_type,
            resource,
        } => EventDetails::TaskTimedOut {
            resource_type,
            resource,
            failure,
        },
    }
}
