//! W3C Trace Context, in and out.

use asl_engine::Interpreter;
use asl_engine::handlers::TaskContext;
use asl_engine::runtime::StartRequest;
use asl_engine::telemetry::trace_id;
use opentelemetry::trace::{Span as _, TraceContextExt as _, Tracer as _, TracerProvider as _};
use serde_json::{Value, json};

use crate::traces::machine;
use crate::tree::Traced;

const WORK: &str = "arn:aws:lambda:us-east-1:123456789012:function:Work";
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

fn work() -> asl_engine::StateMachine {
    machine(json!({ "StartAt": "Work", "States": { "Work": { "Type": "Task", "Resource": WORK, "End": true } } }))
}

#[tokio::test]
async fn a_handler_is_told_the_span_of_its_attempt_and_its_own_spans_are_inside() {
    let traced = Traced::new();
    let own = traced.telemetry.tracer_provider().tracer("the program");
    let interpreter = Interpreter::new()
        .task(WORK, move |_: Value, context: TaskContext| {
            let own = own.clone();
            async move {
                // After a pause too.
                tokio::task::yield_now().await;
                own.start("charge the card").end();
                Ok((context.traceparent(), context.tracestate()))
            }
        })
        .telemetry(&traced.telemetry);
    let execution = interpreter.start(&work(), json!({})).unwrap();
    let (traceparent, tracestate): (String, Option<String>) = execution.output().await.unwrap();
    assert_eq!(
        traced.tree(trace_id(execution.arn())),
        "StateMachine 0-0\n\
         \x20 Work 0-0\n\
         \x20   Work 0-0 task.retry_count=0\n\
         \x20     charge the card 0-0\n"
    );
    let spans = traced.spans();
    let own = spans.iter().find(|span| span.name == "charge the card").unwrap();
    assert_eq!(
        traceparent,
        format!("00-{}-{}-01", trace_id(execution.arn()), own.parent_span_id)
    );
    assert_eq!(tracestate, None);
}

#[tokio::test]
async fn the_callers_context_is_a_link() {
    let traced = Traced::new();
    let interpreter = Interpreter::new()
        .task(WORK, |_: Value, context: TaskContext| async move {
            Ok(context.tracestate())
        })
        .telemetry(&traced.telemetry);
    let traceparent = format!("00-{TRACE}-b7ad6b7169203331-01");
    let request = StartRequest::default().trace_context(&traceparent, Some("congo=t61rcWkgMzE"));
    let execution = interpreter.start_with(&work(), json!({}), request).unwrap();
    let tracestate: Option<String> = execution.output().await.unwrap();
    assert_eq!(tracestate.as_deref(), Some("congo=t61rcWkgMzE"));
    let spans = traced.of(trace_id(execution.arn()));
    let root = spans.iter().find(|span| span.name == "StateMachine").unwrap();
    let link = &root.links.links[0].span_context;
    assert_eq!(
        (link.trace_id().to_string(), link.span_id().to_string()),
        (TRACE.to_owned(), "b7ad6b7169203331".to_owned())
    );
    assert!(link.is_remote());
}

#[tokio::test]
async fn an_execution_is_traced_if_its_caller_is() {
    use opentelemetry_sdk::trace::{InMemorySpanExporter, Sampler};
    let exporter = InMemorySpanExporter::default();
    let telemetry = asl_engine::telemetry::Telemetry::builder()
        .with_batch_exporter(exporter.clone())
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOff)))
        .build();
    let interpreter = Interpreter::new()
        .task(WORK, |input: Value| async move { Ok(input) })
        .telemetry(&telemetry);
    for flags in ["00", "01"] {
        let traceparent = format!("00-{TRACE}-b7ad6b7169203331-{flags}");
        let request = StartRequest::default()
            .name(format!("flags-{flags}"))
            .trace_context(&traceparent, None);
        interpreter
            .start_with(&work(), json!({}), request)
            .unwrap()
            .outcome()
            .await;
    }
    telemetry.force_flush().unwrap();
    let spans = exporter.get_finished_spans().unwrap();
    assert_eq!(spans.len(), 3);
    let arn = "arn:aws:states:us-east-1:123456789012:execution:StateMachine:flags-01";
    assert!(spans.iter().all(|span| span.span_context.trace_id() == trace_id(arn)));
}

#[tokio::test]
async fn the_current_span_is_the_caller_where_none_is_named() {
    let traced = Traced::new();
    let own = traced.telemetry.tracer_provider().tracer("the program");
    let interpreter = Interpreter::new()
        .task(WORK, |input: Value| async move { Ok(input) })
        .telemetry(&traced.telemetry);
    let request = opentelemetry::Context::new().with_span(own.start("POST /orders"));
    let caller = request.span().span_context().span_id();
    let attached = request.attach();
    let execution = interpreter.start(&work(), json!({})).unwrap();
    drop(attached);
    execution.outcome().await;
    let spans = traced.of(trace_id(execution.arn()));
    let root = spans.iter().find(|span| span.name == "StateMachine").unwrap();
    assert_eq!(root.links.links[0].span_context.span_id(), caller);
}
