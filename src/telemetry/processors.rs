//! The processors of spans, shared by executions and a program's own tracers.

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use std::sync::Arc;
use std::time::Duration;

/// Processors that several have.
#[derive(Debug, Clone)]
pub(super) struct Processors(Arc<[Box<dyn SpanProcessor>]>);

impl Processors {
    pub(super) fn new(mut processors: Vec<Box<dyn SpanProcessor>>, resource: &Resource) -> Self {
        for processor in &mut processors {
            processor.set_resource(resource);
        }
        Self(processors.into())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn all(&self, mut act: impl FnMut(&dyn SpanProcessor) -> OTelSdkResult) -> OTelSdkResult {
        let mut first = Ok(());
        for processor in &*self.0 {
            first = first.and(act(&**processor));
        }
        first
    }
}

impl SpanProcessor for Processors {
    fn on_start(&self, span: &mut Span, context: &Context) {
        for processor in &*self.0 {
            processor.on_start(span, context);
        }
    }

    fn on_end(&self, span: SpanData) {
        if let [processor] = &*self.0 {
            processor.on_end(span);
            return;
        }
        for processor in &*self.0 {
            processor.on_end(span.clone());
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.all(|processor| processor.force_flush())
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.all(|processor| processor.shutdown_with_timeout(timeout))
    }
}
