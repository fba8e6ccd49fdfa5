//! The workflow of a state machine: `run` is an execution, and the handlers beside it tell of it and stop it.

use futures_util::future::BoxFuture;
use restate_sdk::endpoint::{ContextInternal, InputMetadata};
use restate_sdk::errors::{HandlerError, TerminalError};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

use super::awaited;
use super::begun::{Beginning, Begun, Facts, Listed};
use super::definitions::Definitions;
use super::drive::{drive, time};
use super::hands::Hands;
use super::messages::{Ending, Input, Json, Message, Stop};
use super::moves::{self, Arrived};
use super::place::Place;
use super::redrive;
use super::remains::{self, Redrive, Resumed};
use super::reports::{Reporter, Reports};
use super::services::{Handler, Kind, answer};
use super::telling;
use super::updates;
use super::{BEGUN, CANCELLED, END, FACTS, HOLD_HEADER, LISTED, MAP_RUN, ORIGIN, ORIGIN_HEADER, RUN, STOP};
use crate::Interpreter;
use crate::definition::WorkflowType;
use crate::error::Error;
use crate::execution::{Execution, Outcome, Program};
use crate::history::ErrorOutput;
use crate::runtime::{Clock, StartRequest};
use crate::services::step_functions::Lineage;
use crate::store::{End, StoreErrorKind, StoredOrigin};

/// How long those of Express workflows are kept, which nobody can describe: until all that waits for their ends has seen them.
const EXPRESS_KEPT: Duration = Duration::from_hours(1);

/// The executions that a worker runs.
pub(super) struct Workflow {
    pub(super) interpreter: Arc<Interpreter>,
    pub(super) clock: Clock,
    pub(super) definitions: Arc<Definitions>,
    pub(super) source: Source,
    /// Who tells of executions of the API.
    pub(super) reporter: Option<Arc<dyn Reporter>>,
}

/// Where executions come from.
pub(super) enum Source {
    /// They are of a state machine of the worker, which gives them all but their inputs and names.
    Machine { name: String, program: Arc<Program> },
    /// Whoever starts one gives all of it.
    Given,
    /// They are child executions of a distributed Map, which is told how they end.
    MapRun,
}

impl Workflow {
    /// Executions that have ended are kept so long.
    pub(super) fn handlers(self, kept: Duration) -> Vec<Handler> {
        match &self.source {
            Source::Machine { program, .. } if program.machine().workflow_type == WorkflowType::Express => {
                self.express_handlers()
            }
            _ => self.handlers_kept(kept),
        }
    }

    /// The same for Express workflows.
    pub(super) fn express_handlers(self) -> Vec<Handler> {
        self.handlers_kept(EXPRESS_KEPT)
    }

    fn handlers_kept(self, kept: Duration) -> Vec<Handler> {
        let workflow = Arc::new(self);
        let run = Arc::clone(&workflow);
        let stop = Arc::clone(&workflow);
        let awaited = match &workflow.source {
            Source::Machine { .. } | Source::MapRun => Vec::new(),
            Source::Given => awaited::handlers(),
        };
        let mut handlers = vec![
            Handler {
                name: RUN,
                kind: Kind::Workflow { kept },
                handle: Arc::new(move |context| Arc::clone(&run).run(context)),
            },
            Handler {
                name: STOP,
                kind: Kind::Shared,
                handle: Arc::new(move |context| Arc::clone(&stop).stop(context)),
            },
        ];
        handlers.extend(telling::handlers());
        handlers.extend(remains::handlers());
        handlers.extend(updates::handlers());
        handlers.extend(awaited);
        handlers
    }

    fn run(self: Arc<Self>, context: ContextInternal) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            let (input, metadata) = context.input::<Input>().await;
            if matches!(self.source, Source::MapRun) {
                let ended = self.run_child(&context, input, &metadata).await;
                answer(&context, ended.map(|end| Message(Ending::from(end))));
                return;
            }
            if metadata.headers.contains_key(HOLD_HEADER) {
                take_name(&context);
                return;
            }
            note_origin(&context, &metadata);
            let output = if Place::is_redriven(&metadata.key) {
                self.redrive(&context, input, &metadata).await
            } else if moves::has_moved(&metadata) {
                self.arrive(&context, input, &metadata).await
            } else {
                self.begin_and_run(&context, input, &metadata).await
            };
            answer(&context, output);
        })
    }

    async fn redrive(
        &self,
        context: &ContextInternal,
        input: Input,
        metadata: &InputMetadata,
    ) -> Result<Json, HandlerError> {
        let redrive = match input.read::<Message<Redrive>>() {
            Ok(Message(redrive)) => redrive,
            Err(error) if error.kind() == StoreErrorKind::NewerFormat => return Err(error.into()),
            // Somebody has started an execution of a name that no execution has.
            Err(error) => return Err(refused(error)),
        };
        let (outcome, _) = self.resume(context, &redrive, metadata).await?;
        output(outcome)
    }

    /// Goes on where another run of the execution has ended.
    async fn resume(
        &self,
        context: &ContextInternal,
        redrive: &Redrive,
        metadata: &InputMetadata,
    ) -> Result<(Outcome, End), HandlerError> {
        let Resumed {
            execution,
            begun,
            is_cancelled,
        } = remains::resume(context, (&self.interpreter, &self.definitions), redrive).await?;
        let opening = begun.read(Arc::clone(execution.program()))?;
        let facts = opening.facts.redriven_as(&execution).of_run(metadata);
        self.drive(context, execution, begun, facts, opening.lineage, is_cancelled)
            .await
    }

    /// Goes on where the execution stopped in a store.
    async fn arrive(
        &self,
        context: &ContextInternal,
        input: Input,
        metadata: &InputMetadata,
    ) -> Result<Json, HandlerError> {
        let Message(parcel) = input.read()?;
        let Arrived {
            execution,
            begun,
            is_cancelled,
        } = moves::receive(context, (&self.interpreter, &self.definitions), &metadata.key, &parcel).await?;
        let opening = begun.read(Arc::clone(execution.program()))?;
        let facts = opening.facts.redriven_as(&execution).of_run(metadata);
        let driven = self.drive(context, execution, begun, facts, opening.lineage, is_cancelled);
        output(driven.await?.0)
    }

    async fn begin_and_run(
        &self,
        context: &ContextInternal,
        input: Input,
        metadata: &InputMetadata,
    ) -> Result<Json, HandlerError> {
        let (begun, is_cancelled) = match &self.source {
            Source::Machine { name, program } => {
                let Json(input) = input.read().map_err(refused)?;
                self.begun(context, name, program, &input, metadata).await?
            }
            Source::Given | Source::MapRun => {
                let Message(begun) = input.read()?;
                (begun, false)
            }
        };
        let program = self.definitions.program(&begun.beginning).await?;
        let (execution, facts, lineage) = begun.read(program)?.begin()?;
        let facts = facts.of_run(metadata);
        let driven = self.drive(context, execution, begun, facts, lineage, is_cancelled);
        output(driven.await?.0)
    }

    /// How an execution of a machine begins, and whether it was cancelled before.
    async fn begun(
        &self,
        context: &ContextInternal,
        name: &str,
        program: &Program,
        input: &Value,
        metadata: &InputMetadata,
    ) -> Result<(Begun, bool), HandlerError> {
        let mut is_cancelled = false;
        let beginning = loop {
            let began = || async {
                let begun = self.begin(name, program, input, metadata);
                begun.map(Message).map_err(refused)
            };
            match context.run(began).await {
                Ok(Message(beginning)) => break beginning,
                // A cancelled execution begins all the same, so that its history says how it ended.
                Err(error) if error.code() == CANCELLED => is_cancelled = true,
                Err(error) => return Err(error.into()),
            }
        };
        let begun = Begun {
            beginning,
            input: input.to_string(),
            services: None,
            child_of: None,
            reported: None,
            redrives_elsewhere: 0,
            started: Vec::new(),
        };
        Ok((begun, is_cancelled))
    }

    /// Runs a child execution of a distributed Map.
    async fn run_child(
        &self,
        context: &ContextInternal,
        input: Input,
        metadata: &InputMetadata,
    ) -> Result<End, HandlerError> {
        let run = Place::of_child(&metadata.key);
        if run.is_later() && !run.starts_over() {
            return self.resume_child(context, input, metadata).await;
        }
        let Message(begun) = input.read::<Message<Begun>>()?;
        if run.is_later() {
            redrive::tell_of_child(context, &run, begun.time());
        }
        let program = self.definitions.program(&begun.beginning).await?;
        let (execution, facts, lineage) = begun.read(program)?.begin()?;
        let facts = facts.of_run(metadata);
        let (_, end) = self.drive(context, execution, begun, facts, lineage, false).await?;
        Ok(end)
    }

    /// Redrives a child execution. One that has succeeded, or cannot be redriven, ends as it did.
    async fn resume_child(
        &self,
        context: &ContextInternal,
        input: Input,
        metadata: &InputMetadata,
    ) -> Result<End, HandlerError> {
        let Message(redrive) = input.read::<Message<Redrive>>()?;
        if let Some(ended) = remains::end_for_good(context, &redrive).await? {
            return Ok(End::from(ended));
        }
        redrive::tell_of_child(context, &Place::of_child(&metadata.key), redrive.time);
        let (_, end) = self.resume(context, &redrive, metadata).await?;
        Ok(end)
    }

    /// Runs an execution to its end. What cannot be read is not lost: a worker that can read it goes on.
    async fn drive(
        &self,
        context: &ContextInternal,
        execution: Execution,
        begun: Begun,
        facts: Facts,
        lineage: Lineage,
        mut is_cancelled: bool,
    ) -> Result<(Outcome, End), HandlerError> {
        let hands = Hands {
            services: begun.services.clone(),
            handled_activities: begun.beginning.handled_activities.clone(),
            lineage,
            started: begun.started.clone(),
        };
        if execution.program().has_distributed_maps() {
            // Before a child execution can look for it.
            self.definitions.keep(execution.program()).await?;
        }
        if let Some(of) = &begun.child_of {
            context.set(MAP_RUN, Message(Arc::clone(&of.map_run_arn)));
        }
        let listed = Listed::of(&facts);
        let mut reports = Reports::of(context, self.reporter.as_deref(), &facts, begun.reported);
        context.set(FACTS, Message(facts));
        context.set(LISTED, Message(&listed));
        // Others may wait for it.
        if matches!(self.source, Source::Given) {
            context.resolve_promise(BEGUN, Message(()));
        }
        if let Some(reports) = &mut reports {
            is_cancelled |= reports.begun().await?;
        }
        let driven = drive(
            context,
            (&self.interpreter, &self.clock),
            execution,
            hands,
            is_cancelled,
        );
        let (execution, outcome, time) = driven.await?;
        remains::keep(context, begun, &execution, time);
        let end = End::of(&outcome, time);
        let listed = Listed {
            status: end.status.clone(),
            stop_time: Some(time),
            ..listed
        };
        context.set(LISTED, Message(listed));
        context.set(END, Message(Ending::from(end.clone())));
        if let Some(reports) = &mut reports {
            reports.ended().await?;
        }
        Ok((outcome, end))
    }

    /// Chooses all that is random or depends on this worker.
    fn begin(
        &self,
        name: &str,
        program: &Program,
        input: &Value,
        metadata: &InputMetadata,
    ) -> Result<Beginning, Error> {
        let request = StartRequest::default()
            .name(metadata.key.as_str())
            .state_machine_name(name)
            .seed(metadata.random_seed);
        let options = self.interpreter.options_of(program, input, request)?;
        let time = chrono::SubsecRound::trunc_subsecs(self.clock.now(), 6);
        let limits = self.interpreter.own_limits();
        let (beginning, _) = Beginning::of(program, &options, limits, StoredOrigin::default(), time);
        Ok(Beginning {
            handled_activities: self.interpreter.handled_activities(program),
            ..beginning
        })
    }

    fn stop(self: Arc<Self>, context: ContextInternal) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            let (Message(error), _) = context.input::<Message<ErrorOutput>>().await;
            let stopped = time(&context, &self.clock).await.map(|time| {
                context.resolve_promise(STOP, Message(Stop { time, error }));
                Message(())
            });
            answer(&context, stopped.map_err(Into::into));
        })
    }
}

/// What a run answers.
fn output(outcome: Outcome) -> Result<Json, HandlerError> {
    match outcome {
        Outcome::Succeeded { output } => Ok(Json(output.to_value())),
        Outcome::Failed(error) | Outcome::TimedOut(error) | Outcome::Aborted(error) => {
            let ErrorOutput { error, cause } = error;
            let texts = [error, cause].into_iter().flatten().collect::<Vec<_>>();
            Err(TerminalError::new(texts.join(": ")).into())
        }
    }
}

/// An execution that cannot begin never can: it is over.
fn refused(error: impl std::fmt::Display) -> HandlerError {
    TerminalError::new_with_code(400, error.to_string()).into()
}

/// Takes a name whose execution goes on, or has ended, under other keys.
fn take_name(context: &ContextInternal) {
    // Who starts an execution of this name finds that it has begun, and asks for its last run.
    context.resolve_promise(BEGUN, Message(()));
    answer(context, Ok(Message(())));
}

/// Which start this is, for a client that has to ask again.
fn note_origin(context: &ContextInternal, metadata: &InputMetadata) {
    let origin = metadata.headers.get(ORIGIN_HEADER).cloned();
    context.set(ORIGIN, Message(origin.unwrap_or_default()));
}
