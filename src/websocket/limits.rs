use std::time::Duration;

use super::open_files;

/// The bounds that every connection is held to (API Gateway developer guide, WebSocket API quotas).
///
/// ```
/// use asl_engine::websocket::Limits;
/// use std::time::Duration;
///
/// let limits = Limits::default().idle_timeout(Duration::from_secs(60));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Limits {
    pub(super) idle_timeout: Duration,
    pub(super) connection_duration: Duration,
    pub(super) message: usize,
    pub(super) frame: usize,
    pub(super) integration_timeout: Duration,
    pub(super) connections: usize,
    pub(super) request_timeout: Duration,
    pub(super) inbound_queue: usize,
    pub(super) outbound_queue: usize,
    pub(super) post_timeout: Duration,
    pub(super) write_timeout: Duration,
    pub(super) close_timeout: Duration,
}

impl Default for Limits {
    /// API Gateway's quotas, and our own bounds where it does not publish one.
    fn default() -> Self {
        Self {
            idle_timeout: Duration::from_mins(10),
            connection_duration: Duration::from_hours(2),
            message: 128 * 1024,
            frame: 32 * 1024,
            integration_timeout: Duration::from_secs(29),
            connections: default_connections(open_files::limit()),
            request_timeout: Duration::from_secs(10),
            inbound_queue: 4,
            outbound_queue: 64,
            post_timeout: Duration::from_secs(1),
            write_timeout: Duration::from_secs(30),
            close_timeout: Duration::from_secs(2),
        }
    }
}

impl Limits {
    /// Closes a connection with 1001 when neither side has sent anything for so long; 10 minutes. Pings count.
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.idle_timeout = limit;
        self
    }

    /// Closes a connection with 1001 when it has been open for so long; 2 hours.
    pub fn connection_duration(mut self, limit: Duration) -> Self {
        self.connection_duration = limit;
        self
    }

    /// Bytes in a message, either way; 128 KiB. A longer one from the client closes its connection with 1009.
    pub fn message(mut self, bytes: usize) -> Self {
        self.message = bytes;
        self
    }

    /// Bytes in a frame, either way; 32 KiB. A longer one from the client closes its connection with 1009; a longer
    /// message to the client is split into several frames.
    pub fn frame(mut self, bytes: usize) -> Self {
        self.frame = bytes.max(1);
        self
    }

    /// How long a route handler may take; 29 seconds. Then its future is dropped, and the request has failed.
    pub fn integration_timeout(mut self, limit: Duration) -> Self {
        self.integration_timeout = limit;
        self
    }

    /// How many connections may be open at once. One more is refused: with 429 if it asks for a WebSocket, and by
    /// [`serve`](super::serve) with 503.
    ///
    /// By default three quarters of the files that the process may have open, so that there are some for its other work, and
    /// 4096 at most; 192 where the system does not show its limit as `/proc/self/limits` does.
    pub fn connections(mut self, count: usize) -> Self {
        self.connections = count;
        self
    }

    /// How long a client may take to send the head of a request, the first or the next on its HTTP connection, before
    /// [`serve`](super::serve) closes the connection; 10 seconds.
    pub fn request_timeout(mut self, limit: Duration) -> Self {
        self.request_timeout = limit;
        self
    }

    /// How many received messages of a connection may wait for its handler; 4. Until there is room, nothing more is read
    /// from that client.
    pub fn inbound_queue(mut self, messages: usize) -> Self {
        self.inbound_queue = messages.max(1);
        self
    }

    /// How many messages may wait for a client to read them; 64, and together at most four of the longest.
    pub fn outbound_queue(mut self, messages: usize) -> Self {
        self.outbound_queue = messages.max(1);
        self
    }

    /// How long [`Connections::post_to_connection`](super::Connections::post_to_connection) waits for room in the outbound
    /// queue before it fails with `LimitExceeded`; 1 second.
    pub fn post_timeout(mut self, limit: Duration) -> Self {
        self.post_timeout = limit;
        self
    }

    /// How long a client may take to read one message; 30 seconds. Then the connection is dropped: it is as good as gone.
    pub fn write_timeout(mut self, limit: Duration) -> Self {
        self.write_timeout = limit;
        self
    }

    /// How long a closed connection may take to send what is queued, and then to hear the client's farewell; 2 seconds each.
    pub fn close_timeout(mut self, limit: Duration) -> Self {
        self.close_timeout = limit;
        self
    }
}

/// A connection is an open file, and the process has others: a database, its logs, what a handler opens.
fn default_connections(open_files: Option<usize>) -> usize {
    /// Enough for any client that is not a flood.
    const MOST: usize = 4096;
    /// What macOS lets a process have open if nobody says otherwise.
    const UNKNOWN: usize = 256;

    let open_files = open_files.unwrap_or(UNKNOWN);
    (open_files - open_files / 4).min(MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_files_have_room_beside_connections() {
        assert_eq!(default_connections(Some(1024)), 768);
        assert_eq!(default_connections(Some(1)), 1);
        assert_eq!(default_connections(Some(usize::MAX)), 4096);
        assert_eq!(default_connections(None), 192);
    }
}
