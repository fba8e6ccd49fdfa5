//! A receiver of OTLP over HTTP that keeps what it is sent.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use flate2::read::GzDecoder;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use std::io::Read as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;

/// What has come.
#[derive(Debug, Default)]
struct Received {
    traces: Vec<ExportTraceServiceRequest>,
    metrics: Vec<ExportMetricsServiceRequest>,
}

/// It serves as long as the runtime does.
pub(crate) struct Receiver {
    address: SocketAddr,
    received: Arc<Mutex<Received>>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let received = Arc::<Mutex<Received>>::default();
        let router = Router::new()
            .route("/v1/traces", post(traces))
            .route("/v1/metrics", post(metrics))
            .with_state(Arc::clone(&received));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, received }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn spans(&self) -> Vec<Span> {
        let received = self.received.lock().unwrap();
        let resources = received.traces.iter().flat_map(|request| &request.resource_spans);
        let scopes = resources.flat_map(|resource| &resource.scope_spans);
        scopes.flat_map(|scope| scope.spans.iter().cloned()).collect()
    }

    /// The names of the services that sent spans.
    pub(crate) fn services(&self) -> Vec<String> {
        let received = self.received.lock().unwrap();
        let resources = received.traces.iter().flat_map(|request| &request.resource_spans);
        let attributes = resources.flat_map(|spans| &spans.resource.as_ref().unwrap().attributes);
        let of_service = attributes.filter(|attribute| attribute.key == "service.name");
        let mut names: Vec<_> = of_service
            .map(|attribute| match &attribute.value.as_ref().unwrap().value {
                Some(any_value::Value::StringValue(name)) => name.clone(),
                other => panic!("{other:?}"),
            })
            .collect();
        names.dedup();
        names
    }

    /// The names of the metrics.
    pub(crate) fn metrics(&self) -> Vec<String> {
        let received = self.received.lock().unwrap();
        let resources = received.metrics.iter().flat_map(|request| &request.resource_metrics);
        let scopes = resources.flat_map(|resource| &resource.scope_metrics);
        let metrics = scopes.flat_map(|scope| &scope.metrics);
        let mut names: Vec<_> = metrics.map(|metric| metric.name.clone()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// Waits until this many spans and some metrics have come.
    pub(crate) async fn wait_for(&self, spans: usize) {
        let waiting = async {
            while self.spans().len() < spans || self.metrics().is_empty() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let came = tokio::time::timeout(Duration::from_secs(30), waiting).await;
        assert!(
            came.is_ok(),
            "{} of {spans} spans came, and {:?}",
            self.spans().len(),
            self.metrics()
        );
    }
}

async fn traces(State(received): State<Arc<Mutex<Received>>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    assert_eq!(headers["content-type"], "application/x-protobuf");
    let request = ExportTraceServiceRequest::decode(&*plain(&headers, &body)).unwrap();
    received.lock().unwrap().traces.push(request);
    StatusCode::OK
}

/// A collector compresses what it passes on.
fn plain(headers: &HeaderMap, body: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    match headers.get("content-encoding") {
        None => plain.extend(body),
        Some(encoding) => {
            assert_eq!(encoding, "gzip");
            GzDecoder::new(body).read_to_end(&mut plain).unwrap();
        }
    }
    plain
}

async fn metrics(State(received): State<Arc<Mutex<Received>>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let request = ExportMetricsServiceRequest::decode(&*plain(&headers, &body)).unwrap();
    received.lock().unwrap().metrics.push(request);
    StatusCode::OK
}
