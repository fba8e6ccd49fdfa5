use std::pin::pin;

use futures_util::{Sink, SinkExt as _};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::{Bytes, Error as SocketError, Message};

use super::closure::{Closure, EndedBy};
use super::connection::{Connection, QueuedMessage};
use super::limits::Limits;

/// Writes what is queued for a connection until it ends, then the rest of the queue and the close frame.
pub(super) async fn write(
    sink: &mut (impl Sink<Message, Error = SocketError> + Unpin),
    mut queue: mpsc::Receiver<QueuedMessage>,
    connection: &Connection,
    limits: Limits,
) {
    let mut closed = pin!(connection.closed());
    let closure = loop {
        let message = tokio::select! {
            biased;
            closure = &mut closed => break closure,
            message = queue.recv() => message,
        };
        let Some(message) = message else { return };
        let sent = tokio::select! {
            sent = timeout(limits.write_timeout, send(sink, message, limits.frame)) => matches!(sent, Ok(Ok(()))),
            // Closed while the client does not read: it gets no more than the usual grace.
            () = grace(connection, limits) => false,
        };
        if !sent {
            connection.close(Closure::ABNORMAL);
            return;
        }
        connection.touch();
    };
    if closure.ended_by == EndedBy::Server {
        let farewell = async {
            queue.close();
            while let Ok(message) = queue.try_recv() {
                send(sink, message, limits.frame).await?;
            }
            sink.send(Message::Close(Some(closure.frame()))).await
        };
        // A client that does not take it in time is dropped, which tells it as much.
        let _ = timeout(limits.close_timeout, farewell).await;
    }
}

async fn grace(connection: &Connection, limits: Limits) {
    connection.closed().await;
    sleep(limits.close_timeout).await;
}

/// Sends a text message, in frames of at most `frame` bytes.
async fn send(
    sink: &mut (impl Sink<Message, Error = SocketError> + Unpin),
    message: QueuedMessage,
    frame: usize,
) -> Result<(), SocketError> {
    let mut rest = Bytes::from(message.payload);
    let mut opcode = OpCode::Data(Data::Text);
    loop {
        let payload = rest.split_to(rest.len().min(frame));
        sink.send(Message::Frame(Frame::message(payload, opcode, rest.is_empty())))
            .await?;
        if rest.is_empty() {
            return Ok(());
        }
        opcode = OpCode::Data(Data::Continue);
    }
}
