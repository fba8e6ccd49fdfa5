//! Redrives: an execution that has ended without success goes on as another run, since a run of a workflow is over when it is
//! over.
//!
//! An object for each execution counts them, so that an execution is redriven by one at a time, and finds its last run: that
//! one has all that is told of the execution, and is kept for as long as any other after its end. Where the first run is gone
//! before, its name stays taken by a run that does nothing.

use chrono::{DateTime, Utc};
use restate_sdk::context::{Request, RequestTarget};
use restate_sdk::endpoint::ContextInternal;
use restate_sdk::errors::TerminalError;
use serde::{Deserialize, Serialize};
use std::time::Duration;

use super::drive::time;
use super::messages::Message;
use super::place::Place;
use super::remains::{Redrivable, Redrive};
use super::services::{Handler, Kind, handler};
use super::{HOLD_HEADER, REDRIVABLE, REDRIVE, REDRIVES, RUN};
use crate::execution::NotRedrivable;
use crate::runtime::Clock;
use crate::services::step_functions::RedriveTokens;

/// The handler that looks whether the runs are still kept.
const HOLD: &str = "hold";

/// The handler that is told of redrives that were asked for elsewhere: of a child execution of a Map Run, and in a store.
pub(super) const NOTE: &str = "note";

/// The state of the object.
const STATE: &str = "redrives";

/// Between two looks whether runs are still kept: Restate removes them once in an hour.
const PAUSE: Duration = Duration::from_hours(1);

/// So often it is looked, at least, in the time for which they are kept.
const LOOKS: u32 = 10;

/// What a redrive comes to.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Redriven {
    At(DateTime<Utc>),
    /// It cannot be redriven, in the words of [`NotRedrivable`].
    Refused(String),
    /// There is no such execution.
    Unknown,
}

/// How often an execution was redriven, and when last.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Redrives {
    /// When the execution began: an earlier one of its name began at another time. `None` for a child execution of a Map Run,
    /// whose name is no other's.
    first: Option<DateTime<Utc>>,
    pub(super) count: u32,
    pub(super) time: DateTime<Utc>,
    /// The invocation that is the last run.
    pub(super) invocation: Option<String>,
    tokens: RedriveTokens,
}

impl Redrives {
    /// None so far, of an execution that was redriven in a store, where the tokens were used.
    pub(super) fn elsewhere(start: DateTime<Utc>, tokens: RedriveTokens) -> Self {
        Self {
            first: Some(start),
            count: 0,
            time: start,
            invocation: None,
            tokens,
        }
    }

    /// Whether they are of an execution that began at a time.
    pub(super) fn are_of(&self, start: DateTime<Utc>) -> bool {
        self.first.is_none_or(|first| first == start)
    }

    /// The last run of the execution.
    pub(super) fn last(&self, of: &Place) -> Place {
        of.run(self.first, self.count)
    }

    /// The run before it.
    pub(super) fn last_but_one(&self, of: &Place) -> Place {
        of.run(self.first, self.count.saturating_sub(1))
    }
}

/// The handlers of the object. So long runs are kept.
pub(super) fn handlers(clock: &Clock, kept: Duration) -> Vec<Handler> {
    let clock_of_hold = clock.clone();
    let clock = clock.clone();
    vec![
        handler(REDRIVE, Kind::Exclusive, move |context| {
            redrive(context, clock.clone(), kept)
        }),
        handler(HOLD, Kind::Exclusive, move |context| {
            hold(context, clock_of_hold.clone(), kept)
        }),
        handler(NOTE, Kind::Exclusive, move |context| note(context, kept)),
        handler(REDRIVES, Kind::Shared, told),
    ]
}

/// Redrives an execution, whose place is the key, unless the client token has done so before.
async fn redrive(context: ContextInternal, clock: Clock, kept: Duration) -> Result<Redriven, TerminalError> {
    let (Message(token), metadata) = context.input::<Message<Option<String>>>().await;
    let Some(place) = Place::of_redrives(&metadata.key) else {
        return Ok(Redriven::Unknown);
    };
    let now = time(&context, &clock).await?;
    let first = look_at(&context, &place, now).await?;
    let is_its_own = |known: &Redrives| first.as_ref().is_none_or(|first| known.are_of(first.start_time));
    let known = redrives(&context).await?.filter(is_its_own);
    if let (Some(known), Some(token)) = (&known, &token)
        && let Some(date) = known.tokens.date_of(token, now)
    {
        return Ok(Redriven::At(date));
    }
    let (last, found) = match &known {
        None => (place.clone(), first),
        Some(known) => {
            let last = known.last(&place);
            let found = look_at(&context, &last, now).await?;
            (last, found)
        }
    };
    let Some(found) = found else {
        // It goes on, and has not begun to.
        let running = || Redriven::Refused(NotRedrivable::Running.to_string());
        return Ok(known.map_or(Redriven::Unknown, |_| running()));
    };
    let end = match found.end {
        Ok(end) => end,
        Err(reason) => return Ok(Redriven::Refused(reason)),
    };
    let is_looked_at = known.is_some();
    let (count, mut tokens) = known.map_or_else(Default::default, |known| (known.count, known.tokens));
    let time = now.max(end);
    if let Some(token) = &token {
        tokens.add(token, time);
    }
    let redrives = Redrives {
        first: Some(found.start_time),
        count: count + 1,
        time,
        invocation: None,
        tokens,
    };
    let run = at(&redrives.last(&place), RUN);
    context.set(STATE, Message(redrives.clone()));
    let goes_on = Redrive { time, after: last.key };
    let sent = context.request::<_, Message<()>>(run, Message(goes_on)).send();
    if !is_looked_at {
        let kept_for = kept.saturating_sub((now - end).to_std().unwrap_or_default());
        drop(look_again(&context, &place, Some(found.start_time)).send_after(kept_for + pause(kept)));
    }
    let invocation = Some(sent.await?.invocation_id().to_owned());
    context.set(STATE, Message(Redrives { invocation, ..redrives }));
    Ok(Redriven::At(time))
}

/// Looks whether the runs of an execution are still kept. Where the first is not and the last is, its name is taken for it, and
/// where none is, nothing is told any more.
async fn hold(context: ContextInternal, clock: Clock, kept: Duration) -> Result<(), TerminalError> {
    let (Message(first), metadata) = context.input::<Message<Option<DateTime<Utc>>>>().await;
    let known = redrives(&context).await?.filter(|known| known.first == first);
    let (Some(place), Some(known)) = (Place::of_redrives(&metadata.key), known) else {
        return Ok(());
    };
    if known.count == 0 {
        // No token answers for so long.
        context.clear(STATE);
        return Ok(());
    }
    let now = time(&context, &clock).await?;
    if first.is_some() {
        match look_at(&context, &place, now).await? {
            Some(found) if known.are_of(found.start_time) => {
                drop(look_again(&context, &place, first).send_after(pause(kept)));
                return Ok(());
            }
            Some(_) => {
                context.clear(STATE);
                return Ok(());
            }
            None => {}
        }
    }
    if look_at(&context, &known.last(&place), now).await?.is_none() {
        context.clear(STATE);
        return Ok(());
    }
    if first.is_some() {
        let held = context.request::<_, Message<()>>(at(&place, RUN), Message(()));
        drop(held.header(HOLD_HEADER.to_owned(), String::new()).send());
    }
    drop(look_again(&context, &place, first).send_after(pause(kept)));
    Ok(())
}

fn look_again<'a>(
    context: &'a ContextInternal,
    place: &Place,
    first: Option<DateTime<Utc>>,
) -> Request<'a, Message<Option<DateTime<Utc>>>, Message<()>> {
    let Place { service, key } = place.redrives();
    context.request(RequestTarget::object(service, key, HOLD), Message(first))
}

fn pause(kept: Duration) -> Duration {
    PAUSE.min(kept / LOOKS)
}

/// Tells of a later run of a child execution of a Map Run, which is this one, and has begun at a time.
pub(super) fn tell_of_child(context: &ContextInternal, run: &Place, time: DateTime<Utc>) {
    let redrives = Redrives {
        first: None,
        count: run.redrives_before(),
        time,
        invocation: None,
        tokens: RedriveTokens::default(),
    };
    let Place { service, key } = Place::of_run(&run.service, &run.key).redrives();
    let told = context.request::<_, Message<()>>(RequestTarget::object(service, key, NOTE), Message(redrives));
    drop(told.send());
}

async fn note(context: ContextInternal, kept: Duration) -> Result<(), TerminalError> {
    let (Message(new), metadata) = context.input::<Message<Redrives>>().await;
    let known = redrives(&context).await?;
    if let Some(place) = Place::of_redrives(&metadata.key).filter(|_| known.is_none()) {
        drop(look_again(&context, &place, new.first).send_after(kept));
    }
    if known.is_none_or(|known| known.count < new.count) {
        context.set(STATE, Message(new));
    }
    Ok(())
}

/// What is told of the redrives of an execution.
async fn told(context: ContextInternal) -> Result<Option<Redrives>, TerminalError> {
    let ((), _) = context.input::<()>().await;
    redrives(&context).await
}

async fn redrives(context: &ContextInternal) -> Result<Option<Redrives>, TerminalError> {
    let redrives = context.get::<Message<Redrives>>(STATE).await?;
    Ok(redrives.map(|Message(redrives)| redrives))
}

/// What a run knows of a redrive; `None` if there is no such run, or it has not begun.
async fn look_at(
    context: &ContextInternal,
    run: &Place,
    now: DateTime<Utc>,
) -> Result<Option<Redrivable>, TerminalError> {
    let asked = context.request::<_, Message<Option<Redrivable>>>(at(run, REDRIVABLE), Message(now));
    let Message(redrivable) = asked.call().await?;
    Ok(redrivable)
}

fn at(Place { service, key }: &Place, handler: &str) -> RequestTarget {
    RequestTarget::workflow(service, key, handler)
}
