//! The telemetry of one execution.

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanKind, TraceContextExt as _};
use opentelemetry_sdk::trace::SamplingDecision;
use std::fmt;
use std::sync::Arc;

use super::Telemetry;
use super::context::Caller;
use super::identity::Identity;
use super::ids::Ids;
use super::metrics::Meters;
use super::spans::Ended;
use crate::data::StateMachineContext;
use crate::execution::{Program, SpanKey, TakenSpans, Task};

/// An execution's trace and metrics, in each process that it runs in.
pub(crate) struct Observed(Arc<Identity>);

/// What is kept of it where the execution is.
#[cfg(feature = "store")]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Kept {
    pub(crate) is_sampled: bool,
    /// The caller's `traceparent` and `tracestate`.
    pub(crate) caller: Option<(String, String)>,
}

impl Observed {
    /// Asks the sampler about an execution that starts.
    pub(crate) fn of_start(
        telemetry: &Telemetry,
        arn: &str,
        state_machine: &StateMachineContext,
        caller: Caller,
    ) -> Self {
        let ids = Ids::of(arn);
        let parent = match &caller.0 {
            Some(caller) => Context::new().with_remote_span_context(caller.clone()),
            None => Context::new(),
        };
        let inner = &telemetry.0;
        let asked = inner.sampler.should_sample(
            Some(&parent),
            ids.trace,
            &state_machine.name,
            &SpanKind::Internal,
            &[],
            &[],
        );
        let is_sampled = asked.decision == SamplingDecision::RecordAndSample && !inner.processors.is_empty();
        Self(Arc::new(Identity {
            telemetry: Arc::clone(inner),
            ids,
            is_sampled,
            state: asked.trace_state,
            caller,
        }))
    }

    /// The same as it was decided in another process.
    #[cfg(feature = "store")]
    pub(crate) fn of_kept(telemetry: &Telemetry, arn: &str, kept: &Kept) -> Self {
        let caller = kept.caller.as_ref();
        let caller = caller.map_or_else(Caller::default, |(parent, state)| {
            Caller::of_headers(parent, Some(state))
        });
        Self(Arc::new(Identity {
            telemetry: Arc::clone(&telemetry.0),
            ids: Ids::of(arn),
            is_sampled: kept.is_sampled,
            state: caller
                .0
                .as_ref()
                .map(|caller| caller.trace_state().clone())
                .unwrap_or_default(),
            caller,
        }))
    }

    #[cfg(feature = "store")]
    pub(crate) fn kept(&self) -> Kept {
        Kept {
            is_sampled: self.0.is_sampled,
            caller: self.0.caller.headers(),
        }
    }

    /// Whether the execution has to keep spans.
    pub(crate) fn wants_spans(&self) -> bool {
        self.0.is_sampled || self.0.telemetry.metrics.is_some()
    }

    pub(crate) fn metrics(&self) -> Option<&Meters> {
        self.0.telemetry.metrics.as_ref()
    }

    /// The span of the execution itself, before it was ever redriven.
    pub(crate) fn execution(&self) -> SpanContext {
        self.0.context_of(self.0.ids, SpanKey::default())
    }

    /// The span of an attempt.
    pub(crate) fn attempt(&self, task: &Task) -> SpanContext {
        let ids = task.child.as_ref().map_or(self.0.ids, |child| Ids::of(&child.arn));
        self.0.context_of(ids, task.span)
    }

    /// Writes the ids of a span into one of `tracing`, so that the events in that have them.
    pub(crate) fn name_in(tracing: &tracing::Span, span: &SpanContext) {
        tracing.record("trace_id", tracing::field::display(span.trace_id()));
        tracing.record("span_id", tracing::field::display(span.span_id()));
    }

    /// Notes that an attempt has started this execution, or has found it running.
    pub(crate) fn started_by(&self, attempt: &SpanContext) {
        // Otherwise there is no span that could tell of it.
        if attempt.is_sampled() {
            self.0.telemetry.note_started(attempt, self.execution());
        }
    }

    /// Measures and exports what has happened.
    pub(crate) fn tell(
        &self,
        happened: TakenSpans,
        arn: &Arc<str>,
        state_machine: &Arc<StateMachineContext>,
        program: &Arc<Program>,
    ) {
        let telemetry = &self.0.telemetry;
        if let Some(metrics) = &telemetry.metrics {
            metrics.note(&happened.spans, happened.transitions, program);
        }
        if self.0.is_sampled && !happened.spans.is_empty() {
            telemetry.handover.add(Box::new(Ended {
                identity: Arc::clone(&self.0),
                arn: Arc::clone(arn),
                state_machine: Arc::clone(state_machine),
                program: Arc::clone(program),
                spans: happened.spans,
            }));
        }
    }
}

impl fmt::Debug for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observed")
            .field("ids", &self.0.ids)
            .field("is_sampled", &self.0.is_sampled)
            .finish_non_exhaustive()
    }
}
