//! Whether the service lives and is ready, and its metrics.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use tokio::time::timeout;

use super::Shop;
use super::problem::Problem;

/// `GET /healthz`: the process answers. If it does not, start it again: nothing is lost.
pub(super) async fn live() -> &'static str {
    "live\n"
}

/// `GET /readyz`: requests can be sent here. The file can be written to, and the service is not about to end.
pub(super) async fn ready(State(shop): State<Arc<Shop>>) -> Result<&'static str, Problem> {
    const TO_WRITE: Duration = Duration::from_secs(5);

    if shop.is_closing() {
        return Err(Problem::unavailable("the service is closing"));
    }
    match timeout(TO_WRITE, shop.tables.check()).await {
        Ok(Ok(())) => Ok("ready\n"),
        Ok(Err(error)) => Err(Problem::unavailable(format!("nothing can be written: {error}"))),
        Err(_) => Err(Problem::unavailable("writing takes too long")),
    }
}

/// `GET /metrics`, for Prometheus.
pub(super) async fn metrics(State(shop): State<Arc<Shop>>) -> Response {
    let running = shop.orders.running();
    let text = shop.metrics.expose(running);
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}
