use chrono::{DateTime, Utc};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// What a route handler is given: the event of a Lambda proxy integration, letter by letter
/// (API Gateway developer guide, WebSocket Lambda proxy integration).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ProxyEvent {
    /// The headers of the upgrade request, the last value of each; only on `$connect` and, a fixed few, `$disconnect`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headers: Option<IndexMap<String, String>>,
    /// The headers of the upgrade request, all values of each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multi_value_headers: Option<IndexMap<String, Vec<String>>>,
    /// The query of the upgrade request, the last value of each name; only on `$connect`, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query_string_parameters: Option<IndexMap<String, String>>,
    /// The query of the upgrade request, all values of each name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multi_value_query_string_parameters: Option<IndexMap<String, Vec<String>>>,
    /// The stage's variables, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage_variables: Option<IndexMap<String, String>>,
    /// Which connection, which route, when.
    pub request_context: RequestContext,
    /// The message; only on messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Always false: binary messages are refused.
    pub is_base64_encoded: bool,
}

/// The `requestContext` of a [`ProxyEvent`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RequestContext {
    /// `$connect`, `$disconnect`, the selected route's key, or `$default`.
    pub route_key: String,
    /// The id of the message; only on messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// The status code of the close frame, 1005 if it had none, 1006 if there was none; only on `$disconnect`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disconnect_status_code: Option<u16>,
    /// Why the connection ended; only on `$disconnect`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disconnect_reason: Option<String>,
    /// What happened.
    pub event_type: EventType,
    /// The same as [`request_id`](Self::request_id).
    pub extended_request_id: String,
    /// When, as `19/Jan/2025:21:13:26 +0000`.
    pub request_time: String,
    /// Always `IN`.
    pub message_direction: String,
    /// The stage's name.
    pub stage: String,
    /// When the connection was made, in milliseconds since 1970.
    pub connected_at: i64,
    /// When, in milliseconds since 1970.
    pub request_time_epoch: i64,
    /// Who.
    pub identity: Identity,
    /// The id of this request.
    pub request_id: String,
    /// The API's domain name.
    pub domain_name: String,
    /// The id to give to [`Connections`](super::Connections).
    pub connection_id: String,
    /// The API's id.
    pub api_id: String,
}

/// What happened to the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum EventType {
    /// A client asks to come in.
    Connect,
    /// A client sent a message.
    Message,
    /// The connection has ended.
    Disconnect,
}

/// Who is on the other end of a connection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Identity {
    /// The client's address; empty unless the router is served with `into_make_service_with_connect_info::<SocketAddr>()`.
    pub source_ip: String,
    /// The `User-Agent` header of the upgrade request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
}

/// How API Gateway writes `requestTime` (the Common Log Format).
pub(super) fn request_time(time: DateTime<Utc>) -> String {
    time.format("%d/%b/%Y:%H:%M:%S +0000").to_string()
}
