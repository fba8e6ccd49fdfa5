//! Which executions are meant.

use chrono::{DateTime, Utc};

use super::{StoredExecution, time};

/// A filter of executions with an order. The default lets all through, the newest first.
///
/// Executions are in the order of their numbers, which is the order of their starts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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

impl Filter {
    /// Whether it lets an execution through.
    pub(super) fn lets_through(&self, execution: &StoredExecution) -> bool {
        let start = &execution.start;
        let status = execution.end.as_ref().map_or("RUNNING", |end| &end.status);
        let is_after = |number| {
            if self.oldest_first {
                start.number > number
            } else {
                start.number < number
            }
        };
        self.status.as_ref().is_none_or(|wanted| wanted == status)
            && self
                .state_machine_arn
                .as_ref()
                .is_none_or(|arn| *arn == start.state_machine_arn)
            && self
                .name_prefix
                .as_ref()
                .is_none_or(|prefix| start.name.starts_with(prefix))
            && self
                .started_from
                .is_none_or(|from| start.time >= time::to_microseconds(from))
            && self
                .started_before
                .is_none_or(|before| start.time < time::to_microseconds(before))
            && self.after.is_none_or(is_after)
    }
}

/// How long executions are kept that have ended. The default keeps them for ever.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retention {
    /// Those that ended before this time may go.
    pub ended_before: Option<DateTime<Utc>>,
    /// If more than so many have ended, those that ended first may go.
    pub most: Option<u64>,
}
