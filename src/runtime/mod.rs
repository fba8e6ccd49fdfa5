//! The tokio driver: runs state machines against handlers in real time. The guide is [`docs::running`](crate::docs::running).
//!
//! # Who does the work of a Task
//!
//! | `Resource` | done by |
//! |---|---|
//! | any | the handler that is registered for it ([`Interpreter::task`], [`Interpreter::handler`]), takes precedence |
//! | `…:function:NAME`, `lambda:invoke` | a local function ([`Interpreter::function`]) |
//! | `…:activity:NAME` | the workers of a declared activity ([`Interpreter::get_activity_task`]) |
//! | `…:states:startExecution`, `.sync`, `.sync:2`, `.waitForTaskToken`, `aws-sdk:sfn:startExecution`, `aws-sdk:sfn:startSyncExecution` | an execution of a registered state machine ([`Interpreter::state_machine`]) |
//! | `aws-sdk:sfn:sendTaskSuccess`, `…Failure`, `…Heartbeat` | the task that waits for the token |
//! | `events:putEvents` | an event bridge ([`Interpreter::event_bridge`]) |
//! | `s3:getObject`, `s3:listObjectsV2`, `s3:putObject` of a distributed Map | an S3 in memory ([`Interpreter::s3`]) |
//!
//! With the feature `aws`, [`Interpreter`] has a method `aws`: AWS's services then do what nobody else in this table does.
//!
//! A resource without a handler is an error at the start, not only when an execution reaches it.
//!
//! # Standard and Express
//!
//! The [`Loader`](crate::loading::Loader) sets a machine's workflow type. Executions of an Express workflow take at
//! most five minutes, and any number of them may share a name, since each ARN ends in an id of its own.
//!
//! ```
//! use asl_engine::Interpreter;
//! use asl_engine::definition::WorkflowType;
//! use asl_engine::loading::Loader;
//! use serde_json::json;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let machine = Loader::new()
//!     .workflow_type(WorkflowType::Express)
//!     .parse(r#"{ "StartAt": "Rest", "States": { "Rest": { "Type": "Pass", "End": true } } }"#)?;
//! let handle = Interpreter::new().start(&machine, json!({}))?;
//! assert!(handle.arn().contains(":express:StateMachine:"));
//! # Ok(())
//! # }
//! ```
//!
//! # In tests
//!
//! Time is tokio's: with `tokio::time::pause`, or `#[tokio::test(start_paused = true)]`, long polls, waits and whole
//! trees of executions take no time. A paused clock also jumps while a handler waits for a program or the network;
//! [`Clock::virtual_time`] does not. A [`Simulation`](crate::Simulation) needs no runtime at all; it supports nested
//! executions and scripted workers too.

#[cfg(not(feature = "store"))]
mod ack;
mod activity;
mod activity_queue;
#[cfg(feature = "restate")]
mod attempts;
mod catalogue;
mod chance;
mod clock;
#[cfg(feature = "store")]
mod documents;
mod ended;
mod events;
mod executions;
mod handle;
mod handler_table;
mod here;
mod host;
mod in_flight;
mod invocation;
#[cfg(feature = "store")]
mod journal;
#[cfg(feature = "store")]
mod listing;
mod mocks;
mod nested;
mod options;
#[cfg(feature = "store")]
mod paging;
mod panics;
mod recorder;
mod requirements;
#[cfg(feature = "store")]
mod resume;
mod running;
mod services;
mod settings;
mod shared;
mod shutdown;
mod start;
mod start_request;
#[cfg(feature = "store")]
mod starting;
#[cfg(feature = "store")]
mod stored;
mod task_tokens;
#[cfg(feature = "otel")]
mod telemetry;
mod timer_queue;
mod turns;
mod virtual_time;

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use crate::data::{Payload, StateMachineContext, to_bounded_value};
use crate::error::{Error, ErrorKind};
use crate::execution::{Program, StartOptions};

pub use activity_queue::ActivityTask;
pub use clock::Clock;
pub use events::Events;
pub use handle::ExecutionHandle;
pub use start_request::StartRequest;

#[cfg(feature = "store")]
pub use resume::{Resumed, Unresumed};

#[cfg(not(feature = "store"))]
pub(crate) use ack::Ack;
#[cfg(feature = "restate")]
pub(crate) use attempts::ChildRequest;
pub(crate) use catalogue::{Catalogue, Launch, Launched, Refusal, Resolved};
#[cfg(feature = "store")]
pub(crate) use documents::Documents;
#[cfg(feature = "store")]
pub(crate) use journal::Ack;
pub(crate) use mocks::Mocks;
#[cfg(feature = "cli")]
pub(crate) use recorder::Recorder;
#[cfg(feature = "restate")]
pub(crate) use stored::name_of_child;
pub(crate) use virtual_time::Working;

use ended::EndedExecutions;
use host::Host;
use nested::StepFunctionsIntegration;
use running::{Origin, Running};
use settings::Settings;
use shared::Shared;
use start::Start;

/// Runs state machines against registered handlers.
///
/// ```
/// use asl_engine::{Interpreter, StateMachine};
/// use serde::{Deserialize, Serialize};
/// use serde_json::json;
///
/// #[derive(Deserialize)]
/// struct Order { id: u32 }
/// #[derive(Serialize, Deserialize, Debug, PartialEq)]
/// struct Receipt { order: u32, paid: bool }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let machine: StateMachine = r#"{
///   "StartAt": "Charge",
///   "States": {
///     "Charge": { "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:Charge", "End": true }
///   }
/// }"#.parse()?;
///
/// let interpreter = Interpreter::new()
///     .task("arn:aws:lambda:us-east-1:123456789012:function:Charge", |order: Order| async move {
///         Ok(Receipt { order: order.id, paid: true })
///     });
/// let receipt: Receipt = interpreter.run(&machine, json!({ "id": 7 })).await?;
/// assert_eq!(receipt, Receipt { order: 7, paid: true });
/// # Ok(())
/// # }
/// ```
///
/// Register handlers before the first start: a later one is an error at the next start. Executions live in memory and end with the process, unless there is a store (feature `store`). An execution runs in
/// the tokio runtime that started it, and ends `ABORTED` when that runtime shuts down. All executions of a runtime
/// share one timer; a waiting execution is plain data, not a tokio task.
#[derive(Debug, Default)]
pub struct Interpreter {
    settings: Settings,
    last_started: RwLock<Option<Arc<StateMachineContext>>>,
    shared: OnceLock<Arc<Shared>>,
    ended: Arc<EndedExecutions>,
}

impl Interpreter {
    /// An interpreter without handlers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs an execution to its end and reads its output.
    ///
    /// Errors as [`Interpreter::start`] does, if the execution does not succeed, and if the output does not fit the
    /// type. Dropping the future stops the execution.
    ///
    /// In a tokio runtime of one thread the first handlers are polled with this future, as long as they are ready at once. After
    /// its first poll the execution goes on by itself, whether the future is polled or not.
    pub async fn run<T: DeserializeOwned + 'static>(
        &self,
        machine: impl Into<Arc<Program>>,
        input: impl Serialize,
    ) -> Result<T, Error> {
        let mut first = None;
        let begun = self.begin(machine.into(), input, StartRequest::default(), true)?;
        let running = begun.shared.start_here(begun.start, begun.host, &mut first)?;
        let is_durable = running.is_durable();
        let started = StopOnDrop((!is_durable).then(|| ExecutionHandle::new(Arc::clone(&running))));
        running.ack().wait().await?;
        if let Some(first) = first {
            running.work_here(first).await;
        }
        let output = ExecutionHandle::new(running).output().await;
        drop(started);
        output
    }

    /// Starts an execution of a machine (`&machine`), or of a [`Program`] compiled from it once for many executions.
    ///
    /// Errors if a resource of the machine has no handler, if an activity is not declared, if an invoked function is
    /// not registered, if the input is not JSON or exceeds the limit, after [`Interpreter::shutdown`], outside a tokio
    /// runtime with a timer ([`ErrorKind::NoTimer`]), and if the interpreter was not built well
    /// ([`ErrorKind::Misconfigured`]).
    pub fn start(&self, machine: impl Into<Arc<Program>>, input: impl Serialize) -> Result<ExecutionHandle, Error> {
        self.start_with(machine, input, StartRequest::default())
    }

    /// Starts an execution with a name and other options. Errors as [`Interpreter::start`] does, and if
    /// a name is not allowed ([`ErrorKind::InvalidName`]) or an execution of the name is running
    /// ([`ErrorKind::ExecutionAlreadyExists`]).
    pub fn start_with(
        &self,
        machine: impl Into<Arc<Program>>,
        input: impl Serialize,
        request: StartRequest,
    ) -> Result<ExecutionHandle, Error> {
        let begun = self.begin(machine.into(), input, request, false)?;
        let running = begun.shared.start(begun.start, begun.host)?;
        running.ack().wait_here()?;
        Ok(ExecutionHandle::new(running))
    }

    /// Checks all that a start needs, and makes the execution.
    fn begin(
        &self,
        program: Arc<Program>,
        input: impl Serialize,
        request: StartRequest,
        is_synchronous: bool,
    ) -> Result<Begun<'_>, Error> {
        let is_named = request.name.is_some();
        #[cfg(feature = "otel")]
        let caller = request.caller.clone();
        let mut options = self.options_of(&program, input, request)?;
        let shared = self.shared();
        options.is_synchronous = is_synchronous;
        requirements::check(&program, shared, || options.execution_arn())?;
        let host = shared.host()?;
        host.catch_up();
        let start = Start {
            program,
            options,
            origin: Origin::default(),
            is_named,
            is_refusable: true,
            started_by: None,
            mocks: None,
            #[cfg(feature = "store")]
            request: None,
            #[cfg(feature = "store")]
            trace: None,
            #[cfg(feature = "otel")]
            caller,
        };
        Ok(Begun { shared, start, host })
    }

    /// The options of an execution that starts. Errors if the input is not JSON or exceeds the limit, if a name is not allowed,
    /// and if the interpreter was not built well.
    pub(crate) fn options_of(
        &self,
        program: &Program,
        input: impl Serialize,
        request: StartRequest,
    ) -> Result<StartOptions, Error> {
        self.check_options()?;
        request.check()?;
        let input = to_bounded_value(input)
            .map_err(|error| Error::new(ErrorKind::InvalidInput, format!("the input is no JSON: {error}")))?;
        let input = program.payload(input);
        if input.exceeds(self.settings.limits.payload_bytes) {
            let size = input.bound();
            let message = format!(
                "the input has {size} bytes, more than the limit of {} bytes",
                self.settings.limits.payload_bytes
            );
            return Err(Error::new(ErrorKind::InvalidInput, message));
        }
        Ok(self.options(input, program, request))
    }

    /// The execution of an ARN, also one that another execution has started; `None` if there is none, or if it has ended
    /// and is not kept any more ([`Interpreter::keep_ended`]).
    pub fn execution(&self, arn: &str) -> Option<ExecutionHandle> {
        #[cfg(feature = "store")]
        if self.settings.store.is_some() {
            self.shared();
        }
        let execution = self.shared.get()?.known_execution(arn)?;
        Some(ExecutionHandle::new(execution))
    }

    /// The running executions, and those that have ended as far as they are kept, in the order of their starts. Under a store
    /// all that run come into memory for it; `list_stored` reads pages from the store instead.
    pub fn executions(&self) -> Vec<ExecutionHandle> {
        let known = self.shared.get().map_or_else(Vec::new, Shared::known_executions);
        let mut handles: Vec<_> = known.into_iter().map(ExecutionHandle::new).collect();
        handles.sort_by_key(ExecutionHandle::start_time);
        handles
    }

    /// The number of running executions.
    pub fn running(&self) -> usize {
        self.shared.get().map_or(0, |shared| shared.running())
    }

    fn options(&self, input: Payload, program: &Program, request: StartRequest) -> StartOptions {
        let state_machine = self.state_machine_context(request.state_machine_name.as_deref());
        let mut options = self.settings.start_options(input, program, state_machine);
        if let Some(name) = request.name {
            options.name = name;
        }
        if let Some(seed) = request.seed {
            options.seed = seed;
        }
        options
    }

    /// The state machine's name and ARN, shared by consecutive executions of the same machine.
    fn state_machine_context(&self, name: Option<&str>) -> Arc<StateMachineContext> {
        let name = name.unwrap_or("StateMachine");
        let last = self.last_started.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = last.as_ref().filter(|known| known.name == name) {
            return Arc::clone(known);
        }
        drop(last);
        let (region, account) = (&self.settings.region, &self.settings.account);
        let state_machine = Arc::new(StateMachineContext::new(region, account, name));
        let mut last = self.last_started.write().unwrap_or_else(PoisonError::into_inner);
        *last = Some(Arc::clone(&state_machine));
        state_machine
    }

    fn shared(&self) -> &Arc<Shared> {
        self.shared.get_or_init(|| {
            let ended = Arc::downgrade(&self.ended);
            Shared::new(
                self.settings.clone(),
                ended,
                |shared| Arc::new(StepFunctionsIntegration(shared)),
                |program, shared, arn| requirements::check(program, shared, || arn.to_owned()),
            )
        })
    }
}

/// An execution that is admitted next.
struct Begun<'a> {
    shared: &'a Arc<Shared>,
    start: Start,
    host: Arc<Host<Running>>,
}

/// Stops an execution that nobody waits for; one that has ended stays as it is.
struct StopOnDrop(Option<ExecutionHandle>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        if let Some(handle) = &self.0
            && handle.stop_time().is_none()
        {
            handle.stop(None, None);
        }
    }
}
