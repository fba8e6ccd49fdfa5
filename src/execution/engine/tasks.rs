//! Tasks: how they are invoked, and how their answers come back.

use serde_json::Value;
use std::sync::Arc;

use super::Engine;
use crate::data::Payload;
use crate::definition::{IntegrationPattern, Resource, ResourceKind, State};
use crate::execution::command::{Command, Task, TaskId, seconds_later};
use crate::execution::failure::Failure;
use crate::execution::frames::{Activity, FrameKey, TaskAttempt};
use crate::execution::intent::Invoke;
use crate::execution::states;
use crate::execution::trace::Traced;
use crate::history::{ErrorOutput, EventDetails, TaskCredentials};

impl<'a> Engine<'a> {
    /// Starts an attempt of a task.
    pub(super) fn invoke(&mut self, key: FrameKey, invoke: Invoke) {
        let generation = self.core.frames.next_serial();
        self.core.trace(key, || Traced::EffectiveInput(invoke.input.clone()));
        let Some(resource) = self.resource_of(key) else { return };
        if !self.exists(resource) {
            let cause = format!("The activity {resource} does not exist.");
            return self.fail(key, Failure::runtime(cause));
        }
        let attempt = TaskAttempt::new(invoke, generation, has_heartbeats(resource), self.core.now);
        let deadline = attempt.deadline();
        let records = self.core.recorder.records();
        let region = records.then(|| self.core.state_machine.region().into());
        self.core
            .record_in(key, || scheduled(resource, &attempt, region.unwrap_or_default()));
        // An activity starts when a worker takes it up.
        if *resource.kind() != ResourceKind::Activity {
            self.core.record_in(key, || started(resource));
        }
        if let Some(frame) = self.core.frames.get_mut(key) {
            frame.activity = Activity::Task(Box::new(attempt));
        }
        if let Some(task) = self.task_at(key) {
            self.core.trace(key, || Traced::Invoked(task.id));
            self.core.commands.push_back(Command::Invoke(task));
        }
        if let Some(deadline) = deadline {
            self.wake_at(key, deadline);
        }
    }

    /// The command that a frame's unanswered task stands for.
    pub(in crate::execution) fn task_at(&self, key: FrameKey) -> Option<Task> {
        let frame = self.core.frames.get(key)?;
        let node = self.program.node(frame.state);
        let (State::Task(state), Activity::Task(attempt)) = (&node.state, &frame.activity) else {
            return None;
        };
        Some(Task {
            id: TaskId {
                frame: key.slot,
                generation: attempt.generation,
            },
            state: Arc::clone(&node.name),
            resource: state.resource.clone(),
            input: attempt.input.clone(),
            retry_count: frame.retry_count,
            timeout_seconds: attempt.timeout_seconds,
            heartbeat_seconds: attempt.heartbeat_seconds,
            token: attempt.token.clone(),
            credentials: attempt.credentials.clone(),
            child: None,
        })
    }

    /// Where the attempt waits, if it still does.
    pub(in crate::execution) fn frame_of(&self, task: TaskId) -> Option<FrameKey> {
        let (key, frame) = self.core.frames.in_slot(task.frame)?;
        match &frame.activity {
            Activity::Task(attempt) if attempt.generation == task.generation => Some(key),
            _ => None,
        }
    }

    pub(in crate::execution) fn task_started(&mut self, key: FrameKey, worker_name: Option<String>) {
        if self
            .resource_of(key)
            .is_some_and(|resource| *resource.kind() == ResourceKind::Activity)
        {
            self.core
                .record_in(key, || EventDetails::ActivityStarted { worker_name });
        }
    }

    pub(in crate::execution) fn task_submitted(&mut self, key: FrameKey, output: &Value) {
        if let Some(ResourceKind::Service {
            resource_type,
            resource,
        }) = self.resource_of(key).map(|resource| resource.kind().clone())
        {
            self.core.record_in(key, || EventDetails::TaskSubmitted {
                resource_type,
                resource,
                output: output.to_string().into(),
            });
        }
    }

    pub(in crate::execution) fn heartbeat(&mut self, key: FrameKey) {
        let now = self.core.now;
        let Some(frame) = self.core.frames.get_mut(key) else {
            return;
        };
        let Activity::Task(attempt) = &mut frame.activity else {
            return;
        };
        let Some(seconds) = attempt.heartbeat_seconds else {
            return;
        };
        attempt.heartbeat_due_at = Some(seconds_later(now, seconds));
        if let Some(deadline) = attempt.deadline() {
            self.wake_at(key, deadline);
        }
        self.drop_stale_timers();
    }

    pub(in crate::execution) fn task_succeeded(&mut self, key: FrameKey, output: Value) {
        let Some(resource) = self.resource_of(key) else { return };
        let result = Payload::from(output);
        if let Err(failure) = states::check_result(resource, &result, &self.core.limits) {
            return self.task_ended(key, resource, failure);
        }
        self.core.grow(result.bound());
        self.core.record_in(key, || succeeded(resource, &result));
        self.settle(key);
        self.finish(key, result);
    }

    /// The task's answer nests too deeply to be worked with.
    pub(in crate::execution) fn task_answered_too_deeply(&mut self, key: FrameKey) {
        let Some(resource) = self.resource_of(key) else { return };
        self.task_ended(key, resource, Failure::nested_too_deep());
    }

    pub(in crate::execution) fn task_failed(&mut self, key: FrameKey, error: ErrorOutput) {
        let Some(resource) = self.resource_of(key) else { return };
        self.task_ended(key, resource, Failure::Error(error));
    }

    /// Records that the attempt took too long; its state fails afterwards.
    pub(super) fn task_timed_out(&mut self, key: FrameKey, failure: &Failure) {
        let Some(resource) = self.resource_of(key) else { return };
        if let Some(task) = self.task_at(key) {
            self.core.commands.push_back(Command::Cancel(task.id));
        }
        self.core.record_in(key, || timed_out(resource, failure.error_output()));
        self.settle(key);
    }

    fn task_ended(&mut self, key: FrameKey, resource: &Resource, failure: Failure) {
        self.core.record_in(key, || failed(resource, failure.error_output()));
        self.settle(key);
        self.fail(key, failure);
    }

    /// The attempt is over; a later answer to it lands nowhere.
    fn settle(&mut self, key: FrameKey) {
        if let Some(frame) = self.core.frames.get_mut(key) {
            frame.activity = Activity::Waiting;
            frame.deadline = None;
        }
    }

    /// Whether there is somebody to ask; only an activity may be missing.
    fn exists(&self, resource: &Resource) -> bool {
        let Some(activities) = &self.core.activities else {
            return true;
        };
        *resource.kind() != ResourceKind::Activity || activities.contains(resource.arn())
    }

    fn resource_of(&self, key: FrameKey) -> Option<&'a Resource> {
        match &self.node_of(key)?.state {
            State::Task(state) => Some(&state.resource),
            _ => None,
        }
    }
}

/// AWS waits for the heartbeats of work that goes on after the call; a plain call has none to send.
fn has_heartbeats(resource: &Resource) -> bool {
    *resource.kind() == ResourceKind::Activity || resource.pattern() != IntegrationPattern::RequestResponse
}

fn scheduled(resource: &Resource, attempt: &TaskAttempt, region: Arc<str>) -> EventDetails {
    let role = attempt
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
            input: attempt.input.to_text(),
            timeout_in_seconds: attempt.timeout_seconds,
            task_credentials,
        },
        ResourceKind::Activity => EventDetails::ActivityScheduled {
            resource: resource.shared_arn(),
            input: attempt.input.to_text(),
            timeout_in_seconds: attempt.timeout_seconds,
            heartbeat_in_seconds: attempt.heartbeat_seconds,
        },
        ResourceKind::Service {
            resource_type,
            resource,
        } => EventDetails::TaskScheduled {
            resource_type,
            resource,
            region,
            parameters: attempt.input.to_text(),
            timeout_in_seconds: attempt.timeout_seconds,
            heartbeat_in_seconds: attempt.heartbeat_seconds,
            task_credentials,
        },
    }
}

/// The event that follows at once.
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
