use std::sync::Arc;

use chrono::{DateTime, Utc};
use indexmap::IndexMap;
use serde_json::Value;
use tokio_tungstenite::tungstenite::protocol::frame::Utf8Bytes;

use super::allowed_origins::AllowedOrigins;
use super::closure::{Closure, EndedBy};
use super::connection::Connection;
use super::connections::Connections;
use super::limits::Limits;
use super::proxy_event::{EventType, Identity, ProxyEvent, RequestContext, request_time};
use super::proxy_response::ProxyResponse;
use super::route::{RouteError, RouteHandler, call};
use super::route_selection::RouteSelectionExpression;
use super::system;

/// A deployed API: what all its connections share.
pub(super) struct Stage {
    pub(super) name: String,
    pub(super) api_id: String,
    pub(super) domain_name: Option<String>,
    pub(super) variables: Option<IndexMap<String, String>>,
    pub(super) limits: Limits,
    pub(super) allowed_origins: AllowedOrigins,
    pub(super) selection: RouteSelectionExpression,
    pub(super) routes: IndexMap<String, Route>,
    pub(super) connections: Connections,
}

/// A route: its integration, and whether the client gets what that returns.
pub(super) struct Route {
    pub(super) handler: Arc<dyn RouteHandler>,
    pub(super) has_response: bool,
}

/// One request on a connection, as its event is to tell of it.
pub(super) struct RequestOf<'a> {
    pub(super) connection_id: &'a str,
    pub(super) identity: &'a Identity,
    pub(super) connected_at: DateTime<Utc>,
    pub(super) host: &'a str,
    pub(super) request_id: String,
}

impl Stage {
    /// Runs `$connect`, if there is one. The event comes with the headers and the query already in it.
    pub(super) async fn connect(&self, event: ProxyEvent) -> Result<ProxyResponse, RouteError> {
        match self.routes.get("$connect") {
            Some(route) => call(route.handler.as_ref(), event, self.limits.integration_timeout).await,
            None => Ok(ProxyResponse::ok()),
        }
    }

    /// Takes a message through its route.
    pub(super) async fn message(&self, connection: &Connection, text: &Utf8Bytes) {
        // An id that cannot be drawn is left out: it only helps to find a request in a log.
        let request_id = system::identifier().unwrap_or_default();
        let Some((key, route)) = self.select_route(text) else {
            return tell(connection, "Forbidden", &request_id).await;
        };
        let mut event = self.event(key, EventType::Message, request_of(connection, request_id.clone()));
        event.request_context.message_id = Some(system::identifier().unwrap_or_default());
        event.body = Some(text.as_str().to_owned());
        let body = match call(route.handler.as_ref(), event, self.limits.integration_timeout).await {
            Ok(response) => response.body.filter(|_| route.has_response),
            Err(error) => {
                tracing::warn!(route_key = key, request_id, %error, "a route handler failed");
                return tell(connection, "Internal server error", &request_id).await;
            }
        };
        match body {
            Some(body) if body.len() > self.limits.message => {
                tracing::warn!(
                    route_key = key,
                    request_id,
                    bytes = body.len(),
                    "a route response is too long"
                );
                tell(connection, "Internal server error", &request_id).await;
            }
            // Gone meanwhile: then there is nobody to answer.
            Some(body) => drop(connection.enqueue(body).await),
            None => {}
        }
    }

    /// Runs `$disconnect`, if there is one.
    pub(super) async fn disconnect(&self, request: RequestOf<'_>, closure: &Closure) {
        let Some(route) = self.routes.get("$disconnect") else {
            return;
        };
        let headers = [
            ("Host", request.host),
            ("x-api-key", ""),
            ("X-Forwarded-For", ""),
            ("x-restapi", ""),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut event = self.event("$disconnect", EventType::Disconnect, request);
        event.multi_value_headers = Some(
            headers
                .iter()
                .map(|(name, value)| (name.clone(), vec![value.clone()]))
                .collect(),
        );
        event.headers = Some(headers.into());
        event.request_context.disconnect_status_code = Some(closure.status_code);
        event.request_context.disconnect_reason = Some(closure.reason.clone().into_owned());
        let request_id = event.request_context.request_id.clone();
        if let Err(error) = call(route.handler.as_ref(), event, self.limits.integration_timeout).await {
            tracing::warn!(route_key = "$disconnect", request_id, %error, "a route handler failed");
        }
    }

    /// An event without headers, query and body.
    pub(super) fn event(&self, route_key: &str, event_type: EventType, request: RequestOf<'_>) -> ProxyEvent {
        // `$connect` is the request that makes the connection.
        let time = if event_type == EventType::Connect {
            request.connected_at
        } else {
            system::now()
        };
        ProxyEvent {
            headers: None,
            multi_value_headers: None,
            query_string_parameters: None,
            multi_value_query_string_parameters: None,
            stage_variables: self.variables.clone(),
            request_context: RequestContext {
                route_key: route_key.to_owned(),
                message_id: None,
                disconnect_status_code: None,
                disconnect_reason: None,
                event_type,
                extended_request_id: request.request_id.clone(),
                request_time: request_time(time),
                message_direction: "IN".to_owned(),
                stage: self.name.clone(),
                connected_at: request.connected_at.timestamp_millis(),
                request_time_epoch: time.timestamp_millis(),
                identity: request.identity.clone(),
                request_id: request.request_id,
                domain_name: self.domain_name.clone().unwrap_or_else(|| request.host.to_owned()),
                connection_id: request.connection_id.to_owned(),
                api_id: self.api_id.clone(),
            },
            body: None,
            is_base64_encoded: false,
        }
    }

    fn select_route(&self, text: &str) -> Option<(&str, &Route)> {
        let selected = serde_json::from_str::<Value>(text).ok().and_then(|body| {
            let key = self.selection.evaluate(&body);
            // A client may not call `$connect` and `$disconnect`.
            if key.starts_with('$') {
                None
            } else {
                self.routes.get_key_value(key.as_str())
            }
        });
        let (key, route) = selected.or_else(|| self.routes.get_key_value("$default"))?;
        Some((key, route))
    }
}

/// Handles the messages of a connection one after another. What a client sent before it left is handled; what waits when we
/// end the connection is not.
pub(super) async fn handle_messages(
    stage: &Stage,
    connection: &Connection,
    mut inbox: tokio::sync::mpsc::Receiver<Utf8Bytes>,
) {
    while let Some(text) = inbox.recv().await {
        if connection
            .closure()
            .is_some_and(|closure| closure.ended_by == EndedBy::Server)
        {
            return;
        }
        stage.message(connection, &text).await;
    }
}

pub(super) fn request_of(connection: &Connection, request_id: String) -> RequestOf<'_> {
    RequestOf {
        connection_id: &connection.id,
        identity: &connection.identity,
        connected_at: connection.connected_at,
        host: &connection.host,
        request_id,
    }
}

/// Sends the client API Gateway's own words on a failed request.
async fn tell(connection: &Connection, message: &str, request_id: &str) {
    // Gone meanwhile: then there is nobody to tell.
    let _ = connection
        .enqueue(gateway_response(message, &connection.id, request_id))
        .await;
}

/// API Gateway's error frame, spaced as it spaces it. None of its values needs escaping.
pub(super) fn gateway_response(message: &str, connection_id: &str, request_id: &str) -> String {
    format!(r#"{{"message": "{message}", "connectionId":"{connection_id}", "requestId":"{request_id}"}}"#)
}
