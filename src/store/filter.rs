//! Which executions are meant.

use chrono::{DateTime, Utc};

/// A filter of executions with an order. The default lets all through, the newest first.
///
/// Executions are in the order of their numbers, which is the order of their starts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Filter {
    /// Only executions of this status: `RUNNING`, `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`.
    pub status: Option<String>,
    /// Only executions of the state machine of this ARN.
    pub state_machine_arn: Option<String>,
    /// Only executions whose names begin so.
    pub name_prefix: Option<String>,
    /// Only executions that started at this time or later.
    pub started_from: Option<DateTime<Utc>>,
    /// Only executions that started before this time.
    pub started_before: Option<DateTime<Utc>>,
    /// Only executions after the one of this number, in this order: the next page.
    pub after: Option<u64>,
    /// The oldest first.
    pub oldest_first: bool,
}

/// How long executions are kept that have ended. The default keeps them for ever.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retention {
    /// Those that ended before this time may go.
    pub ended_before: Option<DateTime<Utc>>,
    /// If more than so many have ended, those that ended first may go.
    pub most: Option<u64>,
}
