//! The builder of Retriers.

use super::fields::{FieldList, comment, names};
use crate::definition::document::Document;
use crate::definition::{JitterStrategy, Retrier};

impl Retrier {
    /// Builds a Retrier for errors of these names. `States.ALL` matches all errors; it must be alone in its Retrier,
    /// and that Retrier the last.
    pub fn builder<N: Into<String>>(error_equals: impl IntoIterator<Item = N>) -> RetrierBuilder {
        let mut fields = FieldList::default();
        fields.set("ErrorEquals", names(error_equals));
        RetrierBuilder(fields)
    }
}

/// Builds a Retrier (specification, "Retrying after error").
#[derive(Debug, Clone)]
#[must_use = "a Retrier does nothing until a state has it"]
pub struct RetrierBuilder(FieldList);

impl RetrierBuilder {
    comment!();

    /// `IntervalSeconds`: the delay before the first retry; default 1.
    pub fn interval_seconds(mut self, seconds: u32) -> Self {
        self.0.set("IntervalSeconds", seconds);
        self
    }

    /// `MaxAttempts`: the most retries; 0 never retries; default 3.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.0.set("MaxAttempts", attempts);
        self
    }

    /// `BackoffRate`: the factor between one delay and the next, at least 1; default 2.
    pub fn backoff_rate(mut self, rate: f64) -> Self {
        self.0.set("BackoffRate", rate);
        self
    }

    /// `MaxDelaySeconds`: the longest delay.
    pub fn max_delay_seconds(mut self, seconds: u32) -> Self {
        self.0.set("MaxDelaySeconds", seconds);
        self
    }

    /// `JitterStrategy`: whether the delay is randomised; default no.
    pub fn jitter_strategy(mut self, strategy: JitterStrategy) -> Self {
        let name = match strategy {
            JitterStrategy::Full => "FULL",
            JitterStrategy::None => "NONE",
        };
        self.0.set("JitterStrategy", name);
        self
    }

    pub(super) fn into_document(self) -> Document {
        self.0.into_document()
    }
}
