//! What an execution needs of the others around it.

use chrono::{DateTime, Utc};
use std::fmt;
use std::sync::{Arc, Weak};

use super::Running;
use crate::error::Error;
#[cfg(feature = "otel")]
use crate::execution::Execution;
use crate::execution::{Outcome, Program, TaskId};
use crate::runtime::activity_queue::ActivityQueue;
use crate::runtime::handler_table::HandlerTable;
use crate::runtime::mocks::Mocks;
use crate::runtime::recorder::Recorder;
use crate::runtime::shutdown::LiveHandler;
#[cfg(all(feature = "otel", feature = "store"))]
use crate::store::StoredTrace;
#[cfg(feature = "otel")]
use crate::telemetry::Observed;

/// Where running executions are listed, with what does the work of their tasks.
pub(in crate::runtime) trait Directory: fmt::Debug + Send + Sync {
    /// Admits an execution, a new one or one that is redriven. Errors after the shutdown of the interpreter, while another execution of its name runs, and
    /// in a tokio runtime that is shutting down.
    fn admit(&self, running: &Arc<Running>) -> Result<(), Error>;

    /// Takes back that a redriven execution was admitted.
    #[cfg(feature = "store")]
    fn withdraw(&self, running: &Running);

    /// Removes an ended execution, which may be kept elsewhere if its memory of about `bytes` allows it. `end` is its
    /// outcome and time, or `None` if it goes on in another process.
    fn remove(&self, running: &Running, end: Option<(&Outcome, DateTime<Utc>)>, bytes: usize);

    /// The handlers of a program's resources.
    fn handlers_of(&self, program: &Arc<Program>) -> Arc<HandlerTable>;

    /// Errors if an execution of the program cannot run for want of handlers.
    fn check_handlers(&self, program: &Arc<Program>, arn: &str) -> Result<(), Error>;

    /// Counts a handler until the value is dropped.
    fn handler_starts(&self) -> LiveHandler;

    /// Who is told of the answers to tasks.
    fn recorder(&self) -> Option<&dyn Recorder>;

    /// The telemetry of an execution that goes on, which keeps spans from now on if they are wanted.
    #[cfg(feature = "otel")]
    fn observe_again(
        &self,
        execution: &mut Execution,
        #[cfg(feature = "store")] kept: Option<StoredTrace>,
    ) -> Option<Box<Observed>>;

    /// What answers tasks of all executions in place of their work.
    fn mocks(&self) -> Option<&dyn Mocks>;

    /// The queue of a declared activity.
    fn activity(&self, arn: &str) -> Option<Arc<ActivityQueue>>;

    /// Registers a task by its token; false if the token is taken.
    #[must_use]
    fn remember_token(&self, token: &str, running: Weak<Running>, task: TaskId) -> bool;

    /// Notes that an execution waits, and that nothing of it is unwritten.
    #[cfg(feature = "store")]
    fn rests(&self, running: Arc<Running>);

    /// Lets some of the longest idle executions leave the memory, of so many that are tried. Returns how many have left, and
    /// whether there are still too many.
    #[cfg(feature = "store")]
    fn page_out(&self, tries: usize) -> (usize, bool);

    /// Removes the token of an ended task.
    fn end_token(&self, token: &str);
}
