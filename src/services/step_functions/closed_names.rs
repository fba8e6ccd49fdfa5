//! The names of ended nested executions: AWS does not allow their reuse.

use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

/// How long a name is kept after the end (API reference, `StartExecution`).
const KEPT: TimeDelta = TimeDelta::days(90);

/// The most names kept.
///
/// DIFFERENCE: AWS keeps all of them for its 90 days.
const MOST: usize = 100_000;

/// ARNs of named executions with the times of their ends.
#[derive(Debug, Default)]
pub(crate) struct ClosedNames {
    known: HashSet<Arc<str>>,
    /// The oldest first.
    by_age: VecDeque<(DateTime<Utc>, Arc<str>)>,
}

impl ClosedNames {
    pub(crate) fn insert(&mut self, arn: &Arc<str>, now: DateTime<Utc>) {
        self.forget_old(now);
        if self.known.insert(Arc::clone(arn)) {
            self.by_age.push_back((now, Arc::clone(arn)));
        }
        if self.by_age.len() > MOST
            && let Some((_, arn)) = self.by_age.pop_front()
        {
            self.known.remove(&arn);
        }
    }

    pub(crate) fn contains(&mut self, arn: &str, now: DateTime<Utc>) -> bool {
        self.forget_old(now);
        self.known.contains(arn)
    }

    fn forget_old(&mut self, now: DateTime<Utc>) {
        while let Some((ended, arn)) = self.by_age.front() {
            if now - *ended <= KEPT {
                break;
            }
            self.known.remove(arn);
            self.by_age.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_free_again_after_ninety_days() {
        let mut names = ClosedNames::default();
        let start = DateTime::UNIX_EPOCH;
        names.insert(&"arn".into(), start);
        assert!(names.contains("arn", start + KEPT));
        assert!(!names.contains("arn", start + KEPT + TimeDelta::seconds(1)));
        assert!(names.by_age.is_empty());
    }

    #[test]
    fn only_so_many_are_kept() {
        let mut names = ClosedNames::default();
        for i in 0..=MOST {
            names.insert(&i.to_string().into(), DateTime::UNIX_EPOCH);
        }
        assert!(!names.contains("0", DateTime::UNIX_EPOCH));
        assert!(names.contains("1", DateTime::UNIX_EPOCH));
        assert_eq!((names.known.len(), names.by_age.len()), (MOST, MOST));
    }
}
