//! Retriers in the making.

use super::fields::{FieldList, comment, names};
use crate::definition::document::Document;
use crate::definition::{JitterStrategy, Retrier};

impl Retrier {
    /// A Retrier for errors of these names; `States.ALL`, which stands alone and last, is for all.
    pub fn builder<N: Into<String>>(error_equals: impl IntoIterator<Item = N>) -> RetrierBuilder {
        let mut fields = FieldList::default();
        fields.set("ErrorEquals", names(error_equals));
        RetrierBuilder(fields)
    }
}

/// A Retrier in the making (specification, "Retrying after error").
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

    /// `MaxAttempts`: retries at the most; 0 never retries; default 3.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.0.set("MaxAttempts", attempts);
        self
    }

    /// `BackoffRate`: what the delay is multiplied by from one retry to the next, at least 1; default 2.
    pub fn backoff_rate(mut self, rate: f64) -> Self {
        self.0.set("BackoffRate", rate);
        self
    }

    /// `MaxDelaySeconds`: the longest delay.
    pub fn max_delay_seconds(mut self, seconds: u32) -> Self {
        self.0.set("MaxDelaySeconds", seconds);
        self
    }

    /// `JitterStrategy`: whether the delay is drawn at random; default no.
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
