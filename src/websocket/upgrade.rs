use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use futures_util::StreamExt as _;
use futures_util::stream::{SplitSink, SplitStream};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use indexmap::IndexMap;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::closure::{Closure, EndedBy};
use super::connection::{Connection, QueuedMessage};
use super::connections_registry::{LiveConnection, Refusal};
use super::handshake::Handshake;
use super::limits::Limits;
use super::proxy_event::{EventType, Identity, ProxyEvent};
use super::reader::read;
use super::stage::{RequestOf, Stage, gateway_response, handle_messages, request_of};
use super::system;
use super::writer::write;

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// Answers an upgrade request.
pub(super) async fn upgrade(State(stage): State<Arc<Stage>>, request: Request) -> Response {
    // A task of its own: a client that leaves while `$connect` runs must not cut that short, nor escape `$disconnect`.
    match tokio::spawn(accept(stage, request)).await {
        Ok(response) => response,
        Err(_) => refuse(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error"),
    }
}

async fn accept(stage: Arc<Stage>, mut request: Request) -> Response {
    let handshake = match Handshake::of(&mut request) {
        Ok(handshake) => handshake,
        Err((status, message)) => return refuse(status, message),
    };
    let (Ok(connection_id), Ok(request_id)) = (system::identifier(), system::identifier()) else {
        return refuse(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error");
    };
    let (parts, _) = request.into_parts();
    let refuse_request = |status: StatusCode, message: &str| {
        json_response(status, gateway_response(message, &connection_id, &request_id))
    };
    if !stage.allowed_origins.allow(&parts.headers) {
        let (origin, host) = (
            header_text(&parts.headers, &header::ORIGIN),
            header_text(&parts.headers, &header::HOST),
        );
        tracing::info!(origin, host, "a connection is refused: its page is of another origin");
        return refuse_request(StatusCode::FORBIDDEN, "Forbidden");
    }
    let live = match stage.connections.registry.admit(stage.limits.connections) {
        Ok(live) => live,
        Err(Refusal::LimitExceeded) => {
            let limit = stage.limits.connections;
            tracing::warn!(limit, "a connection is refused: as many are open as may be");
            return refuse_request(StatusCode::TOO_MANY_REQUESTS, "Limit Exceeded");
        }
        Err(Refusal::ShuttingDown) => {
            return refuse_request(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable");
        }
    };
    let identity = identity_of(&parts);
    let host = header_text(&parts.headers, &header::HOST);
    let connected_at = system::now();
    let event = connect_event(
        &stage,
        &parts,
        RequestOf {
            connection_id: &connection_id,
            identity: &identity,
            connected_at,
            host: &host,
            request_id: request_id.clone(),
        },
    );
    let answer = match stage.connect(event).await {
        Ok(answer) => answer,
        Err(error) => {
            tracing::warn!(route_key = "$connect", request_id, %error, "a route handler failed");
            return refuse_request(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error");
        }
    };
    if !answer.is_success() {
        // A status that HTTP does not know, or that would not end the request, is a failure of the handler.
        let Some(status) = StatusCode::from_u16(answer.status_code)
            .ok()
            .filter(|status| status.as_u16() >= 300)
        else {
            return refuse_request(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error");
        };
        let reason = status.canonical_reason().unwrap_or("Refused");
        return match answer.body {
            Some(body) => with_status(status, Body::from(body)),
            None => refuse_request(status, reason),
        };
    }
    let mut response = with_status(StatusCode::SWITCHING_PROTOCOLS, Body::empty());
    *response.headers_mut() = handshake.response_headers();
    if let Some(Ok(protocol)) = answer.header_value("Sec-WebSocket-Protocol").map(HeaderValue::from_str) {
        response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
    }
    let (connection, queue) = Connection::new(connection_id, identity, connected_at, host, stage.limits);
    tokio::spawn(open(stage, connection, queue, handshake.on_upgrade, live));
    response
}

/// The life of a connection that `$connect` has let in.
async fn open(
    stage: Arc<Stage>,
    connection: Arc<Connection>,
    queue: mpsc::Receiver<QueuedMessage>,
    on_upgrade: OnUpgrade,
    live: LiveConnection,
) {
    /// For a response that never reaches the client, and so never upgrades.
    const UPGRADE_TIMEOUT: Duration = Duration::from_secs(30);

    let disconnect = async {
        let closure = connection.closed().await;
        let request_id = system::identifier().unwrap_or_default();
        stage.disconnect(request_of(&connection, request_id), &closure).await;
    };
    let Ok(Ok(upgraded)) = timeout(UPGRADE_TIMEOUT, on_upgrade).await else {
        connection.close(Closure::ABNORMAL);
        return disconnect.await;
    };
    let config = socket_config(stage.limits);
    let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
    let (mut sink, mut stream) = socket.split();

    let (inbox, received) = mpsc::channel(stage.limits.inbound_queue);
    let handler = tokio::spawn({
        let (stage, connection) = (Arc::clone(&stage), Arc::clone(&connection));
        async move { handle_messages(&stage, &connection, received).await }
    });
    let writer = tokio::spawn({
        let (connection, limits) = (Arc::clone(&connection), stage.limits);
        async move {
            write(&mut sink, queue, &connection, limits).await;
            sink
        }
    });
    stage.connections.registry.insert(Arc::clone(&connection));
    let closure = read(&mut stream, inbox, &connection).await;
    stage.connections.registry.remove(&connection.id);
    let ended_by = closure.ended_by;
    connection.close(closure);

    let after_the_last_message = async {
        // It fails only if the task panicked, and no handler's panic gets that far.
        let _ = handler.await;
        disconnect.await;
    };
    tokio::join!(after_the_last_message, part(stream, writer, ended_by, stage.limits));
    drop(live);
}

/// Waits for the farewells of both sides. A socket that is closed with unread bytes in it is reset, and a reset may overtake
/// our close frame: so unless the client has said farewell, read what still comes, but not for long.
async fn part(
    stream: SplitStream<Socket>,
    writer: JoinHandle<SplitSink<Socket, Message>>,
    ended_by: EndedBy,
    limits: Limits,
) {
    let Ok(sink) = writer.await else { return };
    let Ok(mut socket) = stream.reunite(sink) else {
        return;
    };
    let farewell = async {
        let mut client_has_left = ended_by == EndedBy::Client;
        while let Some(Ok(message)) = socket.next().await {
            client_has_left |= message.is_close();
        }
        if client_has_left {
            return;
        }
        let io = socket.get_mut();
        let mut discarded = [0; 1024];
        // Failures mean that the client is gone, which is what this waits for.
        let _ = io.shutdown().await;
        while let Ok(1..) = io.read(&mut discarded).await {}
    };
    let _ = timeout(limits.close_timeout, farewell).await;
}

fn socket_config(limits: Limits) -> WebSocketConfig {
    /// Pongs wait here for a client that pings and does not read.
    const PONGS: usize = 4 * 1024;
    /// What a frame has around its payload, at most.
    const FRAME_HEADER: usize = 16;

    WebSocketConfig::default()
        .read_buffer_size(4 * 1024)
        .write_buffer_size(0)
        .max_write_buffer_size(limits.frame.saturating_add(FRAME_HEADER + PONGS))
        .max_message_size(Some(limits.message))
        .max_frame_size(Some(limits.frame))
}

fn identity_of(parts: &Parts) -> Identity {
    let address = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    Identity {
        source_ip: address
            .map(|ConnectInfo(address)| address.ip().to_string())
            .unwrap_or_default(),
        user_agent: parts
            .headers
            .contains_key(header::USER_AGENT)
            .then(|| header_text(&parts.headers, &header::USER_AGENT)),
    }
}

fn connect_event(stage: &Stage, parts: &Parts, request: RequestOf<'_>) -> ProxyEvent {
    let mut event = stage.event("$connect", EventType::Connect, request);
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| (title_case(name), lossy(value)));
    (event.headers, event.multi_value_headers) = single_and_multi_value(headers);
    if let Some(query) = parts.uri.query().filter(|query| !query.is_empty()) {
        let query = form_urlencoded::parse(query.as_bytes()).into_owned();
        (event.query_string_parameters, event.multi_value_query_string_parameters) = single_and_multi_value(query);
    }
    event
}

/// The last value of each name, and all values of each name.
#[expect(clippy::type_complexity, reason = "the two fields of the event, as they stand there")]
fn single_and_multi_value(
    pairs: impl Iterator<Item = (String, String)>,
) -> (Option<IndexMap<String, String>>, Option<IndexMap<String, Vec<String>>>) {
    let mut single = IndexMap::new();
    let mut multi = IndexMap::<String, Vec<String>>::new();
    for (name, value) in pairs {
        single.insert(name.clone(), value.clone());
        multi.entry(name).or_default().push(value);
    }
    (Some(single), Some(multi))
}

/// A header's name as API Gateway writes it: HTTP does not care, but handlers look for `Sec-WebSocket-Key`.
fn title_case(name: &HeaderName) -> String {
    let words = name.as_str().split('-').map(|word| match word {
        "websocket" => "WebSocket".to_owned(),
        _ => word
            .chars()
            .take(1)
            .map(|first| first.to_ascii_uppercase())
            .chain(word.chars().skip(1))
            .collect(),
    });
    words.collect::<Vec<String>>().join("-")
}

fn header_text(headers: &HeaderMap, name: &HeaderName) -> String {
    headers.get(name).map(lossy).unwrap_or_default()
}

fn lossy(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

fn refuse(status: StatusCode, message: &str) -> Response {
    json_response(status, json!({ "message": message }).to_string())
}

fn json_response(status: StatusCode, body: String) -> Response {
    let mut response = with_status(status, Body::from(body));
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn with_status(status: StatusCode, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}
