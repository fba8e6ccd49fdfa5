//! Reads executions, each of them through all its runs: the first, and one for each redrive.

use axum::http::StatusCode;
use chrono::{DateTime, Utc};

use super::begun::Facts;
use super::client::{LOOK, handler, run, unreadable};
use super::messages::{Ending, Events, Range};
use super::nodes::{Call, failed};
use super::place::Place;
use super::redrive::Redriven;
use super::{DESCRIBE, HISTORY, REDRIVABLE, REDRIVE, REDRIVES, RestateClient, STOP};
use crate::error::{Error, ErrorKind};
use crate::execution::NotRedrivable;
use crate::history::{ErrorOutput, HistoryEvent};
use crate::store::{End, HistoryRecord, HistoryRecords, written_text};

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
        let redriven = self.redrive_at(&Place::of_machine(machine, name)).await?;
        redriven.ok_or_else(|| failed(format!("there is no execution `{name}` of `{machine}`")))
    }

    /// Returns `None` if there is no execution.
    pub(crate) async fn redrive_at(&self, place: &Place) -> Result<Option<DateTime<Utc>>, Error> {
        // A machine that no worker has would be waited for.
        if self.has_ended(place).await?.is_none() {
            return Ok(None);
        }
        let Place { service, key } = place.redrives();
        match self.call_object_once((&service, &key, REDRIVE), &()).await? {
            Redriven::At(time) => Ok(Some(time)),
            Redriven::Refused(reason) => Err(Error::new(ErrorKind::NotRedrivable, reason)),
            Redriven::Unknown => Ok(None),
        }
    }

    /// Errors with the reason why an execution that was redriven so often cannot be redriven at a time.
    pub(crate) async fn check_redrivable(
        &self,
        place: &Place,
        redrives: u32,
        now: DateTime<Utc>,
    ) -> Result<Result<(), String>, Error> {
        let path = handler(&place.redriven(redrives), REDRIVABLE);
        let told: Option<Result<(), String>> = self.read_at_once(path, written_text(&now)).await?;
        Ok(told.unwrap_or_else(|| Err(NotRedrivable::NotKept.to_string())))
    }

    /// How often an execution was redriven.
    pub(super) async fn redrives(&self, place: &Place) -> Result<u32, Error> {
        match self.told_of_run(place).await? {
            Some((_, Some(end))) => self.redrives_after(place, &end).await,
            _ => Ok(0),
        }
    }

    /// The same of one whose first run has ended so.
    async fn redrives_after(&self, place: &Place, end: &End) -> Result<u32, Error> {
        if has_succeeded(end) {
            return Ok(0);
        }
        let Place { service, key } = place.redrives();
        self.call_object((&service, &key, REDRIVES), &()).await
    }

    /// What is told of an execution, if it has begun, and of its end.
    pub(crate) async fn told_of(&self, place: &Place) -> Result<Option<(Facts, Option<End>)>, Error> {
        let told = self.told_of_run(place).await?;
        let Some((facts, Some(end))) = told else {
            return Ok(told);
        };
        match self.redrives_after(place, &end).await? {
            0 => Ok(Some((facts, Some(end)))),
            number => {
                let last = self.told_of_run(&place.redriven(number)).await?;
                // It goes on, and has not begun to.
                Ok(last.or(Some((facts, None))))
            }
        }
    }

    /// What is told of an execution, once it has begun, and of its end; `None` if there is none.
    pub(crate) async fn told_of_taken(&self, place: &Place) -> Result<Option<(Facts, Option<End>)>, Error> {
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
    pub(crate) async fn told_of_run(&self, run: &Place) -> Result<Option<(Facts, Option<End>)>, Error> {
        let told: Option<(Facts, Option<Ending>)> = self.read_at_once(handler(run, DESCRIBE), String::new()).await?;
        Ok(told.map(|(facts, ending)| (facts, ending.map(End::from))))
    }

    /// What is told of an execution, after its end.
    pub(crate) async fn end_at(&self, place: &Place) -> Result<(Facts, End), Error> {
        let mut number = 0;
        loop {
            let last = place.redriven(number);
            let attached = self.nodes.call(Call::get(run(&last, "attach"))).await?;
            if let Some((facts, Some(end))) = self.told_of_run(&last).await? {
                if has_succeeded(&end) {
                    return Ok((facts, end));
                }
                match self.redrives_after(place, &end).await? {
                    same if same == number => return Ok((facts, end)),
                    next => number = next,
                }
            } else if number > 0 && attached.status == StatusCode::NOT_FOUND {
                // It goes on, and has not begun to.
                tokio::time::sleep(LOOK).await;
            } else {
                attached.accepted()?;
                return Err(unreadable("it has ended and has no outcome"));
            }
        }
    }

    /// Returns `false` if there is no execution.
    pub(crate) async fn stop_at(&self, place: &Place, error: &ErrorOutput) -> Result<bool, Error> {
        // A stop of what does not exist would wait for it, and end it when it is started.
        let number = match self.has_ended(place).await? {
            None => return Ok(false),
            // Restate may not know of the end yet that is told of already.
            Some(_) => self.redrives(place).await?,
        };
        let call = Call::post(handler(&place.redriven(number), STOP), written_text(error));
        self.nodes.call(call).await?.accepted().map(|_| true)
    }

    /// Events after one of an id, at least one if there are any, and about so many at most.
    pub(crate) async fn events_at(&self, place: &Place, after: u64, most: usize) -> Result<Vec<HistoryEvent>, Error> {
        let range = Range {
            after,
            before: None,
            most,
        };
        'runs: loop {
            let events = self.events_of_run(place, &range).await?;
            if !events.is_empty() {
                return Ok(events);
            }
            for number in 1..=self.redrives(place).await? {
                let events = self.events_of_run(&place.redriven(number), &range).await?;
                match events.first() {
                    Some(first) if first.id == after + 1 => return Ok(events),
                    // A run before it went on and ended meanwhile.
                    Some(_) => continue 'runs,
                    None => {}
                }
            }
            return Ok(Vec::new());
        }
    }

    /// The last events before one of an id, or of all, the latest first.
    pub(crate) async fn events_before(
        &self,
        place: &Place,
        before: Option<u64>,
        most: usize,
    ) -> Result<Vec<HistoryEvent>, Error> {
        let mut events: Vec<HistoryEvent> = Vec::new();
        let mut number = self.redrives(place).await?;
        while events.len() < most {
            let before = events.last().map(|event| event.id).or(before).unwrap_or(u64::MAX);
            let range = Range {
                after: 0,
                before: Some(before),
                most: most - events.len(),
            };
            let mut more = self.events_of_run(&place.redriven(number), &range).await?;
            if more.is_empty() {
                // The run before has the events before.
                let Some(earlier) = number.checked_sub(1) else { break };
                number = earlier;
            }
            more.reverse();
            events.extend(more);
        }
        events.truncate(most);
        Ok(events)
    }

    async fn events_of_run(&self, run: &Place, range: &Range) -> Result<Vec<HistoryEvent>, Error> {
        let batches: Vec<Events> = self.read_at_once(handler(run, HISTORY), written_text(range)).await?;
        let mut events = Vec::new();
        for Events { time, heads, details } in batches {
            let records = HistoryRecords::read(time, &heads, &details).map_err(unreadable)?;
            for record in records.iter().filter(|record| range.has(record.id)) {
                events.push(HistoryRecord::event(record).map_err(unreadable)?);
            }
        }
        Ok(events)
    }
}

/// Then it is never redriven.
fn has_succeeded(end: &End) -> bool {
    end.output.is_some()
}
