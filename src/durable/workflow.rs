//! The workflow of a state machine: `run` is an execution, and the handlers beside it tell of it and stop it.

use futures_util::future::BoxFuture;
use restate_sdk::endpoint::{ContextInternal, InputMetadata};
use restate_sdk::errors::{HandlerError, TerminalError};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

use super::awaited::{self, told_of};
use super::begun::{Beginning, Begun, Facts, Listed};
use super::definitions::Definitions;
use super::drive::{drive, time};
use super::hands::Hands;
use super::messages::{Ending, Events, Input, Json, Message, Range, Stop};
use super::place::Place;
use super::redrive;
use super::reports::{Reporter, Reports};
use super::services::{Handler, Kind, answer, handler};
use super::updates;
use super::{
    BEGUN, CANCELLED, DESCRIBE, END, FACTS, HISTORY, LISTED, MAP_RUN, MAP_RUN_PREFIX, MAP_RUNS, ORIGIN, ORIGIN_HEADER,
    RUN, STOP, history_key, history_number,
};
use crate::Interpreter;
use crate::definition::WorkflowType;
use crate::error::Error;
use crate::execution::{Execution, MapRun, Outcome, Program};
use crate::history::ErrorOutput;
use crate::runtime::{Clock, StartRequest};
use crate::services::step_functions::Lineage;
use crate::store::{End, HistoryRecords, StoredOrigin};

/// How long AWS keeps executions that have ended (developer guide, "Quotas").
const KEPT: Duration = Duration::from_hours(90 * 24);

/// How long those of Express workflows are kept, which nobody can describe: until all that waits for their ends has seen them.
const EXPRESS_KEPT: Duration = Duration::from_hours(1);

/// So many bytes of a history are read at once, and the rest of a batch: an answer is one message, of 32 MB at most.
const BYTES: usize = 4 * 1024 * 1024;

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
    pub(super) fn handlers(self) -> Vec<Handler> {
        match &self.source {
            Source::Machine { program, .. } if program.machine().workflow_type == WorkflowType::Express => {
                self.express_handlers()
            }
            _ => self.handlers_kept(KEPT),
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
            handler(ORIGIN, Kind::Shared, origin),
            handler(DESCRIBE, Kind::Shared, describe),
            handler(HISTORY, Kind::Shared, history),
            handler(MAP_RUNS, Kind::Shared, map_runs),
        ];
        handlers.extend(redrive::handlers_of_run());
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
            note_origin(&context, &metadata);
            let output = if Place::is_redriven(&metadata.key) {
                self.resume(&context, input, &metadata).await
            } else {
                self.begin_and_run(&context, input, &metadata).await
            };
            answer(&context, output);
        })
    }

    /// Goes on where another run of the execution has ended.
    async fn resume(
        &self,
        context: &ContextInternal,
        input: Input,
        metadata: &InputMetadata,
    ) -> Result<Json, HandlerError> {
        let Message(redrive) = input.read().map_err(refused)?;
        let (execution, begun, is_cancelled) =
            redrive::resume(context, (&self.interpreter, &self.definitions), &metadata.key, &redrive).await?;
        let opening = begun.read(Arc::clone(execution.program()))?;
        let facts = Facts {
            redrive_count: execution.context().redrive_count.unwrap_or_default(),
            redrive_time: execution.context().redrive_time,
            ..opening.facts.of_run(metadata)
        };
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
        let Message(begun) = input.read::<Message<Begun>>()?;
        if let Some(of) = &begun.child_of {
            context.set(MAP_RUN, Message(Arc::clone(&of.map_run_arn)));
        }
        let program = self.definitions.program(&begun.beginning).await?;
        let (execution, facts, lineage) = begun.read(program)?.begin()?;
        let facts = facts.of_run(metadata);
        let (_, end) = self.drive(context, execution, begun, facts, lineage, false).await?;
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
        };
        if execution.program().has_distributed_maps() {
            // Before a child execution can look for it.
            self.definitions.keep(execution.program()).await?;
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
        if !matches!(self.source, Source::MapRun) {
            redrive::keep(context, begun, &execution, time);
        }
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

/// Which start this is, for a client that has to ask again.
fn note_origin(context: &ContextInternal, metadata: &InputMetadata) {
    let origin = metadata.headers.get(ORIGIN_HEADER).cloned();
    context.set(ORIGIN, Message(origin.unwrap_or_default()));
}

async fn origin(context: ContextInternal) -> Result<Option<String>, TerminalError> {
    let ((), _) = context.input::<()>().await;
    let origin = context.get::<Message<String>>(ORIGIN).await?;
    Ok(origin.map(|Message(origin)| origin))
}

async fn describe(context: ContextInternal) -> Result<Option<(Facts, Option<Ending>)>, TerminalError> {
    let ((), _) = context.input::<()>().await;
    told_of(&context).await
}

/// All Map Runs, as they began or ended last.
async fn map_runs(context: ContextInternal) -> Result<Vec<MapRun>, TerminalError> {
    let ((), _) = context.input::<()>().await;
    let keys = context.get_keys().await?;
    let mut runs = Vec::new();
    for key in keys.iter().filter(|key| key.starts_with(MAP_RUN_PREFIX)) {
        let run = context.get::<Message<MapRun>>(key).await?;
        runs.extend(run.map(|Message(run)| run));
    }
    runs.sort_by_key(|run| run.start_date);
    Ok(runs)
}

async fn history(context: ContextInternal) -> Result<Vec<Events>, TerminalError> {
    let (Message(range), _) = context.input::<Message<Range>>().await;
    let keys = context.get_keys().await?;
    let mut firsts: Vec<u64> = keys.iter().filter_map(|key| history_number(key)).collect();
    firsts.sort_unstable();
    if let Some(before) = range.before {
        firsts.retain(|first| *first < before);
        firsts.reverse();
    } else {
        // The batch that the first event is in begins at it or before.
        let begin = firsts
            .partition_point(|first| *first <= range.after.saturating_add(1))
            .saturating_sub(1);
        firsts.drain(..begin);
    }
    let mut batches = Vec::new();
    let (mut found, mut bytes) = (0, 0);
    for first in firsts {
        if found >= range.most || bytes >= BYTES {
            break;
        }
        let batch = context.get::<Message<Events>>(&history_key(first)).await?;
        let Some(Message(batch)) = batch else { continue };
        let records = HistoryRecords::read(batch.time, &batch.heads, &batch.details);
        let records = records.map_err(|error| TerminalError::new(error.to_string()))?;
        bytes += batch.heads.len() + batch.details.len();
        found += records.iter().filter(|record| range.has(record.id)).count();
        batches.push(batch);
    }
    if range.before.is_some() {
        batches.reverse();
    }
    Ok(batches)
}
