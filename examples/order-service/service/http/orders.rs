//! `/orders`: what customers and the warehouse ask for.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, Request, State};
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde::de::DeserializeOwned;
use serde_json::json;

use super::Shop;
use super::problem::Problem;
use crate::service::order::{Order, Shipment, is_id};
use crate::service::orders::{OrderError, OrderView};

/// Lets no request begin that brings a new order while the service is closing. One that has begun is finished.
pub(super) async fn refuse_while_closing(State(shop): State<Arc<Shop>>, request: Request, next: Next) -> Response {
    if shop.is_closing() {
        return Problem::unavailable("the service is closing: another one takes the order").into_response();
    }
    next.run(request).await
}

/// `POST /orders`: places an order, or finds it again if it is the same.
pub(super) async fn place(
    State(shop): State<Arc<Shop>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let order: Order = read(&headers, body)?;
    order.check().map_err(Problem::invalid)?;
    let (view, is_new) = shop.orders.place(&order).await?;
    if !is_new {
        return Ok(answer(StatusCode::OK, &view));
    }
    shop.metrics.order();
    let mut response = answer(StatusCode::CREATED, &view);
    if let Ok(location) = format!("/orders/{}", order.order_id).parse() {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

/// `GET /orders/{id}`: where an order is.
pub(super) async fn find(State(shop): State<Arc<Shop>>, Path(id): Path<String>) -> Result<Response, Problem> {
    let view = shop.orders.find(known(&id)?).await?;
    Ok(answer(StatusCode::OK, &view))
}

/// `POST /orders/{id}/shipment`: the warehouse has handed the parcel over.
pub(super) async fn ship(
    State(shop): State<Arc<Shop>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let shipment: Shipment = read(&headers, body)?;
    shipment.check().map_err(Problem::invalid)?;
    let view = shop.orders.ship(known(&id)?, &shipment).await?;
    Ok(answer(StatusCode::OK, &view))
}

/// `DELETE /orders/{id}`: cancels an order. It is undone a moment later.
pub(super) async fn cancel(State(shop): State<Arc<Shop>>, Path(id): Path<String>) -> Result<Response, Problem> {
    let view = shop.orders.cancel(known(&id)?).await?;
    Ok(answer(StatusCode::ACCEPTED, &view))
}

/// The id of a path, if there can be such an order.
fn known(id: &str) -> Result<&str, Problem> {
    if is_id(id) {
        return Ok(id);
    }
    Err(OrderError::NotFound.into())
}

/// Reads a body. Only JSON that says so is read, which no page of another site can send unasked.
fn read<T: DeserializeOwned>(headers: &HeaderMap, body: Result<Bytes, BytesRejection>) -> Result<T, Problem> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|value| value.split(';').next());
    if !media_type.is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("application/json")) {
        let message = "send JSON, with the header `Content-Type: application/json`";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "NoJson", message));
    }
    let body = body.map_err(|refused| Problem::new(refused.status(), "InvalidBody", refused.body_text()))?;
    serde_json::from_slice(&body).map_err(|error| Problem::invalid(error.to_string()))
}

fn answer(status: StatusCode, view: &OrderView) -> Response {
    let body = json!(view).to_string();
    (status, [(CONTENT_TYPE, "application/json")], body).into_response()
}
