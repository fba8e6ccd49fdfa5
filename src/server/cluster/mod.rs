//! The API over a cluster: its state machines and activities are documents that all processes share, and its executions run on
//! whichever worker takes them.
//!
//! A process knows what it has read last. It reads what is new before it answers, and writes only on top of that: a call that
//! another process has overtaken looks again.

mod executions;
mod following;
mod starting;

pub(super) use executions::Clustered;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Service;
use super::change::Change;
use super::documents::{Source, records, removed_state_machine};
use crate::durable::{RestateClient, SharedDocument};
use crate::services::step_functions::StepFunctionsError;
use crate::store::{Record, StoreError};

/// The code of the error of a call that another process has overtaken; no caller gets it.
const OVERTAKEN: &str = "Overtaken";

/// How often a call is tried that others overtake.
const TRIES: usize = 20;

/// How long it is known which resources have services of their own.
const SERVICES_KNOWN: Duration = Duration::from_secs(1);

/// The cluster of an API.
#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) client: RestateClient,
    /// The region and account, which have their own documents.
    place: String,
    documents: Mutex<Documents>,
    /// The number of the last write that was seen.
    seen: AtomicU64,
    services: Mutex<Option<(Instant, BTreeSet<String>)>>,
}

/// Documents as they were read last.
#[derive(Debug, Default)]
struct Documents(BTreeMap<(String, String), String>);

impl Source for Documents {
    fn text(&self, kind: &str, key: &str) -> Result<Option<String>, StoreError> {
        Ok(self.0.get(&(kind.to_owned(), key.to_owned())).cloned())
    }
}

impl Cluster {
    pub(super) fn new(client: RestateClient, (region, account): (&str, &str)) -> Self {
        Self {
            client,
            place: format!("{region}:{account}"),
            documents: Mutex::default(),
            seen: AtomicU64::new(0),
            services: Mutex::default(),
        }
    }

    fn documents(&self) -> MutexGuard<'_, Documents> {
        self.documents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of the last write that was seen.
    pub(super) fn seen(&self) -> u64 {
        self.seen.load(Ordering::Acquire)
    }

    /// Writes documents on top of a write; errors if there is a later one.
    async fn write(&self, after: u64, records: Vec<Record>) -> Result<(), StepFunctionsError> {
        let documents = records.into_iter().filter_map(|record| match record {
            Record::Document { kind, key, text } => Some(SharedDocument { kind, key, text }),
            _ => None,
        });
        let written = self.client.write_documents(&self.place, after, documents.collect());
        match written.await? {
            Some(_) => Ok(()),
            None => Err(StepFunctionsError::new(
                OVERTAKEN,
                "another process has written meanwhile",
            )),
        }
    }

    /// The names of the services that resources have of their own.
    async fn services(&self) -> Result<BTreeSet<String>, StepFunctionsError> {
        let known = || self.services.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, services)) = &*known()
            && at.elapsed() < SERVICES_KNOWN
        {
            return Ok(services.clone());
        }
        let services: BTreeSet<String> = self.client.services_of_resources().await?.into_iter().collect();
        *known() = Some((now(), services.clone()));
        Ok(services)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "how old a list is has nothing to do with the time of executions"
)]
fn now() -> Instant {
    Instant::now()
}

impl Service {
    /// Calls an action, after what other processes have written was read.
    pub(super) async fn call_clustered<F>(
        &self,
        cluster: &Cluster,
        action: &str,
        call: impl Fn() -> F,
    ) -> Result<serde_json::Value, StepFunctionsError>
    where
        F: Future<Output = Result<serde_json::Value, StepFunctionsError>>,
    {
        for _ in 0..TRIES {
            if !is_about_one_execution(action) {
                self.follow(cluster).await?;
                if action.ends_with("StateMachine") || action == "ListStateMachines" {
                    self.forget_deleted_in(cluster).await?;
                }
            }
            match call().await {
                Err(error) if error.code() == OVERTAKEN => {}
                called => return called,
            }
        }
        Err(StepFunctionsError::conflict("Other requests change it all the time."))
    }

    /// Writes changes that are based on all up to a write.
    pub(super) async fn write_clustered(
        &self,
        cluster: &Cluster,
        after: u64,
        changes: &[Change],
    ) -> Result<(), StepFunctionsError> {
        cluster.write(after, records(changes)).await?;
        self.follow(cluster).await
    }

    /// Removes deleted state machines whose last execution has ended.
    async fn forget_deleted_in(&self, cluster: &Cluster) -> Result<(), StepFunctionsError> {
        let seen = cluster.seen();
        let deleting: Vec<String> = {
            let registry = self.registry();
            let machines = registry.state_machines.iter();
            let deleting = machines.filter(|(_, machine)| machine.is_deleting);
            deleting.map(|(arn, _)| arn.clone()).collect()
        };
        let mut gone = Vec::new();
        for arn in deleting {
            if !cluster.client.any_running(&arn).await? {
                gone.push(removed_state_machine(&arn));
            }
        }
        if gone.is_empty() {
            return Ok(());
        }
        match cluster.write(seen, gone).await {
            // It is for the next call then.
            Err(error) if error.code() != OVERTAKEN => Err(error),
            _ => self.follow(cluster).await,
        }
    }
}

/// Whether an action needs nothing of the state machines and activities.
fn is_about_one_execution(action: &str) -> bool {
    matches!(
        action,
        "DescribeExecution"
            | "GetExecutionHistory"
            | "SendTaskFailure"
            | "SendTaskHeartbeat"
            | "SendTaskSuccess"
            | "StopExecution"
            | "TestState"
            | "ValidateStateMachineDefinition"
    )
}
