use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::{Activity, ForkProgress};
use crate::data::Payload;
use crate::execution::frame_key::FrameKey;
use crate::execution::program::StateId;
use crate::execution::time::Timestamp;
use crate::execution::token::TokenSecret;

/// One running graph: the machine itself, a branch or an iteration. It is in one state at a time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Frame {
    pub(crate) serial: u32,
    /// The frame whose Parallel or Map forked this one; `None` for the machine itself.
    pub(crate) parent: Option<FrameKey>,
    /// The index of the branch or item.
    pub(crate) index: usize,
    pub(crate) state: StateId,
    /// The raw input of the state; `None` only while the engine works on it.
    pub(crate) raw_input: Option<Payload>,
    /// The variables of this scope; outer variables are in the parents.
    // Boxed to keep frames small: most assign nothing.
    pub(crate) variables: Option<Box<IndexMap<String, Payload>>>,
    /// The id of this frame's last event: the next one's `previousEventId`.
    pub(crate) last_event: u64,
    /// The id of the state's `…StateEntered` event.
    pub(crate) entered_event: u64,
    pub(crate) entered_time: Timestamp,
    /// Retries of this state so far.
    pub(crate) retry_count: u32,
    /// Retries by Retrier; empty before the first.
    pub(crate) retries: Vec<u32>,
    // Only `Frames::set_activity` changes it, since that keeps the count of waiting frames.
    pub(super) activity: Activity,
    /// The time for which the frame's timer is armed.
    pub(crate) deadline: Option<Timestamp>,
}

impl Frame {
    /// Creates a frame that enters a state next.
    pub(crate) fn new(
        state: StateId,
        raw_input: Option<Payload>,
        parent: Option<FrameKey>,
        index: usize,
        last_event: u64,
        now: Timestamp,
    ) -> Self {
        Self {
            serial: 0,
            parent,
            index,
            state,
            raw_input,
            variables: None,
            last_event,
            entered_event: 0,
            entered_time: now,
            retry_count: 0,
            retries: Vec::new(),
            activity: Activity::Entering,
            deadline: None,
        }
    }

    /// A copy for expressions that read it: with another parent's key, and without the results of its graphs.
    pub(super) fn to_be_read(&self, parent: Option<FrameKey>) -> Self {
        let activity = match &self.activity {
            Activity::Fork(fork) => Activity::Fork(Box::new(fork.to_be_read())),
            _ => Activity::Waiting,
        };
        Self {
            parent,
            raw_input: self.raw_input.clone(),
            variables: self.variables.clone(),
            retries: Vec::new(),
            activity,
            ..*self
        }
    }

    /// The frame's activity.
    #[inline]
    pub(crate) fn activity(&self) -> &Activity {
        &self.activity
    }

    /// The token of the attempt of its Task: always the same, and different from every other attempt's.
    pub(crate) fn task_token(&self, secret: &TokenSecret, execution_arn: &str) -> String {
        secret.token(execution_arn, self.serial, self.entered_event, self.retry_count)
    }

    /// The graphs running inside it; only for a Parallel or inline Map at work.
    pub(crate) fn fork(&self) -> Option<&ForkProgress> {
        match &self.activity {
            Activity::Fork(fork) => Some(fork),
            _ => None,
        }
    }
}
