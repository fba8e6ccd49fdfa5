use std::error::Error;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt as _;

use super::{ProxyEvent, ProxyResponse};

/// A route's integration: what runs when the route is selected.
///
/// Every async closure from a [`ProxyEvent`] to a `Result<ProxyResponse, RouteError>` is one; implement the trait where a
/// closure does not fit. A handler that fails, panics, or takes longer than
/// [`Limits::integration_timeout`](super::Limits::integration_timeout) refuses the connection with 500 on `$connect`,
/// sends the client `Internal server error` on a message, and is only logged on `$disconnect`.
#[async_trait]
pub trait RouteHandler: Send + Sync + 'static {
    /// Handles one event.
    async fn handle(&self, event: ProxyEvent) -> Result<ProxyResponse, RouteError>;
}

#[async_trait]
impl<F, Fut> RouteHandler for F
where
    F: Fn(ProxyEvent) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<ProxyResponse, RouteError>> + Send + 'static,
{
    async fn handle(&self, event: ProxyEvent) -> Result<ProxyResponse, RouteError> {
        self(event).await
    }
}

/// Why a route handler failed. Any error becomes one by `?`; the client is told nothing of it.
pub struct RouteError(Box<dyn Error + Send + Sync>);

impl RouteError {
    /// A failure told in words.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into().into())
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for RouteError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl fmt::Display for RouteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for RouteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Calls a handler; a panic and a timeout are failures like any other.
pub(super) async fn call(
    handler: &dyn RouteHandler,
    event: ProxyEvent,
    timeout: Duration,
) -> Result<ProxyResponse, RouteError> {
    // AssertUnwindSafe: after a panic nothing of the future is used, and what the handler shares is its own affair.
    let call = AssertUnwindSafe(async { handler.handle(event).await }).catch_unwind();
    match tokio::time::timeout(timeout, call).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(RouteError::new("the route handler panicked")),
        Err(_) => Err(RouteError::new(format!(
            "the route handler took longer than {timeout:?}"
        ))),
    }
}
