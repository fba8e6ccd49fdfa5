//! State shared by all executions of an interpreter.

use chrono::{DateTime, Utc};
use serde_json::Value;
use std::fmt;
use std::panic::catch_unwind;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};
use tokio::runtime::Handle;
use tokio::time::Duration;

use super::activity::Activities;
use super::activity_queue::ActivityQueue;
use super::catalogue::Catalogue;
use super::ended::EndedExecutions;
use super::executions::Executions;
use super::handle::ExecutionHandle;
use super::handler_table::{HandlerTable, HandlerTables};
use super::here::Here;
use super::host::Host;
use super::in_flight::Invocation;
use super::running::{Directory, Origin, Running};
use super::settings::Settings;
use super::shutdown::{LiveHandler, LiveHandlers};
use super::task_tokens::TaskTokens;
use crate::definition::Resource;
use crate::error::{Error, ErrorKind};
use crate::execution::{Execution, Program, TaskId};
use crate::handlers::{Functions, Handler};
use crate::services::step_functions::{ClosedNames, Operation, StepFunctionsError, Target};

pub(super) struct Shared {
    pub(super) settings: Settings,
    pub(super) functions: Functions,
    pub(super) activities: Activities,
    pub(super) handlers: Arc<LiveHandlers>,
    /// Serves the tasks that call Step Functions itself.
    step_functions: Arc<dyn Handler>,
    /// The errors that keep registered state machines from running, computed on first use.
    unmet: OnceLock<Option<String>>,
    tables: HandlerTables,
    executions: Executions,
    names: Mutex<Names>,
    hosts: RwLock<Hosts>,
    /// The interpreter's, for as long as there is one.
    ended: Weak<EndedExecutions>,
}

/// What only some executions use.
#[derive(Debug, Default)]
struct Names {
    tokens: TaskTokens,
    closed: ClosedNames,
}

#[derive(Debug, Default)]
struct Hosts {
    known: Vec<Arc<Host<Running>>>,
    /// The last tokio runtime that turned out to have no timer.
    without_timer: Option<tokio::runtime::Id>,
}

impl Hosts {
    fn of(&self, runtime: &Handle) -> Option<Arc<Host<Running>>> {
        let host = self.known.iter().find(|host| host.runtime.id() == runtime.id());
        host.cloned()
    }
}

impl Shared {
    /// `step_functions` makes the handler of the tasks that call Step Functions itself.
    pub(super) fn new(
        mut settings: Settings,
        ended: Weak<EndedExecutions>,
        step_functions: impl FnOnce(Weak<Self>) -> Arc<dyn Handler>,
    ) -> Arc<Self> {
        let activities = Activities::default();
        for activity in &settings.activities {
            activities.declare(activity);
        }
        Arc::new_cyclic(|shared| Self {
            step_functions: step_functions(Weak::clone(shared)),
            unmet: OnceLock::new(),
            functions: Functions::serve(&mut settings.handlers),
            settings,
            activities,
            handlers: Arc::default(),
            tables: HandlerTables::default(),
            executions: Executions::default(),
            names: Mutex::default(),
            hosts: RwLock::default(),
            ended,
        })
    }

    /// The host of the current runtime. Errors outside a tokio runtime, and in one without a timer.
    pub(super) fn host(self: &Arc<Self>) -> Result<Arc<Host<Running>>, Error> {
        let Ok(runtime) = Handle::try_current() else {
            return Err(no_timer("there is no tokio runtime here"));
        };
        let hosts = self.hosts();
        if let Some(host) = hosts.of(&runtime) {
            return Ok(host);
        }
        let has_none = hosts.without_timer == Some(runtime.id());
        drop(hosts);
        if has_none || !has_timer() {
            self.hosts_mut().without_timer = Some(runtime.id());
            return Err(no_timer("this tokio runtime was built without a timer"));
        }
        // Start without the lock: a runtime that is shutting down drops the timer at once, and the drop takes the lock.
        let shared = Arc::downgrade(self);
        let started = Host::start(self.settings.clock.clone().unwrap_or_default(), move || {
            if let Some(shared) = shared.upgrade() {
                shared.stop_without_host();
            }
        });
        let mut hosts = self.hosts_mut();
        if let Some(host) = hosts.of(&runtime) {
            // Without the lock again, since this drops `started`.
            drop(hosts);
            return Ok(host);
        }
        hosts.known.push(Arc::clone(&started));
        Ok(started)
    }

    /// The handler of a resource.
    pub(super) fn handler_of(&self, resource: &Resource) -> Option<Arc<dyn Handler>> {
        let own = || self.serves(resource).then_some(&self.step_functions);
        self.settings.handlers.find(resource.arn()).or_else(own).cloned()
    }

    /// Whether the interpreter itself serves this call of Step Functions.
    pub(super) fn serves(&self, resource: &Resource) -> bool {
        Operation::of(resource).is_some_and(|operation| !operation.starts_executions() || self.has_state_machines())
    }

    fn has_state_machines(&self) -> bool {
        self.settings.catalogue.is_some() || !self.settings.state_machines.is_empty()
    }

    /// Begins a newly created execution. Errors as [`Directory::admit`] does.
    pub(super) fn start(
        self: &Arc<Self>,
        execution: Execution,
        origin: Origin,
        host: Arc<Host<Running>>,
    ) -> Result<Arc<Running>, Error> {
        Running::start(execution, origin, Arc::<Self>::clone(self), host, None)
    }

    /// The same for a caller who does its first task.
    pub(super) fn start_here(
        self: &Arc<Self>,
        execution: Execution,
        host: Arc<Host<Running>>,
        first: &mut Option<Invocation>,
    ) -> Result<Arc<Running>, Error> {
        let works_here = host.has_one_thread() && !Here::is_entered();
        let first = works_here.then_some(first);
        Running::start(execution, Origin::default(), Arc::<Self>::clone(self), host, first)
    }

    /// The state machine of an ARN, from the catalogue or from the registered ones.
    pub(super) fn resolve(&self, arn: &str) -> Result<Target, StepFunctionsError> {
        let registered = || self.settings.state_machines.resolve(arn);
        match self.catalogue() {
            Some(catalogue) => catalogue
                .resolve(arn)
                .or_else(|refused| registered().map_err(|_| refused)),
            None => registered(),
        }
    }

    /// Tells the catalogue, if there is one, that an execution has started another.
    pub(super) fn tell_of_start(&self, running: &Arc<Running>, target: &Target, input: &str) {
        if let Some(catalogue) = self.catalogue() {
            catalogue.started(ExecutionHandle::new(Arc::clone(running)), target, input);
        }
    }

    fn catalogue(&self) -> Option<Arc<dyn Catalogue>> {
        self.settings.catalogue.as_ref()?.upgrade()
    }

    /// The error that keeps a registered state machine from running, if there is one.
    pub(super) fn unmet(&self, find: impl FnOnce() -> Option<String>) -> Option<&str> {
        self.unmet.get_or_init(find).as_deref()
    }

    /// The running execution of an ARN.
    pub(super) fn execution(&self, arn: &str) -> Option<Arc<Running>> {
        self.executions.part_of(arn).find(arn)
    }

    /// The execution that already has a name: the running one if the input is the same, otherwise an error.
    pub(super) fn execution_of_name(
        &self,
        arn: &str,
        input: &Value,
        now: DateTime<Utc>,
    ) -> Option<Result<Arc<Running>, StepFunctionsError>> {
        let part = self.executions.part_of(arn);
        let Some(known) = part.find(arn) else {
            let is_closed = self.names().closed.contains(arn, now);
            return is_closed.then(|| Err(StepFunctionsError::execution_already_exists(arn)));
        };
        drop(part);
        let is_same = known.has_input(input);
        Some(if is_same {
            Ok(known)
        } else {
            Err(StepFunctionsError::execution_already_exists(arn))
        })
    }

    /// The execution of an ARN, running or kept.
    pub(super) fn known_execution(&self, arn: &str) -> Option<Arc<Running>> {
        let part = self.executions.part_of(arn);
        part.find(arn).or_else(|| self.ended.upgrade()?.find(arn))
    }

    /// The executions: those that are kept, in the order of their ends, then the running ones.
    pub(super) fn known_executions(&self) -> Vec<Arc<Running>> {
        let parts = self.executions.all_parts();
        let mut executions = self.ended.upgrade().map_or_else(Vec::new, |ended| ended.all());
        executions.extend(parts.iter().flat_map(|part| part.iter()).cloned());
        executions
    }

    pub(super) fn running(&self) -> usize {
        self.executions.len()
    }

    /// Stops admitting executions and returns the running ones.
    pub(super) fn close(&self) -> Vec<Arc<Running>> {
        self.executions.close();
        self.all_running()
    }

    fn all_running(&self) -> Vec<Arc<Running>> {
        let parts = self.executions.all_parts();
        parts.iter().flat_map(|part| part.iter()).cloned().collect()
    }

    /// Ends the executions of a runtime that has shut down.
    pub(super) fn stop_without_host(&self) {
        let mut hosts = self.hosts_mut();
        let known = std::mem::take(&mut hosts.known);
        let (ended, known): (Vec<_>, Vec<_>) = known.into_iter().partition(|host| host.has_ended());
        hosts.known = known;
        drop(hosts);
        drop(ended);
        let mut orphans = self.all_running();
        orphans.retain(|running| running.host.has_ended());
        for running in orphans {
            running.shut_down("the tokio runtime that it ran in was shut down");
        }
        if let Some(ended) = self.ended.upgrade() {
            ended.forget_without_host();
        }
    }

    /// The task waiting for a token.
    pub(super) fn task_of(&self, token: &str) -> Result<(Arc<Running>, TaskId), Error> {
        self.names().tokens.task_of(token)
    }

    fn names(&self) -> MutexGuard<'_, Names> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hosts(&self) -> RwLockReadGuard<'_, Hosts> {
        self.hosts.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn hosts_mut(&self) -> RwLockWriteGuard<'_, Hosts> {
        self.hosts.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the current tokio runtime has a timer. Nothing in tokio tells it but the panic of a timer, which is printed, so
/// this is asked once for each runtime.
fn has_timer() -> bool {
    catch_unwind(|| drop(tokio::time::sleep(Duration::ZERO))).is_ok()
}

fn no_timer(problem: &str) -> Error {
    let message = format!("{problem}; call this inside a runtime that was built with `enable_time` or `enable_all`");
    Error::new(ErrorKind::NoTimer, message)
}

impl Directory for Shared {
    fn admit(&self, running: &Arc<Running>) -> Result<(), Error> {
        let mut part = self.executions.part_of(&running.arn);
        if self.executions.is_closed() {
            return Err(Error::new(
                ErrorKind::ShutDown,
                "the interpreter is shut down and starts nothing any more",
            ));
        }
        if running.host.has_ended() {
            return Err(Error::new(
                ErrorKind::ShutDown,
                "the tokio runtime shuts down and starts nothing any more",
            ));
        }
        if part.insert(running) {
            // Under the lock, as for the end: one that is redriven is found in one place.
            let kept = self.ended.upgrade().and_then(|ended| ended.release(running));
            drop(part);
            drop(kept);
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::ExecutionAlreadyExists,
            format!("the execution `{}` is running already", running.arn),
        ))
    }

    fn remove(&self, running: &Running, bytes: usize) {
        if let Some(catalogue) = self.catalogue() {
            catalogue.ended(bytes);
        }
        let mut part = self.executions.part_of(&running.arn);
        let Some(removed) = part.remove(running) else {
            return;
        };
        if running.origin.keeps_name {
            let now = running.host.clock.now();
            self.names().closed.insert(&running.arn, now);
        }
        let keeper = self.ended.upgrade().filter(|_| !running.host.has_ended());
        let gone = match keeper {
            // Under the lock, so that the execution is always found in one place or the other.
            Some(ended) => ended.keep(removed, bytes, self.settings.kept),
            None => vec![removed],
        };
        drop(part);
        drop(gone);
    }

    fn handlers_of(&self, program: &Arc<Program>) -> Arc<HandlerTable> {
        self.tables.of(program, || {
            HandlerTable::new(program, |resource| self.handler_of(resource))
        })
    }

    fn handler_starts(&self) -> LiveHandler {
        self.handlers.add()
    }

    fn activity(&self, arn: &str) -> Option<Arc<ActivityQueue>> {
        self.activities.find(arn)
    }

    fn remember_token(&self, token: &str, running: Weak<Running>, task: TaskId) -> bool {
        self.names().tokens.remember(token, running, task)
    }

    fn end_token(&self, token: &str) {
        self.names().tokens.end(token);
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("settings", &self.settings)
            .field("running", &self.running())
            .finish_non_exhaustive()
    }
}
