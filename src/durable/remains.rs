//! What is left of an execution that has ended without success, in the state of its run: the next run goes on with it, and takes
//! over all that is told of the execution.

use chrono::{DateTime, Utc};
use restate_sdk::context::{Request, RequestTarget};
use restate_sdk::endpoint::ContextInternal;
use restate_sdk::errors::{HandlerError, TerminalError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

use super::awaited::told_of;
use super::begun::{Begun, Facts};
use super::definitions::Definitions;
use super::existing;
use super::messages::{Ending, Events, Message, Range};
use super::place::Place;
use super::services::{Handler, Kind, handler};
use super::{CANCELLED, DESCRIBE, HISTORY, MAP_RUNS, REDRIVABLE, history_key, map_run_key};
use crate::Interpreter;
use crate::execution::{Execution, MapRun, NotRedrivable, Program};
use crate::store::{End, HistoryRecords, StoreError, StoreErrorKind, StoredSnapshot, read_text, written_text};

/// The handler of a workflow that gives a part of what is left of its execution.
const REMAINS: &str = "remains";

/// The keys of the state of a run that has ended without success: why it cannot be redriven, if so; the parts of what is left.
const REFUSAL: &str = "not-redrivable";
const REMAINS_PREFIX: &str = "remains-";

const REST: &str = "what is left of an execution";

/// How often it is looked whether a run has begun, after pauses that are twice as long each time.
const LOOKS: u32 = 12;
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// So many bytes of what is left are read at once: an answer is one message, of 32 MB at most.
const PART: usize = 4 * 1024 * 1024;

/// What a run begins with that goes on where another has ended.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Redrive {
    pub(super) time: DateTime<Utc>,
    /// The key of the run that has ended.
    pub(super) after: String,
}

impl Redrive {
    /// The run that has ended.
    fn ended(&self, context: &ContextInternal) -> Place {
        Place {
            service: context.service_name().to_owned(),
            key: self.after.clone(),
        }
    }
}

/// What a run knows of a redrive.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Redrivable {
    /// When the execution began.
    pub(super) start_time: DateTime<Utc>,
    /// When the run ended, or why the execution cannot be redriven, in the words of [`NotRedrivable`].
    pub(super) end: Result<DateTime<Utc>, String>,
}

/// An execution that goes on.
pub(super) struct Resumed {
    pub(super) execution: Execution,
    /// How it began.
    pub(super) begun: Begun,
    /// Whether the invocation was cancelled meanwhile.
    pub(super) is_cancelled: bool,
}

/// What is left of an execution.
#[derive(Serialize, Deserialize)]
pub(super) struct Remains {
    begun: Begun,
    snapshot: String,
}

impl Remains {
    /// The execution as it ended.
    fn execution(&self, program: Arc<Program>) -> Result<Execution, StoreError> {
        let text = self.snapshot.clone();
        let snapshot = StoredSnapshot { entry: 0, text }.read()?;
        Execution::restore(program, snapshot)
            .map_err(|error| StoreError::new(StoreErrorKind::Damaged, format!("{REST} cannot be read: {error}")))
    }
}

/// The handlers of a workflow.
pub(super) fn handlers() -> Vec<Handler> {
    vec![
        handler(REDRIVABLE, Kind::Shared, redrivable),
        handler(REMAINS, Kind::Shared, part),
    ]
}

/// Keeps what a redrive needs of an execution that has ended.
pub(super) fn keep(context: &ContextInternal, begun: Begun, execution: &Execution, end: DateTime<Utc>) {
    let refusal = match execution.check_redrivable(end) {
        // That is plain.
        Err(NotRedrivable::Succeeded) => return,
        Err(reason) => Some(reason.to_string()),
        Ok(()) => {
            let snapshot = StoredSnapshot::of(0, &execution.snapshot()).text;
            let text = written_text(&Remains { begun, snapshot });
            for (number, part) in parts(&text).enumerate() {
                context.set(&part_key(number), Message(part.to_owned()));
            }
            None
        }
    };
    context.set(REFUSAL, Message(refusal));
}

/// Lets an execution go on from the run that has ended, with what is told of it.
pub(super) async fn resume(
    context: &ContextInternal,
    (interpreter, definitions): (&Interpreter, &Definitions),
    redrive: &Redrive,
) -> Result<Resumed, HandlerError> {
    let mut reader = Reader {
        context,
        ended: redrive.ended(context),
        is_cancelled: false,
    };
    let mut text = String::new();
    let mut number: usize = 0;
    while let Some(part) = reader.ask::<_, Option<String>>(REMAINS, &number).await? {
        text.push_str(&part);
        number += 1;
    }
    // What cannot be read is not lost: a worker that can read it goes on.
    let remains: Remains = read_text(&text, REST)?;
    let program = definitions.program(&remains.begun.beginning).await?;
    let mut execution = remains.execution(program)?;
    reader.take_over().await?;
    let handled = &remains.begun.beginning.handled_activities;
    reader.is_cancelled |= existing::look(context, interpreter, &mut execution, handled).await?;
    execution.redrive(redrive.time)?;
    Ok(Resumed {
        execution,
        begun: remains.begun,
        is_cancelled: reader.is_cancelled,
    })
}

/// How a child execution of a Map Run ended for good; `None` if it goes on. Waits for the end, which may come after its Map Run
/// has taken it for stopped.
pub(super) async fn end_for_good(context: &ContextInternal, redrive: &Redrive) -> Result<Option<Ending>, HandlerError> {
    let ended = redrive.ended(context);
    let run = invocation_of(context, &ended).await?;
    let Message(ending) = context.attach_invocation::<Message<Ending>>(run).await?;
    let asked = context.request::<_, Message<Option<Redrivable>>>(at(&ended, REDRIVABLE), Message(redrive.time));
    let Message(redrivable) = asked.call().await?;
    let goes_on = redrivable.is_some_and(|redrivable| redrivable.end.is_ok());
    Ok(Some(ending).filter(|_| !goes_on))
}

/// The invocation that a run is, as soon as it has begun. Errors if that takes too long: it may be forgotten.
async fn invocation_of(context: &ContextInternal, run: &Place) -> Result<String, HandlerError> {
    let mut pause = FIRST_PAUSE;
    for _ in 0..LOOKS {
        let asked = context.request::<_, Message<Option<(Facts, Option<Ending>)>>>(at(run, DESCRIBE), ());
        let Message(told) = asked.call().await?;
        if let Some(invocation) = told.and_then(|(facts, _)| facts.run) {
            return Ok(invocation);
        }
        context.sleep(pause).await?;
        pause *= 2;
    }
    Err(TerminalError::new(format!("{REST} is not there any more")).into())
}

/// Reads the run that has ended.
struct Reader<'a> {
    context: &'a ContextInternal,
    ended: Place,
    is_cancelled: bool,
}

impl Reader<'_> {
    async fn ask<Q, A>(&mut self, handler: &str, question: &Q) -> Result<A, TerminalError>
    where
        Q: Serialize + Clone + 'static,
        A: DeserializeOwned + 'static,
    {
        loop {
            let asked: Request<'_, Message<Q>, Message<A>> = self
                .context
                .request(at(&self.ended, handler), Message(question.clone()));
            match asked.call().await {
                Ok(Message(answer)) => return Ok(answer),
                Err(error) if error.code() == CANCELLED => self.is_cancelled = true,
                Err(error) => return Err(error),
            }
        }
    }

    /// Takes over the history and the Map Runs: the run that has ended is forgotten earlier.
    async fn take_over(&mut self) -> Result<(), HandlerError> {
        let mut after = 0;
        loop {
            let range = Range {
                after,
                before: None,
                most: usize::MAX,
            };
            let batches: Option<Vec<Events>> = self.ask(HISTORY, &range).await?;
            let read = after;
            for batch in batches.unwrap_or_default() {
                let records = HistoryRecords::read(batch.time, &batch.heads, &batch.details)?;
                let (Some(first), Some(last)) = (records.first(), records.last()) else {
                    continue;
                };
                after = last.id;
                self.context.set(&history_key(first.id), Message(batch));
            }
            if after == read {
                break;
            }
        }
        let map_runs: Option<Vec<MapRun>> = self.ask(MAP_RUNS, &()).await?;
        for map_run in map_runs.unwrap_or_default() {
            self.context.set(&map_run_key(&map_run.map_run_arn), Message(map_run));
        }
        Ok(())
    }
}

/// What the run knows of a redrive at a time; `None` if it has not begun.
async fn redrivable(context: ContextInternal) -> Result<Option<Redrivable>, TerminalError> {
    let (Message(now), _) = context.input::<Message<DateTime<Utc>>>().await;
    let Some((facts, ending)) = told_of(&context).await? else {
        return Ok(None);
    };
    let start_time = facts.start_time;
    let refused = |reason: String| {
        Ok(Some(Redrivable {
            start_time,
            end: Err(reason),
        }))
    };
    let Some(ending) = ending else {
        return refused(NotRedrivable::Running.to_string());
    };
    let End { time: end, output, .. } = End::from(ending);
    if output.is_some() {
        return refused(NotRedrivable::Succeeded.to_string());
    }
    match context.get::<Message<Option<String>>>(REFUSAL).await? {
        None => refused(NotRedrivable::NotKept.to_string()),
        Some(Message(Some(reason))) => refused(reason),
        Some(Message(None)) if now - end > NotRedrivable::PERIOD => refused(NotRedrivable::PeriodExceeded.to_string()),
        Some(Message(None)) => Ok(Some(Redrivable {
            start_time,
            end: Ok(end),
        })),
    }
}

/// A part of what is left of the execution.
async fn part(context: ContextInternal) -> Result<Option<String>, TerminalError> {
    let (Message(number), _) = context.input::<Message<usize>>().await;
    let part = context.get::<Message<String>>(&part_key(number)).await?;
    Ok(part.map(|Message(part)| part))
}

fn at(Place { service, key }: &Place, handler: &str) -> RequestTarget {
    RequestTarget::workflow(service, key, handler)
}

fn part_key(number: usize) -> String {
    format!("{REMAINS_PREFIX}{number:06}")
}

/// A text in parts of [`PART`] bytes or a few more.
pub(super) fn parts(mut text: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        let end = (PART..text.len()).find(|end| text.is_char_boundary(*end));
        let (part, rest) = text.split_at(end.unwrap_or(text.len()));
        text = rest;
        (!part.is_empty()).then_some(part)
    })
}
