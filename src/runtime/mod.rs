//! The tokio driver: runs state machines against handlers in real time.

mod clock;
mod handle;
mod host;
mod requirements;
mod running;
mod shared;
mod start_request;
mod timer_queue;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use uuid::Uuid;

use crate::data::{StateMachineContext, discard, json_size, to_bounded_value};
use crate::error::{Error, ErrorKind};
use crate::execution::{ErrorOutput, Event, Execution, Limits, Program, StartOptions, TokenSecret};
use crate::handlers::event_bus::EventBridge;
use crate::handlers::{Handler, IntoHandler, PUT_EVENTS, PutEvents, Registry};
use crate::history::HistoryLevel;

pub use clock::Clock;
pub use handle::ExecutionHandle;
pub use start_request::StartRequest;

use running::Running;
use shared::Shared;

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
/// Handlers are registered before the first start. An execution runs in the tokio runtime that started it, and ends
/// `ABORTED` when that shuts down. All executions of a runtime share one timer; one that waits is plain data, not a tokio
/// task.
#[derive(Debug, Default)]
pub struct Interpreter {
    handlers: Registry,
    clock: Option<Clock>,
    history: HistoryLevel,
    limits: Limits,
    region: Option<String>,
    account: Option<String>,
    last_started: Mutex<Option<Arc<StateMachineContext>>>,
    shared: OnceLock<Arc<Shared>>,
}

impl Interpreter {
    /// An interpreter without handlers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Registers a closure for a resource: an ARN, in which `*` stands for any run of characters.
    ///
    /// A function's ARN serves `arn:aws:states:::lambda:invoke` too.
    #[must_use]
    pub fn task<M, H: IntoHandler<M>>(self, resource: impl AsRef<str>, handler: H) -> Self {
        self.handler(resource, handler.into_handler())
    }

    /// Registers a local function by its name alone, whatever region and account its ARN has.
    #[must_use]
    pub fn function<M, H: IntoHandler<M>>(self, name: impl AsRef<str>, handler: H) -> Self {
        let arn = format!("arn:aws:lambda:*:*:function:{}", name.as_ref());
        self.task(arn, handler)
    }

    /// Registers a handler that is a type of its own.
    #[must_use]
    pub fn handler(mut self, resource: impl AsRef<str>, handler: impl Handler) -> Self {
        self.handlers.register(resource.as_ref(), Arc::new(handler));
        self
    }

    /// Puts the events of `arn:aws:states:::events:putEvents` to an event bridge, such as a
    /// [`LocalEventBus`](crate::handlers::event_bus::LocalEventBus); see [`PutEvents`].
    #[must_use]
    pub fn event_bridge(self, event_bridge: Arc<dyn EventBridge>) -> Self {
        let handler = PutEvents::new(event_bridge);
        PUT_EVENTS.iter().fold(self, |interpreter, resource| {
            interpreter.handler(resource, handler.clone())
        })
    }

    /// What time it is; default the system's time.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// How much of the history is kept in memory with each execution's handle; default all of it.
    #[must_use]
    pub fn history(mut self, level: HistoryLevel) -> Self {
        self.history = level;
        self
    }

    /// What an execution may use; default AWS's quotas.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Region and account of the ARNs that executions have; default `us-east-1` and `123456789012`.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>, account: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self.account = Some(account.into());
        self
    }

    /// Runs an execution to its end and reads its output.
    ///
    /// Errors as [`Interpreter::start`] does, when the execution does not succeed, and when the output does not fit.
    pub async fn run<T: DeserializeOwned>(
        &self,
        machine: impl Into<Arc<Program>>,
        input: impl Serialize,
    ) -> Result<T, Error> {
        self.start(machine, input)?.output().await
    }

    /// Starts an execution of a machine (`&machine`), or of a [`Program`] compiled from it once for many executions.
    ///
    /// Errors when a resource of the machine has no handler, when it invokes a function by a name that none is registered
    /// under, when the input is no JSON or larger than the limit, and after [`Interpreter::shutdown`].
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn start(&self, machine: impl Into<Arc<Program>>, input: impl Serialize) -> Result<ExecutionHandle, Error> {
        self.start_with(machine, input, StartRequest::default())
    }

    /// Starts an execution with a name and more. Errors and panics as [`Interpreter::start`] does; a name that is
    /// running already is an error too.
    pub fn start_with(
        &self,
        machine: impl Into<Arc<Program>>,
        input: impl Serialize,
        request: StartRequest,
    ) -> Result<ExecutionHandle, Error> {
        let program = machine.into();
        let shared = self.shared();
        let input = to_bounded_value(input)
            .map_err(|error| Error::new(ErrorKind::InvalidInput, format!("the input is no JSON: {error}")))?;
        let size = json_size(&input);
        if size > self.limits.payload_bytes {
            let message = format!(
                "the input has {size} bytes, more than the limit of {} bytes",
                self.limits.payload_bytes
            );
            return Err(Error::new(ErrorKind::InvalidInput, message));
        }
        let options = self.options(input, request);
        requirements::check(&program, shared, &options.execution_arn())?;
        let host = shared.host();
        let execution = Execution::start(program, options, host.clock.now());
        let running = Running::start(execution, Arc::clone(shared), host)?;
        Ok(ExecutionHandle::new(running))
    }

    /// Gives a callback task its result (`SendTaskSuccess`). Errors when nobody waits for the token.
    pub fn send_task_success(&self, token: &str, output: Value) -> Result<(), Error> {
        match self.task_of(token) {
            Ok((running, task)) => running.answer(task, Ok(output)),
            Err(error) => {
                discard(output);
                return Err(error);
            }
        }
        Ok(())
    }

    /// Fails a callback task (`SendTaskFailure`). Errors when nobody waits for the token.
    pub fn send_task_failure(&self, token: &str, error: ErrorOutput) -> Result<(), Error> {
        let (running, task) = self.task_of(token)?;
        running.answer(task, Err(error));
        Ok(())
    }

    /// Says that a callback task is alive (`SendTaskHeartbeat`). Errors when nobody waits for the token.
    pub fn send_task_heartbeat(&self, token: &str) -> Result<(), Error> {
        let (running, task) = self.task_of(token)?;
        running.deliver(Event::TaskHeartbeat { task });
        Ok(())
    }

    /// How many executions run.
    pub fn running(&self) -> usize {
        self.shared.get().map_or(0, |shared| shared.running())
    }

    /// Starts nothing any more, gives what runs `grace` of real time to end, and stops what is left; how many those
    /// were.
    pub async fn shutdown(&self, grace: Duration) -> usize {
        let executions = self.shared().close();
        let ended = async {
            for execution in &executions {
                execution.finished().await;
            }
        };
        // Whoever has not ended by then is stopped below.
        let _ = tokio::time::timeout(grace, ended).await;
        let left: Vec<_> = executions
            .iter()
            .filter(|execution| execution.outcome().is_none())
            .collect();
        for execution in &left {
            execution.shut_down("the interpreter was shut down");
        }
        left.len()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the driver is where names, seeds and secrets come from"
    )]
    fn options(&self, input: Value, request: StartRequest) -> StartOptions {
        let mut options = StartOptions::new(input);
        options.name = request.name.unwrap_or_else(|| Uuid::new_v4().to_string());
        options.seed = request.seed.unwrap_or_else(|| Uuid::new_v4().as_u64_pair().1);
        options.token_secret = TokenSecret::new(format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()));
        options.history = self.history;
        options.limits = self.limits.clone();
        options.state_machine = self.state_machine(request.state_machine_name.as_deref());
        options
    }

    /// The state machine's name and ARN: one for all its executions, as long as no other is started in between.
    fn state_machine(&self, name: Option<&str>) -> Arc<StateMachineContext> {
        let name = name.unwrap_or("StateMachine");
        let mut last = self.last_started.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = last.as_ref().filter(|known| known.name == name) {
            return Arc::clone(known);
        }
        let region = self.region.as_deref().unwrap_or("us-east-1");
        let account = self.account.as_deref().unwrap_or("123456789012");
        let state_machine = Arc::new(StateMachineContext::new(region, account, name));
        *last = Some(Arc::clone(&state_machine));
        state_machine
    }

    fn shared(&self) -> &Arc<Shared> {
        self.shared
            .get_or_init(|| Shared::new(self.handlers.clone(), self.clock.clone()))
    }

    fn task_of(&self, token: &str) -> Result<(Arc<Running>, crate::execution::TaskId), Error> {
        self.shared
            .get()
            .and_then(|shared| shared.task_of(token))
            .ok_or_else(|| {
                Error::new(
                    ErrorKind::InvalidToken,
                    "no task waits for this token: it is unknown, or its task has ended",
                )
            })
    }
}
