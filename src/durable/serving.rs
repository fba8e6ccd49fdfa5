//! Serves a worker's services over HTTP/2.

use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use restate_sdk::endpoint::Endpoint;
use restate_sdk::hyper::HyperEndpoint;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket};

/// How much of a journal may be on its way to the worker.
///
/// Restate sends a journal again in one small frame for each entry. With the window that HTTP/2 begins with, a connection has a
/// budget of small frames that a journal of a thousand steps uses up, and is closed (`ENHANCE_YOUR_CALM`); the budget grows
/// with the window.
const WINDOW: u32 = 64 * 1024 * 1024;

/// How long a connection may be silent before the worker asks whether somebody is there.
const SILENCE: Duration = Duration::from_secs(20);

/// How long nothing is accepted after the system had no file or memory for a connection.
const RECOVERY: Duration = Duration::from_millis(100);

/// Connections that wait to be accepted.
const BACKLOG: u32 = 1_024;

/// Listens at an address that other processes may have, too.
pub(super) fn listener(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()
    } else {
        TcpSocket::new_v6()
    }?;
    #[cfg(unix)]
    {
        socket.set_reuseaddr(true)?;
        socket.set_reuseport(true)?;
    }
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves until the future `stop` is ready. What is being done then is cut, and Restate has another worker do it, or this one
/// after its restart.
pub(super) async fn serve(listener: TcpListener, endpoint: Endpoint, stop: impl Future<Output = ()>) {
    let endpoint = HyperEndpoint::new(endpoint);
    let mut connections = tokio::task::JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
            () = &mut stop => return,
        };
        match accepted {
            Ok((stream, from)) => {
                let endpoint = endpoint.clone();
                connections.spawn(async move {
                    // Frames are small; it is only slower if that fails.
                    let _ = stream.set_nodelay(true);
                    let connection = http2::Builder::new(TokioExecutor::new())
                        .timer(TokioTimer::new())
                        .initial_connection_window_size(WINDOW)
                        .initial_stream_window_size(WINDOW)
                        .keep_alive_interval(SILENCE)
                        .serve_connection(TokioIo::new(stream), endpoint);
                    if let Err(error) = connection.await {
                        tracing::debug!(%from, %error, "a connection was cut");
                    }
                });
            }
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted now");
                tokio::time::sleep(RECOVERY).await;
            }
        }
    }
}
