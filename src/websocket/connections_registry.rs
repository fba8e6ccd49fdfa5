use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tokio::sync::watch;

use super::closure::Closure;
use super::connection::Connection;

/// The open connections of an API, and how many more are coming or going.
pub(super) struct ConnectionsRegistry {
    open: RwLock<Open>,
    /// Connections between the start of `$connect` and the end of `$disconnect`.
    live: watch::Sender<usize>,
}

#[derive(Default)]
struct Open {
    connections: HashMap<String, Arc<Connection>>,
    shutting_down: bool,
}

/// Why no further connection is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    LimitExceeded,
    ShuttingDown,
}

/// INVARIANT: as long as one exists, [`ConnectionsRegistry::shut_down`] waits.
pub(super) struct LiveConnection(Arc<ConnectionsRegistry>);

impl ConnectionsRegistry {
    pub(super) fn new() -> Self {
        Self {
            open: RwLock::default(),
            live: watch::Sender::new(0),
        }
    }

    /// Takes one of `limit` places.
    pub(super) fn admit(self: &Arc<Self>, limit: usize) -> Result<LiveConnection, Refusal> {
        // The read lock orders this against `shut_down`: who is admitted before it is waited for.
        let open = self.read();
        if open.shutting_down {
            return Err(Refusal::ShuttingDown);
        }
        let admitted = self.live.send_if_modified(|live| {
            let room = *live < limit;
            *live += usize::from(room);
            room
        });
        if admitted {
            Ok(LiveConnection(Arc::clone(self)))
        } else {
            Err(Refusal::LimitExceeded)
        }
    }

    /// Makes a connection reachable; one that opens during a shutdown is closed at once.
    pub(super) fn insert(&self, connection: Arc<Connection>) {
        let mut open = self.write();
        if open.shutting_down {
            connection.close(Closure::GOING_AWAY);
        }
        open.connections.insert(connection.id.clone(), connection);
    }

    pub(super) fn remove(&self, id: &str) {
        self.write().connections.remove(id);
    }

    pub(super) fn find(&self, id: &str) -> Option<Arc<Connection>> {
        self.read().connections.get(id).cloned()
    }

    pub(super) fn len(&self) -> usize {
        self.read().connections.len()
    }

    /// Closes every connection, lets in no more, and waits until each `$disconnect` has run.
    pub(super) async fn shut_down(&self) {
        {
            let mut open = self.write();
            open.shutting_down = true;
            for connection in open.connections.values() {
                connection.close(Closure::GOING_AWAY);
            }
        }
        // It fails only when the sender is gone, and that is ours.
        let _ = self.live.subscribe().wait_for(|live| *live == 0).await;
    }

    // A panic while the lock is held cannot leave the map half changed, so a poisoned one is as good as any.
    fn read(&self) -> RwLockReadGuard<'_, Open> {
        self.open.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Open> {
        self.open.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for LiveConnection {
    fn drop(&mut self) {
        self.0.live.send_modify(|live| *live = live.saturating_sub(1));
    }
}
