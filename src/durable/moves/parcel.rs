//! What is left of an execution that comes from a store: an object keeps it, in parts, until its run begins and takes them.

use restate_sdk::context::RequestTarget;
use restate_sdk::endpoint::{ContextInternal, InputMetadata};
use restate_sdk::errors::{HandlerError, TerminalError};
use serde::{Deserialize, Serialize};

use crate::Interpreter;
use crate::durable::begun::Begun;
use crate::durable::definitions::Definitions;
use crate::durable::existing;
use crate::durable::messages::{Events, Message, StartedChild};
use crate::durable::place::Place;
use crate::durable::services::{Handler, Kind, handler};
use crate::durable::{CANCELLED, ORIGIN_HEADER, history_key, map_run_key};
use crate::execution::{Execution, MapRun, TaskId};
use crate::store::{StoreError, StoreErrorKind, StoredSnapshot, read_text};

/// The handlers: a part comes; a part is read; they are of no use any more.
pub(super) const KEEP: &str = "keep";
const PART: &str = "part";
pub(super) const FORGET: &str = "forget";

/// What the origins of runs begin with that take a parcel.
pub(super) const ORIGIN: &str = "moved-";

pub(super) const REST: &str = "what is left of an execution that comes from a store";

/// A part of what is left of an execution.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::durable) enum Part {
    /// A piece of the text of a [`Rest`].
    Rest(String),
    /// Events of its history, and the ids of the first of each.
    History(Vec<(u64, Events)>),
    MapRuns(Vec<MapRun>),
}

/// The execution itself.
#[derive(Serialize, Deserialize)]
pub(in crate::durable) struct Rest {
    pub(super) begun: Begun,
    pub(super) snapshot: String,
    /// The executions that its unanswered tasks have started.
    pub(super) started: Vec<(TaskId, StartedChild)>,
}

/// What a run begins with that goes on where an execution stopped in a store.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(in crate::durable) struct Parcel {
    pub(super) parts: usize,
}

/// An execution that goes on here.
pub(in crate::durable) struct Arrived {
    pub(in crate::durable) execution: Execution,
    pub(in crate::durable) begun: Begun,
    /// Whether the invocation was cancelled meanwhile.
    pub(in crate::durable) is_cancelled: bool,
}

/// The handlers of the object.
pub(in crate::durable) fn handlers() -> Vec<Handler> {
    vec![
        handler(KEEP, Kind::Exclusive, keep),
        handler(FORGET, Kind::Exclusive, forget),
        handler(PART, Kind::Shared, part),
    ]
}

async fn keep(context: ContextInternal) -> Result<(), TerminalError> {
    let (Message((number, part)), _) = context.input::<Message<(usize, Part)>>().await;
    context.set(&key_of(number), Message(part));
    Ok(())
}

async fn part(context: ContextInternal) -> Result<Option<Part>, TerminalError> {
    let (Message(number), _) = context.input::<Message<usize>>().await;
    let part = context.get::<Message<Part>>(&key_of(number)).await?;
    Ok(part.map(|Message(part)| part))
}

async fn forget(context: ContextInternal) -> Result<(), TerminalError> {
    let (Message(()), _) = context.input::<Message<()>>().await;
    context.clear_all();
    Ok(())
}

fn key_of(number: usize) -> String {
    format!("part-{number:06}")
}

/// Whether a run goes on where an execution stopped in a store.
pub(in crate::durable) fn has_moved(metadata: &InputMetadata) -> bool {
    let origin = metadata.headers.get(ORIGIN_HEADER);
    origin.is_some_and(|origin| origin.starts_with(ORIGIN))
}

/// Takes what a store has sent: writes the history so far, and returns the execution.
pub(in crate::durable) async fn receive(
    context: &ContextInternal,
    (interpreter, definitions): (&Interpreter, &Definitions),
    key: &str,
    parcel: &Parcel,
) -> Result<Arrived, HandlerError> {
    let place = Place::of_run(context.service_name(), key).parcel();
    let at = |handler| RequestTarget::object(place.service.as_str(), place.key.as_str(), handler);
    let mut is_cancelled = false;
    let mut text = String::new();
    let mut number = 0;
    while number < parcel.parts {
        let part = context.request::<_, Message<Option<Part>>>(at(PART), Message(number));
        let part = match part.call().await {
            Ok(Message(part)) => part,
            Err(error) if error.code() == CANCELLED => {
                is_cancelled = true;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        match part {
            Some(Part::Rest(piece)) => text.push_str(&piece),
            Some(Part::History(batches)) => {
                for (first, events) in batches {
                    context.set(&history_key(first), Message(events));
                }
            }
            Some(Part::MapRuns(runs)) => {
                for run in runs {
                    context.set(&map_run_key(&run.map_run_arn), Message(run));
                }
            }
            None => return Err(damaged(format!("its part {number} is missing")).into()),
        }
        number += 1;
    }
    // What cannot be read is not lost: a worker that can read it goes on.
    let Rest {
        mut begun,
        snapshot,
        started,
    } = read_text(&text, REST)?;
    let program = definitions.program(&begun.beginning).await?;
    begun.started = started;
    begun.beginning.handled_activities = loop {
        let handled = || async { Ok::<_, HandlerError>(Message(interpreter.handled_activities(&program))) };
        match context.run(handled).await {
            Ok(Message(handled)) => break handled,
            Err(error) if error.code() == CANCELLED => is_cancelled = true,
            Err(error) => return Err(error.into()),
        }
    };
    let snapshot = StoredSnapshot {
        entry: 0,
        text: snapshot,
    };
    let restored = Execution::restore(program, snapshot.read()?);
    let mut execution = restored.map_err(|error| damaged(error.to_string()))?;
    let handled = &begun.beginning.handled_activities;
    is_cancelled |= existing::look(context, interpreter, &mut execution, handled).await?;
    drop(context.request::<_, Message<()>>(at(FORGET), Message(())).send());
    Ok(Arrived {
        execution,
        begun,
        is_cancelled,
    })
}

fn damaged(problem: String) -> StoreError {
    StoreError::new(StoreErrorKind::Damaged, format!("{REST} cannot be read: {problem}"))
}
