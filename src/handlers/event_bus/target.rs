//! Targets: what events are delivered to, how often it is tried, and what becomes of the rest.

use async_trait::async_trait;
use std::fmt;
use std::future::Future;
use std::time::Duration;

use crate::TaskError;
use crate::services::event_bridge::Event;

/// What a rule sends to. A plain async closure is one: `|event: Event| async move { … Ok(()) }`.
///
/// The payload is the whole [`Event`], or JSON where the rule's target has an input of its own
/// ([`RuleTarget::with_input`](super::RuleTarget::with_input)). EventBridge promises that each event is delivered at
/// least once: a target that fails after it has done half its work sees the event again.
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
    /// Takes one event. An error makes the bus try again, by the target's [`RetryPolicy`].
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

/// Why a target did not take an event. Any error becomes one by `?`.
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

    /// Makes it an error that no retry can mend, such as a missing permission: the event is a dead letter at once.
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

// `TargetError` itself is no `std::error::Error`: only so can every such error become one.
impl<E: std::error::Error> From<E> for TargetError {
    fn from(error: E) -> Self {
        let error = TaskError::from(error);
        Self::new(error.error(), error.cause())
    }
}

/// How often and how long a delivery is tried again.
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
    /// How often it is tried again after the first time: 0 to 185, and more counts as 185.
    #[must_use]
    pub fn maximum_retry_attempts(self, attempts: u32) -> Self {
        Self {
            maximum_retry_attempts: attempts.min(MAXIMUM_RETRY_ATTEMPTS),
            ..self
        }
    }

    /// How old an event gets before no more is tried: one minute to 24 hours, and the nearest of them for others.
    #[must_use]
    pub fn maximum_event_age(self, age: Duration) -> Self {
        Self {
            maximum_event_age: age.clamp(Duration::from_mins(1), DAY),
            ..self
        }
    }

    /// The wait before the first retry. It doubles with each.
    #[must_use]
    pub fn backoff(self, first: Duration) -> Self {
        Self { backoff: first, ..self }
    }

    /// The wait before the next attempt, or why there is none.
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

/// An event that a target did not take, with what EventBridge writes to a dead-letter queue.
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
    /// What the target answered last.
    pub error: TargetError,
    /// How often it was tried, the first time included.
    pub attempts: u32,
    /// Why it was not tried once more.
    pub exhausted_retry_condition: ExhaustedRetryCondition,
}

/// Why a delivery was not tried once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExhaustedRetryCondition {
    /// As many retries as the policy allows.
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
