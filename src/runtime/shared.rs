//! State shared by all executions of an interpreter.

mod directory;
mod finding;
#[cfg(feature = "store")]
mod paging_out;
#[cfg(feature = "store")]
mod recall;

use std::fmt;
use std::panic::catch_unwind;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};
use tokio::runtime::Handle;
use tokio::time::Duration;

use super::activity::Activities;
use super::catalogue::{Catalogue, Resolved};
use super::ended::{EndedExecutions, Kept};
use super::executions::Executions;
use super::handle::ExecutionHandle;
use super::handler_table::HandlerTables;
use super::here::Here;
use super::host::Host;
use super::in_flight::Invocation;
#[cfg(feature = "store")]
use super::journal::Stored;
#[cfg(feature = "store")]
use super::paging::Paging;
use super::running::{New, Running};
use super::settings::Settings;
use super::shutdown::LiveHandlers;
use super::start::Start;
#[cfg(feature = "store")]
use super::starting::Starting;
use super::task_tokens::TaskTokens;
use crate::definition::{Resource, ResourceKind};
use crate::error::{Error, ErrorKind};
use crate::execution::{Execution, Program};
use crate::handlers::{Functions, Handler};
use crate::services::step_functions::{ClosedNames, Operation, StepFunctionsError, Target};

pub(super) struct Shared {
    pub(super) settings: Settings,
    pub(super) functions: Functions,
    pub(super) activities: Activities,
    pub(super) handlers: Arc<LiveHandlers>,
    /// Serves the tasks that call Step Functions itself.
    step_functions: Arc<dyn Handler>,
    /// Errors if a program cannot run for want of handlers.
    check_handlers: Check,
    /// The errors that keep registered state machines from running, computed on first use.
    unmet: OnceLock<Option<String>>,
    tables: HandlerTables,
    executions: Executions,
    names: Mutex<Names>,
    hosts: RwLock<Hosts>,
    /// The interpreter's, for as long as there is one.
    ended: Weak<EndedExecutions>,
    #[cfg(feature = "store")]
    pub(super) stored: Stored,
    #[cfg(feature = "store")]
    pub(super) paging: Paging,
    #[cfg(feature = "store")]
    pub(super) starting: Starting,
}

/// A check of a program, before its execution of this ARN runs.
pub(super) type Check = fn(&Arc<Program>, &Shared, &str) -> Result<(), Error>;

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
        check_handlers: Check,
    ) -> Arc<Self> {
        let activities = Activities::default();
        for activity in &settings.activities {
            activities.declare(activity);
        }
        let shared = Arc::new_cyclic(|shared| Self {
            step_functions: step_functions(Weak::clone(shared)),
            check_handlers,
            unmet: OnceLock::new(),
            functions: Functions::serve(&mut settings.handlers),
            #[cfg(feature = "store")]
            paging: Paging::new(settings.waiting_in_memory),
            settings,
            activities,
            handlers: Arc::default(),
            tables: HandlerTables::default(),
            executions: Executions::default(),
            names: Mutex::default(),
            hosts: RwLock::default(),
            ended,
            #[cfg(feature = "store")]
            stored: Stored::default(),
            #[cfg(feature = "store")]
            starting: Starting::default(),
        });
        #[cfg(feature = "otel")]
        shared.observe_gauges();
        shared
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
        let started = Host::start(
            self.settings.clock.clone().unwrap_or_default().of_runtime(),
            #[cfg(feature = "store")]
            recall::Recalling(Weak::clone(&shared)),
            move || {
                if let Some(shared) = shared.upgrade() {
                    shared.stop_without_host();
                }
            },
        );
        let mut hosts = self.hosts_mut();
        if let Some(host) = hosts.of(&runtime) {
            // Without the lock again, since this drops `started`.
            drop(hosts);
            return Ok(host);
        }
        hosts.known.push(Arc::clone(&started));
        Ok(started)
    }

    /// The host of some runtime that has not ended.
    #[cfg(feature = "store")]
    pub(super) fn known_host(&self) -> Option<Arc<Host<Running>>> {
        let hosts = self.hosts();
        hosts.known.iter().find(|host| !host.has_ended()).cloned()
    }

    /// The handler of a resource.
    pub(super) fn handler_of(&self, resource: &Resource) -> Option<Arc<dyn Handler>> {
        let own = || self.serves(resource).then_some(&self.step_functions);
        let others = || {
            let is_activity = *resource.kind() == ResourceKind::Activity;
            self.settings.handlers.fallback(resource).filter(|_| !is_activity)
        };
        let found = self.settings.handlers.find(resource.arn()).or_else(own);
        found.or_else(others).cloned()
    }

    /// Whether the interpreter itself serves this call of Step Functions.
    pub(super) fn serves(&self, resource: &Resource) -> bool {
        Operation::of(resource).is_some_and(|operation| !operation.starts_executions() || self.has_state_machines())
    }

    fn has_state_machines(&self) -> bool {
        self.settings.catalogue.is_some() || !self.settings.state_machines.is_empty()
    }

    /// Begins an execution. Errors as [`Directory::admit`] does, and if the store cannot be read.
    pub(super) fn start(self: &Arc<Self>, start: Start, host: Arc<Host<Running>>) -> Result<Arc<Running>, Error> {
        let _working = host.clock.working();
        let new = self.new_execution(start, &host)?;
        Running::start(new, Arc::<Self>::clone(self), host, None)
    }

    /// The same for a caller who does its first task.
    pub(super) fn start_here(
        self: &Arc<Self>,
        start: Start,
        host: Arc<Host<Running>>,
        first: &mut Option<Invocation>,
    ) -> Result<Arc<Running>, Error> {
        let _working = host.clock.working();
        let works_here = host.has_one_thread() && !Here::is_entered() && !host.clock.is_virtual();
        let first = works_here.then_some(first);
        let new = self.new_execution(start, &host)?;
        Running::start(new, Arc::<Self>::clone(self), host, first)
    }

    #[cfg_attr(
        not(feature = "store"),
        expect(clippy::unnecessary_wraps, reason = "a store may be unreadable")
    )]
    fn new_execution(
        self: &Arc<Self>,
        #[cfg_attr(not(feature = "otel"), expect(unused_mut, reason = "telemetry changes it"))] mut start: Start,
        host: &Host<Running>,
    ) -> Result<New, Error> {
        let now = host.clock.now();
        // As a store gives it back.
        #[cfg(feature = "store")]
        let now = chrono::SubsecRound::trunc_subsecs(now, 6);
        let limits = Arc::clone(&self.settings.limits);
        #[cfg(feature = "otel")]
        let observed = self.observe(&mut start);
        #[cfg(feature = "store")]
        let (durable, journal) = self.begin_journal(&start, now)?.unzip();
        let execution = Execution::start_within(start.program, start.options, limits, now);
        Ok(New {
            execution,
            origin: start.origin,
            mocks: start.mocks,
            #[cfg(feature = "otel")]
            observed,
            #[cfg(all(feature = "otel", feature = "store"))]
            trace: None,
            #[cfg(feature = "store")]
            durable,
            #[cfg(feature = "store")]
            journal,
        })
    }

    /// The state machine of an ARN, from the catalogue or from the registered ones.
    pub(super) fn resolve(&self, arn: &str) -> Result<Resolved, StepFunctionsError> {
        let registered = || {
            let target = self.settings.state_machines.resolve(arn)?;
            Ok(Resolved { target, mocks: None })
        };
        match self.catalogue() {
            Some(catalogue) => catalogue
                .resolve(arn)
                .or_else(|refused| registered().map_err(|_: StepFunctionsError| refused)),
            None => registered(),
        }
    }

    /// Tells the catalogue, if there is one, that an execution has started another.
    pub(super) fn tell_of_start(&self, running: &Arc<Running>, target: &Target, input: &str) {
        if let Some(catalogue) = self.catalogue() {
            catalogue.started(ExecutionHandle::new(Arc::clone(running)), target, input);
        }
    }

    #[cfg(feature = "store")]
    pub(super) fn has_catalogue(&self) -> bool {
        self.settings.catalogue.is_some()
    }

    fn catalogue(&self) -> Option<Arc<dyn Catalogue>> {
        self.settings.catalogue.as_ref()?.upgrade()
    }

    /// The error that keeps a registered state machine from running, if there is one.
    pub(super) fn unmet(&self, find: impl FnOnce() -> Option<String>) -> Option<&str> {
        self.unmet.get_or_init(find).as_deref()
    }

    /// Stops admitting executions.
    pub(super) fn close(&self) {
        self.executions.close();
    }

    /// Ends the executions of a runtime that has shut down.
    pub(super) fn stop_without_host(&self) {
        let mut hosts = self.hosts_mut();
        let known = std::mem::take(&mut hosts.known);
        let (ended, known): (Vec<_>, Vec<_>) = known.into_iter().partition(|host| host.has_ended());
        hosts.known = known;
        drop(hosts);
        drop(ended);
        let parts = self.executions.all_parts();
        #[cfg(feature = "store")]
        self.paging.forget_without_host();
        let without_host = |running: &&Arc<Running>| running.host.has_ended();
        let running = parts.iter().flat_map(|part| part.iter());
        let orphans: Vec<_> = running.filter(without_host).cloned().collect();
        drop(parts);
        // As in `shutdown`.
        #[cfg(feature = "store")]
        for running in &orphans {
            running.close();
        }
        for running in orphans {
            running.shut_down("the tokio runtime that it ran in was shut down");
        }
        if let Some(ended) = self.ended.upgrade() {
            ended.forget_without_host();
        }
    }

    /// How much is kept in memory of executions that have ended: nothing of what a store keeps.
    fn kept(&self) -> Kept {
        #[cfg(feature = "store")]
        if self.settings.store.is_some() {
            return Kept::NOTHING;
        }
        self.settings.kept
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

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("settings", &self.settings)
            .field("running", &self.running())
            .finish_non_exhaustive()
    }
}
