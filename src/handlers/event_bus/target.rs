//! Targets of events, retry policies and dead letters.

use async_trait::async_trait;
use std::fmt;
use std::future::Future;
use std::time::Duration;

use crate::TaskError;
use crate::services::event_bridge::Event;

/// A target of events. A plain async closure is one: `|event: Event| async move { … Ok(()) }`.
///
/// The payload is the whole [`Event`], or JSON if the rule's target has its own input
/// ([`RuleTarget::with_input`](super::RuleTarget::with_input)). EventBridge delivers each event at least
/// once: a target that fails halfway sees the event again.
///
/// ```
/// use asl_engine::handlers::event_bus::{Target, TargetError};
/// use asl_engine::services::event_bridge::Event;
/// use async_trait::async_trait;
///
/// struct Mailer {
///     address: String,
/// }
///
/// #[async_trait]
/// impl Target for Mailer {
///     async fn deliver(&self, event: Event) -> Result<(), TargetError> {
///         println!("to {}: {}", self.address, event.detail_type);
///         Ok(())
///     }
/// }
/// ```
#[async_trait]
pub trait Target<Payload = Event>: Send + Sync {
    /// Handles one event. After an error the bus retries, by the target's [`RetryPolicy`].
    async fn deliver(&self, payload: Payload) -> Result<(), TargetError>;
}

#[async_trait]
impl<Payload, F, Fut> Target<Payload> for F
where
    Payload: Send + 'static,
    F: Fn(Payload) -> Fut + Send + Sync,
    Fut: Future<Output = Result<(), TargetError>> + Send,
{
    async fn deliver(&self, payload: Payload) -> Result<(), TargetError> {
        self(payload).await
    }
}

/// The error of a target. `?` converts any error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetError {
    error: String,
    message: String,
    is_final: bool,
}

impl TargetError {
    /// An error with a name for machines and a text for people.
    pub fn new(error: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            error: error.into(),
            message: message.into(),
            is_final: false,
        }
    }

    /// Marks an error that no retry can fix, such as a missing permission: the event becomes a dead letter at once.
    #[must_use]
    pub fn without_retry(self) -> Self {
        Self { is_final: true, ..self }
    }

    /// The error name.
    pub fn error(&self) -> &str {
        &self.error
    }

    /// The text for people.
    pub fn message(&self) -> &str {
        &self.message
    }

    pub(super) fn is_final(&self) -> bool {
        self.is_final
    }
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.error, self.message)
    }
}

// `TargetError` does not implement `std::error::Error`: otherwise the blanket `From` below would conflict with itself.
impl<E: std::error::Error + 'static> From<E> for TargetError {
    fn from(error: E) -> Self {
        let error = TaskError::from(error);
        Self::new(error.error(), error.cause())
    }
}

/// The retries of a delivery.
///
/// By default 185 times within 24 hours, as EventBridge does; the first wait is one second and each further one twice
/// as long, up to ten minutes. Source: EventBridge user guide, "How EventBridge retries delivering events".
///
/// ```
/// use asl_engine::handlers::event_bus::RetryPolicy;
/// use std::time::Duration;
///
/// let policy = RetryPolicy::default().maximum_retry_attempts(3).backoff(Duration::from_millis(50));
/// # let _ = policy;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    maximum_retry_attempts: u32,
    maximum_event_age: Duration,
    backoff: Duration,
}

const DAY: Duration = Duration::from_hours(24);
const MAXIMUM_RETRY_ATTEMPTS: u32 = 185;
const LONGEST_BACKOFF: Duration = Duration::from_mins(10);

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            maximum_retry_attempts: MAXIMUM_RETRY_ATTEMPTS,
            maximum_event_age: DAY,
            backoff: Duration::from_secs(1),
        }
    }
}

impl RetryPolicy {
    /// The most retries after the first attempt: 0 to 185; larger values count as 185.
    #[must_use]
    pub fn maximum_retry_attempts(self, attempts: u32) -> Self {
        Self {
            maximum_retry_attempts: attempts.min(MAXIMUM_RETRY_ATTEMPTS),
            ..self
        }
    }

    /// The greatest age of an event for a retry: one minute to 24 hours; other values are clamped.
    #[must_use]
    pub fn maximum_event_age(self, age: Duration) -> Self {
        Self {
            maximum_event_age: age.clamp(Duration::from_mins(1), DAY),
            ..self
        }
    }

    /// The wait before the first retry; it doubles with each retry.
    #[must_use]
    pub fn backoff(self, first: Duration) -> Self {
        Self { backoff: first, ..self }
    }

    /// The wait before the next attempt, or the reason why there is none.
    pub(super) fn next_wait(&self, attempts: u32, age: Duration) -> Result<Duration, ExhaustedRetryCondition> {
        let retries = attempts.saturating_sub(1);
        if retries >= self.maximum_retry_attempts {
            return Err(ExhaustedRetryCondition::MaximumRetryAttempts);
        }
        let wait = self.backoff.saturating_mul(2_u32.saturating_pow(retries));
        let wait = wait.min(LONGEST_BACKOFF.max(self.backoff));
        if age.saturating_add(wait) > self.maximum_event_age {
            return Err(ExhaustedRetryCondition::MaximumEventAge);
        }
        Ok(wait)
    }
}

/// An undelivered event, with the data that EventBridge writes to a dead-letter queue.
///
/// Source: EventBridge user guide, "Using dead-letter queues to process undelivered events".
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DeadLetter {
    /// The event.
    pub event: Event,
    /// The name of the rule that matched.
    pub rule: String,
    /// The ARN of that rule.
    pub rule_arn: String,
    /// The id of the target in that rule.
    pub target_id: String,
    /// The target's last error.
    pub error: TargetError,
    /// The number of attempts, including the first.
    pub attempts: u32,
    /// The reason why it was not retried again.
    pub exhausted_retry_condition: ExhaustedRetryCondition,
}

/// The reasons why a delivery is not retried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExhaustedRetryCondition {
    /// The policy's retries are used up.
    MaximumRetryAttempts,
    /// The event would have been too old.
    MaximumEventAge,
    /// The error was [one without retry](TargetError::without_retry).
    NotRetryable,
    /// The bus was shut down.
    Shutdown,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_ten_minutes() {
        let policy = RetryPolicy::default();
        let wait = |attempts| policy.next_wait(attempts, Duration::ZERO);
        assert_eq!(wait(1), Ok(Duration::from_secs(1)));
        assert_eq!(wait(4), Ok(Duration::from_secs(8)));
        assert_eq!(wait(100), Ok(LONGEST_BACKOFF));
        assert_eq!(wait(185), Ok(LONGEST_BACKOFF));
        assert_eq!(wait(186), Err(ExhaustedRetryCondition::MaximumRetryAttempts));
    }

    #[test]
    fn an_old_event_is_given_up() {
        let policy = RetryPolicy::default().maximum_event_age(Duration::from_mins(1));
        assert_eq!(policy.next_wait(1, Duration::from_secs(59)), Ok(Duration::from_secs(1)));
        assert_eq!(
            policy.next_wait(1, Duration::from_mins(1)),
            Err(ExhaustedRetryCondition::MaximumEventAge)
        );
    }

    #[test]
    fn any_error_is_a_target_error() {
        fn parse(text: &str) -> Result<u8, TargetError> {
            Ok(text.parse()?)
        }
        assert_eq!(
            parse("x").unwrap_err().to_string(),
            "ParseIntError: invalid digit found in string"
        );
    }
}
