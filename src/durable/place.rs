//! Where something is: its service and key.

use super::names;

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
