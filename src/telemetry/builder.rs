//! What telemetry is built from.

use opentelemetry::InstrumentationScope;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::trace::SpanContext;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Config, SdkTracerProvider, ShouldSample, SpanExporter, SpanProcessor,
};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Telemetry;
use super::handover::{Handover, MOST_WAITING};
use super::metrics::Meters;
use super::processors::Processors;
use opentelemetry::trace::{SpanId, TraceId};

/// The name of the instrumentation scope.
const SCOPE: &str = "asl-engine";

/// Sets what [`Telemetry`] is built from, by the names of the SDK's own builders.
///
/// A tracer provider of the SDK makes the ids of spans itself, at random, and the times as well; so it is not given one, but
/// what one is built from. [`Telemetry::tracer_provider`] is a provider of the same.
#[derive(Default)]
pub struct TelemetryBuilder {
    processors: Vec<Box<dyn SpanProcessor>>,
    sampler: Option<Box<dyn ShouldSample>>,
    resource: Option<Resource>,
    meters: Option<SdkMeterProvider>,
    /// Makes a meter provider of the resource.
    #[cfg(feature = "otlp")]
    pub(super) measures: Option<Box<dyn FnOnce(Resource) -> SdkMeterProvider + Send>>,
}

impl TelemetryBuilder {
    /// Exports spans in batches, from a thread of their own. As many as `OTEL_BSP_MAX_QUEUE_SIZE` may wait, 65,536 unless it is
    /// set: an execution hands over all that have ended at once.
    #[must_use]
    pub fn with_batch_exporter(self, exporter: impl SpanExporter + 'static) -> Self {
        let mut config = BatchConfigBuilder::default();
        if std::env::var_os("OTEL_BSP_MAX_QUEUE_SIZE").is_none() {
            config = config.with_max_queue_size(MOST_WAITING);
        }
        let processor = BatchSpanProcessor::builder(exporter).with_batch_config(config.build());
        self.with_span_processor(processor.build())
    }

    /// Gives every span to a processor. Of spans of executions it sees only the end: they begin and end in the past, with all
    /// their attributes.
    #[must_use]
    pub fn with_span_processor(mut self, processor: impl SpanProcessor + 'static) -> Self {
        self.processors.push(Box::new(processor));
        self
    }

    /// Decides which executions are traced; default: the environment's (`OTEL_TRACES_SAMPLER`), or else all whose caller is
    /// traced or unknown.
    ///
    /// It is asked once for each execution, with its caller as the parent: what it decides counts for all spans of the
    /// execution, and for those of the child executions of its distributed Maps. Of one that is not traced, no span is made.
    #[must_use]
    pub fn with_sampler(mut self, sampler: impl ShouldSample + 'static) -> Self {
        self.sampler = Some(Box::new(sampler));
        self
    }

    /// Says what the spans come from; default: the environment's (`OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`).
    #[must_use]
    pub fn with_resource(mut self, resource: Resource) -> Self {
        self.resource = Some(resource);
        self
    }

    /// Names the service that the spans come from, unless the environment names one. It takes the place of a resource.
    #[must_use]
    pub fn with_service_name(self, name: impl Into<String>) -> Self {
        let resource = Resource::builder().build();
        let known = resource.get(&"service.name".into());
        let is_named = known.is_some_and(|name| !name.as_str().starts_with("unknown_service"));
        if is_named {
            return self.with_resource(resource);
        }
        self.with_resource(Resource::builder().with_service_name(name.into()).build())
    }

    /// Measures with a meter provider; default: no metrics. It has a resource of its own.
    #[must_use]
    pub fn with_meter_provider(mut self, provider: SdkMeterProvider) -> Self {
        self.meters = Some(provider);
        self
    }

    /// Builds it.
    pub fn build(self) -> Telemetry {
        let sampler = self.sampler.unwrap_or_else(|| Config::default().sampler);
        let resource = self.resource.unwrap_or_else(|| Resource::builder().build());
        let processors = Processors::new(self.processors, &resource);
        let meters = self.meters;
        #[cfg(feature = "otlp")]
        let meters = self.measures.map(|measures| measures(resource.clone())).or(meters);
        let provider = SdkTracerProvider::builder()
            .with_sampler(sampler.clone())
            .with_resource(resource)
            .with_span_processor(processors.clone())
            .build();
        let scope = InstrumentationScope::builder(SCOPE)
            .with_version(env!("CARGO_PKG_VERSION"))
            .build();
        let meter = meters.as_ref().map(|meters| meters.meter_with_scope(scope.clone()));
        Telemetry(Arc::new(Inner {
            processors,
            handover: Handover::start(),
            sampler,
            provider,
            metrics: meter.map(Meters::new),
            meters,
            scope,
            started: Mutex::default(),
        }))
    }
}

impl fmt::Debug for TelemetryBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TelemetryBuilder")
            .field("processors", &self.processors)
            .field("sampler", &self.sampler)
            .field("resource", &self.resource)
            .field("meters", &self.meters)
            .finish_non_exhaustive()
    }
}

pub(crate) struct Inner {
    pub(super) processors: Processors,
    pub(super) handover: Handover,
    pub(super) sampler: Box<dyn ShouldSample>,
    pub(super) provider: SdkTracerProvider,
    pub(super) meters: Option<SdkMeterProvider>,
    pub(crate) metrics: Option<Meters>,
    pub(super) scope: InstrumentationScope,
    /// The executions that attempts of tasks have started, until the spans of the attempts end.
    started: Mutex<HashMap<(TraceId, SpanId), SpanContext>>,
}

impl Inner {
    /// Notes the execution that an attempt has started, or has found.
    pub(super) fn note_started(&self, attempt: &SpanContext, execution: SpanContext) {
        let mut started = self.started();
        // Spans that are lost take nothing out.
        if started.len() < MOST_WAITING {
            started.insert((attempt.trace_id(), attempt.span_id()), execution);
        }
    }

    /// The execution that an attempt has started.
    pub(super) fn take_started(&self, attempt: &SpanContext) -> Option<SpanContext> {
        self.started().remove(&(attempt.trace_id(), attempt.span_id()))
    }

    fn started(&self) -> MutexGuard<'_, HashMap<(TraceId, SpanId), SpanContext>> {
        self.started.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
