//! What a log of requests says.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

/// A request and how it was answered. Its `Display` is a line for a log.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Access {
    /// The client's address, if [`serve`](super::serve) or another server told it.
    pub client: Option<SocketAddr>,
    /// The action, such as `StartExecution`; `None` if the request named none.
    pub action: Option<String>,
    /// The status of the answer.
    pub status: u16,
    /// The code of the error, such as `InvalidArn`.
    pub error: Option<String>,
    /// The time from the head of the request to the answer.
    pub duration: Duration,
    /// The id that the answer has as `x-amzn-RequestId`.
    pub request_id: String,
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let action = self.action.as_deref().unwrap_or("-");
        write!(f, "{} {action} {}", self.request_id, self.status)?;
        if let Some(error) = &self.error {
            write!(f, " {error}")?;
        }
        write!(f, " {:.1} ms", self.duration.as_secs_f64() * 1000.0)
    }
}
