//! Retry: decides whether a failed state is retried, and after which delay (specification, "Retrying after error").

use chrono::TimeDelta;

use super::failure::Failure;
use crate::data::Random;
use crate::definition::{JitterStrategy, Retrier};

/// The decision of a state's Retriers about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RetryDecision {
    /// No Retrier matches the error.
    NoneMatches,
    /// The matching Retrier has no retries left.
    Exhausted { retrier: usize },
    /// The state is retried after the delay; `number` counts the retries of this Retrier from 1.
    Retry {
        retrier: usize,
        number: u32,
        delay: TimeDelta,
    },
}

/// The first Retrier that matches the error decides. `retries_of` gives the number of retries that a Retrier has made
/// since the state was entered.
pub(crate) fn decide(
    retriers: &[Retrier],
    failure: &Failure,
    retries_of: impl Fn(usize) -> u32,
    random: &Random,
) -> RetryDecision {
    let mut candidates = retriers.iter().enumerate();
    let Some((index, retrier)) = candidates.find(|(_, candidate)| failure.matched(&candidate.error_equals).is_some())
    else {
        return RetryDecision::NoneMatches;
    };
    let done = retries_of(index);
    if done >= retrier.max_attempts {
        return RetryDecision::Exhausted { retrier: index };
    }
    RetryDecision::Retry {
        retrier: index,
        number: done.saturating_add(1),
        delay: delay(retrier, done, random),
    }
}

/// The delay before the next retry, after `done` retries: `IntervalSeconds`, times `BackoffRate` for each retry so far,
/// at most `MaxDelaySeconds`; with full jitter a random part of that.
fn delay(retrier: &Retrier, done: u32, random: &Random) -> TimeDelta {
    let longest = f64::from(retrier.max_delay_seconds.unwrap_or(u32::MAX));
    let grown = f64::from(retrier.interval_seconds) * retrier.backoff_rate.powf(f64::from(done));
    let mut seconds = grown.min(longest);
    if retrier.jitter_strategy == JitterStrategy::Full {
        seconds *= random.uniform();
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "at most u32::MAX seconds, in milliseconds below 2^43"
    )]
    let milliseconds = (seconds * 1000.0).round() as i64;
    TimeDelta::milliseconds(milliseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retrier_of(interval_seconds: u32, backoff_rate: f64, max_delay_seconds: Option<u32>) -> Retrier {
        Retrier {
            error_equals: vec!["States.ALL".into()],
            interval_seconds,
            max_attempts: 3,
            backoff_rate,
            max_delay_seconds,
            jitter_strategy: JitterStrategy::None,
            comment: None,
        }
    }

    #[test]
    fn the_first_retrier_that_matches_decides_even_where_it_is_exhausted() {
        let mut busy = retrier_of(1, 2.0, None);
        busy.error_equals = vec!["Busy".into()];
        let retriers = [busy, retrier_of(9, 1.0, None)];
        let decide = |error: &str, done: [u32; 2]| {
            let done_by = |retrier: usize| done[retrier];
            decide(&retriers, &Failure::error(error, ""), done_by, &Random::seeded(1))
        };
        let retry = |retrier, number, seconds| RetryDecision::Retry {
            retrier,
            number,
            delay: TimeDelta::seconds(seconds),
        };
        assert_eq!(decide("Busy", [0, 0]), retry(0, 1, 1));
        assert_eq!(decide("Busy", [2, 1]), retry(0, 3, 4));
        assert_eq!(decide("Busy", [3, 0]), RetryDecision::Exhausted { retrier: 0 });
        assert_eq!(decide("Broken", [3, 1]), retry(1, 2, 9));
        let nobody = super::decide(&[], &Failure::timeout(), |_| 0, &Random::seeded(1));
        assert_eq!(nobody, RetryDecision::NoneMatches);
    }

    #[test]
    fn the_delay_grows_by_the_backoff_rate_up_to_the_longest() {
        let random = Random::seeded(1);
        let seconds = |retrier: &Retrier| -> Vec<i64> {
            (0..3)
                .map(|retries| delay(retrier, retries, &random).num_seconds())
                .collect()
        };
        assert_eq!(seconds(&retrier_of(3, 2.0, None)), [3, 6, 12]);
        assert_eq!(seconds(&retrier_of(3, 2.0, Some(4))), [3, 4, 4]);
        assert_eq!(
            delay(&retrier_of(1, f64::MAX, None), 9, &random).num_seconds(),
            i64::from(u32::MAX)
        );
    }

    #[test]
    fn full_jitter_stays_below_the_computed_delay() {
        let mut retrier = retrier_of(8, 1.0, None);
        retrier.jitter_strategy = JitterStrategy::Full;
        let random = Random::seeded(7);
        let delays: Vec<_> = (0..50).map(|_| delay(&retrier, 0, &random)).collect();
        assert!(delays.iter().all(|delay| *delay <= TimeDelta::seconds(8)));
        assert!(delays.iter().any(|delay| *delay != delays[0]));
    }
}
