//! The AWS Step Functions API: requests and responses as JSON, over an [`Interpreter`]. The module `http` (feature `serve`) puts it
//! on a port; the module `console` (feature `console`) shows it in a browser.
//!
//! [`StepFunctions::call`] takes the name of an action and its request, and answers as AWS does, with AWS's errors.
//! Handlers of tasks are registered with the interpreter; calls create and delete state machines, versions, aliases,
//! activities and executions.
//!
//! ```
//! use asl_engine::Interpreter;
//! use asl_engine::server::StepFunctions;
//! use serde_json::{Value, json};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let ovens = Interpreter::new().function("Bake", |order: Value| async move { Ok(json!({ "baked": order["pizza"] })) });
//! let api = StepFunctions::new(ovens);
//!
//! let definition = json!({
//!     "StartAt": "Bake",
//!     "States": {
//!         "Bake": { "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:Bake", "End": true }
//!     }
//! });
//! let created = api.call("CreateStateMachine", json!({
//!     "name": "Orders",
//!     "definition": definition.to_string(),
//!     "roleArn": "arn:aws:iam::123456789012:role/Orders",
//!     "type": "EXPRESS"
//! })).await?;
//! assert_eq!(created["stateMachineArn"], "arn:aws:states:us-east-1:123456789012:stateMachine:Orders");
//!
//! let ended = api.call("StartSyncExecution", json!({
//!     "stateMachineArn": created["stateMachineArn"],
//!     "input": r#"{ "pizza": "funghi" }"#
//! })).await?;
//! assert_eq!(ended["status"], "SUCCEEDED");
//! assert_eq!(ended["output"], r#"{"baked":"funghi"}"#);
//!
//! let refused = api.call("DescribeStateMachine", json!({
//!     "stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:Ordres"
//! })).await.unwrap_err();
//! assert_eq!(refused.code(), "StateMachineDoesNotExist");
//! # Ok(())
//! # }
//! ```
//!
//! # Actions
//!
//! | about | actions |
//! |---|---|
//! | state machines | `CreateStateMachine`, `UpdateStateMachine`, `DescribeStateMachine`, `DescribeStateMachineForExecution`, `DeleteStateMachine`, `ListStateMachines` |
//! | versions | `PublishStateMachineVersion`, `DeleteStateMachineVersion`, `ListStateMachineVersions` |
//! | aliases | `CreateStateMachineAlias`, `UpdateStateMachineAlias`, `DescribeStateMachineAlias`, `DeleteStateMachineAlias`, `ListStateMachineAliases` |
//! | executions | `StartExecution`, `StartSyncExecution`, `StopExecution`, `RedriveExecution`, `DescribeExecution`, `ListExecutions`, `GetExecutionHistory` |
//! | Map Runs | `ListMapRuns`, `DescribeMapRun`, `UpdateMapRun` |
//! | activities | `CreateActivity`, `DescribeActivity`, `DeleteActivity`, `ListActivities`, `GetActivityTask` |
//! | tasks | `SendTaskSuccess`, `SendTaskFailure`, `SendTaskHeartbeat` |
//! | tags | `TagResource`, `UntagResource`, `ListTagsForResource` |
//! | definitions | `ValidateStateMachineDefinition`, `TestState` |
//!
//! The child executions of a Map Run are counted, but not described or listed one by one.
//!
//! # Executions that tasks start
//!
//! `arn:aws:states:::states:startExecution` and `aws-sdk:sfn:startExecution` find the state machines created here, by
//! version and alias too, and the executions they start are described and listed like any other. An execution starts
//! even if a task has no handler; the task then fails with `States.TaskFailed`.
//!
//! # What is kept, and how much of it
//!
//! Everything lives in memory and is gone with the value; a clone is another handle of the same API. The quotas are
//! 10,000 state machines, each with 1,000 versions, 100 aliases and 50 tags; 10,000 activities; and 100,000 running
//! executions. About the last 10,000 ended executions are remembered, with about 1,000,000 events and 256 MiB in total.
//!
//! # With a store
//!
//! `StepFunctions::open` (feature `store`) takes an interpreter with a store, and continues what an earlier process left in
//! it: state machines, versions, aliases, activities, tags, client tokens of redrives, and all executions. Running ones go
//! on, the tokens of their tasks stay valid, and every read answers as before the restart, with the same pages. Quotas
//! stay as they are. Executions that have ended are read from the store, for as long as
//! `Interpreter::keep_closed` says, and take no memory.
//!
//! A call answers when the store has written what it changed. If the store does not write, the call fails with
//! `InternalServerError` and has changed nothing. `StopExecution`, `RedriveExecution` and the answers to tasks are events
//! of an execution that runs: they fail too, but take effect as soon as the store writes again.
//!
//! A list of executions looks at 10,000 of them for one page: if a filter lets few through, the page has fewer items than
//! it may have, and a token for the next one.
//!
//! # Over a cluster
//!
//! `StepFunctions::on_restate` (feature `restate`) is the API over a cluster of Restate servers, for any number of processes at
//! once: state machines, versions, aliases, activities and tags are shared, a call sees all that calls of any process before it
//! have written, and executions run on any of the processes. A call that others overtake twenty times is refused with
//! `ConflictException`; the cluster's errors are an `InternalServerError`. A task of an
//! activity that does not exist fails with `States.Runtime`.
//!
//! # Status changes and logs
//!
//! [`StepFunctions::reporting`] tells of its executions: their status changes as events of EventBridge, and what they log
//! ([`Reports`]); over a cluster, `StepFunctions::on_restate_reporting`. Executions that go on after a restart tell of their end.
//!
//! # Differences from AWS
//!
//! * An unknown member of a request is refused with `ValidationException`, as AWS's clients do; AWS's servers ignore it.
//! * Roles, log groups and keys are checked for their form but not used. All ARNs have the interpreter's region and account.
//! * A definition with a `${Name}` is refused: AWS's servers take it as text.
//! * `TestState` refuses a Task without a mock.
//! * Reads see every write at once, where AWS's may lag behind.

mod actions;
mod activity;
mod arn;
mod catalogue;
mod change;
#[cfg(feature = "restate")]
mod cluster;
mod configuration;
#[cfg(feature = "console")]
pub mod console;
#[cfg(feature = "store")]
mod documents;
mod draft;
mod errors;
mod execution;
mod executions;
#[cfg(feature = "serve")]
pub mod http;
mod known;
mod page;
mod redrives;
mod registry;
mod reports;
mod request;
mod state_machine;
#[cfg(feature = "store")]
mod stored;
mod test_cases;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use uuid::Uuid;

use crate::data::within_nesting;
#[cfg(feature = "store")]
use crate::error::Error;
use crate::runtime::{Catalogue, Interpreter};
#[cfg(feature = "store")]
use crate::runtime::{Documents, Resumed};
use crate::services::step_functions::StepFunctionsError;
use crate::simulation::MockConfig;

#[cfg(feature = "restate")]
pub use cluster::Copied;
use registry::Registry;
use reports::Reporter;
pub use reports::Reports;

/// The API over an interpreter; see the [module documentation](self). A clone is cheap: another handle of the same API.
#[derive(Debug, Clone)]
pub struct StepFunctions {
    service: Arc<Service>,
}

#[derive(Debug)]
struct Service {
    interpreter: Arc<Interpreter>,
    registry: Mutex<Registry>,
    /// Held by the call that writes. The registry is locked for moments only, this while a store writes too.
    writing: Arc<tokio::sync::Mutex<()>>,
    /// The number of the last revision.
    last_revision: AtomicU64,
    /// The mock file, if there is one.
    mocks: Mutex<Option<Arc<MockConfig>>>,
    /// The bytes that are kept of executions that ended a short while ago.
    ended_bytes: Arc<AtomicUsize>,
    #[cfg(feature = "store")]
    documents: Option<Documents>,
    /// Where executions run, if that is not here.
    #[cfg(feature = "restate")]
    cluster: std::sync::OnceLock<cluster::Cluster>,
    /// Tells of executions, if anybody wants to know.
    reporter: Option<Reporter>,
}

impl StepFunctions {
    /// An empty API. It does not know executions that the interpreter is already running.
    ///
    /// An interpreter with a store needs `StepFunctions::open`: here it is refused, by an `InternalServerError` of each call.
    pub fn new(interpreter: Interpreter) -> Self {
        Self::reporting(interpreter, Reports::new())
    }

    /// The same, and it tells of its executions.
    #[expect(clippy::disallowed_methods, reason = "the driver is where seeds come from")]
    pub fn reporting(interpreter: Interpreter, reports: Reports) -> Self {
        let seed = Uuid::new_v4().as_u64_pair().1;
        Self::over(interpreter, reports, |_| (Registry::new(seed), 0))
    }

    /// The same with a seed for everything random: ids of revisions, and the version that an alias picks for an
    /// execution.
    pub fn seeded(interpreter: Interpreter, seed: u64) -> Self {
        Self::over(interpreter, Reports::new(), |_| (Registry::new(seed), 0))
    }

    /// The API as an earlier one left it in the interpreter's store, which may have ended at any instant. Executions that
    /// ran go on: [`Interpreter::resume`] says how, and which of them cannot.
    ///
    /// Errors as it does, and if the store has state machines or activities that cannot be read: nothing of it is lost then.
    /// With an interpreter that has no store, this is [`StepFunctions::new`].
    #[cfg(feature = "store")]
    pub async fn open(interpreter: Interpreter) -> Result<(Self, Resumed), Error> {
        Self::open_reporting(interpreter, Reports::new()).await
    }

    /// The same, and it tells of its executions: of those that go on, when they end.
    #[cfg(feature = "store")]
    #[expect(clippy::disallowed_methods, reason = "the driver is where seeds come from")]
    pub async fn open_reporting(interpreter: Interpreter, reports: Reports) -> Result<(Self, Resumed), Error> {
        if !interpreter.has_store() {
            return Ok((Self::reporting(interpreter, reports), Resumed::default()));
        }
        let mut refused = None;
        let api = Self::over(interpreter, reports, |interpreter| {
            let mut registry = Registry::new(Uuid::new_v4().as_u64_pair().1);
            let read = registry.open(interpreter);
            let last_revision = read.unwrap_or_else(|error| {
                refused = Some(error);
                0
            });
            (registry, last_revision)
        });
        if let Some(error) = refused {
            return Err(error);
        }
        let resumed = api.interpreter().resume().await?;
        for waiting in &resumed.waiting {
            tracing::warn!(arn = waiting.arn, waiting.reason, "an execution does not go on");
        }
        Ok((api, resumed))
    }

    /// An API with a registry that may need the interpreter, which knows the API by then. The number is the one of the
    /// registry's last revision.
    fn over(
        mut interpreter: Interpreter,
        reports: Reports,
        registry: impl FnOnce(&Interpreter) -> (Registry, u64),
    ) -> Self {
        let service = Arc::new_cyclic(|service: &Weak<Service>| {
            let catalogue: Weak<dyn Catalogue> = Weak::<Service>::clone(service);
            interpreter.set_catalogue(catalogue);
            let (registry, last_revision) = registry(&interpreter);
            Service {
                reporter: Reporter::of(reports, service, &interpreter),
                #[cfg(feature = "restate")]
                cluster: std::sync::OnceLock::new(),
                interpreter: Arc::new(interpreter),
                mocks: Mutex::default(),
                writing: Arc::default(),
                last_revision: AtomicU64::new(last_revision),
                ended_bytes: registry.executions.ended_bytes(),
                #[cfg(feature = "store")]
                documents: registry.documents.clone(),
                registry: Mutex::new(registry),
            }
        });
        Self { service }
    }

    /// The interpreter that runs the executions, for example to shut it down.
    pub fn interpreter(&self) -> &Interpreter {
        &self.service.interpreter
    }

    /// Waits until all reports so far are written: after the interpreter's shutdown, the last ones.
    pub async fn reported(&self) {
        if let Some(reporter) = &self.service.reporter {
            reporter.reported().await;
        }
    }

    /// Calls an action such as `CreateStateMachine` with its request, an object. Returns the response, also an object;
    /// dates are seconds since 1970.
    ///
    /// Errors as AWS does. An unknown action is an `UnknownOperationException`.
    ///
    /// `StartSyncExecution` answers when the execution has ended; dropping the call does not stop the execution.
    /// `GetActivityTask` answers when there is a task, or after a minute without one.
    /// Nothing starts outside a tokio runtime with a timer.
    pub async fn call(&self, action: &str, request: Value) -> Result<Value, StepFunctionsError> {
        let Some(request) = within_nesting(request) else {
            return Err(StepFunctionsError::new(
                "SerializationException",
                "the request is nested too deeply",
            ));
        };
        let service = &self.service;
        #[cfg(feature = "store")]
        if service.documents.is_none() && service.interpreter.has_store() {
            return Err(StepFunctionsError::internal(
                "the interpreter has a store: open the API with `StepFunctions::open`",
            ));
        }
        let request = &request;
        #[cfg(feature = "restate")]
        if let Some(cluster) = service.cluster() {
            return service
                .call_clustered(cluster, (action, request), || service.act(action, request))
                .await;
        }
        service.act(action, request).await
    }

    /// `StartExecution` for an event, which takes no time where time is virtual.
    #[cfg(feature = "cli")]
    pub(crate) async fn start_for_event(&self, request: &Value) -> Result<Value, StepFunctionsError> {
        self.service.start_execution(request, false).await
    }
}

impl Service {
    /// Where executions live.
    #[cfg(feature = "console")]
    #[cfg_attr(
        not(feature = "store"),
        expect(clippy::unused_self, reason = "a store is the interpreter's")
    )]
    fn storage(&self) -> &'static str {
        #[cfg(feature = "restate")]
        if self.cluster().is_some() {
            return "cluster";
        }
        #[cfg(feature = "store")]
        if self.interpreter.has_store() {
            return "store";
        }
        "memory"
    }

    #[cfg(feature = "restate")]
    fn cluster(&self) -> Option<&cluster::Cluster> {
        self.cluster.get()
    }

    fn registry(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of a new revision.
    fn next_revision(&self) -> u64 {
        self.last_revision.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Whether a store has the executions.
    #[cfg_attr(
        not(feature = "store"),
        expect(clippy::unused_self, reason = "nothing is without a store")
    )]
    fn is_stored(&self) -> bool {
        #[cfg(feature = "store")]
        return self.documents.is_some() || self.registry().is_clustered;
        #[cfg(not(feature = "store"))]
        false
    }

    /// The ARN of a resource in this account; `kind` is for example `activity`.
    fn arn(&self, kind: &str, name: &str) -> String {
        let (region, account) = self.interpreter.place();
        format!("arn:aws:states:{region}:{account}:{kind}:{name}")
    }
}

/// A date in the API's form: seconds since 1970, with milliseconds.
fn seconds(date: DateTime<Utc>) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 need 41 of 52 bits")]
    let seconds = date.timestamp_millis() as f64 / 1000.0;
    json!(seconds)
}

/// Adds a member to an object.
fn with(mut object: Value, member: &str, value: impl Into<Value>) -> Value {
    if let Some(members) = object.as_object_mut() {
        members.insert(member.to_owned(), value.into());
    }
    object
}

/// The empty response.
fn empty() -> Value {
    Value::Object(Map::new())
}
