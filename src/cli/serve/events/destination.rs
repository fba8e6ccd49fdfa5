//! Where rules send events: state machines, functions, the log.

use async_trait::async_trait;
use serde_json::{Value, json};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use tokio::sync::watch;

use super::chains::{self, LONGEST};
use super::log::Log;
use crate::cli::functions::invoke;
use crate::handlers::aws::AwsServices;
use crate::handlers::event_bus::{Target, TargetError};
use crate::programs::FunctionProgram;
use crate::server::StepFunctions;
use crate::services::event_bridge::Event;
use crate::services::lambda::FunctionName;

/// What targets need to do their work.
#[derive(Clone)]
pub(super) struct Destinations {
    api: watch::Receiver<Option<StepFunctions>>,
    functions: Arc<Functions>,
    log: Arc<Log>,
}

/// The functions that are served.
pub(super) struct Functions {
    pub(super) programs: Vec<Arc<FunctionProgram>>,
    /// Of functions that no program is.
    pub(super) aws: AwsServices,
}

/// The destination of one target.
pub(super) struct Destination {
    all: Destinations,
    kind: Kind,
    /// Tells apart the targets that an event goes to.
    id: u64,
}

enum Kind {
    StateMachine { arn: String },
    Program(Arc<FunctionProgram>),
    Lambda { arn: String },
    Log,
}

impl Destinations {
    pub(super) fn new(api: watch::Receiver<Option<StepFunctions>>, functions: Functions, log: Arc<Log>) -> Self {
        Self {
            api,
            functions: Arc::new(functions),
            log,
        }
    }

    /// The destination of an ARN, which is `target` of some rule. Errors with the reason if nothing serves it.
    pub(super) fn find(&self, arn: &str, target: impl Hash) -> Result<Destination, String> {
        let parts: Vec<&str> = arn.split(':').collect();
        let kind = match parts.as_slice() {
            ["arn", _, "states", _, _, "stateMachine", ..] => Kind::StateMachine { arn: arn.to_owned() },
            ["arn", _, "logs", _, _, "log-group", ..] => Kind::Log,
            ["arn", _, "lambda", ..] => self.functions.find(arn)?,
            _ => return Err("a target is a state machine, a function or a log group, by its ARN".to_owned()),
        };
        let mut id = DefaultHasher::new();
        target.hash(&mut id);
        Ok(Destination {
            all: self.clone(),
            kind,
            id: id.finish(),
        })
    }
}

impl Functions {
    fn find(&self, arn: &str) -> Result<Kind, String> {
        let function = FunctionName::parse(arn).ok_or("this is no ARN of a function")?;
        let serves = |program: &&Arc<FunctionProgram>| {
            FunctionName::parse(program.name()).is_some_and(|own| own.serves(&function))
        };
        if let Some(program) = self.programs.iter().find(serves) {
            return Ok(Kind::Program(Arc::clone(program)));
        }
        if self.aws.has("lambda") {
            return Ok(Kind::Lambda { arn: arn.to_owned() });
        }
        Err(format!(
            "no function `{0}` is served: `--function '{0}=COMMAND'` or `--lambda-endpoint URL` would",
            function.name
        ))
    }
}

#[async_trait]
impl Target<(Event, Value)> for Destination {
    async fn deliver(&self, (event, payload): (Event, Value)) -> Result<(), TargetError> {
        let answered = match &self.kind {
            Kind::StateMachine { arn } => return self.start_execution(arn, &event, &payload).await,
            Kind::Log => {
                self.all.log.write(&[payload]);
                return Ok(());
            }
            Kind::Program(program) => invoke(program, payload, None).await,
            Kind::Lambda { arn } => self.all.functions.aws.invoke(arn, &payload).await,
        };
        // DIFFERENCE: Lambda tries twice more, after a minute and after two, where nobody waits for it here.
        answered
            .map(drop)
            .map_err(|error| TargetError::new(error.error(), error.cause()).without_retry())
    }
}

impl Destination {
    pub(super) fn is_log(&self) -> bool {
        matches!(self.kind, Kind::Log)
    }

    async fn start_execution(&self, arn: &str, event: &Event, input: &Value) -> Result<(), TargetError> {
        let place = chains::place_after(&event.resources);
        if place > LONGEST {
            let message = format!(
                "{LONGEST} executions have started one after the other by events of the one before: is the chain endless?"
            );
            return Err(TargetError::new("EndlessChain", message).without_retry());
        }
        let mut api = self.all.api.clone();
        let Ok(api) = api.wait_for(Option::is_some).await.map(|api| api.clone()) else {
            return Ok(());
        };
        let Some(api) = api else { return Ok(()) };
        let name = chains::name(&event.id, self.id, place);
        let start = json!({ "stateMachineArn": arn, "name": name, "input": input.to_string() });
        match api.start_for_event(&start).await {
            Err(refused) if refused.code() != "ExecutionAlreadyExists" => {
                let error = TargetError::new(refused.code(), refused.message());
                let is_passing = ["ExecutionLimitExceeded", "InternalServerError"].contains(&refused.code());
                Err(if is_passing { error } else { error.without_retry() })
            }
            _ => Ok(()),
        }
    }
}
