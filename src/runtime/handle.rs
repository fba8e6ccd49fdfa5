//! The caller's end of a running execution.

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use std::sync::Arc;

use super::events::Events;
use super::running::Running;
use super::virtual_time::Working;
use crate::data::typed;
use crate::error::{Error, ErrorKind};
use crate::execution::{MapRun, MapRunLog, MapRunUpdate, NotRedrivable, Outcome};
use crate::history::{ErrorOutput, HistoryEvent};

/// A handle of an execution. Dropping it does not stop the execution; cloning is cheap.
#[derive(Debug, Clone)]
pub struct ExecutionHandle {
    running: Arc<Running>,
}

impl ExecutionHandle {
    pub(super) fn new(running: Arc<Running>) -> Self {
        Self { running }
    }

    /// The execution's ARN.
    pub fn arn(&self) -> &str {
        &self.running.arn
    }

    /// AWS's status: `RUNNING`, `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`.
    pub fn status(&self) -> &'static str {
        self.running.outcome().map_or("RUNNING", |outcome| outcome.status())
    }

    /// The time of the start.
    pub fn start_time(&self) -> DateTime<Utc> {
        self.running.start_time
    }

    /// The time of the end; `None` while the execution runs.
    pub fn stop_time(&self) -> Option<DateTime<Utc>> {
        self.running.stop_time()
    }

    /// The outcome; `None` while the execution runs, also after a redrive.
    pub fn ended(&self) -> Option<Outcome> {
        self.running.outcome()
    }

    /// The number of events so far, including those of child executions.
    pub(crate) fn event_count(&self) -> usize {
        self.running.event_count()
    }

    /// An estimate of the bytes of memory that are kept of it once it has ended.
    pub(crate) fn kept_bytes(&self) -> usize {
        self.running.kept_bytes()
    }

    /// The Map Runs so far, in their current state.
    pub(crate) fn described_map_runs(&self) -> Vec<MapRun> {
        self.running.described_map_runs()
    }

    /// Gives a running Map Run new settings, and tells when they are written; `None` if it is not running.
    pub(crate) fn update_map_run(&self, update: MapRunUpdate) -> Option<super::Ack> {
        self.running.update_map_run(update)
    }

    pub(crate) fn state_machine_arn(&self) -> &str {
        self.running.state_machine_arn()
    }

    pub(crate) fn name(&self) -> String {
        self.running.name()
    }

    /// Waits for the end. Cancelling the wait does not stop the execution.
    pub async fn outcome(&self) -> Outcome {
        self.running.finished().await
    }

    /// Waits for the end and reads the output. Errors if the execution does not succeed or the output does not fit the
    /// type; the error has the execution's history.
    pub async fn output<T: DeserializeOwned + 'static>(&self) -> Result<T, Error> {
        let read = match self.outcome().await {
            Outcome::Succeeded { output } => typed(&output)
                .map_err(|error| Error::new(ErrorKind::UnexpectedOutput, format!("the output does not fit: {error}"))),
            failed => Err(Error::failed(
                failed.status(),
                failed.error().cloned().unwrap_or_default(),
            )),
        };
        read.map_err(|error| error.of_execution(Arc::<Running>::clone(&self.running)))
    }

    /// The events so far; none with [`HistoryLevel::Off`](crate::history::HistoryLevel::Off).
    pub fn history(&self) -> Vec<HistoryEvent> {
        self.running.history()
    }

    /// Some of the events after the one of an id.
    pub(crate) fn history_after(&self, id: u64, most: usize) -> Vec<HistoryEvent> {
        // The ids count from 1.
        self.running
            .history_after(usize::try_from(id).unwrap_or(usize::MAX), most)
    }

    /// The events from the first on, as they happen; they end with the execution.
    ///
    /// The stream reads the history that is kept with the execution, so a slow reader loses nothing, and any number of
    /// readers cost no memory. It is as long as the history: at most
    /// [`Limits::history_events`](crate::execution::Limits::history_events), and empty with
    /// [`HistoryLevel::Off`](crate::history::HistoryLevel::Off). The events of child executions of a distributed Map are in
    /// [`map_runs`](Self::map_runs).
    ///
    /// ```
    /// use asl_engine::{Interpreter, StateMachine};
    /// use serde_json::json;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let machine: StateMachine = r#"{
    ///   "StartAt": "Rest",
    ///   "States": { "Rest": { "Type": "Wait", "Seconds": 0, "End": true } }
    /// }"#.parse()?;
    /// let mut events = Interpreter::new().start(&machine, json!({}))?.events();
    /// let mut types = Vec::new();
    /// while let Some(event) = events.next().await {
    ///     types.push(event.event_type());
    /// }
    /// assert_eq!(types, ["ExecutionStarted", "WaitStateEntered", "WaitStateExited", "ExecutionSucceeded"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn events(&self) -> Events {
        Events::new(Arc::clone(&self.running))
    }

    /// The Map Runs of its distributed Maps so far, with the histories of the first 10,000 child executions; without
    /// histories with [`HistoryLevel::Off`](crate::history::HistoryLevel::Off).
    pub fn map_runs(&self) -> MapRunLog {
        self.running.map_runs()
    }

    /// Ends the execution as `ABORTED` and cancels its tasks (`StopExecution`). An ended execution stays as it is.
    ///
    /// Under a store it returns when that is written, and a crash does not undo it. While the store does not write, it
    /// returns at once, and the execution ends as soon as the store writes again.
    pub fn stop(&self, error: Option<&str>, cause: Option<&str>) {
        if let Err(error) = self.stop_with(error, cause).wait_here() {
            tracing::warn!(arn = self.arn(), %error, "the stop is not written yet");
        }
    }

    /// Stops it, and tells when that is written.
    pub(crate) fn stop_with(&self, error: Option<&str>, cause: Option<&str>) -> super::Ack {
        self.running.stop_with(ErrorOutput {
            error: error.map(str::to_owned),
            cause: cause.map(str::to_owned),
        })
    }

    /// Redrives an execution that did not succeed (`RedriveExecution`), and returns the time of the redrive.
    ///
    /// The execution runs again under its ARN, and every handle of it sees that: see
    /// [`Execution::redrive`](crate::execution::Execution::redrive). Errors if it cannot be redriven
    /// ([`ErrorKind::NotRedrivable`]), if another execution of its name is running by now
    /// ([`ErrorKind::ExecutionAlreadyExists`]), if handlers are missing as at a start, and after the shutdown of the interpreter or of the tokio runtime that it ran
    /// in ([`ErrorKind::ShutDown`]).
    /// [Run machines in your program](crate::docs::running) has an example.
    pub fn redrive(&self) -> Result<DateTime<Utc>, Error> {
        self.running.check_handlers()?;
        #[cfg(feature = "store")]
        let (time, ack) = self.running.redrive(|_| Vec::new())?;
        #[cfg(not(feature = "store"))]
        let (time, ack) = self.running.redrive()?;
        ack.wait_here()?;
        Ok(time)
    }

    /// Redrives it, and tells when that is written, together with what `beside` makes of the time.
    #[cfg(feature = "store")]
    pub(crate) fn redrive_with(
        &self,
        beside: impl FnOnce(DateTime<Utc>) -> Vec<crate::store::Record>,
    ) -> Result<(DateTime<Utc>, super::Ack), Error> {
        self.running.redrive(beside)
    }

    /// Keeps time from being skipped while something comes of it, where time is virtual.
    pub(crate) fn working(&self) -> Working {
        self.running.host.clock.working()
    }

    /// Whether a store has it.
    #[cfg(feature = "store")]
    pub(crate) fn is_durable(&self) -> bool {
        self.running.is_durable()
    }

    /// Waits until a store has all that has happened so far, however long it takes. Errors if it never will.
    #[cfg(feature = "store")]
    pub(crate) async fn written(&self) -> Result<(), Error> {
        self.running.written().await
    }

    /// How often the execution was redriven.
    pub fn redrive_count(&self) -> u32 {
        self.running.redrives().0
    }

    /// When the execution was redriven last; `None` if it never was.
    pub fn redrive_time(&self) -> Option<DateTime<Utc>> {
        self.running.redrives().1
    }

    /// Why the execution cannot be redriven, if so.
    pub(crate) fn check_redrivable(&self) -> Result<(), NotRedrivable> {
        self.running.check_redrivable()
    }

    /// Sends a heartbeat for every unanswered task of a state (`SendTaskHeartbeat`); returns their number.
    ///
    /// Under a store it returns when that is written; while the store does not write, at once.
    pub fn heartbeat(&self, state: &str) -> usize {
        let tasks = self.running.heartbeat_of(state);
        if let Err(error) = self.running.ack().wait_here() {
            tracing::warn!(arn = self.arn(), %error, "the heartbeat is not written yet");
        }
        tasks
    }
}
