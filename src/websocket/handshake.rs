use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use hyper::upgrade::OnUpgrade;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// The server's half of the opening handshake (RFC 6455, section 4.2).
pub(super) struct Handshake {
    accept_key: String,
    pub(super) on_upgrade: OnUpgrade,
}

impl Handshake {
    /// Checks an upgrade request, and takes the means to upgrade out of it.
    pub(super) fn of<B>(request: &mut Request<B>) -> Result<Self, (StatusCode, &'static str)> {
        let headers = request.headers();
        if request.method() != Method::GET {
            return Err((StatusCode::METHOD_NOT_ALLOWED, "a WebSocket handshake is a GET request"));
        }
        if !lists(headers, header::CONNECTION, "upgrade") || !lists(headers, header::UPGRADE, "websocket") {
            return Err((StatusCode::UPGRADE_REQUIRED, "this address speaks WebSocket"));
        }
        if headers
            .get(header::SEC_WEBSOCKET_VERSION)
            .is_none_or(|version| version != "13")
        {
            return Err((StatusCode::UPGRADE_REQUIRED, "the WebSocket version is 13"));
        }
        let Some(key) = headers.get(header::SEC_WEBSOCKET_KEY) else {
            return Err((StatusCode::BAD_REQUEST, "the `Sec-WebSocket-Key` header is missing"));
        };
        let accept_key = derive_accept_key(key.as_bytes());
        let Some(on_upgrade) = request.extensions_mut().remove::<OnUpgrade>() else {
            return Err((StatusCode::UPGRADE_REQUIRED, "this HTTP connection cannot be upgraded"));
        };
        Ok(Self { accept_key, on_upgrade })
    }

    /// The headers of the 101 response.
    pub(super) fn response_headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        if let Ok(accept_key) = HeaderValue::from_str(&self.accept_key) {
            headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept_key);
        }
        headers
    }
}

/// Whether one of a header's comma-separated tokens is `token`.
fn lists(headers: &HeaderMap, name: header::HeaderName, token: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|listed| listed.trim().eq_ignore_ascii_case(token))
}
