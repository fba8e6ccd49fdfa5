//! Executions of a store, page by page.

use std::sync::Arc;
use tokio::task::spawn_blocking;

use super::Interpreter;
use super::journal::unreadable;
use crate::error::{Error, ErrorKind};
use crate::history::HistoryEvent;
use crate::store::{ExecutionStore, Filter, HistoryRecord, StoreError, StoredExecution};

/// What the store knows, without any execution in memory: also of executions of earlier processes, and of any number.
///
/// Each of them errors without a store ([`ErrorKind::Misconfigured`]), and if the store cannot be read
/// ([`ErrorKind::Store`]).
impl Interpreter {
    /// A page of executions, at most so many: by status, state machine, beginning of the name and time of the start.
    ///
    /// The next page is after the last execution of this one ([`Filter::after`]).
    ///
    /// ```
    /// use asl_engine::{Interpreter, StateMachine};
    /// use asl_engine::store::{Filter, MemoryStore};
    /// use serde_json::json;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let machine: StateMachine =
    ///     r#"{ "StartAt": "Bake", "States": { "Bake": { "Type": "Wait", "Seconds": 600, "End": true } } }"#.parse()?;
    /// let bar = Interpreter::new().store(MemoryStore::new());
    /// for id in 1..=3 {
    ///     bar.start(&machine, json!({ "id": id }))?;
    /// }
    ///
    /// let mut filter = Filter { status: Some("RUNNING".to_owned()), oldest_first: true, ..Filter::default() };
    /// let first = bar.list_stored(&filter, 2).await?;
    /// assert_eq!((first.len(), first[0].start.input.as_str()), (2, r#"{"id":1}"#));
    /// filter.after = first.last().map(|order| order.start.number);
    /// assert_eq!(bar.list_stored(&filter, 2).await?.len(), 1);
    ///
    /// let events = bar.stored_history(&first[0].start.arn, 0, 100).await?;
    /// assert_eq!(events[0].event_type(), "ExecutionStarted");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn list_stored(&self, filter: &Filter, most: usize) -> Result<Vec<StoredExecution>, Error> {
        let filter = filter.clone();
        self.read(move |store| store.executions(&filter, most)).await
    }

    /// The latest execution of an ARN; `None` if there is none.
    pub async fn describe_stored(&self, arn: &str) -> Result<Option<StoredExecution>, Error> {
        let arn = arn.to_owned();
        self.read(move |store| store.execution(&arn)).await
    }

    /// A page of an execution's history: the events after the one of this id, 0 for the first page, and at most so many. None if
    /// there is no such execution.
    pub async fn stored_history(&self, arn: &str, after: u64, most: usize) -> Result<Vec<HistoryEvent>, Error> {
        let arn = arn.to_owned();
        let events = move |store: &dyn ExecutionStore| {
            let Some(known) = store.execution(&arn)? else {
                return Ok(Vec::new());
            };
            let records = store.history(known.start.number, after, most)?;
            records.iter().map(HistoryRecord::event).collect()
        };
        self.read(events).await
    }

    /// Reads the store on a thread that may be blocked.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn ExecutionStore) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Error> {
        let Some(store) = self.settings.store.as_ref().map(Arc::clone) else {
            let message = "there is no store to read; give the interpreter one with `.store(…)`";
            return Err(Error::new(ErrorKind::Misconfigured, message));
        };
        let was_read = spawn_blocking(move || read(&*store)).await;
        let was_read = was_read.map_err(|error| {
            let message = format!("the store was not read: {error}");
            Error::new(ErrorKind::Store, message)
        })?;
        was_read.map_err(unreadable)
    }
}
