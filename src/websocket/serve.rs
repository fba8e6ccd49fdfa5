use std::io::{Error, ErrorKind};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::limits::Limits;

/// Serves a router over HTTP, and holds every TCP connection to the limits from its first byte on.
///
/// `axum::serve` waits for ever for a client that sends half of a handshake, or nothing at all, and lets in any number of
/// them: enough of these, and no file is left for anybody else. Here a connection that sends no request within
/// [`Limits::request_timeout`] is closed, at first and between two requests; all connections together, upgraded ones
/// among them, are at most [`Limits::connections`], and one more is answered with 503 and closed. Both are logged.
///
/// Requests carry the client's address, as with `into_make_service_with_connect_info::<SocketAddr>()`. When `closing` is done,
/// nobody else is let in, and it returns once all requests are answered; WebSocket connections go on until
/// [`Connections::shutdown`](super::Connections::shutdown). Dropping the future cuts off requests that are not answered.
///
/// ```no_run
/// use asl_engine::websocket::{Limits, WebSocketApi, serve};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let limits = Limits::default();
/// let api = WebSocketApi::new().limits(limits);
/// let connections = api.connections();
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
/// serve(listener, api.into_router("/ws")?, limits, async { /* ctrl-c */ }).await;
/// connections.shutdown().await;
/// # Ok(())
/// # }
/// ```
pub async fn serve(listener: TcpListener, router: Router, limits: Limits, closing: impl Future<Output = ()>) {
    /// How long to wait when no connection can be accepted, as when no file is left.
    const RECOVERY: Duration = Duration::from_secs(1);

    let places = Arc::new(Semaphore::new(limits.connections.min(Semaphore::MAX_PERMITS)));
    let is_closing = watch::Sender::new(false);
    let mut connections = JoinSet::new();
    let mut refused = Refused::default();
    let mut closing = pin!(closing);
    loop {
        while connections.try_join_next().is_some() {}
        let accepted = tokio::select! {
            () = &mut closing => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, address)) => match Arc::clone(&places).try_acquire_owned() {
                Ok(place) => {
                    let router = router.clone().layer(Extension(ConnectInfo(address)));
                    let stream = Placed { stream, _place: place };
                    connections.spawn(serve_connection(
                        stream,
                        router,
                        address,
                        limits,
                        is_closing.subscribe(),
                    ));
                }
                Err(_) => refused.refuse(&stream, address, limits),
            },
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted");
                sleep(RECOVERY).await;
            }
        }
    }
    drop(listener);
    is_closing.send_replace(true);
    while connections.join_next().await.is_some() {}
}

async fn serve_connection(
    stream: Placed,
    router: Router,
    address: SocketAddr,
    limits: Limits,
    mut closing: watch::Receiver<bool>,
) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.request_timeout)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .with_upgrades();
    let mut connection = pin!(connection);
    let is_closing = async {
        // It fails if the server is dropped, and then this task ends with it.
        let _ = closing.wait_for(|is_closing| *is_closing).await;
    };
    let served = tokio::select! {
        served = &mut connection => served,
        () = is_closing => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    match served {
        Ok(()) => {}
        Err(error) if error.is_timeout() => {
            tracing::info!(%address, timeout = ?limits.request_timeout, "a connection that sent no request is closed");
        }
        Err(error) => tracing::debug!(%address, %error, "an HTTP connection broke"),
    }
}

/// The client went away before it was accepted.
fn is_of_one_connection(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
    )
}

/// Connections that had no place, as far as the log does not know of them.
#[derive(Default)]
struct Refused {
    count: u64,
    logged: Option<Instant>,
}

impl Refused {
    fn refuse(&mut self, stream: &TcpStream, address: SocketAddr, limits: Limits) {
        /// A flood of connections must not become a flood of lines.
        const LOG_EVERY: Duration = Duration::from_secs(1);

        // A client that cannot take it now sees the connection closed, which says as much.
        let _ = stream.try_write(b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
        self.count += 1;
        if self.logged.is_none_or(|logged| logged.elapsed() >= LOG_EVERY) {
            let (limit, refused) = (limits.connections, self.count);
            tracing::warn!(%address, limit, refused, "connections are refused: as many are open as may be");
            *self = Self {
                count: 0,
                logged: Some(Instant::now()),
            };
        }
    }
}

/// A TCP connection that takes a place until it is closed, whatever becomes of it: a WebSocket is the same stream.
struct Placed {
    stream: TcpStream,
    _place: OwnedSemaphorePermit,
}

impl AsyncRead for Placed {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Placed {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize, Error>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[std::io::IoSlice<'_>],
    ) -> Poll<Result<usize, Error>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
