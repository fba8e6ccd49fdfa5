//! How an execution starts.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use super::limits::Limits;
use super::token::TokenSecret;
use crate::data::{Payload, StateMachineContext};
use crate::history::HistoryLevel;

/// The options of an execution's start. Names and ids appear in the context object and in the history.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub struct StartOptions {
    /// The execution's input.
    pub input: Payload,
    /// The execution's name.
    pub name: String,
    /// The state machine's name and ARN, shared by its executions.
    pub state_machine: Arc<StateMachineContext>,
    /// The role the execution runs under, as an ARN.
    pub role_arn: Arc<str>,
    /// Seed of everything random: jitter, `States.UUID`, `States.MathRandom`.
    pub seed: u64,
    /// The secret that makes task tokens unguessable; default: none.
    pub token_secret: TokenSecret,
    /// How much of the history is recorded.
    pub history: HistoryLevel,
    /// The execution's limits.
    pub limits: Limits,
    /// For an Express workflow, the last part of the ARN, usually a UUID; it distinguishes executions of the same name.
    /// `None`, the default, for a Standard workflow.
    ///
    /// An Express execution takes at most five minutes.
    pub express_id: Option<String>,
    /// Whether its caller waits for the end, as with `StartSyncExecution`: the context object of an Express execution then
    /// has no `RedriveCount`. Default: no, as with `StartExecution`.
    pub is_synchronous: bool,
    /// The ARNs of the existing activities; a Task with any other fails with `States.Runtime`, as on AWS with a deleted
    /// activity. `None`, the default: every activity exists.
    pub activities: Option<Arc<BTreeSet<String>>>,
    /// Whether the execution keeps what a redrive needs if it does not succeed: see
    /// [`Execution::redrive`](super::Execution::redrive). Default: yes; an Express execution never does.
    pub is_redrivable: bool,
    /// What the times of Wait states are multiplied by: 0 skips them. `None`, the default, is 1. Timeouts and the
    /// delays of retries stay as they are.
    pub wait_time_scale: Option<f64>,
    /// Whether the driver runs the child executions of distributed Maps, each as an execution of its own
    /// ([`Command::StartChild`](super::Command::StartChild)), and how many of a Map Run at once at most. `None`, the default:
    /// they run inside this execution.
    pub separate_children: Option<usize>,
    /// Whether the execution keeps a trace, which has details that the history lacks.
    pub(crate) is_traced: bool,
    /// Whether the execution keeps spans.
    pub(crate) keeps_spans: bool,
}

impl StartOptions {
    /// Options with this input and placeholder names.
    pub fn new(input: impl Into<Payload>) -> Self {
        Self {
            input: input.into(),
            name: "execution".into(),
            state_machine: Arc::clone(&STATE_MACHINE),
            role_arn: Arc::clone(&ROLE_ARN),
            seed: 0,
            token_secret: TokenSecret::default(),
            history: HistoryLevel::default(),
            limits: Limits::default(),
            express_id: None,
            is_synchronous: false,
            activities: None,
            is_redrivable: true,
            wait_time_scale: None,
            separate_children: None,
            is_traced: false,
            keeps_spans: false,
        }
    }

    /// The execution's ARN, `arn:aws:states:REGION:ACCOUNT:execution:MACHINE:NAME`, of an Express workflow
    /// `arn:aws:states:REGION:ACCOUNT:express:MACHINE:NAME:ID`.
    pub fn execution_arn(&self) -> String {
        match &self.express_id {
            None => self.state_machine.execution_arn(&self.name),
            Some(id) => self.state_machine.express_arn(&self.name, id),
        }
    }
}

// Defaults shared by executions that set none.
static STATE_MACHINE: LazyLock<Arc<StateMachineContext>> =
    LazyLock::new(|| Arc::new(StateMachineContext::new("us-east-1", "123456789012", "StateMachine")));
static ROLE_ARN: LazyLock<Arc<str>> = LazyLock::new(|| "arn:aws:iam::123456789012:role/StepFunctions".into());
