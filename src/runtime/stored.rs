//! The store of an interpreter: how executions come into it, and how those are found that have ended.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use uuid::Builder;

use super::Interpreter;
use super::executions::runs_already;
use super::journal::{Durable, Journal, Naming, Retention, Writer, unreadable};
use super::running::{New, Origin, Running};
use super::shared::Shared;
use super::start::Start;
use super::starting::Asked;
use crate::definition::WorkflowType;
use crate::error::{Error, ErrorKind};
use crate::execution::{Execution, Program};
use crate::services::step_functions::Target;
use crate::store::{self, End, ExecutionStore, Record, StoreError, StoredExecution, StoredOrigin, StoredRequest};

impl Interpreter {
    /// Keeps executions in a store, where they outlive the process: see
    /// [`docs::surviving`](crate::docs::surviving).
    ///
    /// After a restart, [`Interpreter::resume`] lets them go on.
    ///
    /// ```
    /// use asl_engine::{Interpreter, StateMachine};
    /// use asl_engine::store::SqliteStore;
    /// use serde_json::{Value, json};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = std::env::temp_dir().join(format!("asl-engine-doc-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    /// # let path = folder.join("executions.db");
    /// let machine: StateMachine =
    ///     r#"{ "StartAt": "Bake", "States": { "Bake": { "Type": "Wait", "Seconds": 600, "End": true } } }"#.parse()?;
    ///
    /// let bar = Interpreter::new().store(SqliteStore::open(&path)?);
    /// let order = bar.start(&machine, json!({ "id": 7 }))?;
    /// let arn = order.arn().to_owned();
    /// # bar.shutdown(std::time::Duration::ZERO).await;
    /// # drop((bar, order));
    ///
    /// // The process ends here, in the middle of the Wait. The next one:
    /// let bar = Interpreter::new().store(SqliteStore::open(&path)?);
    /// let resumed = bar.resume().await?;
    /// assert_eq!(resumed.executions, 1);
    /// assert_eq!(bar.execution(&arn).map(|order| order.status()), Some("RUNNING"));
    /// # bar.shutdown(std::time::Duration::ZERO).await;
    /// # drop(bar);
    /// # std::fs::remove_dir_all(folder)?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn store(self, store: impl ExecutionStore) -> Self {
        self.with(|settings| settings.store = Some(Arc::new(store)))
    }

    /// Sets for how long a store keeps executions that have ended, and how many of them at most; default: 90 days as on AWS,
    /// and any number. `None` is no limit. What is beyond is removed bit by bit while the interpreter runs.
    #[must_use]
    pub fn keep_closed(self, age: impl Into<Option<std::time::Duration>>, most: impl Into<Option<u64>>) -> Self {
        let age: Option<std::time::Duration> = age.into();
        let most = most.into();
        self.with(|settings| {
            settings.retention = Retention {
                age: age.map(|age| chrono::TimeDelta::from_std(age).unwrap_or(chrono::TimeDelta::MAX)),
                most,
            };
        })
    }

    /// Starts an execution as [`Interpreter::start_with`] does, and waits for the store without holding the thread: so many
    /// starts are written together.
    ///
    /// Errors as it does.
    pub async fn start_stored(
        &self,
        machine: impl Into<Arc<Program>>,
        input: impl serde::Serialize,
        request: super::StartRequest,
    ) -> Result<super::ExecutionHandle, Error> {
        let begun = self.begin(machine.into(), input, request, false)?;
        let running = begun.shared.start(begun.start, begun.host)?;
        running.ack().wait().await?;
        Ok(super::ExecutionHandle::new(running))
    }
}

#[cfg(feature = "cli")]
impl Interpreter {
    /// Errors if an execution of the program could not start for want of handlers.
    pub(crate) fn check_handlers(&self, program: &Arc<Program>) -> Result<(), Error> {
        self.check_options()?;
        let context = self.state_machine_context(None);
        super::requirements::check(program, self.shared(), || context.id.clone())
    }
}

/// An execution as it is written.
type InStore = (Box<Durable>, Box<Journal>);

impl Shared {
    /// The writer to the store, if there is a store. Errors if the store cannot be read.
    pub(super) fn writer(&self) -> Result<Option<Arc<Writer>>, Error> {
        let writer = match &self.settings.store {
            None => Ok(None),
            Some(store) => self.stored.writer(store, self.settings.retention).map(Some),
        };
        writer.map_err(unreadable)
    }

    /// Writes what has come so far, and nothing after it.
    pub(super) fn stop_writer(&self) {
        self.stored.stop();
    }

    /// The journal of an execution that starts, if there is a store.
    pub(super) fn begin_journal(&self, start: &Start, now: DateTime<Utc>) -> Result<Option<InStore>, Error> {
        let Some(writer) = self.writer()? else { return Ok(None) };
        let naming = Naming {
            is_named: start.is_named,
            is_refusable: start.is_refusable,
        };
        let durable = Durable::new(writer, start.started_by.clone(), naming);
        let origin = StoredOrigin {
            lineage: start.origin.lineage,
            started_by: start.started_by.clone(),
            request: start.request.clone(),
            trace: start.trace.clone(),
        };
        let (program, limits) = (&start.program, &self.settings.limits);
        let start = store::Start::of(durable.number, program, &start.options, limits, origin, now);
        // The other one is of its first events.
        let mut records = Vec::with_capacity(2);
        records.push(Record::Start(Box::new(start)));
        let journal = Journal::starting(records, Some(Arc::clone(program)));
        Ok(Some((Box::new(durable), Box::new(journal))))
    }

    /// Asks for the name of an execution that is about to start: no other of its name starts until the answer is dropped. Errors
    /// if one is running, or the store has one.
    pub(super) fn ask_for_name(&self, running: &Running) -> Result<Option<Asked<'_>>, Error> {
        // One that is redriven is in the store itself.
        let is_new = |durable: &&Durable| durable.is_named && durable.acks.written() == 0;
        let Some(durable) = running.durable.as_deref().filter(is_new) else {
            return Ok(None);
        };
        let asked = self.starting.ask(&running.arn);
        // First: what is not here any more when the store is asked is written.
        if self.execution_here(&running.arn).is_some() {
            return Err(runs_already(&running.arn));
        }
        let known = durable.writer.store().execution(&running.arn).map_err(unreadable)?;
        let Some(known) = known else { return Ok(Some(asked)) };
        let status = known.end.map_or_else(|| "RUNNING".to_owned(), |end| end.status);
        Err(Error::new(
            ErrorKind::ExecutionAlreadyExists,
            format!(
                "the execution `{}` is in the store already and is {status}",
                running.arn
            ),
        ))
    }

    /// The execution of an ARN that is in the store alone.
    pub(super) fn stored_execution(self: &Arc<Self>, arn: &str) -> Option<Arc<Running>> {
        match self.execution(arn) {
            Ok(running) => running.or_else(|| self.ended_execution(arn)),
            Err(error) => {
                tracing::error!(arn, %error, "a running execution cannot be read from the store");
                None
            }
        }
    }

    /// The execution of an ARN that has ended, from the store.
    pub(super) fn ended_execution(self: &Arc<Self>, arn: &str) -> Option<Arc<Running>> {
        let writer = self.writer().ok()??;
        let read = writer.store().execution(arn).and_then(|known| match known {
            Some(known) if known.end.as_ref().is_some_and(|end| !end.is_elsewhere()) => {
                self.ended(&writer, &known).map(Some)
            }
            _ => Ok(None),
        });
        read.unwrap_or_else(|error| {
            tracing::error!(arn, %error, "an execution that has ended cannot be read from the store");
            None
        })
    }

    /// The execution that an attempt of a task has started under this ARN, running or ended. Errors if the store cannot be
    /// read.
    pub(super) fn child_of(self: &Arc<Self>, arn: &str, attempt: &str) -> Result<Option<Arc<Running>>, Error> {
        let known = self.execution(arn)?.or_else(|| self.ended_execution(arn));
        Ok(known.filter(|known| known.is_started_by(attempt)))
    }

    /// Whether an attempt of a task has started an execution under this ARN that runs for the store, though not here: it
    /// could not go on after a restart, or was moved to another place.
    pub(super) fn has_resting_child(&self, arn: &str, attempt: &str) -> bool {
        let read = || {
            let Some(writer) = self.writer()? else { return Ok(false) };
            let known = writer.store().execution(arn).map_err(unreadable)?;
            let is_open = |known: &StoredExecution| known.end.as_ref().is_none_or(End::is_elsewhere);
            let Some(known) = known.filter(is_open) else {
                return Ok(false);
            };
            let program = self.stored.program(writer.store(), &known.start.definition);
            let (_, origin) = program
                .and_then(|program| known.start.read(&program))
                .map_err(unreadable)?;
            Ok::<_, Error>(origin.started_by.as_deref() == Some(attempt))
        };
        read().unwrap_or_else(|error| {
            tracing::error!(arn, %error, "a child execution cannot be read from the store");
            false
        })
    }

    fn ended(self: &Arc<Self>, writer: &Arc<Writer>, known: &StoredExecution) -> Result<Arc<Running>, StoreError> {
        let program = self.stored.program(writer.store(), &known.start.definition)?;
        let (options, origin) = known.start.read(&program)?;
        let Some(end) = &known.end else {
            return Err(StoreError::new(store::StoreErrorKind::Damaged, "it has not ended"));
        };
        let outcome = end.outcome()?;
        let execution = Execution::ended(program, options, outcome.clone(), known.start.time, known.redrives());
        let durable = Durable::known(Arc::clone(writer), known.start.number, origin.started_by);
        let new = New {
            execution,
            origin: Origin {
                lineage: origin.lineage,
                keeps_name: false,
            },
            mocks: None,
            #[cfg(feature = "otel")]
            observed: None,
            #[cfg(feature = "otel")]
            trace: origin.trace,
            durable: Some(Box::new(durable)),
            journal: Some(Box::new(Journal::ended())),
        };
        // It does nothing, unless it is redriven: a thread outside of tokio may ask for it.
        let host = self
            .host()
            .or_else(|error| self.known_host().ok_or(error))
            .map_err(|error| StoreError::new(store::StoreErrorKind::Unavailable, error.to_string()))?;
        Ok(Running::ended(new, outcome, end.time, Arc::<Self>::clone(self), host))
    }
}

impl Target {
    /// What a store keeps of a request to start an execution of it: nothing of an Express workflow, whose executions cannot
    /// be described.
    pub(super) fn request(&self, input: &str, trace_header: Option<&str>) -> Option<StoredRequest> {
        let is_standard = self.program.machine().workflow_type == WorkflowType::Standard;
        self.whole_request(input, trace_header).filter(|_| is_standard)
    }

    /// The same, of an Express workflow too.
    pub(super) fn whole_request(&self, input: &str, trace_header: Option<&str>) -> Option<StoredRequest> {
        let deployment = self.deployment.as_ref()?;
        Some(StoredRequest::new(deployment, input, trace_header))
    }
}

/// The name of an execution that an attempt of a task starts without naming it: a UUID, the same each time.
pub(crate) fn name_of_child(attempt: &str) -> String {
    let hash = Sha256::digest(attempt);
    let mut bytes = [0; 16];
    for (byte, hashed) in bytes.iter_mut().zip(hash) {
        *byte = hashed;
    }
    Builder::from_random_bytes(bytes).into_uuid().to_string()
}
