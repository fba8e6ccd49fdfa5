//! State shared by all executions of an interpreter.

use chrono::{DateTime, Utc};
use serde_json::Value;
use std::borrow::Borrow;
use std::collections::HashSet;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::panic::catch_unwind;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use tokio::runtime::Handle;
use tokio::time::Duration;

use super::activity::Activities;
use super::activity_queue::ActivityQueue;
use super::catalogue::Catalogue;
use super::ended::EndedExecutions;
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
    live: Mutex<Live>,
    /// The interpreter's, for as long as there is one.
    ended: Weak<EndedExecutions>,
}

#[derive(Debug, Default)]
struct Live {
    executions: HashSet<ByArn>,
    tokens: TaskTokens,
    closed_names: ClosedNames,
    hosts: Vec<Arc<Host<Running>>>,
    /// The last tokio runtime that turned out to have no timer.
    without_timer: Option<tokio::runtime::Id>,
    closed: bool,
}

/// A running execution under its ARN, which it has itself.
#[derive(Debug)]
struct ByArn(Arc<Running>);

impl Borrow<str> for ByArn {
    fn borrow(&self) -> &str {
        &self.0.arn
    }
}

impl Hash for ByArn {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.arn.hash(state);
    }
}

impl PartialEq for ByArn {
    fn eq(&self, other: &Self) -> bool {
        self.0.arn == other.0.arn
    }
}

impl Eq for ByArn {}

impl Live {
    fn execution(&self, arn: &str) -> Option<Arc<Running>> {
        self.executions.get(arn).map(|ByArn(running)| Arc::clone(running))
    }

    fn all(&self) -> impl Iterator<Item = Arc<Running>> {
        self.executions.iter().map(|ByArn(running)| Arc::clone(running))
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
            live: Mutex::default(),
            ended,
        })
    }

    /// The host of the current runtime. Errors outside a tokio runtime, and in one without a timer.
    pub(super) fn host(self: &Arc<Self>) -> Result<Arc<Host<Running>>, Error> {
        let Ok(runtime) = Handle::try_current() else {
            return Err(no_timer("there is no tokio runtime here"));
        };
        let known = |live: &Live| {
            live.hosts
                .iter()
                .find(|host| host.runtime.id() == runtime.id())
                .cloned()
        };
        if let Some(host) = known(&self.live()) {
            return Ok(host);
        }
        let has_none = self.live().without_timer == Some(runtime.id());
        if has_none || !has_timer() {
            self.live().without_timer = Some(runtime.id());
            return Err(no_timer("this tokio runtime was built without a timer"));
        }
        // Start without the lock: a runtime that is shutting down drops the timer at once, and the drop takes the lock.
        let shared = Arc::downgrade(self);
        let started = Host::start(self.settings.clock.clone().unwrap_or_default(), move || {
            if let Some(shared) = shared.upgrade() {
                shared.stop_without_host();
            }
        });
        let mut live = self.live();
        if let Some(host) = known(&live) {
            // Without the lock again, since this drops `started`.
            drop(live);
            return Ok(host);
        }
        live.hosts.push(Arc::clone(&started));
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
        self.live().execution(arn)
    }

    /// The execution that already has a name: the running one if the input is the same, otherwise an error.
    pub(super) fn execution_of_name(
        &self,
        arn: &str,
        input: &Value,
        now: DateTime<Utc>,
    ) -> Option<Result<Arc<Running>, StepFunctionsError>> {
        let mut live = self.live();
        let Some(known) = live.execution(arn) else {
            let is_closed = live.closed_names.contains(arn, now);
            return is_closed.then(|| Err(StepFunctionsError::execution_already_exists(arn)));
        };
        drop(live);
        let is_same = known.has_input(input);
        Some(if is_same {
            Ok(known)
        } else {
            Err(StepFunctionsError::execution_already_exists(arn))
        })
    }

    /// The execution of an ARN, running or kept.
    pub(super) fn known_execution(&self, arn: &str) -> Option<Arc<Running>> {
        let live = self.live();
        let running = live.execution(arn);
        running.or_else(|| self.ended.upgrade()?.find(arn))
    }

    /// The executions: those that are kept, in the order of their ends, then the running ones.
    pub(super) fn known_executions(&self) -> Vec<Arc<Running>> {
        let live = self.live();
        let mut executions = self.ended.upgrade().map_or_else(Vec::new, |ended| ended.all());
        executions.extend(live.all());
        executions
    }

    pub(super) fn running(&self) -> usize {
        self.live().executions.len()
    }

    /// Stops admitting executions and returns the running ones.
    pub(super) fn close(&self) -> Vec<Arc<Running>> {
        let mut live = self.live();
        live.closed = true;
        live.all().collect()
    }

    /// Ends the executions of a runtime that has shut down.
    pub(super) fn stop_without_host(&self) {
        let mut live = self.live();
        let hosts = std::mem::take(&mut live.hosts);
        let (ended, hosts): (Vec<_>, Vec<_>) = hosts.into_iter().partition(|host| host.has_ended());
        live.hosts = hosts;
        let orphans: Vec<_> = live.all().filter(|running| running.host.has_ended()).collect();
        drop(live);
        drop(ended);
        for running in orphans {
            running.shut_down("the tokio runtime that it ran in was shut down");
        }
        if let Some(ended) = self.ended.upgrade() {
            ended.forget_without_host();
        }
    }

    /// The task waiting for a token.
    pub(super) fn task_of(&self, token: &str) -> Result<(Arc<Running>, TaskId), Error> {
        self.live().tokens.task_of(token)
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
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
        let mut live = self.live();
        if live.closed {
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
        if live.executions.contains(&*running.arn) {
            return Err(Error::new(
                ErrorKind::ExecutionAlreadyExists,
                format!("the execution `{}` is running already", running.arn),
            ));
        }
        live.executions.insert(ByArn(Arc::clone(running)));
        Ok(())
    }

    fn remove(&self, running: &Running, bytes: usize) {
        if let Some(catalogue) = self.catalogue() {
            catalogue.ended(bytes);
        }
        let mut live = self.live();
        let known = live.executions.get(&*running.arn);
        if known.is_none_or(|ByArn(known)| !std::ptr::eq(Arc::as_ptr(known), running)) {
            return;
        }
        let removed = live.executions.take(&*running.arn);
        if running.origin.keeps_name {
            live.closed_names.insert(&running.arn, running.host.clock.now());
        }
        let keeper = self.ended.upgrade().filter(|_| !running.host.has_ended());
        let gone = match (keeper, removed) {
            // Under the lock, so that the execution is always found in one place or the other.
            (Some(ended), Some(ByArn(removed))) => ended.keep(removed, bytes, self.settings.kept),
            _ => Vec::new(),
        };
        drop(live);
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
        self.live().tokens.remember(token, running, task)
    }

    fn end_token(&self, token: &str) {
        self.live().tokens.end(token);
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
