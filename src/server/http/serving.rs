//! Serves a router to any number of clients, also bad ones.

use axum::Router;
use axum::extract::ConnectInfo;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};
use tower_service::Service as _;

use super::attended::Attended;

/// How many connections are open at once, below the 1,024 files that a process may usually have. More wait until one ends.
const CONNECTIONS: usize = 900;

/// How long a connection may be idle, or take to send the head of a request.
const IDLE: Duration = Duration::from_mins(1);

/// How long a client may take nothing of its answer.
const TO_READ: Duration = Duration::from_secs(30);

/// The longest head of a request, in bytes.
const LONGEST_HEAD: usize = 64 * 1024;

/// How long what is being answered has at the end.
const TO_END: Duration = Duration::from_secs(5);

/// How long nothing is accepted after the system had no file or memory for a connection.
const RECOVERY: Duration = Duration::from_millis(100);

/// The end of the server, in the extensions of each request: an answer that has no end of its own ends with it.
#[derive(Debug, Clone)]
pub(in crate::server) struct Ending(watch::Receiver<bool>);

impl Ending {
    /// Waits for the end of the server.
    #[cfg_attr(
        not(feature = "console"),
        expect(dead_code, reason = "only the console's answers have no end")
    )]
    pub(in crate::server) async fn ends(&self) {
        ends(&mut self.0.clone()).await;
    }
}

/// Serves a router until the future `stop` is ready. Then it accepts nothing more, and gives what is being answered five
/// seconds to end: a worker's long poll is cut.
///
/// At most 900 connections are open at once, and the next ones wait; one that is idle for a minute, or whose client
/// takes nothing of its answer for 30 seconds, is closed.
pub async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) -> io::Result<()> {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let (ending, _) = watch::channel(false);
    let mut stop = pin!(stop);
    loop {
        let accepted = async {
            // The semaphore is never closed.
            let place = Arc::clone(&room).acquire_owned().await.ok();
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            accepted = accepted => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, client)) => {
                let connection = converse(stream, client, router.clone(), ending.subscribe());
                tokio::spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
            Err(error) if is_of_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted now");
                sleep(RECOVERY).await;
            }
        }
    }
    drop(listener);
    ending.send_replace(true);
    let all = u32::try_from(CONNECTIONS).unwrap_or(u32::MAX);
    // What is left after that is cut.
    let _ = timeout(TO_END, room.acquire_many(all)).await;
    Ok(())
}

/// Answers the requests of a connection, one after the other.
async fn converse(stream: TcpStream, client: SocketAddr, router: Router, mut ending: watch::Receiver<bool>) {
    // Answers are small; it is only slower if that fails.
    let _ = stream.set_nodelay(true);
    let ended = Ending(ending.clone());
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request: Request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(ConnectInfo(client));
        request.extensions_mut().insert(ended.clone());
        router.clone().call(request)
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(IDLE)
            .max_buf_size(LONGEST_HEAD)
            .serve_connection(TokioIo::new(Attended::new(stream, TO_READ)), service)
    );
    let answered = tokio::select! {
        answered = connection.as_mut() => answered,
        () = ends(&mut ending) => {
            connection.as_mut().graceful_shutdown();
            match timeout(TO_END, connection).await {
                Ok(answered) => answered,
                Err(_) => return,
            }
        }
    };
    if let Err(error) = answered {
        tracing::debug!(%client, %error, "a connection was cut");
    }
}

/// Waits for the end of the server.
async fn ends(ending: &mut watch::Receiver<bool>) {
    // An error says that the sender is gone, which is the end too.
    drop(ending.wait_for(|ending| *ending).await);
}

/// Whether only the connection failed that was about to be accepted.
fn is_of_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset
    )
}
