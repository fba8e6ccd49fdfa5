use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use serde_json::json;

use super::connections::Connections;
use super::post_to_connection::PostToConnectionError;

/// A body is read up to this even where messages may be longer: nothing else bounds it before the connection is known.
const LONGEST_BODY: usize = 1024 * 1024;

/// The `@connections` HTTP API: `POST`, `GET` and `DELETE` of `/@connections/{connection_id}`
/// (API Gateway developer guide, `@connections` commands).
///
/// Nest it under `/{stage}` to have AWS's paths; the `=` in a connection id may be written `%3D`. AWS requires a signature;
/// this router requires none, so every client that reaches it can post to any connection id that it knows. Mount it on an
/// address that only your own programs reach.
///
/// ```
/// use asl_engine::websocket::{WebSocketApi, connections_router};
///
/// let api = WebSocketApi::new();
/// let callbacks = axum::Router::<()>::new().nest("/prod", connections_router(api.connections()));
/// ```
pub fn connections_router(connections: Connections) -> Router {
    Router::new()
        .route("/@connections/{connection_id}", get(describe).post(post).delete(delete))
        .with_state(connections)
}

async fn post(State(connections): State<Connections>, Path(id): Path<String>, body: Body) -> Response {
    let Ok(payload) = to_bytes(body, LONGEST_BODY).await else {
        return error(
            StatusCode::PAYLOAD_TOO_LARGE,
            "PayloadTooLargeException",
            "the payload is too long",
        );
    };
    let Ok(payload) = String::from_utf8(payload.into()) else {
        return error(
            StatusCode::BAD_REQUEST,
            "BadRequestException",
            "the payload is not UTF-8",
        );
    };
    match connections.post_to_connection(&id, payload).await {
        Ok(()) => empty(StatusCode::OK),
        Err(PostToConnectionError::Gone) => gone(),
        Err(failure @ PostToConnectionError::PayloadTooLarge { .. }) => error(
            StatusCode::PAYLOAD_TOO_LARGE,
            "PayloadTooLargeException",
            &failure.to_string(),
        ),
        Err(failure @ PostToConnectionError::LimitExceeded) => error(
            StatusCode::TOO_MANY_REQUESTS,
            "LimitExceededException",
            &failure.to_string(),
        ),
    }
}

async fn describe(State(connections): State<Connections>, Path(id): Path<String>) -> Response {
    match connections.get_connection(&id) {
        Ok(description) => json_response(StatusCode::OK, &json!(description)),
        Err(_) => gone(),
    }
}

async fn delete(State(connections): State<Connections>, Path(id): Path<String>) -> Response {
    match connections.delete_connection(&id) {
        Ok(()) => empty(StatusCode::NO_CONTENT),
        Err(_) => gone(),
    }
}

fn gone() -> Response {
    error(StatusCode::GONE, "GoneException", "the connection is gone")
}

fn error(status: StatusCode, error_type: &'static str, message: &str) -> Response {
    let mut response = json_response(status, &json!({ "message": message }));
    response
        .headers_mut()
        .insert("x-amzn-errortype", HeaderValue::from_static(error_type));
    response
}

fn json_response(status: StatusCode, body: &serde_json::Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
