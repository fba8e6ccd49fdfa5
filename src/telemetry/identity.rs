//! What is known of an execution's trace.

use opentelemetry::trace::{SpanContext, TraceFlags, TraceState};
use std::sync::Arc;

use super::builder::Inner;
use super::context::Caller;
use super::ids::Ids;
use crate::execution::SpanKey;

pub(super) struct Identity {
    pub(super) telemetry: Arc<Inner>,
    pub(super) ids: Ids,
    pub(super) is_sampled: bool,
    pub(super) state: TraceState,
    pub(super) caller: Caller,
}

impl Identity {
    /// The context of a span, in the trace of the execution or of one that it runs.
    pub(super) fn context_of(&self, ids: Ids, key: SpanKey) -> SpanContext {
        let flags = TraceFlags::default().with_sampled(self.is_sampled);
        SpanContext::new(ids.trace, ids.span(key), flags, false, self.state.clone())
    }
}
