//! `Retry`: what happens again when it failed.

/// One Retrier of a `Retry` field (specification, "Retrying after error").
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Retrier {
    /// The error names it matches; `States.ALL` and `States.TaskFailed` are wildcards.
    pub error_equals: Vec<String>,
    /// Seconds before the first retry; default 1.
    pub interval_seconds: u32,
    /// Retries at the most; 0 never retries; default 3.
    pub max_attempts: u32,
    /// What the delay is multiplied by from one retry to the next, at least 1; default 2.
    pub backoff_rate: f64,
    /// The longest delay in seconds, if there is one.
    pub max_delay_seconds: Option<u32>,
    /// Whether the delay is drawn at random; default no.
    pub jitter_strategy: JitterStrategy,
    /// The author's remark.
    pub comment: Option<String>,
}

/// Whether a Retrier's delay is randomised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum JitterStrategy {
    /// Between zero and the computed delay, uniformly.
    Full,
    /// The computed delay.
    #[default]
    None,
}
