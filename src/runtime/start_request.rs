//! Options of starting one execution.

use crate::definition::is_name;
use crate::error::{Error, ErrorKind};
use crate::services::step_functions::StepFunctionsError;

/// Options of one start.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct StartRequest {
    /// The execution's name; default: a new UUID.
    pub name: Option<String>,
    /// The state machine's name in the context object; default: `StateMachine`.
    pub state_machine_name: Option<String>,
    /// The seed of jitter and of random intrinsic functions; default: random.
    pub seed: Option<u64>,
    /// The span that asks for it.
    #[cfg(feature = "otel")]
    pub(crate) caller: crate::telemetry::Caller,
}

impl StartRequest {
    /// Names the execution.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Names the state machine.
    #[must_use]
    pub fn state_machine_name(mut self, name: impl Into<String>) -> Self {
        self.state_machine_name = Some(name.into());
        self
    }

    /// Fixes the seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Names the span that asks for the execution, by the headers of W3C's Trace Context; default: OpenTelemetry's current
    /// span. As the specification demands, a `traceparent` that is not valid counts as none.
    ///
    /// The execution's trace is one of its own, since its id comes from the execution's ARN: its first span links to the
    /// caller's, and the sampler sees the caller as the parent.
    #[cfg(feature = "otel")]
    #[must_use]
    pub fn trace_context(mut self, traceparent: &str, tracestate: Option<&str>) -> Self {
        self.caller = crate::telemetry::Caller::of_headers(traceparent, tracestate);
        self
    }

    /// Errors if a name is not allowed.
    pub(super) fn check(&self) -> Result<(), Error> {
        let mut names = self.name.iter().chain(&self.state_machine_name);
        match names.find(|name| !is_name(name)) {
            None => Ok(()),
            Some(name) => {
                let refusal = StepFunctionsError::invalid_name(name);
                Err(Error::new(ErrorKind::InvalidName, refusal.message()))
            }
        }
    }
}
