//! Requests and executions in traces, as a collector gets them.

use std::collections::BTreeSet;

use asl_engine::telemetry::trace_id;
use opentelemetry_proto::tonic::trace::v1::Span;

use super::client::order;
use super::collector::Collector;
use super::process::{Folder, Process};

/// A client's span, from the specification of W3C Trace Context.
const TRACE: [u8; 16] = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128.to_be_bytes();
const SPAN: [u8; 8] = 0xb7ad_6b71_6920_3331_u64.to_be_bytes();
const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[tokio::test]
async fn a_request_and_the_execution_that_it_starts_are_linked() {
    let collector = Collector::start().await;
    let folder = Folder::new();
    let service = Process::open_with(&folder, &["--otlp-endpoint", &collector.endpoint]).await;
    let client = service.client.clone();
    let body = order("A-1").to_string();
    let request = format!(
        "POST /orders HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n\
         traceparent: {TRACEPARENT}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    assert_eq!(client.try_to_send_raw(&request).await.unwrap().status, 201);
    client.wait_for_shipment("A-1").await;
    client.get("/healthz").await;
    // What was not exported by then is exported at the end.
    service.terminate().await;
    let before = collector.spans();
    // The client's span is the parent of the request's.
    let placed = named(&before, "POST /orders");
    assert_eq!(
        (placed.trace_id.as_slice(), placed.parent_span_id.as_slice()),
        (&TRACE[..], &SPAN[..])
    );
    assert!(
        before.iter().all(|span| !span.name.contains("healthz")),
        "probes are not traced"
    );

    let service = Process::open_with(&folder, &["--otlp-endpoint", &collector.endpoint]).await;
    assert_eq!(service.client.ship("A-1", "P-7").await.status, 200);
    service.client.wait_for_end("A-1").await;
    service.terminate().await;
    let spans = collector.spans();
    let trace = trace_id("arn:aws:states:us-east-1:123456789012:execution:Order:A-1").to_bytes();
    let of_order: Vec<_> = spans.iter().filter(|span| span.trace_id == trace).collect();
    // One trace, though two processes exported it, and the execution links to the request that started it.
    let execution = of_order.iter().find(|span| span.name == "Order").unwrap();
    let links: Vec<_> = execution
        .links
        .iter()
        .map(|link| (&link.trace_id, &link.span_id))
        .collect();
    assert!(links.contains(&(&placed.trace_id, &placed.span_id)), "{links:?}");
    let names: BTreeSet<_> = of_order.iter().map(|span| span.name.as_str()).collect();
    for name in [
        "Price Order",
        "Charge Card",
        "lambda:invoke",
        "Await Shipment",
        "Tell Customer",
    ] {
        assert!(names.contains(name), "{name}: {names:?}");
    }
    assert!(
        collector.metrics().contains(&"asl.execution.ended".to_owned()),
        "{:?}",
        collector.metrics()
    );
    // Whatever is exported, the card is not.
    assert!(!format!("{spans:?}").contains("tok_visa"));
}

#[tokio::test]
async fn without_a_collector_orders_go_on() {
    let folder = Folder::new();
    let service = Process::open_with(&folder, &["--otlp-endpoint", "http://127.0.0.1:9"]).await;
    service.client.place(&order("A-1")).await;
    service.client.wait_for_shipment("A-1").await;
    assert_eq!(service.client.ship("A-1", "P-7").await.status, 200);
    assert_eq!(service.client.wait_for_end("A-1").await["status"], "SUCCEEDED");
    service.terminate().await;
}

fn named<'s>(spans: &'s [Span], name: &str) -> &'s Span {
    spans
        .iter()
        .find(|span| span.name == name)
        .unwrap_or_else(|| panic!("{name}: {spans:?}"))
}
