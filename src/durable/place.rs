//! Where something is: its service and key.

use super::names;

/// Between the key of an execution and the number of a redrive: no name has it, and so no ARN of an execution.
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

    /// A child execution of a distributed Map.
    pub(super) fn of_child(arn: &str) -> Self {
        Self {
            service: names::CHILDREN.to_owned(),
            key: arn.to_owned(),
        }
    }

    /// The execution of a run, whichever of its runs that is.
    pub(super) fn of_run(service: &str, key: &str) -> Self {
        let (key, _) = key.split_once(REDRIVEN).unwrap_or((key, ""));
        Self {
            service: service.to_owned(),
            key: key.to_owned(),
        }
    }

    /// The run of an execution after so many redrives.
    pub(crate) fn redriven(&self, number: u32) -> Self {
        let Self { service, key } = self.clone();
        match number {
            0 => Self { service, key },
            number => Self {
                key: format!("{key}{REDRIVEN}{number}"),
                service,
            },
        }
    }

    /// Whether a key is of a run that goes on where another has ended.
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

    /// The execution whose redrives are counted under a key.
    pub(super) fn of_redrives(key: &str) -> Option<Self> {
        let (service, key) = key.split_once('/')?;
        Some(Self::of_run(service, key))
    }

    /// An execution that has brought its state machine with it.
    pub(crate) fn of_arn(arn: &str) -> Self {
        let is_express = arn.split(':').nth(5) == Some("express");
        let service = if is_express { names::EXPRESS } else { names::EXECUTIONS };
        Self {
            service: service.to_owned(),
            key: arn.to_owned(),
        }
    }
}
