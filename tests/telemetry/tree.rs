//! Spans as a tree that tests read.

use asl_engine::telemetry::Telemetry;
use opentelemetry::trace::{SpanId, Status, TraceId};
use opentelemetry_sdk::trace::{InMemorySpanExporter, Sampler, SimpleSpanProcessor, SpanData};
use std::fmt::Write as _;

/// Telemetry that traces everything, and the spans that it exports.
pub(crate) struct Traced {
    pub(crate) telemetry: Telemetry,
    exporter: InMemorySpanExporter,
}

impl Traced {
    pub(crate) fn new() -> Self {
        let exporter = InMemorySpanExporter::default();
        let telemetry = Telemetry::builder()
            .with_span_processor(SimpleSpanProcessor::new(exporter.clone()))
            .with_sampler(Sampler::AlwaysOn)
            .build();
        Self { telemetry, exporter }
    }

    pub(crate) fn spans(&self) -> Vec<SpanData> {
        self.telemetry.force_flush().unwrap();
        self.exporter.get_finished_spans().unwrap()
    }

    /// The spans of a trace.
    pub(crate) fn of(&self, trace: TraceId) -> Vec<SpanData> {
        let mut spans = self.spans();
        spans.retain(|span| span.span_context.trace_id() == trace);
        spans
    }

    /// A trace as an indented list, in the order of starts.
    pub(crate) fn tree(&self, trace: TraceId) -> String {
        let spans = self.of(trace);
        let mut text = String::new();
        write_below(SpanId::INVALID, &spans, 0, &mut text);
        let written = text.lines().count();
        assert_eq!(
            written,
            spans.len(),
            "a span has no parent in the trace: {text}\n{spans:#?}"
        );
        text
    }
}

fn write_below(parent: SpanId, spans: &[SpanData], depth: usize, text: &mut String) {
    let mut below: Vec<_> = spans.iter().filter(|span| span.parent_span_id == parent).collect();
    below.sort_by_key(|span| (span.start_time, index_of(span)));
    let begin = spans.iter().map(|span| span.start_time).min().unwrap();
    for span in below {
        let from = span.start_time.duration_since(begin).unwrap().as_secs();
        let to = span.end_time.duration_since(begin).unwrap().as_secs();
        let _ = write!(text, "{:1$}{2} {from}-{to}", "", depth * 2, span.name);
        match &span.status {
            Status::Error { description } => {
                let _ = write!(text, " ERROR {description}");
            }
            Status::Unset | Status::Ok => {}
        }
        for name in [
            "asl.map.index",
            "asl.branch.index",
            "asl.task.retry_count",
            "asl.state.caught_error",
            "asl.aborted",
        ] {
            if let Some(value) = attribute(span, name) {
                let _ = write!(text, " {}={value}", name.trim_start_matches("asl."));
            }
        }
        text.push('\n');
        write_below(span.span_context.span_id(), spans, depth + 1, text);
    }
}

fn index_of(span: &SpanData) -> Option<i64> {
    let value = attribute(span, "asl.map.index").or_else(|| attribute(span, "asl.branch.index"));
    value.and_then(|value| value.parse().ok())
}

pub(crate) fn attribute(span: &SpanData, name: &str) -> Option<String> {
    let found = span.attributes.iter().find(|attribute| attribute.key.as_str() == name);
    found.map(|attribute| attribute.value.to_string())
}
