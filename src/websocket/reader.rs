use futures_util::{Stream, StreamExt as _};
use tokio::sync::mpsc;
use tokio::time::sleep_until;
use tokio_tungstenite::tungstenite::protocol::frame::Utf8Bytes;
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};

use super::closure::Closure;
use super::connection::Connection;

/// Reads a connection until it ends, and says why it ended.
///
/// The socket answers pings and checks frames, message lengths and UTF-8 by itself. While the inbox is full nothing is read,
/// so a client that sends faster than its messages are handled is slowed down by TCP.
pub(super) async fn read(
    stream: &mut (impl Stream<Item = Result<Message, SocketError>> + Unpin),
    inbox: mpsc::Sender<Utf8Bytes>,
    connection: &Connection,
) -> Closure {
    let closed = connection.closed();
    let too_old = sleep_until(connection.age_deadline());
    tokio::pin!(closed, too_old);
    loop {
        let deadline = connection.idle_deadline();
        let received = tokio::select! {
            biased;
            closure = &mut closed => return closure,
            () = &mut too_old => return Closure::GOING_AWAY,
            received = stream.next() => received,
            () = sleep_until(deadline) => {
                // A message that was written meanwhile has moved the deadline.
                if connection.idle_deadline() <= deadline {
                    return Closure::GOING_AWAY;
                }
                continue;
            }
        };
        connection.touch();
        match received {
            Some(Ok(Message::Text(text))) => tokio::select! {
                biased;
                closure = &mut closed => return closure,
                () = &mut too_old => return Closure::GOING_AWAY,
                // It fails only when the handler task is gone, and that ends after this one.
                _ = inbox.send(text) => {}
            },
            Some(Ok(Message::Binary(_))) => return Closure::BINARY,
            Some(Ok(Message::Close(frame))) => return Closure::by_client(frame),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
            Some(Err(error)) => return Closure::on_read_error(&error),
            None => return Closure::ABNORMAL,
        }
    }
}
