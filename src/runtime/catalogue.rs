//! The interpreter's interface for a service above it: state machines and activities that come and go.

use chrono::{DateTime, Utc};
use serde_json::Value;
#[cfg(feature = "restate")]
use std::collections::BTreeSet;
use std::fmt;
#[cfg(feature = "restate")]
use std::pin::Pin;
use std::sync::{Arc, OnceLock, Weak};

use super::ended::Kept;
use super::handle::ExecutionHandle;
use super::mocks::Mocks;
use super::running::{Origin, Running};
use super::start::Start;
use super::{Ack, Interpreter};
use crate::definition::WorkflowType;
use crate::error::{Error, ErrorKind};
use crate::execution::Outcome;
#[cfg(feature = "restate")]
use crate::execution::Program;
use crate::services::step_functions::{StepFunctionsError, Target};

/// State machines created while the interpreter runs.
pub(crate) trait Catalogue: fmt::Debug + Send + Sync {
    /// Reads what other processes have created, where they share it.
    #[cfg(feature = "restate")]
    fn follow(&self) -> Pin<Box<dyn Future<Output = Result<(), StepFunctionsError>> + Send + '_>>;

    /// The same, unless that was done a moment ago.
    #[cfg(feature = "restate")]
    fn follow_lately(&self) -> Pin<Box<dyn Future<Output = Result<(), StepFunctionsError>> + Send + '_>>;

    /// Which of these activities exist, as far as this process has read; `None` if tasks have to do without knowing.
    #[cfg(feature = "restate")]
    fn existing_activities(&self, asked: &BTreeSet<String>) -> Option<BTreeSet<String>>;

    /// The state machine of an ARN; the ARN may end in a version or an alias, and in `#` with a test case.
    fn resolve(&self, arn: &str) -> Result<Resolved, StepFunctionsError>;

    /// Called when an execution has started another one, with this text as its input.
    fn started(&self, execution: ExecutionHandle, target: &Target, input: &str);

    /// Called when an execution has ended, of which so many bytes are kept. `end` is its outcome and time, or `None` if it
    /// goes on in another process. It must wait for nothing: the execution is locked meanwhile, and does not show its end
    /// yet.
    fn ended(&self, execution: ExecutionHandle, end: Option<(&Outcome, DateTime<Utc>)>, kept_bytes: usize);
}

/// The state machine of an ARN, and what answers tasks of an execution that is started by it.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) target: Target,
    pub(crate) mocks: Option<Arc<dyn Mocks>>,
}

/// A start as `StartExecution` and `StartSyncExecution` ask for it.
pub(crate) struct Launch<'a> {
    pub(crate) target: &'a Target,
    pub(crate) mocks: Option<&'a Arc<dyn Mocks>>,
    pub(crate) name: Option<&'a str>,
    pub(crate) input: &'a Value,
    /// The input's text as given.
    #[cfg_attr(not(feature = "store"), expect(dead_code, reason = "only a store keeps it"))]
    pub(crate) input_text: &'a str,
    #[cfg_attr(not(feature = "store"), expect(dead_code, reason = "only a store keeps it"))]
    pub(crate) trace_header: Option<&'a str>,
    pub(crate) is_synchronous: bool,
    /// Whether the time passes before it that a call from outside took, where time is virtual.
    pub(crate) is_from_outside: bool,
}

/// An execution that was asked for.
pub(crate) struct Launched {
    pub(crate) execution: ExecutionHandle,
    /// Tells when it is written.
    pub(crate) ack: Ack,
    /// Whether it was not running before.
    pub(crate) is_new: bool,
}

/// The reason why an execution was not started.
pub(crate) enum Refusal {
    /// A refusal as on AWS.
    Api(StepFunctionsError),
    /// An error of the driver.
    Driver(Error),
}

#[cfg(feature = "restate")]
impl Launch<'_> {
    /// What is kept of the request.
    pub(crate) fn request(&self) -> Option<crate::store::StoredRequest> {
        self.target.whole_request(self.input_text, self.trace_header)
    }
}

impl Interpreter {
    /// Reads what other processes have created, before a task looks for a state machine.
    #[cfg(feature = "restate")]
    pub(crate) async fn follow_catalogue(&self) -> Result<(), StepFunctionsError> {
        match self.settings.catalogue.as_ref().and_then(Weak::upgrade) {
            Some(catalogue) => catalogue.follow().await,
            None => Ok(()),
        }
    }

    /// Which of these activities exist now; `None` if nobody here knows.
    #[cfg(feature = "restate")]
    pub(crate) async fn look_for_activities(
        &self,
        asked: &BTreeSet<String>,
    ) -> Result<Option<BTreeSet<String>>, StepFunctionsError> {
        let Some(catalogue) = self.settings.catalogue.as_ref().and_then(Weak::upgrade) else {
            return Ok(None);
        };
        catalogue.follow_lately().await?;
        match catalogue.existing_activities(asked) {
            // One may have been created a moment ago.
            Some(existing) if existing.len() < asked.len() => catalogue.follow().await?,
            existing => return Ok(existing),
        }
        Ok(catalogue.existing_activities(asked))
    }

    /// The activities of a program that exist, of which a handler does some; `None` if nobody here knows.
    #[cfg(feature = "restate")]
    pub(super) fn existing_activities(&self, program: &Program) -> Option<Arc<BTreeSet<String>>> {
        let catalogue = self.settings.catalogue.as_ref().and_then(Weak::upgrade)?;
        let mut existing = catalogue.existing_activities(&program.activities())?;
        existing.extend(self.handled_activities(program));
        Some(Arc::new(existing))
    }

    /// The options of an execution that another driver runs.
    #[cfg(feature = "restate")]
    pub(crate) fn options_of_launch(&self, launch: &Launch<'_>) -> crate::execution::StartOptions {
        let mut options = self.settings.start_options_of(launch.input.clone(), launch.target);
        options.activities = self.existing_activities(&launch.target.program);
        options.is_synchronous = launch.is_synchronous;
        if let Some(name) = launch.name {
            name.clone_into(&mut options.name);
        }
        options
    }

    /// Lets tasks start executions of these state machines too. Running executions are unaffected.
    pub(crate) fn set_catalogue(&mut self, catalogue: Weak<dyn Catalogue>) {
        self.settings.catalogue = Some(catalogue);
        // The service keeps the executions itself.
        self.settings.kept = Kept::NOTHING;
        self.shared = OnceLock::new();
    }

    /// Region and account of the ARNs.
    pub(crate) fn place(&self) -> (&str, &str) {
        (&self.settings.region, &self.settings.account)
    }

    /// The current time; the system's outside a tokio runtime with a timer.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        let clock = self.shared().host().map(|host| {
            host.catch_up();
            host.clock.clone()
        });
        clock
            .unwrap_or_else(|_| self.settings.clock.clone().unwrap_or_default())
            .now()
    }

    /// The same, but no time passes that a call took, where time is virtual.
    #[cfg(feature = "cli")]
    pub(crate) fn time(&self) -> DateTime<Utc> {
        let clock = self.shared().host().map(|host| host.clock.clone());
        clock
            .unwrap_or_else(|_| self.settings.clock.clone().unwrap_or_default())
            .now()
    }

    /// Errors if there is no such token, or if its task has ended.
    pub(crate) fn check_token(&self, token: &str) -> Result<(), Error> {
        self.shared().task_of(token).map(|_| ())
    }

    pub(crate) fn create_activity(&self, arn: &str) {
        self.shared().activities.declare(arn);
    }

    pub(crate) fn delete_activity(&self, arn: &str) {
        self.shared().activities.delete(arn);
    }

    /// Starts an execution as `StartExecution` does, or `StartSyncExecution`: a name in use gives the running execution if the input is the
    /// same, and is refused otherwise. Handlers are not checked; a task without one fails. Errors outside a tokio runtime with a
    /// timer.
    pub(crate) fn launch(&self, launch: &Launch<'_>) -> Result<Launched, Refusal> {
        let &Launch {
            target,
            name,
            input,
            is_synchronous,
            ..
        } = launch;
        self.check_options().map_err(Refusal::Driver)?;
        let shared = self.shared();
        let is_express = target.program.machine().workflow_type == WorkflowType::Express;
        let mut options = shared.settings.start_options_of(input.clone(), target);
        let is_named = name.is_some() && !is_express;
        let origin = Origin {
            keeps_name: is_named,
            ..Origin::default()
        };
        options.is_synchronous = is_synchronous;
        if let Some(name) = name {
            name.clone_into(&mut options.name);
        }
        let host = shared.host().map_err(Refusal::Driver)?;
        if launch.is_from_outside {
            host.catch_up();
        }
        let now = host.clock.now();
        let arn = options.execution_arn();
        let known = || {
            let known = shared.execution_of_name(&arn, input, now)?;
            Some(known.map(|known| launched(known, false)).map_err(Refusal::Api))
        };
        if let Some(known) = known() {
            return known;
        }
        let start = Start {
            program: Arc::clone(&target.program),
            options,
            origin,
            is_named,
            is_refusable: true,
            started_by: None,
            mocks: launch.mocks.cloned(),
            #[cfg(feature = "store")]
            request: target.request(launch.input_text, launch.trace_header),
            #[cfg(feature = "store")]
            trace: None,
            #[cfg(feature = "otel")]
            caller: crate::telemetry::Caller::default(),
        };
        match shared.start(start, host) {
            Ok(running) => Ok(launched(running, true)),
            // Another start took the name in between.
            Err(error) if error.kind() == ErrorKind::ExecutionAlreadyExists => {
                known().unwrap_or_else(|| Err(Refusal::Api(StepFunctionsError::execution_already_exists(&arn))))
            }
            Err(error) => Err(Refusal::Driver(error)),
        }
    }
}

fn launched(running: Arc<Running>, is_new: bool) -> Launched {
    Launched {
        ack: running.ack(),
        execution: ExecutionHandle::new(running),
        is_new,
    }
}
