//! What a Task state asks of its resource.

use serde::{Deserialize, Serialize};

use crate::data::Payload;
use crate::definition::{IntegrationPattern, Resource, ResourceKind};

/// The evaluated fields of a Task state, for one attempt (specification, "Task State").
///
/// It is made once and shared by all who carry it: the execution, its driver, the handler.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TaskRequest {
    /// The effective input: behind `Parameters` or `Arguments`.
    pub effective_input: Payload,
    /// The attempt's timeout in seconds, if the state sets one. The execution itself enforces it.
    pub timeout_seconds: Option<u32>,
    /// The heartbeat interval in seconds, if the state sets one.
    pub heartbeat_seconds: Option<u32>,
    /// The task token of a `.waitForTaskToken`, `.sync` or activity task.
    pub token: Option<String>,
    /// The evaluated `Credentials`.
    pub credentials: Option<Payload>,
}

impl TaskRequest {
    /// A request that sets nothing but its input.
    pub(crate) fn new(effective_input: Payload) -> Self {
        Self {
            effective_input,
            timeout_seconds: None,
            heartbeat_seconds: None,
            token: None,
            credentials: None,
        }
    }

    /// The seconds after which a heartbeat is missed. AWS waits for the heartbeats of work that goes on after the call;
    /// a plain call has none to send.
    pub(crate) fn awaited_heartbeat(&self, resource: &Resource) -> Option<u32> {
        let goes_on =
            *resource.kind() == ResourceKind::Activity || resource.pattern() != IntegrationPattern::RequestResponse;
        self.heartbeat_seconds.filter(|_| goes_on)
    }
}
