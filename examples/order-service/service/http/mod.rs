//! The service over HTTP.

mod health;
mod orders;
mod problem;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use tokio::time::{Instant, timeout};

use super::metrics::Metrics;
use super::orders::Orders;
use super::tables::Tables;
#[cfg(feature = "otel")]
use super::traces::Traces;
use problem::Problem;

/// The longest body of a request, in bytes: an order of 20 items is far shorter.
const LONGEST_BODY: usize = 16 * 1024;

/// How long a request may take, its body included.
const TO_ANSWER: Duration = Duration::from_secs(30);

/// What requests are answered from.
pub(crate) struct Shop {
    pub(crate) orders: Orders,
    pub(crate) tables: Tables,
    pub(crate) metrics: Arc<Metrics>,
    #[cfg(feature = "otel")]
    pub(crate) traces: Option<Traces>,
    /// Whether the service is about to end: what runs goes on, and nothing new is begun.
    is_closing: AtomicBool,
}

impl Shop {
    pub(crate) fn new(orders: Orders, tables: Tables, metrics: Arc<Metrics>) -> Self {
        Self {
            orders,
            tables,
            metrics,
            #[cfg(feature = "otel")]
            traces: None,
            is_closing: AtomicBool::new(false),
        }
    }

    /// Traces requests, if there are traces.
    #[cfg(feature = "otel")]
    pub(crate) fn traced(self, traces: Option<Traces>) -> Self {
        Self { traces, ..self }
    }

    /// Takes no more orders, and is no longer ready for requests.
    pub(crate) fn close(&self) {
        self.is_closing.store(true, Ordering::Relaxed);
    }

    fn is_closing(&self) -> bool {
        self.is_closing.load(Ordering::Relaxed)
    }
}

pub(crate) fn router(shop: Arc<Shop>) -> Router {
    let open_only = from_fn_with_state(Arc::clone(&shop), orders::refuse_while_closing);
    Router::new()
        .route("/orders", post(orders::place).layer(open_only))
        .route("/orders/{id}", get(orders::find).delete(orders::cancel))
        .route("/orders/{id}/shipment", post(orders::ship))
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "NoSuchPath", "there is nothing at this path"))
        .method_not_allowed_fallback(async || {
            let message = "this path has no such method";
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "NoSuchMethod", message)
        })
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .layer(from_fn_with_state(Arc::clone(&shop), observe))
        .with_state(shop)
}

/// Answers in time, and tells of each request in the log and the metrics.
async fn observe(State(shop): State<Arc<Shop>>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    // Of the route, not the path: its labels are few, whatever clients ask for.
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("-", MatchedPath::as_str).to_owned();
    #[cfg(feature = "otel")]
    let headers = request.headers().clone();
    let answer = async {
        let in_time = timeout(TO_ANSWER, next.run(request)).await;
        in_time.unwrap_or_else(|_| {
            let message = "the request took too long";
            Problem::new(StatusCode::REQUEST_TIMEOUT, "RequestTimeout", message).into_response()
        })
    };
    #[cfg(feature = "otel")]
    let response = match shop.traces.as_ref().filter(|_| route.starts_with("/orders")) {
        Some(traces) => traces.request((method.as_str(), &route), &headers, answer).await,
        None => answer.await,
    };
    #[cfg(not(feature = "otel"))]
    let response = answer.await;
    let (status, took) = (response.status(), begun.elapsed());
    shop.metrics.request(method.as_str(), &route, status.as_u16(), took);
    let millis = took.as_secs_f64() * 1000.0;
    if status.is_server_error() {
        tracing::warn!(%method, path, status = status.as_u16(), millis, "request");
    } else if route.starts_with("/orders") {
        tracing::info!(%method, path, status = status.as_u16(), millis, "request");
    } else {
        // Probes come every few seconds.
        tracing::debug!(%method, path, status = status.as_u16(), millis, "request");
    }
    response
}
