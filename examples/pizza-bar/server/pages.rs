//! The page, and the checks that every request passes.

use axum::Router;
use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde_json::json;

/// The definition of the state machine, as it is run and as the page draws it.
pub(crate) const MACHINE: &str = include_str!("../../../asl-samples/pizza-bar.asl.json");

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const JSON: &str = "application/json";

pub(crate) fn router(speed: f64) -> Router {
    let kitchen = json!({ "speed": speed }).to_string();
    let page =
        |content_type: &'static str, body: &'static str| get(async move || ([(CONTENT_TYPE, content_type)], body));
    Router::new()
        .route("/", page(HTML, include_str!("../page/index.html")))
        .route("/style.css", page(CSS, include_str!("../page/style.css")))
        .route("/app.js", page(JAVASCRIPT, include_str!("../page/app.js")))
        .route("/machine.json", page(JSON, MACHINE))
        .route(
            "/kitchen.json",
            get(async move || ([(CONTENT_TYPE, JSON)], kitchen.clone())),
        )
        .route("/favicon.ico", get(StatusCode::NO_CONTENT))
}

/// Answers only requests to this machine's own names: a foreign name that is made to resolve to it (DNS rebinding) would
/// let a foreign page read what the bar says.
pub(crate) async fn guard(request: Request, next: Next) -> Response {
    let Some(host) = loopback_host(&request) else {
        return (
            StatusCode::MISDIRECTED_REQUEST,
            "the pizza bar is open to this machine only\n",
        )
            .into_response();
    };
    let policy = format!(
        "default-src 'self'; connect-src 'self' ws://{host}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    let fixed: [(HeaderName, &'static str); 4] = [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-cache"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The `Host` of a request, if it is a loopback name with or without a port; then nothing in it needs escaping.
fn loopback_host(request: &Request) -> Option<String> {
    let mut hosts = request.headers().get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return None;
    };
    let host = host.to_str().ok()?.to_ascii_lowercase();
    let is_loopback = ["localhost", "127.0.0.1", "[::1]"].iter().any(|name| {
        host.strip_prefix(name).is_some_and(|rest| {
            rest.is_empty()
                || rest
                    .strip_prefix(':')
                    .is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
        })
    });
    is_loopback.then_some(host)
}
