//! The client tokens that asked for redrives of an execution.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// How long a client token answers the same, and how many of an execution do (API reference, `RedriveExecution`).
const PERIOD: TimeDelta = TimeDelta::minutes(15);
const MOST_TOKENS: usize = 10;

/// The last client tokens of an execution with the dates of their redrives.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct RedriveTokens(VecDeque<(String, DateTime<Utc>)>);

impl RedriveTokens {
    pub(crate) fn add(&mut self, token: &str, date: DateTime<Utc>) {
        let Self(tokens) = self;
        tokens.push_back((token.to_owned(), date));
        if tokens.len() > MOST_TOKENS {
            tokens.pop_front();
        }
    }

    /// The date of the redrive that a token has asked for.
    pub(crate) fn date_of(&self, token: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut current = self.0.iter().filter(|(_, date)| now - *date < PERIOD);
        let found = current.find(|(known, _)| known == token);
        found.map(|(_, date)| *date)
    }

    /// Whether none of them answers any more.
    pub(crate) fn are_old(&self, now: DateTime<Utc>) -> bool {
        self.0.iter().all(|(_, date)| now - *date >= PERIOD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_answers_for_a_while_and_so_do_ten_of_an_execution() {
        let start = DateTime::UNIX_EPOCH;
        let mut tokens = RedriveTokens::default();
        for number in 0..=MOST_TOKENS {
            tokens.add(&number.to_string(), start);
        }
        assert_eq!(tokens.date_of("0", start), None, "it had to go");
        assert_eq!(tokens.date_of("1", start), Some(start));
        assert_eq!(tokens.date_of("1", start + PERIOD), None);
        assert!(!tokens.are_old(start));
        assert!(tokens.are_old(start + PERIOD));
    }
}
