//! A collector of OpenTelemetry that keeps what it is sent.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use tokio::net::TcpListener;

#[derive(Default)]
struct Kept {
    spans: Vec<Span>,
    metrics: Vec<String>,
}

/// It serves as long as the runtime does.
pub(crate) struct Collector {
    pub(crate) endpoint: String,
    kept: Arc<Mutex<Kept>>,
}

impl Collector {
    pub(crate) async fn start() -> Self {
        let kept = Arc::<Mutex<Kept>>::default();
        let (of_traces, of_metrics) = (Arc::clone(&kept), Arc::clone(&kept));
        let traces = async move |body: Bytes| {
            let request = ExportTraceServiceRequest::decode(body).unwrap();
            let scopes = request
                .resource_spans
                .into_iter()
                .flat_map(|resource| resource.scope_spans);
            of_traces
                .lock()
                .unwrap()
                .spans
                .extend(scopes.flat_map(|scope| scope.spans));
        };
        let metrics = async move |body: Bytes| {
            let request = ExportMetricsServiceRequest::decode(body).unwrap();
            let scopes = request
                .resource_metrics
                .into_iter()
                .flat_map(|resource| resource.scope_metrics);
            let names = scopes.flat_map(|scope| scope.metrics).map(|metric| metric.name);
            of_metrics.lock().unwrap().metrics.extend(names);
        };
        let router = Router::new()
            .route("/v1/traces", post(traces))
            .route("/v1/metrics", post(metrics));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { endpoint, kept }
    }

    pub(crate) fn spans(&self) -> Vec<Span> {
        self.kept.lock().unwrap().spans.clone()
    }

    /// The names of the metrics that came.
    pub(crate) fn metrics(&self) -> Vec<String> {
        self.kept.lock().unwrap().metrics.clone()
    }
}
