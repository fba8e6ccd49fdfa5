//! Traces and metrics by OpenTelemetry: `--otlp-endpoint`.

use asl_engine::telemetry::Telemetry;
use asl_engine::{Error, Interpreter};
use axum::http::HeaderMap;
use axum::response::Response;
use opentelemetry::context::FutureExt as _;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::{SpanKind, Status, TraceContextExt as _, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracer;

/// What goes to a collector: a span for each request, and what the engine tells of executions.
#[derive(Clone)]
pub(crate) struct Traces {
    telemetry: Telemetry,
    tracer: SdkTracer,
}

impl Traces {
    /// Exports to an endpoint such as `http://127.0.0.1:4318`. `OTEL_SERVICE_NAME` gives the service another name.
    pub(crate) fn to(endpoint: &str) -> Result<Self, Error> {
        let mut resource = Resource::builder();
        if std::env::var_os("OTEL_SERVICE_NAME").is_none() {
            resource = resource.with_service_name("order-service");
        }
        let builder = Telemetry::builder().with_resource(resource.build());
        let telemetry = builder.with_otlp(endpoint)?.build();
        let tracer = telemetry.tracer_provider().tracer("order-service");
        Ok(Self { telemetry, tracer })
    }

    /// Tells of the executions of an interpreter.
    pub(crate) fn of(&self, interpreter: Interpreter) -> Interpreter {
        interpreter.telemetry(&self.telemetry)
    }

    /// Answers a request inside a span, whose parent is the span that its `traceparent` names. An execution that the request
    /// starts links to it.
    pub(crate) async fn request(
        &self,
        (method, route): (&str, &str),
        headers: &HeaderMap,
        answer: impl Future<Output = Response>,
    ) -> Response {
        let parent = TraceContextPropagator::new().extract_with_context(&Context::new(), &Headers(headers));
        let span = self.tracer.span_builder(format!("{method} {route}"));
        let span = span.with_kind(SpanKind::Server).with_attributes([
            KeyValue::new("http.request.method", method.to_owned()),
            KeyValue::new("http.route", route.to_owned()),
        ]);
        let context = parent.with_span(span.start_with_context(&self.tracer, &parent));
        let response = answer.with_context(context.clone()).await;
        let (span, status) = (context.span(), response.status());
        span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status.as_u16())));
        if status.is_server_error() {
            span.set_status(Status::error(""));
        }
        span.end();
        response
    }

    /// Exports what is left.
    pub(crate) async fn end(self) {
        // It waits for the collector.
        let ended = tokio::task::spawn_blocking(move || self.telemetry.shutdown()).await;
        if let Ok(Err(error)) = ended {
            tracing::warn!(%error, "the last traces and metrics were not exported");
        }
    }
}

struct Headers<'h>(&'h HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(axum::http::HeaderName::as_str).collect()
    }
}
