//! Telemetry of the executions of an interpreter.

use std::sync::{Arc, Weak};

use super::Interpreter;
use super::running::{Progress, Running};
use super::shared::Shared;
use super::start::Start;
use crate::execution::{Execution, Outcome, TakenSpans};
use crate::telemetry::{Caller, Gauges, Observed, Telemetry};
#[cfg(feature = "store")]
use crate::{store::StoredTrace, telemetry::Kept};

impl Interpreter {
    /// Exports traces and metrics of all executions: see [`docs::telemetry`](crate::docs::telemetry). Nothing is exported
    /// without it.
    #[must_use]
    pub fn telemetry(self, telemetry: &Telemetry) -> Self {
        self.with(|settings| settings.telemetry = Some(telemetry.clone()))
    }
}

impl Shared {
    /// Lets the numbers be asked for that change all the time.
    pub(super) fn observe_gauges(self: &Arc<Self>) {
        if let Some(telemetry) = &self.settings.telemetry {
            let gauges: Weak<Self> = Arc::downgrade(self);
            telemetry.observe(gauges);
        }
    }

    /// The telemetry of an execution that starts, if there is any.
    pub(super) fn observe(&self, start: &mut Start) -> Option<Box<Observed>> {
        let telemetry = self.settings.telemetry.as_ref()?;
        let caller = std::mem::take(&mut start.caller).or_current();
        let options = &mut start.options;
        let observed = Observed::of_start(telemetry, &options.execution_arn(), &options.state_machine, caller);
        options.keeps_spans = observed.wants_spans();
        #[cfg(feature = "store")]
        {
            let Kept { is_sampled, caller } = observed.kept();
            start.trace = Some(StoredTrace { is_sampled, caller });
        }
        Some(Box::new(observed))
    }

    /// The same of one that goes on, whose spans so far are told.
    pub(super) fn observed_again(
        &self,
        execution: &mut Execution,
        #[cfg(feature = "store")] kept: Option<StoredTrace>,
    ) -> Option<Box<Observed>> {
        let observed = self.settings.telemetry.as_ref().map(|telemetry| {
            let arn = execution.arn();
            #[cfg(feature = "store")]
            if let Some(StoredTrace { is_sampled, caller }) = kept {
                return Box::new(Observed::of_kept(telemetry, arn, &Kept { is_sampled, caller }));
            }
            let caller = Caller::default();
            Box::new(Observed::of_start(telemetry, arn, execution.state_machine(), caller))
        });
        keep_spans(observed.as_deref(), execution);
        observed
    }
}

impl Gauges for Shared {
    fn running(&self) -> usize {
        Self::running(self)
    }

    #[cfg(feature = "store")]
    fn store_queue(&self) -> Option<usize> {
        self.stored.queue_length()
    }
}

/// Lets an execution keep spans if they are wanted, from now on.
fn keep_spans(observed: Option<&Observed>, execution: &mut Execution) {
    execution.keep_spans(observed.is_some_and(Observed::wants_spans));
    drop(execution.take_spans());
}

impl Running {
    /// An execution that happened again in the place of another: its spans so far are told.
    #[cfg(feature = "store")]
    pub(super) fn observe_replaced(&self, execution: &mut Execution) {
        keep_spans(self.observed.as_deref(), execution);
    }

    /// Tells of what has happened.
    #[inline]
    pub(super) fn tell_spans(&self, progress: &mut Progress) {
        if self.observed.is_some() {
            let happened = progress.execution.take_spans();
            self.tell(happened, progress);
        }
    }

    pub(super) fn tell(&self, happened: TakenSpans, progress: &Progress) {
        if let Some(observed) = &self.observed {
            observed.tell(happened, &self.arn, &self.state_machine, progress.execution.program());
        }
    }

    pub(super) fn tell_start(&self) {
        if let Some(metrics) = self.observed.as_ref().and_then(|observed| observed.metrics()) {
            metrics.started(&self.state_machine.id);
        }
    }

    pub(super) fn tell_end(&self, outcome: &Outcome, stop_time: chrono::DateTime<chrono::Utc>) {
        if let Some(metrics) = self.observed.as_ref().and_then(|observed| observed.metrics()) {
            metrics.ended(&self.state_machine.id, outcome.status(), stop_time - self.start_time);
        }
    }

    /// Tells how late a deadline is reached.
    pub(super) fn tell_lag(&self, due: i64) {
        if let Some(metrics) = self.observed.as_ref().and_then(|observed| observed.metrics()) {
            let clock = &self.host.clock;
            metrics.timer_lag(clock.now() - clock.time_of(due));
        }
    }
}
