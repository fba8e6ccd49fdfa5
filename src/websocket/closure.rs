use std::borrow::Cow;

use tokio_tungstenite::tungstenite::Error as SocketError;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, Utf8Bytes};

/// Why a connection ended: `disconnectStatusCode` and `disconnectReason`, and who ended it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Closure {
    pub(super) status_code: u16,
    pub(super) reason: Cow<'static, str>,
    pub(super) ended_by: EndedBy,
}

/// Who ended a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EndedBy {
    /// The client has gone, or said that it goes: what it sent before is still handled.
    Client,
    /// We close it, and owe the client a close frame.
    Server,
}

impl Closure {
    /// The idle timeout, the connection duration, or a shutdown.
    pub(super) const GOING_AWAY: Self = Self::by_server(1001, "Going away");
    /// `DeleteConnection`.
    pub(super) const DELETED: Self = Self::by_server(1000, "Connection Closed Normally");
    /// A binary message: none of our routes can take one.
    pub(super) const BINARY: Self = Self::by_server(1003, "Binary messages are not supported");
    /// The TCP connection broke, or took no byte for too long.
    pub(super) const ABNORMAL: Self = Self {
        status_code: 1006,
        reason: Cow::Borrowed("Connection Closed Abnormally"),
        ended_by: EndedBy::Client,
    };

    const fn by_server(status_code: u16, reason: &'static str) -> Self {
        Self {
            status_code,
            reason: Cow::Borrowed(reason),
            ended_by: EndedBy::Server,
        }
    }

    /// The client's close frame.
    pub(super) fn by_client(frame: Option<CloseFrame>) -> Self {
        let (status_code, reason) = match frame {
            Some(frame) => (frame.code.into(), Cow::Owned(frame.reason.as_str().to_owned())),
            None => (1005, Cow::Borrowed("Client-side close frame status not set")),
        };
        Self {
            status_code,
            reason,
            ended_by: EndedBy::Client,
        }
    }

    /// What a failed read means for the connection (RFC 6455, section 7.4.1).
    pub(super) fn on_read_error(error: &SocketError) -> Self {
        match error {
            SocketError::Capacity(_) => Self::by_server(1009, "Message too long"),
            SocketError::Utf8(_) => Self::by_server(1007, "Invalid UTF-8"),
            SocketError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Self::ABNORMAL,
            SocketError::Protocol(_) => Self::by_server(1002, "Protocol error"),
            _ => Self::ABNORMAL,
        }
    }

    /// The close frame that we send.
    pub(super) fn frame(&self) -> CloseFrame {
        CloseFrame {
            code: CloseCode::from(self.status_code),
            reason: Utf8Bytes::from(self.reason.as_ref()),
        }
    }
}
