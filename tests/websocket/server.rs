use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use asl_engine::websocket::{
    Connections, EventType, ProxyEvent, ProxyResponse, RouteError, WebSocketApi, connections_router,
};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::error::Error as SocketError;
use tokio_tungstenite::tungstenite::http::Response;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, Frame};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

pub(crate) type Client = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// An API under test: where it is, its connections, and the events that its routes have seen.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) connections: Connections,
    pub(crate) events: Events,
}

#[derive(Clone, Default)]
pub(crate) struct Events(Arc<Mutex<Vec<ProxyEvent>>>);

impl Events {
    pub(crate) fn handler(
        &self,
    ) -> impl Fn(ProxyEvent) -> std::future::Ready<Result<ProxyResponse, RouteError>> + use<> {
        let events = self.clone();
        move |event| {
            events.0.lock().unwrap().push(event);
            std::future::ready(Ok(ProxyResponse::ok()))
        }
    }

    pub(crate) fn of(&self, event_type: EventType) -> Vec<ProxyEvent> {
        let events = self.0.lock().unwrap();
        events
            .iter()
            .filter(|event| event.request_context.event_type == event_type)
            .cloned()
            .collect()
    }

    /// Waits until there are so many events of a type, and gives a later one the chance to show itself.
    pub(crate) async fn wait_for(&self, event_type: EventType, count: usize) -> Vec<ProxyEvent> {
        let deadline = Instant::now() + PATIENCE;
        while self.of(event_type).len() < count {
            assert!(
                Instant::now() < deadline,
                "only {} of {count} {event_type:?} events",
                self.of(event_type).len()
            );
            sleep(Duration::from_millis(5)).await;
        }
        sleep(Duration::from_millis(30)).await;
        let events = self.of(event_type);
        assert_eq!(events.len(), count);
        events
    }

    /// Waits for the only `$disconnect`.
    pub(crate) async fn disconnect(&self) -> (u16, String) {
        let event = self.wait_for(EventType::Disconnect, 1).await.remove(0);
        let context = event.request_context;
        (
            context.disconnect_status_code.unwrap(),
            context.disconnect_reason.unwrap(),
        )
    }
}

impl Server {
    /// An API that notes what `$connect` and `$disconnect` see.
    pub(crate) async fn start(describe: impl FnOnce(WebSocketApi, Events) -> WebSocketApi) -> Self {
        let events = Events::default();
        let api = WebSocketApi::new()
            .connect(events.handler())
            .disconnect(events.handler());
        Self::serve(describe(api, events.clone()), events).await
    }

    pub(crate) async fn serve(api: WebSocketApi, events: Events) -> Self {
        let connections = api.connections();
        let router = api
            .into_router("/")
            .unwrap()
            .nest("/prod", connections_router(connections.clone()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        Self {
            address,
            connections,
            events,
        }
    }

    pub(crate) async fn client(&self) -> Client {
        connect_async(format!("ws://{}/", self.address)).await.unwrap().0
    }

    /// A client, and the id of its connection.
    pub(crate) async fn client_with_id(&self) -> (Client, String) {
        let before = self.events.of(EventType::Connect).len();
        let client = self.client().await;
        let id = self.events.of(EventType::Connect)[before]
            .request_context
            .connection_id
            .clone();
        self.open(&id).await;
        (client, id)
    }

    /// A client knows of its connection a moment before the connection is open to posts.
    pub(crate) async fn open(&self, id: &str) {
        while self.connections.get_connection(id).is_err() {
            sleep(Duration::from_millis(1)).await;
        }
    }

    /// How an upgrade with further headers is refused.
    pub(crate) async fn refusal(&self, path: &str, headers: &[(&'static str, &str)]) -> Response<Option<Vec<u8>>> {
        let mut request = format!("ws://{}{path}", self.address).into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().append(*name, value.parse().unwrap());
        }
        match connect_async(request).await {
            Err(SocketError::Http(response)) => *response,
            other => panic!("{other:?}"),
        }
    }

    /// A plain HTTP request: status line and headers, and body.
    pub(crate) async fn http(&self, method: &str, path: &str, body: &[u8]) -> (String, String) {
        let mut socket = TcpStream::connect(self.address).await.unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: local\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        let _ = socket.write_all(body).await;
        let mut response = Vec::new();
        socket.read_to_end(&mut response).await.unwrap();
        let response = String::from_utf8(response).unwrap();
        let (head, body) = response.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
    }
}

pub(crate) async fn next(client: &mut Client) -> Option<Result<Message, SocketError>> {
    timeout(PATIENCE, client.next()).await.expect("a message")
}

pub(crate) async fn next_text(client: &mut Client) -> String {
    match next(client).await {
        Some(Ok(Message::Text(text))) => text.to_string(),
        other => panic!("{other:?}"),
    }
}

/// The server's close frame; messages before it are passed over.
pub(crate) async fn next_close(client: &mut Client) -> CloseFrame {
    loop {
        match next(client).await {
            Some(Ok(Message::Close(Some(frame)))) => return frame,
            Some(Ok(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) async fn send_in_frames(client: &mut Client, text: &[u8], frame: usize) {
    let chunks = text.chunks(frame).collect::<Vec<_>>();
    for (index, chunk) in chunks.iter().enumerate() {
        let opcode = OpCode::Data(if index == 0 { Data::Text } else { Data::Continue });
        let frame = Frame::message(chunk.to_vec(), opcode, index + 1 == chunks.len());
        client.feed(Message::Frame(frame)).await.unwrap();
    }
    // The server may have closed already.
    let _ = client.flush().await;
}

pub(crate) fn echo(event: ProxyEvent) -> std::future::Ready<Result<ProxyResponse, RouteError>> {
    std::future::ready(Ok(ProxyResponse::ok().body(event.body.unwrap_or_default())))
}

pub(crate) fn echoing(api: WebSocketApi, _: Events) -> WebSocketApi {
    api.default_route(echo).route_response("$default")
}
