//! The resource of a task, as spans and metrics name it.

use opentelemetry::Value;
use std::sync::Arc;

use crate::definition::{Resource, ResourceKind, State};
use crate::execution::{Program, StateId};

pub(super) fn resource_of(program: &Program, state: StateId) -> Option<&Resource> {
    match &program.node(state).state {
        State::Task(task) => Some(&task.resource),
        _ => None,
    }
}

/// The `resourceType` of the history; functions and activities, which have none there, by their service's name.
pub(super) fn resource_type(resource: &Resource) -> Value {
    match resource.kind() {
        ResourceKind::LambdaFunction => "lambda".into(),
        ResourceKind::Activity => "activity".into(),
        ResourceKind::Service { resource_type, .. } => Arc::clone(resource_type).into(),
    }
}
