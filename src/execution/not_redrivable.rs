use chrono::TimeDelta;

/// The reasons why an execution cannot be redriven, in AWS's words where AWS has them (`redriveStatusReason` of
/// `DescribeExecution`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotRedrivable {
    /// It is running.
    #[error("Execution is RUNNING and cannot be redriven")]
    Running,
    /// It has succeeded.
    #[error("Execution is SUCCEEDED and cannot be redriven")]
    Succeeded,
    /// It is of an Express workflow.
    #[error("Execution is of an Express workflow and cannot be redriven")]
    Express,
    /// It ended more than 14 days ago.
    #[error("Execution redrivable period exceeded")]
    PeriodExceeded,
    /// Its history has no room for the event of the redrive and one more: 24,999 events or more.
    #[error("Execution history event limit exceeded")]
    TooManyEvents,
    /// It was redriven 1,000 times.
    #[error("Execution redrive limit exceeded")]
    TooManyRedrives,
    /// What a redrive needs was not kept: [`StartOptions::is_redrivable`](super::StartOptions::is_redrivable) was not
    /// set, or the input was not kept as it nests too deeply.
    #[error("Execution state was not kept and cannot be redriven")]
    NotKept,
}

impl NotRedrivable {
    /// How long after its end an execution can be redriven (developer guide, "Quotas").
    pub(crate) const PERIOD: TimeDelta = TimeDelta::days(14);
}
