//! All existing state machines, activities and executions.

#[cfg(feature = "store")]
mod opening;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::activity::Activity;
use super::arn::{Qualifier, StateMachineArn};
use super::executions::{Execution, Executions};
use super::redrives::Redrives;
use super::state_machine::{StateMachine, Version};
use crate::data::Random;
#[cfg(feature = "store")]
use crate::runtime::Documents;
use crate::runtime::ExecutionHandle;
use crate::services::step_functions::{Deployment, Revision, StepFunctionsError, Target};

/// AWS's quotas of an account.
pub(super) const MOST_STATE_MACHINES: usize = 10_000;
pub(super) const MOST_ACTIVITIES: usize = 10_000;

#[derive(Debug)]
pub(super) struct Registry {
    /// By ARN, and so sorted by name.
    pub(super) state_machines: BTreeMap<String, StateMachine>,
    pub(super) activities: BTreeMap<String, Activity>,
    /// Without a store.
    pub(super) executions: Executions,
    pub(super) redrives: Redrives,
    /// Picks among the versions of an alias and draws the ids of revisions.
    pub(super) random: Random,
    /// Whether a cluster has the executions, and all of this too.
    pub(super) is_clustered: bool,
    /// The store that has the executions, and all of this too.
    #[cfg(feature = "store")]
    pub(super) documents: Option<Documents>,
}

impl Registry {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            state_machines: BTreeMap::new(),
            activities: BTreeMap::new(),
            executions: Executions::default(),
            redrives: Redrives::default(),
            is_clustered: false,
            #[cfg(feature = "store")]
            documents: None,
            random: Random::seeded(seed),
        }
    }

    /// The state machine of an ARN, ignoring version and alias.
    pub(super) fn state_machine(&mut self, arn: &StateMachineArn<'_>) -> Result<&StateMachine, StepFunctionsError> {
        self.forget_deleted(arn.unqualified);
        self.state_machines
            .get(arn.unqualified)
            .ok_or_else(|| does_not_exist(arn.text))
    }

    /// The revision that an execution of an ARN runs.
    pub(super) fn target(&mut self, text: &str) -> Result<Target, StepFunctionsError> {
        let arn = StateMachineArn::parse(text)?;
        self.forget_deleted(arn.unqualified);
        let machine = self
            .state_machines
            .get(arn.unqualified)
            .ok_or_else(|| does_not_exist(text))?;
        if machine.is_deleting {
            return Err(StepFunctionsError::state_machine_deleting(text));
        }
        let (version, alias_arn) = match arn.qualifier {
            None => return Ok(target(machine, &machine.current, None, None)),
            Some(Qualifier::Version(number)) => (machine.version(number), None),
            Some(Qualifier::Alias(name)) => {
                let alias = machine.aliases.get(name).ok_or_else(|| does_not_exist(text))?;
                let number = alias.route(&self.random);
                let version = number.and_then(|number| machine.versions.get(&number));
                (version, Some(Arc::clone(&alias.arn)))
            }
        };
        let Version { arn, revision, .. } = version.ok_or_else(|| does_not_exist(text))?;
        Ok(target(machine, revision, Some(Arc::clone(arn)), alias_arn))
    }

    /// Adds an execution.
    pub(super) fn add_execution(
        &mut self,
        handle: ExecutionHandle,
        target: &Target,
        input: &str,
        trace_header: Option<&str>,
    ) {
        let Some(deployment) = &target.deployment else { return };
        let arn = handle.arn().to_owned();
        self.executions.add(&arn, |number| Execution {
            number,
            name: handle.name(),
            handle,
            state_machine_arn: target.state_machine.id.clone(),
            version_arn: deployment.version_arn.clone(),
            alias_arn: deployment.alias_arn.clone(),
            revision: Arc::clone(&deployment.revision),
            input: input.into(),
            trace_header: trace_header.map(Into::into),
        });
    }

    /// A revision that a state machine still has, by its number.
    #[cfg(feature = "store")]
    pub(super) fn revision(&self, state_machine_arn: &str, number: u64) -> Option<Arc<Revision>> {
        let machine = self.state_machines.get(state_machine_arn)?;
        let versions = machine.versions.values().map(|version| &version.revision);
        let mut revisions = versions.chain([&machine.current]);
        revisions.find(|revision| revision.number == number).cloned()
    }

    /// Removes deleted state machines whose last execution has ended.
    pub(super) fn forget_deleted(&mut self, arn: &str) {
        let is_deleting = self.state_machines.get(arn).is_some_and(|machine| machine.is_deleting);
        if is_deleting && !self.any_running(arn) {
            self.state_machines.remove(arn);
            // Nobody waits for it: what is found at a restart is forgotten then.
            #[cfg(feature = "store")]
            if let Some(documents) = &self.documents {
                documents.write_in_time(vec![super::documents::removed_state_machine(arn)]);
            }
        }
    }

    /// Whether a state machine has a running execution. Over a cluster always true: this process cannot see all executions, and
    /// `forget_deleted_in` asks the cluster before it removes a deleted state machine.
    pub(super) fn any_running(&self, arn: &str) -> bool {
        #[cfg(feature = "store")]
        if let Some(documents) = &self.documents {
            return super::stored::any_running(documents, arn);
        }
        self.is_clustered || self.executions.any_running(arn)
    }

    pub(super) fn forget_all_deleted(&mut self) {
        let deleting = self.state_machines.iter().filter(|(_, machine)| machine.is_deleting);
        let deleting: Vec<String> = deleting.map(|(arn, _)| arn.clone()).collect();
        for arn in deleting {
            self.forget_deleted(&arn);
        }
    }
}

pub(super) fn does_not_exist(arn: &str) -> StepFunctionsError {
    StepFunctionsError::state_machine_does_not_exist(arn)
}

fn target(
    machine: &StateMachine,
    revision: &Arc<Revision>,
    version_arn: Option<Arc<str>>,
    alias_arn: Option<Arc<str>>,
) -> Target {
    Target {
        program: Arc::clone(&revision.definition.program),
        state_machine: Arc::clone(&machine.context),
        deployment: Some(Deployment {
            revision: Arc::clone(revision),
            version_arn,
            alias_arn,
        }),
    }
}
