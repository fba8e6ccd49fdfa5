//! The client tokens that asked for redrives, of all executions.

use chrono::{DateTime, Utc};
use std::collections::HashMap;

use crate::services::step_functions::RedriveTokens;

/// The client tokens of executions, by their ARNs.
#[derive(Debug, Default)]
pub(super) struct Redrives(HashMap<String, RedriveTokens>);

impl Redrives {
    /// The date of the redrive that a token has asked for.
    pub(super) fn date_of(&self, arn: &str, token: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.0.get(arn)?.date_of(token, now)
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
impl Redrives {
    /// The tokens of one execution.
    pub(super) fn of(&self, arn: &str) -> RedriveTokens {
        self.0.get(arn).cloned().unwrap_or_default()
    }

    pub(super) fn set(&mut self, arn: String, tokens: RedriveTokens) {
        self.0.insert(arn, tokens);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn tokens_are_of_one_execution_and_old_ones_are_forgotten() {
        let start = DateTime::UNIX_EPOCH;
        let mut redrives = Redrives::default();
        redrives.add("arn", "token", start);
        assert_eq!(redrives.date_of("arn", "token", start), Some(start));
        assert_eq!(redrives.date_of("other", "token", start), None);
        assert!(redrives.forget_old(start).is_empty());
        assert_eq!(redrives.forget_old(start + TimeDelta::minutes(15)), ["arn"]);
        assert!(redrives.0.is_empty());
    }
}
