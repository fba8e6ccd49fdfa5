use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// What a route handler answers: the Lambda proxy response (API Gateway developer guide, WebSocket Lambda proxy integration).
///
/// On `$connect` the status decides whether the client comes in, and the `Sec-WebSocket-Protocol` header is passed on. On
/// other routes the body goes to the client if the route has a route response, and is discarded if not.
///
/// ```
/// use asl_engine::websocket::ProxyResponse;
///
/// let refusal = ProxyResponse::status(401);
/// let answer = ProxyResponse::ok().body("pong");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ProxyResponse {
    /// The HTTP status code.
    pub status_code: u16,
    /// HTTP headers.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub headers: IndexMap<String, String>,
    /// The body, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

impl ProxyResponse {
    /// Status 200, no body.
    #[must_use]
    pub fn ok() -> Self {
        Self::status(200)
    }

    /// This status, no body.
    #[must_use]
    pub fn status(status_code: u16) -> Self {
        Self {
            status_code,
            headers: IndexMap::new(),
            body: None,
        }
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<String>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sets a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status_code)
    }

    /// The value of a header, whatever case its name is in.
    pub(super) fn header_value(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}
