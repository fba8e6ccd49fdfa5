//! The API over a cluster: its state machines and activities are documents that all processes share, and its executions run on
//! whichever worker takes them.
//!
//! A process knows what it has read last. It reads what is new before it answers, and writes only on top of that: a call that
//! another process has overtaken looks again.

mod copying;
mod executions;
mod following;
mod starting;
mod telling;

pub use copying::Copied;
pub(super) use executions::Clustered;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::change::Change;
use super::documents::{DEFINITION, REVISION, Source, missing, records, removed_state_machine};
use super::{Reports, Service, StepFunctions};
use crate::durable::{RestateClient, RestateWorker, SharedDocument};
use crate::error::{Error, ErrorKind};
use crate::runtime::Interpreter;
use crate::services::step_functions::StepFunctionsError;
use crate::store::{Record, StoreError, StoreErrorKind};

/// The code of the error of a call that another process has overtaken; no caller gets it.
const OVERTAKEN: &str = "Overtaken";

/// How often a call is tried that others overtake.
const TRIES: usize = 20;

/// Between two looks at what another process is writing.
const PAUSE: Duration = Duration::from_millis(20);

/// How long it is known which resources have services of their own, and who tells of executions.
const SERVICES_KNOWN: Duration = Duration::from_secs(1);

/// How long a running execution may go by what was read.
const LATELY: Duration = Duration::from_secs(1);

/// The cluster of an API.
#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) client: RestateClient,
    /// What this process's worker tells of executions.
    reports: Reports,
    /// The region and account, which have their own documents.
    place: String,
    documents: Mutex<Documents>,
    /// Held by the call that reads what is new.
    following: tokio::sync::Mutex<Following>,
    /// How many reads have begun.
    reads: AtomicU64,
    /// The number of the last write that was seen.
    seen: AtomicU64,
    /// When the last read ended.
    read_at: Mutex<Option<Instant>>,
    services: Mutex<Option<(Instant, BTreeSet<String>)>>,
}

/// How far reading has come.
#[derive(Debug, Default)]
struct Following {
    /// The number of the last read.
    last_read: u64,
    /// The kinds and keys of documents that have changed, and could not be taken over yet.
    left: BTreeSet<(String, String)>,
}

/// Documents as they were read last. Revisions and definitions are read again when they are needed: those in use are in the
/// registry, and the others are many.
#[derive(Debug, Default)]
struct Documents(BTreeMap<(String, String), String>);

impl Source for Documents {
    fn text(&self, kind: &str, key: &str) -> Result<Option<String>, StoreError> {
        Ok(self.0.get(&(kind.to_owned(), key.to_owned())).cloned())
    }
}

impl Documents {
    /// Forgets the texts of what the registry has.
    fn forget_revisions(&mut self) {
        self.0.retain(|(kind, _), _| kind != REVISION && kind != DEFINITION);
    }
}

impl Cluster {
    /// The text of a document as it is now. Errors if it is not there.
    async fn document(&self, kind: &str, key: &str) -> Result<String, StoreError> {
        let text = self.client.document(&self.place, kind, key).await;
        let text = text.map_err(|error| StoreError::new(StoreErrorKind::Unavailable, error.to_string()))?;
        text.ok_or_else(|| missing(&format!("the {kind} `{key}`")))
    }

    pub(super) fn new(client: RestateClient, (region, account): (&str, &str), reports: Reports) -> Self {
        Self {
            client,
            reports,
            place: format!("{region}:{account}"),
            documents: Mutex::default(),
            following: tokio::sync::Mutex::default(),
            reads: AtomicU64::new(0),
            seen: AtomicU64::new(0),
            read_at: Mutex::default(),
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

    /// Whether what others have written was read a moment ago.
    pub(super) fn was_read_lately(&self) -> bool {
        let read_at = self.read_at.lock().unwrap_or_else(PoisonError::into_inner);
        read_at.is_some_and(|at| at.elapsed() < LATELY)
    }

    fn note_read(&self) {
        *self.read_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(now());
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

    /// The names of the services that resources have of their own, and of those that tell of executions.
    async fn services(&self) -> Result<BTreeSet<String>, StepFunctionsError> {
        let known = || self.services.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, services)) = &*known()
            && at.elapsed() < SERVICES_KNOWN
        {
            return Ok(services.clone());
        }
        let services: BTreeSet<String> = self.client.known_services().await?.into_iter().collect();
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

impl StepFunctions {
    /// The API over a cluster, for any number of processes at once: each of them sees what the others create, and starts, reads
    /// and stops all executions. They run on the workers that [`worker`](Self::worker) makes: at least one has to serve the
    /// cluster before the first call.
    ///
    /// The interpreter's handlers do the tasks that this process's worker is given.
    ///
    /// # Errors
    ///
    /// [`Misconfigured`](ErrorKind::Misconfigured) if the interpreter has a store: executions are in the cluster.
    pub fn on_restate(interpreter: Interpreter, client: RestateClient) -> Result<Self, Error> {
        Self::on_restate_reporting(interpreter, client, Reports::new())
    }

    /// The same, and the workers of those processes that have reports tell of the cluster's executions: of all that end while
    /// such a worker is registered, whichever process started or ran them.
    ///
    /// A report is tried until a worker has made it, another one if that dies meanwhile: so it may come twice, an event then
    /// with the same id, and not in the order in which things happened. An event bridge is to answer once an event cannot be
    /// lost any more, such as a [`LocalEventBus`](crate::handlers::event_bus::LocalEventBus) that
    /// [waits for its targets](crate::handlers::event_bus::LocalEventBus::wait_for_targets).
    ///
    /// # Errors
    ///
    /// As [`on_restate`](Self::on_restate).
    pub fn on_restate_reporting(
        interpreter: Interpreter,
        client: RestateClient,
        reports: Reports,
    ) -> Result<Self, Error> {
        interpreter.check_options_of_cluster()?;
        if interpreter.has_store() {
            let message = "the interpreter has a store, and executions would be in the cluster: leave it out";
            return Err(Error::new(ErrorKind::Misconfigured, message));
        }
        let api = Self::new(interpreter);
        let cluster = Cluster::new(client, api.interpreter().place(), reports);
        api.service.registry().is_clustered = true;
        // Nobody else has it yet.
        let _ = api.service.cluster.set(cluster);
        Ok(api)
    }

    /// A worker that runs executions of the API, and does their tasks by the interpreter's handlers; `None` without a cluster.
    pub fn worker(&self) -> Option<RestateWorker> {
        let cluster = self.service.cluster()?;
        let worker = RestateWorker::of(Arc::clone(&self.service.interpreter));
        let service: Arc<Service> = Arc::clone(&self.service);
        Some(worker.client(cluster.client.clone()).of_api(service))
    }
}

impl Service {
    /// Calls an action, after what other processes have written was read.
    pub(super) async fn call_clustered<F>(
        &self,
        cluster: &Cluster,
        (action, request): (&str, &serde_json::Value),
        call: impl Fn() -> F,
    ) -> Result<serde_json::Value, StepFunctionsError>
    where
        F: Future<Output = Result<serde_json::Value, StepFunctionsError>>,
    {
        for _ in 0..TRIES {
            if !is_about_one_execution(action) {
                self.follow(cluster).await?;
                self.forget_deleted_in(cluster, request).await?;
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

    /// Removes deleted state machines whose last execution has ended, of those that a request names, or of all if it names none.
    async fn forget_deleted_in(
        &self,
        cluster: &Cluster,
        request: &serde_json::Value,
    ) -> Result<(), StepFunctionsError> {
        let named: Vec<&str> = request
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(member, _)| *member == "name" || member.ends_with("Arn"))
            .filter_map(|(_, value)| value.as_str())
            .collect();
        let is_meant = |arn: &str| {
            let is = |named: &&str| named.starts_with(arn) || arn.rsplit(':').next() == Some(named);
            named.is_empty() || named.iter().any(is)
        };
        let seen = cluster.seen();
        let deleting: Vec<String> = {
            let registry = self.registry();
            let machines = registry.state_machines.iter();
            let deleting = machines.filter(|(arn, machine)| machine.is_deleting && is_meant(arn));
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
            | "RedriveExecution"
            | "SendTaskFailure"
            | "SendTaskHeartbeat"
            | "SendTaskSuccess"
            | "StopExecution"
            | "TestState"
            | "ValidateStateMachineDefinition"
    )
}
