//! An interpreter's settings, fixed at its first start.

use serde_json::Value;
use std::sync::{Arc, Weak};

use super::catalogue::Catalogue;
use super::chance::Chance;
use super::clock::Clock;
use super::ended::Kept;
#[cfg(feature = "store")]
use super::journal::Retention;
use super::mocks::Mocks;
use super::recorder::Recorder;
use crate::data::{Payload, StateMachineContext};
use crate::definition::WorkflowType;
use crate::execution::{Limits, Program, StartOptions};
use crate::handlers::Registry;
use crate::history::HistoryLevel;
use crate::services::step_functions::{StateMachines, Target};
#[cfg(feature = "store")]
use crate::store::ExecutionStore;

/// How long AWS keeps executions that have ended (developer guide, "Quotas").
#[cfg(feature = "store")]
const KEPT_FOR: chrono::TimeDelta = chrono::TimeDelta::days(90);

/// How many idle executions stay in memory under a store: about 20 MB.
#[cfg(feature = "store")]
const WAITING_IN_MEMORY: usize = 10_000;

#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) handlers: Registry,
    /// The declared activities, by ARN or name.
    pub(super) activities: Vec<String>,
    pub(super) state_machines: StateMachines,
    /// The state machines of a service above, which come and go while the interpreter runs.
    pub(super) catalogue: Option<Weak<dyn Catalogue>>,
    /// The clock; `None` for the system's time.
    pub(super) clock: Option<Clock>,
    pub(super) chance: Chance,
    pub(super) history: HistoryLevel,
    pub(super) limits: Arc<Limits>,
    pub(super) wait_time_scale: Option<f64>,
    pub(super) kept: Kept,
    /// Where executions outlive the process.
    #[cfg(feature = "store")]
    pub(super) store: Option<Arc<dyn ExecutionStore>>,
    #[cfg(feature = "store")]
    pub(super) retention: Retention,
    /// How many idle executions stay in memory under a store.
    #[cfg(feature = "store")]
    pub(super) waiting_in_memory: usize,
    /// What answers tasks of all executions in place of their work.
    pub(super) mocks: Option<Arc<dyn Mocks>>,
    /// Who is told of the answers to tasks.
    pub(super) recorder: Option<Arc<dyn Recorder>>,
    /// Where traces and metrics go.
    #[cfg(feature = "otel")]
    pub(super) telemetry: Option<crate::telemetry::Telemetry>,
    pub(super) region: String,
    pub(super) account: String,
    /// The first mistake in the options, told at the next start: builders return no errors.
    pub(super) mistake: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            handlers: Registry::default(),
            activities: Vec::new(),
            state_machines: StateMachines::default(),
            catalogue: None,
            clock: None,
            chance: Chance::default(),
            history: HistoryLevel::default(),
            limits: Arc::default(),
            wait_time_scale: None,
            kept: Kept::default(),
            #[cfg(feature = "store")]
            store: None,
            #[cfg(feature = "store")]
            retention: Retention {
                age: Some(KEPT_FOR),
                most: None,
            },
            #[cfg(feature = "store")]
            waiting_in_memory: WAITING_IN_MEMORY,
            mocks: None,
            recorder: None,
            #[cfg(feature = "otel")]
            telemetry: None,
            region: "us-east-1".into(),
            account: "123456789012".into(),
            mistake: None,
        }
    }
}

impl Settings {
    /// Remembers a mistake in the options.
    pub(super) fn refuse(&mut self, mistake: String) {
        self.mistake.get_or_insert(mistake);
    }

    /// Options of an execution of a target, with a new name, seed and secret.
    pub(super) fn start_options_of(&self, input: Value, target: &Target) -> StartOptions {
        let input = target.program.payload(input);
        let mut options = self.start_options(input, &target.program, Arc::clone(&target.state_machine));
        if let Some(deployment) = &target.deployment {
            options.role_arn = Arc::clone(&deployment.revision.role_arn);
        }
        options
    }

    fn new_name(&self) -> String {
        #[cfg(feature = "store")]
        if self.store.is_some() {
            let clock = self.clock.clone().unwrap_or_default();
            return self.chance.uuid_at(clock.now());
        }
        self.chance.uuid()
    }

    /// Options of an execution with a new name, seed and secret, without the limits, which all executions share.
    pub(super) fn start_options(
        &self,
        input: Payload,
        program: &Program,
        state_machine: Arc<StateMachineContext>,
    ) -> StartOptions {
        let mut options = StartOptions::new(input);
        options.name = self.new_name();
        options.seed = self.chance.number();
        options.token_secret = self.chance.token_secret();
        options.history = self.history;
        options.wait_time_scale = self.wait_time_scale;
        options.state_machine = state_machine;
        if program.machine().workflow_type == WorkflowType::Express {
            options.express_id = Some(self.chance.uuid());
        }
        options
    }
}
