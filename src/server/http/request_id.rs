//! The ids of requests, `x-amzn-RequestId`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;

/// Ids of one server: no two are the same, and those of another server are others. Clones count on.
///
/// A random one for each request would cost a call of the system.
#[derive(Clone)]
pub(super) struct RequestIds {
    server: u64,
    last: Arc<AtomicU64>,
}

impl RequestIds {
    #[expect(clippy::disallowed_methods, reason = "a server names the requests that it gets")]
    pub(super) fn new() -> Self {
        let (server, first) = Uuid::new_v4().as_u64_pair();
        Self {
            server,
            last: Arc::new(AtomicU64::new(first)),
        }
    }

    pub(super) fn next(&self) -> String {
        let number = self.last.fetch_add(1, Ordering::Relaxed);
        Uuid::from_u64_pair(self.server, number).to_string()
    }
}
