//! An execution that runs, as reports tell of it.

use chrono::{DateTime, Utc};
use std::sync::Arc;

use super::logging::Logging;
use crate::definition::WorkflowType;
use crate::history::EventDetails;
use crate::runtime::ExecutionHandle;
use crate::server::execution::Facts;
use crate::services::step_functions::{Revision, Target};

/// What reports need of an execution beside its handle.
#[derive(Debug, Clone)]
pub(in crate::server) struct Begun {
    pub(super) name: String,
    pub(super) state_machine_arn: String,
    pub(super) version_arn: Option<Arc<str>>,
    pub(super) alias_arn: Option<Arc<str>>,
    /// The input's text as given.
    pub(super) input: Arc<str>,
    pub(super) redrive_count: u32,
    pub(super) redrive_time: Option<DateTime<Utc>>,
    pub(super) workflow_type: WorkflowType,
    pub(super) logging: Option<Logging>,
}

impl Begun {
    /// An execution of this target; `None` for a state machine that is not one of the API.
    pub(in crate::server) fn of(execution: &ExecutionHandle, target: &Target, input: &str) -> Option<Self> {
        let deployment = target.deployment.as_ref()?;
        let workflow_type = target.program.machine().workflow_type;
        Some(Self {
            name: execution.name(),
            state_machine_arn: target.state_machine.id.clone(),
            version_arn: deployment.version_arn.clone(),
            alias_arn: deployment.alias_arn.clone(),
            input: input.into(),
            redrive_count: 0,
            redrive_time: None,
            workflow_type,
            logging: Logging::of(&deployment.revision.configuration.logging, workflow_type),
        })
    }

    /// An execution that is known already.
    pub(in crate::server) fn known(facts: Facts, revision: &Revision) -> Self {
        let workflow_type = revision.workflow_type();
        Self {
            workflow_type,
            logging: Logging::of(&revision.configuration.logging, workflow_type),
            ..Self::of_facts(facts)
        }
    }

    /// An execution of a Standard workflow, without what it logs.
    pub(in crate::server) fn of_facts(facts: Facts) -> Self {
        Self {
            name: facts.name,
            state_machine_arn: facts.state_machine_arn,
            version_arn: facts.version_arn,
            alias_arn: facts.alias_arn,
            input: facts.input,
            redrive_count: facts.redrive_count,
            redrive_time: facts.redrive_time,
            workflow_type: WorkflowType::Standard,
            logging: None,
        }
    }

    /// Whether it logs anything.
    #[cfg(feature = "restate")]
    pub(in crate::server) fn is_logged(&self) -> bool {
        self.logging.is_some()
    }

    /// An execution of an Express workflow that goes on since an earlier process. Of its start nothing is kept but its history.
    pub(in crate::server) fn express(execution: &ExecutionHandle, revision: &Revision) -> Self {
        let first = execution.history().into_iter().next();
        let input = match first.map(|event| event.details) {
            Some(EventDetails::ExecutionStarted { input, .. }) => input.to_string().into(),
            _ => Arc::default(),
        };
        Self {
            name: execution.name(),
            state_machine_arn: execution.state_machine_arn().to_owned(),
            version_arn: None,
            alias_arn: None,
            input,
            redrive_count: 0,
            redrive_time: None,
            workflow_type: WorkflowType::Express,
            logging: Logging::of(&revision.configuration.logging, WorkflowType::Express),
        }
    }

    /// The same after a redrive.
    pub(in crate::server) fn again(facts: Facts, revision: &Revision, redrive_time: DateTime<Utc>) -> Self {
        Self {
            redrive_count: facts.redrive_count.saturating_add(1),
            redrive_time: Some(redrive_time),
            ..Self::known(facts, revision)
        }
    }
}
