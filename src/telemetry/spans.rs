//! Spans of an execution as the SDK's.

use opentelemetry::KeyValue;
use opentelemetry::trace::{Link, SpanContext, SpanId, SpanKind as Role, Status};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks, SpanProcessor as _};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use super::handover::Handed;
use super::identity::Identity;
use super::ids::Ids;
use super::resource::{resource_of, resource_type};
use crate::data::StateMachineContext;
use crate::definition::{ResourceKind, State, WorkflowType};
use crate::execution::{Came, OfChild, Program, Span, SpanKey, SpanKind};

/// Spans of an execution that have ended.
pub(super) struct Ended {
    pub(super) identity: Arc<Identity>,
    pub(super) arn: Arc<str>,
    pub(super) state_machine: Arc<StateMachineContext>,
    pub(super) program: Arc<Program>,
    pub(super) spans: Vec<Span>,
}

impl Handed for Ended {
    fn count(&self) -> usize {
        self.spans.len()
    }

    fn export(mut self: Box<Self>) {
        // Spans of a child execution come in a row.
        let mut of_child: Option<(Arc<str>, Ids)> = None;
        for span in std::mem::take(&mut self.spans) {
            let child = span.of_child.as_ref().and_then(|child| child.execution.as_ref());
            let ids = match (child, &of_child) {
                (None, _) => self.identity.ids,
                (Some(child), Some((known, ids))) if Arc::ptr_eq(known, &child.arn) => *ids,
                (Some(child), _) => {
                    let ids = Ids::of(&child.arn);
                    of_child = Some((Arc::clone(&child.arn), ids));
                    ids
                }
            };
            self.identity.telemetry.processors.on_end(self.converted(span, ids));
        }
    }
}

impl Ended {
    fn converted(&self, mut span: Span, ids: Ids) -> SpanData {
        let of_child = span.of_child.take();
        let context = self.identity.context_of(ids, span.key);
        let parent_span_id = span.parent.map_or(SpanId::INVALID, |parent| ids.span(parent));
        let mut links = Vec::new();
        let (name, role, mut attributes) = match span.key.kind {
            SpanKind::Execution => self.execution(&span, of_child.as_deref(), &mut links),
            SpanKind::State => self.state(&span),
            SpanKind::Attempt => self.attempt(&span, &context, &mut links),
            SpanKind::Graph => self.graph(&span, of_child.as_deref(), &mut links),
        };
        let status = status(span.came, &mut attributes);
        SpanData {
            span_context: context,
            parent_span_id,
            parent_span_is_remote: false,
            span_kind: role,
            name,
            start_time: SystemTime::from(span.start),
            end_time: SystemTime::from(span.end),
            attributes,
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: linked(links),
            status,
            instrumentation_scope: self.identity.telemetry.scope.clone(),
        }
    }

    fn execution(&self, span: &Span, of_child: Option<&OfChild>, links: &mut Vec<SpanContext>) -> Described {
        let child = of_child.and_then(|child| child.execution.as_ref());
        let (arn, machine) = match child {
            Some(child) => (Arc::clone(&child.arn), child.state_machine_arn.clone()),
            None => (Arc::clone(&self.arn), self.state_machine.id.clone()),
        };
        if let Some((around, graph)) = of_child.and_then(|child| child.ran_for.as_ref()) {
            links.push(self.identity.context_of(Ids::of(around), *graph));
        } else if let Some(caller) = &self.identity.caller.0 {
            links.push(caller.clone());
        }
        let name = machine.rsplit(':').next().unwrap_or_default().to_owned();
        let status = match &span.came {
            Came::Succeeded | Came::Caught(_) => "SUCCEEDED",
            Came::Failed(_) => "FAILED",
            Came::TimedOut => "TIMED_OUT",
            Came::Aborted => "ABORTED",
        };
        let workflow_type = match self.program.machine().workflow_type {
            WorkflowType::Standard => "STANDARD",
            WorkflowType::Express => "EXPRESS",
        };
        let mut attributes = vec![
            KeyValue::new("aws.step_functions.state_machine.arn", machine),
            KeyValue::new("asl.execution.arn", arn),
            KeyValue::new("asl.execution.status", status),
            KeyValue::new("asl.workflow_type", workflow_type),
        ];
        if span.key.redrive > 0 {
            attributes.push(KeyValue::new(
                "asl.execution.redrive_count",
                i64::from(span.key.redrive),
            ));
            // The part before it.
            links.push(self.earlier(child.map(|child| &*child.arn), span.key));
        }
        (name.into(), Role::Internal, attributes)
    }

    fn earlier(&self, child: Option<&str>, key: SpanKey) -> SpanContext {
        let ids = child.map_or(self.identity.ids, Ids::of);
        let redrive = key.redrive.saturating_sub(1);
        self.identity.context_of(ids, SpanKey { redrive, ..key })
    }

    fn state(&self, span: &Span) -> Described {
        let Some(node) = span.state.map(|state| self.program.node(state)) else {
            return ("state".into(), Role::Internal, Vec::new());
        };
        let mut attributes = Vec::with_capacity(3);
        attributes.push(KeyValue::new("asl.state.name", Arc::clone(&node.name)));
        attributes.push(KeyValue::new("asl.state.type", node.state.state_type().as_str()));
        ((*node.name).to_owned().into(), Role::Internal, attributes)
    }

    fn attempt(&self, span: &Span, context: &SpanContext, links: &mut Vec<SpanContext>) -> Described {
        links.extend(self.identity.telemetry.take_started(context));
        let resource = span.state.and_then(|state| resource_of(&self.program, state));
        let Some(resource) = resource else {
            return ("task".into(), Role::Client, Vec::new());
        };
        let mut attributes = Vec::with_capacity(5);
        attributes.push(KeyValue::new("asl.task.resource", resource.shared_arn()));
        attributes.push(KeyValue::new("asl.task.resource_type", resource_type(resource)));
        attributes.push(KeyValue::new("asl.task.retry_count", i64::from(span.key.retry)));
        let last = || resource.arn().rsplit(':').next().unwrap_or_default();
        let name = match resource.kind() {
            ResourceKind::LambdaFunction => {
                attributes.push(KeyValue::new("aws.lambda.invoked_arn", resource.shared_arn()));
                resource.arn().split(":function:").last().unwrap_or_default().to_owned()
            }
            ResourceKind::Activity => {
                attributes.push(KeyValue::new("aws.step_functions.activity.arn", resource.shared_arn()));
                last().to_owned()
            }
            ResourceKind::Service {
                resource_type,
                resource,
            } => format!("{resource_type}:{resource}"),
        };
        (name.into(), Role::Client, attributes)
    }

    fn graph(&self, span: &Span, of_child: Option<&OfChild>, links: &mut Vec<SpanContext>) -> Described {
        if let Some((child, key)) = of_child.and_then(|child| child.ran.as_ref()) {
            links.push(self.identity.context_of(Ids::of(&child.arn), *key));
        }
        let node = span.state.map(|state| self.program.node(state));
        let is_map = node.is_some_and(|node| matches!(node.state, State::Map(_)));
        let (what, index) = if is_map {
            ("iteration", "asl.map.index")
        } else {
            ("branch", "asl.branch.index")
        };
        let name = node.map_or_else(|| what.to_owned(), |node| format!("{} {what}", node.name));
        let mut attributes = Vec::with_capacity(2);
        attributes.push(KeyValue::new(index, i64::from(span.key.index)));
        (name.into(), Role::Internal, attributes)
    }
}

/// The name, the role and the attributes of a span.
type Described = (Cow<'static, str>, Role, Vec<KeyValue>);

/// The cause of an error may have data in it, so the name alone tells.
fn status(came: Came, attributes: &mut Vec<KeyValue>) -> Status {
    let error = match came {
        Came::Succeeded => return Status::Unset,
        Came::Caught(error) => {
            attributes.push(KeyValue::new("asl.state.caught_error", error));
            return Status::Unset;
        }
        Came::Failed(error) => error,
        Came::TimedOut => "States.Timeout".into(),
        // Nothing went wrong with it.
        Came::Aborted => {
            attributes.push(KeyValue::new("asl.aborted", true));
            return Status::Unset;
        }
    };
    let description = (*error).to_owned();
    attributes.push(KeyValue::new("error.type", error));
    Status::error(description)
}

fn linked(contexts: Vec<SpanContext>) -> SpanLinks {
    let mut links = SpanLinks::default();
    links.links = contexts
        .into_iter()
        .map(|context| Link::new(context, Vec::new(), 0))
        .collect();
    links
}
