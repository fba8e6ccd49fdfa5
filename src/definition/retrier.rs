//! `Retry`: repeated attempts after an error.

/// One Retrier of a `Retry` field (specification, "Retrying after error").
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Retrier {
    /// The error names it matches; `States.ALL` and `States.TaskFailed` are wildcards.
    pub error_equals: Vec<String>,
    /// Seconds before the first retry; default 1.
    pub interval_seconds: u32,
    /// The most retries; 0 never retries; default 3.
    pub max_attempts: u32,
    /// The factor between one delay and the next, at least 1; default 2.
    pub backoff_rate: f64,
    /// The longest delay in seconds, if there is one.
    pub max_delay_seconds: Option<u32>,
    /// Whether the delay is randomised; default no.
    pub jitter_strategy: JitterStrategy,
    /// The author's remark.
    pub comment: Option<String>,
}

/// Whether a Retrier's delay is randomised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum JitterStrategy {
    /// Uniform between zero and the computed delay.
    Full,
    /// The computed delay.
    #[default]
    None,
}
