//! Redrives: an execution that has ended without success goes on as another run, of the key `KEY#NUMBER`, since a run of a
//! workflow is over when it is over.
//!
//! What is left of an execution stays in the state of the run that has ended; the next run reads it from there. An object for each
//! execution counts them, so that an execution is redriven by one at a time.

use chrono::{DateTime, Utc};
use restate_sdk::context::RequestTarget;
use restate_sdk::endpoint::ContextInternal;
use restate_sdk::errors::{HandlerError, TerminalError};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

use super::awaited::told_of;
use super::begun::Begun;
use super::definitions::Definitions;
use super::drive::time;
use super::existing;
use super::messages::Message;
use super::place::Place;
use super::services::{Handler, Kind, handler};
use super::{CANCELLED, REDRIVABLE, REDRIVE, REDRIVES, RUN};
use crate::Interpreter;
use crate::execution::{Execution, NotRedrivable, Program};
use crate::runtime::Clock;
use crate::store::{End, StoreError, StoreErrorKind, StoredSnapshot, read_text, written_text};

/// The handler of a workflow that gives a part of what is left of its execution.
const REMAINS: &str = "remains";

/// The keys of the state of a run that has ended: why it cannot be redriven, if that is not plain; the parts of what is left.
const REASON: &str = "not-redrivable";
const REMAINS_PREFIX: &str = "remains-";

/// The state of the object.
const COUNT: &str = "count";

const STANDARD_CHILDREN: &str =
    "Child executions of a Map Run cannot be redriven over Restate yet, unless they are Express";

const REST: &str = "what is left of an execution";

/// So many bytes of what is left are read at once: an answer is one message, of 32 MB at most.
const PART: usize = 4 * 1024 * 1024;

/// What a redrive comes to.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Redriven {
    At(DateTime<Utc>),
    /// It cannot be redriven, in the words of [`NotRedrivable`].
    Refused(String),
    /// There is no such execution.
    Unknown,
}

/// What a run begins with that goes on where another has ended.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Redrive {
    time: DateTime<Utc>,
    /// The number of the redrive: 1, 2, 3 …
    number: u32,
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

/// The handlers of the object.
pub(super) fn handlers(clock: &Clock) -> Vec<Handler> {
    let clock = clock.clone();
    vec![
        handler(REDRIVE, Kind::Exclusive, move |context| redrive(context, clock.clone())),
        handler(REDRIVES, Kind::Shared, count),
    ]
}

/// The handlers of a workflow.
pub(super) fn handlers_of_run() -> Vec<Handler> {
    vec![
        handler(REDRIVABLE, Kind::Shared, redrivable),
        handler(REMAINS, Kind::Shared, part),
    ]
}

/// Redrives an execution, whose place is the key.
async fn redrive(context: ContextInternal, clock: Clock) -> Result<Redriven, TerminalError> {
    let ((), metadata) = context.input::<()>().await;
    let Some(place) = Place::of_redrives(&metadata.key) else {
        return Ok(Redriven::Unknown);
    };
    let Message(number) = context.get::<Message<u32>>(COUNT).await?.unwrap_or(Message(0));
    let time = time(&context, &clock).await?;
    let target = at(&place.redriven(number), REDRIVABLE);
    let Message(redrivable) = context
        .request::<_, Message<Option<Result<(), String>>>>(target, Message(time))
        .call()
        .await?;
    match redrivable {
        Some(Ok(())) => {}
        Some(Err(reason)) => return Ok(Redriven::Refused(reason)),
        // It goes on, and has not begun to.
        None if number > 0 => return Ok(Redriven::Refused(NotRedrivable::Running.to_string())),
        None => return Ok(Redriven::Unknown),
    }
    let number = number + 1;
    context.set(COUNT, Message(number));
    let run = context.request::<_, Message<()>>(at(&place.redriven(number), RUN), Message(Redrive { time, number }));
    drop(run.send());
    Ok(Redriven::At(time))
}

async fn count(context: ContextInternal) -> Result<u32, TerminalError> {
    let ((), _) = context.input::<()>().await;
    let count = context.get::<Message<u32>>(COUNT).await?;
    Ok(count.map_or(0, |Message(count)| count))
}

/// Keeps what a redrive needs of an execution that has ended.
pub(super) fn keep(context: &ContextInternal, begun: Begun, execution: &Execution, end: DateTime<Utc>) {
    match execution.check_redrivable(end) {
        // They would fail, which a Map Run may tolerate.
        Ok(()) if execution.leaves_standard_children() => {
            context.set(REASON, Message(STANDARD_CHILDREN.to_owned()));
        }
        Ok(()) => {
            let snapshot = StoredSnapshot::of(0, &execution.snapshot()).text;
            let text = written_text(&Remains { begun, snapshot });
            for (number, part) in parts(&text).enumerate() {
                context.set(&part_key(number), Message(part.to_owned()));
            }
        }
        // That is plain.
        Err(NotRedrivable::Succeeded) => {}
        Err(reason) => context.set(REASON, Message(reason.to_string())),
    }
}

/// A redriven execution, which goes on now, how it began, and whether the invocation was cancelled meanwhile.
pub(super) async fn resume(
    context: &ContextInternal,
    (interpreter, definitions): (&Interpreter, &Definitions),
    key: &str,
    redrive: &Redrive,
) -> Result<(Execution, Begun, bool), HandlerError> {
    let Redrive { time, number } = redrive;
    let ended = Place::of_run(context.service_name(), key).redriven(number.saturating_sub(1));
    let mut is_cancelled = false;
    let mut text = String::new();
    let mut number = 0;
    loop {
        let part = context.request::<_, Message<Option<String>>>(at(&ended, REMAINS), Message(number));
        match part.call().await {
            Ok(Message(Some(part))) => text.push_str(&part),
            Ok(Message(None)) => break,
            Err(error) if error.code() == CANCELLED => {
                is_cancelled = true;
                continue;
            }
            Err(error) => return Err(error.into()),
        }
        number += 1;
    }
    // What cannot be read is not lost: a worker that can read it goes on.
    let remains: Remains = read_text(&text, REST)?;
    let program = definitions.program(&remains.begun.beginning).await?;
    let mut execution = remains.execution(program)?;
    let handled = &remains.begun.beginning.handled_activities;
    is_cancelled |= existing::look(context, interpreter, &mut execution, handled).await?;
    execution.redrive(*time)?;
    Ok((execution, remains.begun, is_cancelled))
}

/// Whether the execution can be redriven at a time, and why not; `None` if it has not begun.
async fn redrivable(context: ContextInternal) -> Result<Option<Result<(), String>>, TerminalError> {
    let (Message(now), _) = context.input::<Message<DateTime<Utc>>>().await;
    let refused = |reason: NotRedrivable| Ok(Some(Err(reason.to_string())));
    let Some((_, ending)) = told_of(&context).await? else {
        return Ok(None);
    };
    let Some(ending) = ending else {
        return refused(NotRedrivable::Running);
    };
    let end = End::from(ending);
    let ended = end.time;
    if end.outcome().map_err(unreadable)?.error().is_none() {
        return refused(NotRedrivable::Succeeded);
    }
    if let Some(Message(reason)) = context.get::<Message<String>>(REASON).await? {
        return Ok(Some(Err(reason)));
    }
    let is_kept = context.get::<Message<String>>(&part_key(0)).await?.is_some();
    Ok(Some(if !is_kept {
        Err(NotRedrivable::NotKept.to_string())
    } else if now - ended > NotRedrivable::PERIOD {
        Err(NotRedrivable::PeriodExceeded.to_string())
    } else {
        Ok(())
    }))
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
fn parts(mut text: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        let end = (PART..text.len()).find(|end| text.is_char_boundary(*end));
        let (part, rest) = text.split_at(end.unwrap_or(text.len()));
        text = rest;
        (!part.is_empty()).then_some(part)
    })
}

fn unreadable(error: StoreError) -> TerminalError {
    TerminalError::new(error.to_string())
}
