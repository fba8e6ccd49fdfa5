//! Where something is: its service and key.

use chrono::{DateTime, Utc};

use super::names;

/// Between the key of an execution and what tells a later run of it: no name has it, and so no ARN of an execution.
const REDRIVEN: char = '#';

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(super) service: String,
    pub(super) key: String,
}

impl Place {
    /// An activity.
    pub(super) fn of_activity(arn: &str) -> Self {
        Self {
            service: names::ACTIVITIES.to_owned(),
            key: arn.to_owned(),
        }
    }

    /// An execution of a state machine that a worker has.
    pub(super) fn of_machine(machine: &str, name: &str) -> Self {
        Self {
            service: names::of_machine(machine),
            key: name.to_owned(),
        }
    }

    /// Whether it is of an Express workflow.
    pub(crate) fn is_express(&self) -> bool {
        self.service == names::EXPRESS
    }

    /// Whether its key is the ARN of an execution that has brought its state machine with it.
    pub(super) fn is_by_arn(&self) -> bool {
        self.is_express() || self.service == names::EXECUTIONS
    }

    /// A child execution of a distributed Map, or a later run of it.
    pub(super) fn of_child(key: &str) -> Self {
        Self {
            service: names::CHILDREN.to_owned(),
            key: key.to_owned(),
        }
    }

    /// Whether it is of a child execution that starts over when it is redriven: one of an Express workflow.
    pub(super) fn starts_over(&self) -> bool {
        self.service == names::CHILDREN && is_express(&self.key)
    }

    /// The execution of a run, whichever of its runs that is.
    pub(super) fn of_run(service: &str, key: &str) -> Self {
        let (key, _) = key.split_once(REDRIVEN).unwrap_or((key, ""));
        Self {
            service: service.to_owned(),
            key: key.to_owned(),
        }
    }

    /// The run of an execution after so many redrives. Executions of one name have other starts, where a name may come again.
    pub(crate) fn run(&self, start: Option<DateTime<Utc>>, redrives: u32) -> Self {
        let Self { service, key } = self.clone();
        let key = match (redrives, start) {
            (0, _) => key,
            (number, None) => format!("{key}{REDRIVEN}{number}"),
            (number, Some(start)) => format!("{key}{REDRIVEN}{}.{number}", start.timestamp_micros()),
        };
        Self { service, key }
    }

    /// How often the execution of a run was redriven before.
    pub(super) fn redrives_before(&self) -> u32 {
        let number = self.key.split_once(REDRIVEN).map(|(_, run)| run.rsplit('.').next());
        number.flatten().and_then(|number| number.parse().ok()).unwrap_or(0)
    }

    /// The run before a later one.
    pub(super) fn before(&self) -> Option<Self> {
        let number = self.redrives_before().checked_sub(1)?;
        let of = Self::of_run(&self.service, &self.key);
        let (earlier, _) = self.key.rsplit_once(['.', REDRIVEN])?;
        let key = match number {
            0 => of.key,
            number if earlier == of.key => format!("{earlier}{REDRIVEN}{number}"),
            number => format!("{earlier}.{number}"),
        };
        Some(Self { key, ..of })
    }

    /// Whether it is of a run that goes on where another has ended.
    pub(super) fn is_later(&self) -> bool {
        Self::is_redriven(&self.key)
    }

    /// The same of its key.
    pub(super) fn is_redriven(key: &str) -> bool {
        key.contains(REDRIVEN)
    }

    /// What counts the redrives of an execution.
    pub(super) fn redrives(&self) -> Self {
        Self {
            service: names::REDRIVES.to_owned(),
            key: format!("{}/{}", self.service, self.key),
        }
    }

    /// What has the rest of an execution that comes from a store.
    pub(super) fn parcel(&self) -> Self {
        Self {
            service: names::MOVES.to_owned(),
            ..self.redrives()
        }
    }

    /// The execution whose redrives are counted under a key.
    pub(super) fn of_redrives(key: &str) -> Option<Self> {
        let (service, key) = key.split_once('/')?;
        Some(Self::of_run(service, key))
    }

    /// An execution that has brought its state machine with it.
    pub(crate) fn of_arn(arn: &str) -> Self {
        let service = if is_express(arn) {
            names::EXPRESS
        } else {
            names::EXECUTIONS
        };
        Self {
            service: service.to_owned(),
            key: arn.to_owned(),
        }
    }
}

fn is_express(arn: &str) -> bool {
    arn.split(':').nth(5) == Some("express")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_found_and_tells_its_execution() {
        let place = Place::of_machine("Orders", "one");
        let start = DateTime::from_timestamp_micros(1_800_000_000_123_456).unwrap();
        assert_eq!(place.run(Some(start), 0), place);
        let later = place.run(Some(start), 12);
        assert_eq!(later.key, "one#1800000000123456.12");
        assert!(later.is_later() && !place.is_later());
        assert_eq!((later.redrives_before(), place.redrives_before()), (12, 0));
        assert_eq!(Place::of_run(&later.service, &later.key), place);
        assert_eq!(Place::of_redrives(&place.redrives().key), Some(place.clone()));
        let child = Place::of_child("arn:aws:states:us-east-1:123456789012:express:Orders/Each:name:id");
        let later = child.run(None, 3);
        assert_eq!((later.redrives_before(), later.starts_over()), (3, true));
        for number in 1..4 {
            assert_eq!(
                place.run(Some(start), number).before(),
                Some(place.run(Some(start), number - 1))
            );
            assert_eq!(child.run(None, number).before(), Some(child.run(None, number - 1)));
        }
        assert_eq!((place.before(), child.before()), (None, None));
        assert_eq!(Place::of_redrives(&child.redrives().key), Some(child.clone()));
    }
}
