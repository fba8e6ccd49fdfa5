//! Reads executions, each of them through all its runs: the first, and one for each redrive.

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;

use super::begun::Facts;
use super::client::{AT_LENGTH, LOOK, handler, unreadable};
use super::messages::{Ending, Events, Range};
use super::nodes::{Call, failed};
use super::place::Place;
use super::redrive::{NOTE, Redriven, Redrives};
use super::remains::Redrivable;
use super::{DESCRIBE, HISTORY, REDRIVABLE, REDRIVE, REDRIVES, RestateClient, STOP};
use crate::error::{Error, ErrorKind};
use crate::execution::NotRedrivable;
use crate::history::{ErrorOutput, HistoryEvent};
use crate::services::step_functions::RedriveTokens;
use crate::store::{End, HistoryRecord, HistoryRecords, written_text};

/// What is told of an execution, and of its end.
type Told = (Facts, Option<End>);

impl RestateClient {
    /// Redrives an execution that did not succeed (`RedriveExecution`), and returns the time of the redrive. The execution goes
    /// on with the states that did not succeed, by the definition with which it began; what is told of it from now on is of the
    /// run that goes on, and its history is one.
    ///
    /// # Errors
    ///
    /// [`NotRedrivable`](ErrorKind::NotRedrivable) as [`Execution::redrive`](crate::execution::Execution::redrive) does;
    /// [`Cluster`](ErrorKind::Cluster), also if there is no execution of this name.
    pub async fn redrive(&self, machine: &str, name: &str) -> Result<DateTime<Utc>, Error> {
        let redriven = self.redrive_at(&Place::of_machine(machine, name), None).await?;
        redriven.ok_or_else(|| failed(format!("there is no execution `{name}` of `{machine}`")))
    }

    /// The same, once for each client token. Returns `None` if there is no execution.
    pub(crate) async fn redrive_at(&self, place: &Place, token: Option<&str>) -> Result<Option<DateTime<Utc>>, Error> {
        // A machine that no worker has would be waited for.
        if self.told_of_taken(place).await?.is_none() {
            return Ok(None);
        }
        let Place { service, key } = place.redrives();
        match self.call_object_once((&service, &key, REDRIVE), &token).await? {
            Redriven::At(time) => Ok(Some(time)),
            Redriven::Refused(reason) => Err(Error::new(ErrorKind::NotRedrivable, reason)),
            Redriven::Unknown => Ok(None),
        }
    }

    /// Errors with the reason why the execution of a run that has ended cannot be redriven at a time.
    pub(crate) async fn check_redrivable(&self, run: &Place, now: DateTime<Utc>) -> Result<Result<(), String>, Error> {
        let path = handler(run, REDRIVABLE);
        let told: Option<Redrivable> = self.read_at_once(path, written_text(&now)).await?;
        let end = told.map(|told| told.end);
        let end = end.unwrap_or_else(|| Err(NotRedrivable::NotKept.to_string()));
        Ok(end.map(drop))
    }

    /// The redrives of an execution whose first run is known so far.
    async fn redrives(&self, place: &Place, first: Option<&Told>) -> Result<Option<Redrives>, Error> {
        let may_be = first.is_none_or(|(_, end)| end.as_ref().is_some_and(|end| !has_succeeded(end)));
        if !may_be {
            return Ok(None);
        }
        let Place { service, key } = place.redrives();
        let known: Option<Redrives> = self.call_object((&service, &key, REDRIVES), &()).await?;
        let is_its_own = |known: &Redrives| first.is_none_or(|(facts, _)| known.are_of(facts.start_time));
        Ok(known.filter(|known| known.count > 0 && is_its_own(known)))
    }

    /// Keeps the client tokens of an execution that comes here from a store, where it was redriven.
    pub(crate) async fn keep_redrive_tokens(
        &self,
        place: &Place,
        start: DateTime<Utc>,
        tokens: RedriveTokens,
    ) -> Result<(), Error> {
        let Place { service, key } = place.redrives();
        let redrives = Redrives::elsewhere(start, tokens);
        self.call_object((&service, &key, NOTE), &redrives).await
    }

    /// What is told of an execution, if it has begun, and of its end.
    async fn told_of(&self, place: &Place) -> Result<Option<Told>, Error> {
        let first = self.told_of_run(place).await?;
        let Some(redrives) = self.redrives(place, first.as_ref()).await? else {
            return Ok(first);
        };
        if let Some(last) = self.told_of_run(&redrives.last(place)).await? {
            return Ok(Some(last));
        }
        // It goes on, and has not begun to.
        let before = self.told_of_run(&redrives.last_but_one(place)).await?;
        let goes_on = |(facts, _): Told| {
            let facts = Facts {
                redrive_count: facts.redrive_count + 1,
                redrive_time: Some(redrives.time),
                ..facts
            };
            (facts, None)
        };
        Ok(before.map(goes_on))
    }

    /// What is told of an execution, once it has begun, and of its end; `None` if there is none.
    pub(crate) async fn told_of_taken(&self, place: &Place) -> Result<Option<Told>, Error> {
        loop {
            if let Some(told) = self.told_of(place).await? {
                return Ok(Some(told));
            }
            if self.has_ended(place).await? != Some(false) {
                // It may have begun and ended between the two questions.
                return self.told_of(place).await;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// The same of one of its runs.
    pub(crate) async fn told_of_run(&self, run: &Place) -> Result<Option<Told>, Error> {
        let told: Option<(Facts, Option<Ending>)> = self.read_at_once(handler(run, DESCRIBE), String::new()).await?;
        Ok(told.map(|(facts, ending)| (facts, ending.map(End::from))))
    }

    /// The last run of an execution, which may not have begun.
    pub(super) async fn last_run(&self, place: &Place) -> Result<Place, Error> {
        let first = self.told_of_run(place).await?;
        let redrives = self.redrives(place, first.as_ref()).await?;
        Ok(redrives.map_or_else(|| place.clone(), |redrives| redrives.last(place)))
    }

    /// What is told of an execution after the end of its run that is the last one now.
    pub(crate) async fn end_at(&self, place: &Place) -> Result<(Facts, End), Error> {
        let last = self.last_run(place).await?;
        self.end_of_run(&last).await
    }

    /// What is told of an execution after the end of a run.
    pub(crate) async fn end_of_run(&self, run: &Place) -> Result<(Facts, End), Error> {
        loop {
            let attach = Call {
                within: Some(AT_LENGTH),
                waits: true,
                ..Call::get(super::client::run(run, "attach"))
            };
            let attached = self.nodes.call(attach).await?;
            match self.told_of_run(run).await? {
                Some((facts, Some(end))) => return Ok((facts, end)),
                None if attached.status == StatusCode::NOT_FOUND && self.is_told_of(run.before()).await? => {
                    // It goes on, and has not begun to.
                    tokio::time::sleep(LOOK).await;
                }
                _ => {
                    attached.accepted()?;
                    return Err(unreadable("it has ended and has no outcome"));
                }
            }
        }
    }

    /// Whether there is a run that has begun.
    async fn is_told_of(&self, run: Option<Place>) -> Result<bool, Error> {
        match run {
            Some(run) => Ok(self.told_of_run(&run).await?.is_some()),
            None => Ok(false),
        }
    }

    /// Stops an execution. Returns `false` if there is none.
    pub(crate) async fn stop_at(&self, place: &Place, error: &ErrorOutput) -> Result<bool, Error> {
        let last = self.last_run(place).await?;
        // A stop of what does not exist would wait for it, and end it when it is started.
        if !last.is_later() && self.has_ended(place).await?.is_none() {
            return Ok(false);
        }
        self.stop_run(&last, error).await.map(|()| true)
    }

    /// Stops a run of an execution, unless it has ended.
    pub(crate) async fn stop_run(&self, run: &Place, error: &ErrorOutput) -> Result<(), Error> {
        let call = Call {
            within: Some(AT_LENGTH),
            waits: true,
            ..Call::post(handler(run, STOP), written_text(error))
        };
        self.nodes.call(call).await?.accepted().map(drop)
    }

    /// The runs that tell of an execution that was redriven: the last, and the one before it while that has not begun.
    async fn later_runs(&self, place: &Place) -> Result<Option<[Place; 2]>, Error> {
        let first = self.told_of_run(place).await?;
        let redrives = self.redrives(place, first.as_ref()).await?;
        Ok(redrives.map(|redrives| [redrives.last(place), redrives.last_but_one(place)]))
    }

    /// Asks the run that tells of an execution.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        place: &Place,
        (what, question): (&str, &str),
    ) -> Result<Option<T>, Error> {
        let later = self.later_runs(place).await?;
        for run in later.as_ref().map_or(std::slice::from_ref(place), |runs| runs) {
            let told: Option<T> = self.read_at_once(handler(run, what), question.to_owned()).await?;
            if told.is_some() {
                return Ok(told);
            }
        }
        Ok(None)
    }

    /// Events after one of an id, at least one if there are any, and about so many at most.
    pub(crate) async fn events_at(&self, place: &Place, after: u64, most: usize) -> Result<Vec<HistoryEvent>, Error> {
        let range = Range {
            after,
            before: None,
            most,
        };
        if place.starts_over() {
            return self.events(place, &range).await;
        }
        // Most executions have one run, and the later ones have its events, too.
        let first: Option<Vec<Events>> = self.read_at_once(handler(place, HISTORY), written_text(&range)).await?;
        let events = events_in(first.unwrap_or_default(), &range)?;
        if !events.is_empty() || self.later_runs(place).await?.is_none() {
            return Ok(events);
        }
        self.events(place, &range).await
    }

    /// The last events before one of an id, or of all, the latest first.
    pub(crate) async fn events_before(
        &self,
        place: &Place,
        before: Option<u64>,
        most: usize,
    ) -> Result<Vec<HistoryEvent>, Error> {
        let mut events: Vec<HistoryEvent> = Vec::new();
        while events.len() < most {
            let before = events.last().map(|event| event.id).or(before).unwrap_or(u64::MAX);
            let range = Range {
                after: 0,
                before: Some(before),
                most: most - events.len(),
            };
            let mut more = self.events(place, &range).await?;
            if more.is_empty() {
                break;
            }
            more.reverse();
            events.extend(more);
        }
        events.truncate(most);
        Ok(events)
    }

    async fn events(&self, place: &Place, range: &Range) -> Result<Vec<HistoryEvent>, Error> {
        let batches = self.ask(place, (HISTORY, &written_text(range))).await?;
        events_in(batches.unwrap_or_default(), range)
    }
}

/// The events of a range in batches that may have more.
fn events_in(batches: Vec<Events>, range: &Range) -> Result<Vec<HistoryEvent>, Error> {
    let mut events = Vec::new();
    for Events { time, heads, details } in batches {
        let records = HistoryRecords::read(time, &heads, &details).map_err(unreadable)?;
        for record in records.iter().filter(|record| range.has(record.id)) {
            events.push(HistoryRecord::event(record).map_err(unreadable)?);
        }
    }
    Ok(events)
}

/// Then it is never redriven.
fn has_succeeded(end: &End) -> bool {
    end.output.is_some()
}
