//! Traces and metrics of executions, by OpenTelemetry. The guide is [`docs::telemetry`](crate::docs::telemetry).
//!
//! [`Telemetry`] is given to [`Interpreter::telemetry`](crate::Interpreter::telemetry). Each execution is a trace of its own,
//! whose id is derived from the execution's ARN ([`trace_id`]): what several processes export of an execution, before and
//! after a restart, meets in one trace. Times of spans are those of the execution's history, so virtual time holds too.
//!
//! Spans have names of state machines, states, resources and errors; never an input, an output or the cause of an error.

mod builder;
mod context;
mod handover;
mod identity;
mod ids;
mod metrics;
mod observed;
#[cfg(feature = "otlp")]
mod otlp;
mod processors;
mod resource;
mod spans;

use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use std::fmt;
use std::sync::{Arc, Weak};

use self::builder::Inner;
pub use self::builder::TelemetryBuilder;
#[cfg(feature = "serve")]
pub(crate) use self::context::asked_by;
pub(crate) use self::context::{Caller, traceparent};
#[cfg(feature = "cli")]
pub(crate) use self::ids::span_of;
pub use self::ids::trace_id;
pub(crate) use self::metrics::Gauges;
#[cfg(feature = "store")]
pub(crate) use self::observed::Kept;
pub(crate) use self::observed::Observed;

/// Where traces and metrics of executions go: processors of spans, a sampler and a meter provider of the OpenTelemetry SDK. A
/// clone is cheap, and the same.
///
/// ```
/// use asl_engine::telemetry::Telemetry;
/// use asl_engine::{Interpreter, StateMachine};
/// use opentelemetry_sdk::trace::InMemorySpanExporter;
/// use serde_json::{Value, json};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let machine: StateMachine = r#"{ "StartAt": "Rest", "States": { "Rest": { "Type": "Pass", "End": true } } }"#.parse()?;
/// let spans = InMemorySpanExporter::default();
/// let telemetry = Telemetry::builder().with_batch_exporter(spans.clone()).build();
///
/// let interpreter = Interpreter::new().telemetry(&telemetry);
/// let _: Value = interpreter.run(&machine, json!({})).await?;
///
/// telemetry.force_flush()?;
/// let names: Vec<_> = spans.get_finished_spans()?.into_iter().map(|span| span.name).collect();
/// assert_eq!(names, ["Rest", "StateMachine"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Telemetry(pub(crate) Arc<Inner>);

impl Telemetry {
    /// What to set before it is built.
    pub fn builder() -> TelemetryBuilder {
        TelemetryBuilder::default()
    }

    /// A tracer provider of the same processors, sampler and resource, for a program's own spans: handlers that trace with it
    /// have their spans inside those of their attempts.
    pub fn tracer_provider(&self) -> &SdkTracerProvider {
        &self.0.provider
    }

    /// Asks an interpreter for its numbers, as long as it is there.
    pub(crate) fn observe(&self, interpreter: Weak<dyn Gauges>) {
        if let Some(metrics) = &self.0.metrics {
            metrics.observe(interpreter);
        }
    }

    /// Exports what is waiting. Blocks until that is done.
    pub fn force_flush(&self) -> OTelSdkResult {
        self.0.handover.flush();
        let meters = self.0.meters.as_ref().map_or(Ok(()), SdkMeterProvider::force_flush);
        self.0.provider.force_flush().and(meters)
    }

    /// Exports what is waiting, and nothing any more. Blocks until that is done, so call it last: after
    /// [`Interpreter::shutdown`](crate::Interpreter::shutdown).
    pub fn shutdown(&self) -> OTelSdkResult {
        self.0.handover.flush();
        let meters = match self.0.meters.as_ref().map(SdkMeterProvider::shutdown) {
            // A meter provider may be others' too.
            None | Some(Err(OTelSdkError::AlreadyShutdown)) => Ok(()),
            Some(ended) => ended,
        };
        self.0.provider.shutdown().and(meters)
    }
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telemetry").finish_non_exhaustive()
    }
}
