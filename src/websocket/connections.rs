use std::fmt;
use std::sync::Arc;

use super::closure::Closure;
use super::connection::Connection;
use super::connection_description::ConnectionDescription;
use super::connections_registry::ConnectionsRegistry;
use super::post_to_connection::PostToConnectionError;

/// The `@connections` API: posts to, describes and closes the open connections of a [`WebSocketApi`](super::WebSocketApi).
///
/// A handle: cloning it is cheap, and all clones speak of the same connections.
#[derive(Clone)]
pub struct Connections {
    pub(super) registry: Arc<ConnectionsRegistry>,
}

/// `GoneException`: there is no such connection, not yet or not any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the connection is gone")]
pub struct ConnectionGone;

impl Connections {
    pub(super) fn new() -> Self {
        Self {
            registry: Arc::new(ConnectionsRegistry::new()),
        }
    }

    /// Sends a text message to a client (API Gateway `PostToConnection`). One caller's messages arrive in the order it
    /// posted them.
    ///
    /// `Ok` means that the message is in the connection's queue, as on API Gateway: a client that goes away now may never
    /// read it. If the queue is full, this waits up to [`Limits::post_timeout`](super::Limits::post_timeout) and then fails
    /// with `LimitExceeded`, leaving the connection open: a client that is only slow catches up, and one that is stuck is
    /// dropped after [`Limits::write_timeout`](super::Limits::write_timeout).
    pub async fn post_to_connection(
        &self,
        connection_id: &str,
        payload: impl Into<String>,
    ) -> Result<(), PostToConnectionError> {
        let connection = self.registry.find(connection_id).ok_or(PostToConnectionError::Gone)?;
        connection.post(payload.into()).await
    }

    /// Describes a connection (API Gateway `GetConnection`).
    pub fn get_connection(&self, connection_id: &str) -> Result<ConnectionDescription, ConnectionGone> {
        self.registry
            .find(connection_id)
            .as_deref()
            .map(Connection::describe)
            .ok_or(ConnectionGone)
    }

    /// Closes a connection with 1000 after what is queued for it (API Gateway `DeleteConnection`). `$disconnect` runs as
    /// after every other end.
    pub fn delete_connection(&self, connection_id: &str) -> Result<(), ConnectionGone> {
        let connection = self.registry.find(connection_id).ok_or(ConnectionGone)?;
        if connection.close(Closure::DELETED) {
            Ok(())
        } else {
            Err(ConnectionGone)
        }
    }

    /// How many connections are open.
    pub fn len(&self) -> usize {
        self.registry.len()
    }

    /// Whether no connection is open.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Refuses new connections with 503, closes all open ones with 1001 after what is queued for them, and returns when
    /// `$disconnect` has run for each. A handler that hangs holds this up for
    /// [`Limits::integration_timeout`](super::Limits::integration_timeout) at most. The HTTP server does not know of
    /// upgraded connections, so call this when it has stopped.
    pub async fn shutdown(&self) {
        self.registry.shut_down().await;
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").field("len", &self.len()).finish()
    }
}
