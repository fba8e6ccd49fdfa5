//! An execution of the API, wherever it is kept.

use std::sync::Arc;

use super::Service;
use super::arn::check_execution;
#[cfg(feature = "restate")]
use super::cluster::Clustered;
use super::execution::{Events, Facts};
use super::executions::Execution;
#[cfg(feature = "store")]
use super::stored::Stored;
use crate::execution::{MapRun, Outcome};
use crate::history::HistoryEvent;
use crate::services::step_functions::{Revision, StepFunctionsError};

/// One execution. In memory it is as it is now; from a store, as it was when it was found.
pub(super) enum Known {
    InMemory(Arc<Execution>),
    #[cfg(feature = "store")]
    Stored(Box<Stored>),
    #[cfg(feature = "restate")]
    Clustered(Box<Clustered>),
}

impl Service {
    /// The execution of an ARN. Errors if there is none.
    #[cfg_attr(
        not(feature = "restate"),
        expect(clippy::unused_async, reason = "a cluster is asked and waited for")
    )]
    pub(super) async fn execution(&self, arn: &str) -> Result<Known, StepFunctionsError> {
        #[cfg(feature = "restate")]
        if let Some(cluster) = self.cluster() {
            check_execution(arn)?;
            let found = cluster.execution(arn).await?;
            let found = found.ok_or_else(|| StepFunctionsError::execution_does_not_exist(arn))?;
            return Ok(Known::Clustered(Box::new(found)));
        }
        self.execution_here(arn)
    }

    /// The same in memory, or in the store.
    pub(super) fn execution_here(&self, arn: &str) -> Result<Known, StepFunctionsError> {
        check_execution(arn)?;
        let missing = || StepFunctionsError::execution_does_not_exist(arn);
        #[cfg(feature = "store")]
        if let Some(documents) = &self.documents {
            let found = Stored::find(documents, arn)?.ok_or_else(missing)?;
            if let Some(place) = found.place_elsewhere() {
                return Err(StepFunctionsError::execution_elsewhere(arn, place));
            }
            return Ok(Known::Stored(Box::new(found)));
        }
        let found = self.registry().executions.find(arn).cloned();
        found.map(Known::InMemory).ok_or_else(missing)
    }

    /// Errors with the reason why an execution cannot be redriven, if so.
    #[cfg_attr(
        not(feature = "restate"),
        expect(clippy::unused_async, reason = "a cluster is asked and waited for")
    )]
    pub(super) async fn check_redrivable(&self, known: &Known) -> Result<Result<(), String>, StepFunctionsError> {
        let checked = match known {
            Known::InMemory(execution) => execution.handle.check_redrivable(),
            #[cfg(feature = "store")]
            Known::Stored(stored) => stored.check_redrivable(&self.interpreter),
            #[cfg(feature = "restate")]
            Known::Clustered(execution) => return execution.check_redrivable(self.interpreter.now()).await,
        };
        Ok(checked.map_err(|reason| reason.to_string()))
    }

    /// The Map Runs of an execution, running ones in their current state.
    #[cfg_attr(
        not(feature = "restate"),
        expect(clippy::unused_async, reason = "a cluster is asked and waited for")
    )]
    pub(super) async fn map_runs_of(&self, known: &Known) -> Result<Vec<MapRun>, StepFunctionsError> {
        match known {
            Known::InMemory(execution) => Ok(execution.handle.described_map_runs()),
            #[cfg(feature = "store")]
            Known::Stored(stored) => Ok(stored.map_runs(&self.interpreter)?),
            #[cfg(feature = "restate")]
            Known::Clustered(execution) => execution.map_runs().await,
        }
    }

    /// The revision that an execution started with.
    #[cfg_attr(
        not(feature = "restate"),
        expect(clippy::unused_async, reason = "a cluster is asked and waited for")
    )]
    pub(super) async fn revision_of(&self, known: &Known) -> Result<Arc<Revision>, StepFunctionsError> {
        #[cfg(feature = "restate")]
        if let Known::Clustered(execution) = known {
            let missing = || StepFunctionsError::internal("the execution was not started by the API");
            let cluster = self.cluster().ok_or_else(missing)?;
            return self.revision_of_clustered(cluster, execution).await;
        }
        self.revision_here(known)
    }

    /// The same of one in memory, or in the store.
    #[cfg_attr(
        not(feature = "store"),
        expect(clippy::unnecessary_wraps, clippy::unused_self, reason = "a store may be unreadable")
    )]
    pub(super) fn revision_here(&self, known: &Known) -> Result<Arc<Revision>, StepFunctionsError> {
        match known {
            Known::InMemory(execution) => Ok(Arc::clone(&execution.revision)),
            #[cfg(feature = "store")]
            Known::Stored(stored) => {
                let in_use = self.registry().revision(stored.state_machine_arn(), stored.revision());
                in_use.map_or_else(|| Ok(stored.read_revision()?), Ok)
            }
            #[cfg(feature = "restate")]
            Known::Clustered(_) => Err(StepFunctionsError::internal("the execution is in a cluster")),
        }
    }
}

impl Known {
    pub(super) fn facts(&self) -> Facts {
        match self {
            Self::InMemory(execution) => execution.facts(),
            #[cfg(feature = "store")]
            Self::Stored(stored) => stored.facts(),
            #[cfg(feature = "restate")]
            Self::Clustered(execution) => execution.facts(),
        }
    }

    /// The outcome; `None` while it runs.
    #[cfg_attr(
        not(feature = "store"),
        expect(clippy::unnecessary_wraps, reason = "a store may be unreadable")
    )]
    pub(super) fn outcome(&self) -> Result<Option<Outcome>, StepFunctionsError> {
        match self {
            Self::InMemory(execution) => Ok(execution.handle.ended()),
            #[cfg(feature = "store")]
            Self::Stored(stored) => Ok(stored.outcome()?),
            #[cfg(feature = "restate")]
            Self::Clustered(execution) => execution.outcome(),
        }
    }

    #[cfg_attr(
        not(feature = "restate"),
        expect(clippy::unused_async, reason = "a cluster is asked and waited for")
    )]
    pub(super) async fn history(&self, asked: Events) -> Result<Vec<HistoryEvent>, StepFunctionsError> {
        match self {
            Self::InMemory(execution) if asked.is_reverse => {
                let mut events = execution.handle.history();
                events.reverse();
                events.retain(|event| asked.after.is_none_or(|after| event.id < after));
                events.truncate(asked.most);
                Ok(events)
            }
            Self::InMemory(execution) => Ok(execution.handle.history_after(asked.after.unwrap_or(0), asked.most)),
            #[cfg(feature = "store")]
            Self::Stored(stored) => Ok(stored.history(asked)?),
            #[cfg(feature = "restate")]
            Self::Clustered(execution) => execution.history(asked).await,
        }
    }
}
