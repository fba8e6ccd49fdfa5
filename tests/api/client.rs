//! A server, and a client that sends what it is told, byte by byte.

use std::net::SocketAddr;

use asl_engine::Interpreter;
use asl_engine::server::StepFunctions;
use asl_engine::server::http::{HttpApi, serve};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    end: oneshot::Sender<()>,
    serving: JoinHandle<std::io::Result<()>>,
}

/// A response as it came.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::of(HttpApi::new(StepFunctions::new(Interpreter::new()))).await
    }

    pub(crate) async fn of(http: HttpApi) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (end, ended) = oneshot::channel();
        let serving = tokio::spawn(serve(listener, http.into_router(), async {
            let _ = ended.await;
        }));
        Self { address, end, serving }
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends a text as a request and reads the answer to its end.
    pub(crate) async fn send(&self, request: impl AsRef<[u8]>) -> Response {
        let mut stream = self.connect().await;
        // It may answer before it has seen all.
        let _ = stream.write_all(request.as_ref()).await;
        Response::read(&mut stream).await
    }

    /// Calls an action with a body.
    pub(crate) async fn call(&self, action: &str, body: &str) -> Response {
        self.send(post(&format!("X-Amz-Target: AWSStepFunctions.{action}\r\n"), body))
            .await
    }

    pub(crate) async fn end(self) {
        drop(self.end);
        self.serving.await.unwrap().unwrap();
    }
}

/// A request with these header lines.
pub(crate) fn post(headers: &str, body: &str) -> String {
    format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

impl Response {
    /// Reads a connection to its end.
    pub(crate) async fn read(stream: &mut TcpStream) -> Self {
        let mut bytes = Vec::new();
        // A connection may be reset after the answer.
        let _ = stream.read_to_end(&mut bytes).await;
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Self {
            status: status.unwrap_or_default(),
            head: head.to_ascii_lowercase(),
            body: body.to_owned(),
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The code of an error, which stands in the body and in a header.
    pub(crate) fn code(&self) -> String {
        let code = self.json()["__type"].as_str().unwrap().to_owned();
        let header = format!("x-amzn-errortype: {}", code.to_ascii_lowercase());
        assert!(self.head.contains(&header), "{self:?}");
        code
    }
}
