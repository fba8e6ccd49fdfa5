//! The options of an interpreter, and the check that they were set well.

use std::sync::Arc;

use super::Interpreter;
use super::clock::Clock;
use super::ended::Kept;
#[cfg(feature = "cli")]
use super::mocks::Mocks;
#[cfg(feature = "cli")]
use super::recorder::Recorder;
use super::settings::Settings;
use crate::error::{Error, ErrorKind};
use crate::execution::Limits;
use crate::handlers::{Handler, IntoHandler};
use crate::history::HistoryLevel;

impl Interpreter {
    /// Registers a closure or another handler for a resource: an ARN, in which `*` matches any run of characters.
    ///
    /// A function's ARN serves `arn:aws:states:::lambda:invoke` too. Where several names match a resource, the exact one
    /// counts, then the first pattern. Two handlers for the same name are an error at the start.
    #[must_use]
    pub fn task<M, H: IntoHandler<M>>(self, resource: impl AsRef<str>, handler: H) -> Self {
        self.handler(resource, handler.into_handler())
    }

    /// Registers a closure or another handler as a local function by its name, for any region and account. A name with a
    /// version or alias, such as `Charge:prod`, serves only that one, and `Charge:$LATEST` the invocations without one; a
    /// name alone serves all that have no function of their own.
    #[must_use]
    pub fn function<M, H: IntoHandler<M>>(self, name: impl AsRef<str>, handler: H) -> Self {
        let arn = format!("arn:aws:lambda:*:*:function:{}", name.as_ref());
        self.task(arn, handler)
    }

    /// Registers a type that implements [`Handler`], or an `Arc` or `Box` of one.
    #[must_use]
    pub fn handler(self, resource: impl AsRef<str>, handler: impl Handler) -> Self {
        let resource = resource.as_ref();
        self.with(|settings| {
            if !settings.handlers.register(resource, Arc::new(handler)) {
                settings.refuse(format!(
                    "two handlers are registered for `{resource}`, of which one would never be called"
                ));
            }
        })
    }

    /// Registers a handler for what nobody else serves: resources without a handler, and functions of `lambda:invoke` that
    /// are not registered. Activities, and Step Functions' own calls where they are served, are not among them; nor is what
    /// AWS's services do, if the interpreter calls them (feature `aws`).
    #[must_use]
    pub fn fallback<M, H: IntoHandler<M>>(self, handler: H) -> Self {
        self.with(|settings| settings.handlers.set_fallback(Arc::new(handler.into_handler())))
    }

    /// Sets the clock; default: the system's time.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        self.with(|settings| settings.clock = Some(clock))
    }

    /// Sets how much history is kept in memory with each execution's handle; default: all of it.
    #[must_use]
    pub fn history(self, level: HistoryLevel) -> Self {
        self.with(|settings| settings.history = level)
    }

    /// Sets the limits of an execution; default: AWS's quotas.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        self.with(|settings| settings.limits = Arc::new(limits))
    }

    /// Multiplies the times of Wait states; default: 1. At 0 no Wait takes any time. Timeouts and the delays of retries stay as
    /// they are. A scale that is negative or not finite is an error at the start.
    ///
    /// [`Clock::virtual_time`] skips all times, in their order.
    #[must_use]
    pub fn wait_time_scale(self, scale: f64) -> Self {
        self.with(|settings| {
            if scale.is_finite() && scale >= 0.0 {
                settings.wait_time_scale = Some(scale);
            } else {
                settings.refuse(format!(
                    "the scale of wait times must be a number from 0, and is {scale}"
                ));
            }
        })
    }

    /// Sets how many ended executions are kept for [`Interpreter::execution`] and [`Interpreter::executions`], and how many
    /// bytes of memory, estimated, they may take with their histories; default: the last 1,000 in 64 MiB.
    ///
    /// A handle keeps its execution anyway. An execution is forgotten with the tokio runtime that it ran in. Under
    /// [`StepFunctions`](crate::server::StepFunctions), which remembers executions by rules of its own, none is kept.
    #[must_use]
    pub fn keep_ended(self, executions: usize, bytes: usize) -> Self {
        self.with(|settings| settings.kept = Kept { executions, bytes })
    }

    /// Answers tasks of all executions in place of their work. The mocks of an execution itself go first.
    #[cfg(feature = "cli")]
    pub(crate) fn mocks(self, mocks: Arc<dyn Mocks>) -> Self {
        self.with(|settings| settings.mocks = Some(mocks))
    }

    /// Tells of what tasks are answered.
    #[cfg(feature = "cli")]
    pub(crate) fn recorder(self, recorder: Arc<dyn Recorder>) -> Self {
        self.with(|settings| settings.recorder = Some(recorder))
    }

    /// Sets region and account in the ARNs of executions; default: `us-east-1` and `123456789012`.
    #[must_use]
    pub fn region(self, region: impl Into<String>, account: impl Into<String>) -> Self {
        self.with(|settings| {
            settings.region = region.into();
            settings.account = account.into();
        })
    }

    /// Changes the settings. Running executions have their own copy since the first start, so a later change is refused.
    pub(super) fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        if self.shared.get().is_some() {
            self.settings
                .refuse("an option or handler was added after the interpreter was first used".to_owned());
        } else {
            change(&mut self.settings);
        }
        self
    }

    /// Errors if the options were not set well, or do not work over a cluster.
    #[cfg(feature = "restate")]
    pub(crate) fn check_options_of_cluster(&self) -> Result<(), Error> {
        self.check_options()?;
        let settings = &self.settings;
        let is_virtual = settings.clock.as_ref().is_some_and(super::Clock::is_virtual);
        let refused = [
            #[cfg(feature = "otel")]
            (
                settings.telemetry.is_some(),
                "executions over a cluster have no traces and metrics yet",
            ),
            (
                settings.mocks.is_some(),
                "mocks answer inside one process, and a cluster's tasks go to any",
            ),
            (
                settings.recorder.is_some(),
                "a recorder of one process knows no whole execution of a cluster",
            ),
            (is_virtual, "the timers of a cluster go by the real time"),
        ];
        match refused.into_iter().find(|(is_set, _)| *is_set) {
            None => Ok(()),
            Some((_, reason)) => Err(Error::new(ErrorKind::Misconfigured, reason)),
        }
    }

    /// Errors if the options were not set well.
    pub(crate) fn check_options(&self) -> Result<(), Error> {
        match &self.settings.mistake {
            None => Ok(()),
            Some(mistake) => Err(Error::new(ErrorKind::Misconfigured, mistake.clone())),
        }
    }
}
