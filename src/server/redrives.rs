//! The client tokens that asked for redrives.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, VecDeque};

/// How long a client token answers the same, and how many of an execution do (API reference, `RedriveExecution`).
const PERIOD: TimeDelta = TimeDelta::minutes(15);
const MOST_TOKENS: usize = 10;

/// The last client tokens of an execution with the dates of their redrives.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Tokens(VecDeque<(String, DateTime<Utc>)>);

/// Those of all executions, by their ARNs.
#[derive(Debug, Default)]
pub(super) struct RedriveTokens(HashMap<String, Tokens>);

impl Tokens {
    pub(super) fn add(&mut self, token: &str, date: DateTime<Utc>) {
        let Self(tokens) = self;
        tokens.push_back((token.to_owned(), date));
        if tokens.len() > MOST_TOKENS {
            tokens.pop_front();
        }
    }

    /// Whether none of them answers any more.
    fn are_old(&self, now: DateTime<Utc>) -> bool {
        self.0.iter().all(|(_, date)| now - *date >= PERIOD)
    }
}

impl RedriveTokens {
    /// The date of the redrive that a token has asked for.
    pub(super) fn date_of(&self, arn: &str, token: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let Tokens(tokens) = self.0.get(arn)?;
        let mut current = tokens.iter().filter(|(_, date)| now - *date < PERIOD);
        let found = current.find(|(known, _)| known == token);
        found.map(|(_, date)| *date)
    }

    pub(super) fn add(&mut self, arn: &str, token: &str, date: DateTime<Utc>) {
        self.0.entry(arn.to_owned()).or_default().add(token, date);
    }

    /// Forgets the tokens that answer no more; returns the ARNs of the executions that have none left.
    pub(super) fn forget_old(&mut self, now: DateTime<Utc>) -> Vec<String> {
        let old = self.0.extract_if(|_, tokens| tokens.are_old(now));
        old.map(|(arn, _)| arn).collect()
    }
}

#[cfg(feature = "store")]
impl RedriveTokens {
    /// The tokens of one execution.
    pub(super) fn of(&self, arn: &str) -> Tokens {
        self.0.get(arn).cloned().unwrap_or_default()
    }

    pub(super) fn set(&mut self, arn: String, tokens: Tokens) {
        self.0.insert(arn, tokens);
    }

    #[cfg(feature = "restate")]
    pub(super) fn remove(&mut self, arn: &str) {
        self.0.remove(arn);
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
            tokens.add("arn", &number.to_string(), start);
        }
        assert_eq!(tokens.date_of("arn", "0", start), None, "it had to go");
        assert_eq!(tokens.date_of("arn", "1", start), Some(start));
        assert_eq!(tokens.date_of("other", "1", start), None);
        assert_eq!(tokens.date_of("arn", "1", start + PERIOD), None);
        assert!(tokens.forget_old(start).is_empty());
        assert_eq!(tokens.forget_old(start + PERIOD), ["arn"]);
        assert!(tokens.0.is_empty());
    }
}
