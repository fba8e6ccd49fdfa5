//! Executions of a cluster: described, listed, with their histories.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

use super::Cluster;
use crate::durable::{self, Found, Listed, Place, Position, RestateClient};
use crate::error::ErrorKind;
use crate::execution::{MapRun, MapRunUpdate, NotRedrivable, Outcome};
use crate::history::{ErrorOutput, HistoryEvent};
use crate::server::Service;
use crate::server::execution::{Events, Facts};
use crate::server::page::{Page, answer};
use crate::services::step_functions::{Revision, StepFunctionsError};
use crate::store::End;

/// So many executions are read at once, and looked at for one page.
const CHUNK: usize = 1_000;
const MOST_LOOKED_AT: usize = 10_000;

/// An execution as it was when it was found.
#[derive(Debug)]
pub(in crate::server) struct Clustered {
    client: RestateClient,
    told: durable::Facts,
    end: Option<End>,
}

impl Clustered {
    pub(super) fn new(client: &RestateClient, told: durable::Facts, end: Option<End>) -> Self {
        Self {
            client: client.clone(),
            told,
            end,
        }
    }

    pub(in crate::server) fn is_running(&self) -> bool {
        self.end.is_none()
    }

    pub(super) fn input(&self) -> &str {
        &self.told.input
    }

    pub(in crate::server) fn state_machine_arn(&self) -> &str {
        &self.told.state_machine_arn
    }

    /// The number of the revision that it started with.
    pub(in crate::server) fn revision(&self) -> Option<u64> {
        self.told.request.as_ref().map(|request| request.revision)
    }

    pub(in crate::server) fn outcome(&self) -> Result<Option<Outcome>, StepFunctionsError> {
        Ok(self.end.as_ref().map(End::outcome).transpose()?)
    }

    /// Stops it; returns when it ended.
    pub(in crate::server) async fn stop(
        &self,
        error: Option<&str>,
        cause: Option<&str>,
    ) -> Result<Option<DateTime<Utc>>, StepFunctionsError> {
        if let Some(end) = &self.end {
            return Ok(Some(end.time));
        }
        let run = self.run();
        let error = ErrorOutput {
            error: error.map(str::to_owned),
            cause: cause.map(str::to_owned),
        };
        self.client.stop_run(&run, &error).await?;
        let (_, end) = self.client.end_of_run(&run).await?;
        Ok(Some(end.time))
    }

    /// The run of which is told.
    fn run(&self) -> Place {
        Place::of_arn(&self.told.arn).run(Some(self.told.start_time), self.told.redrives_here())
    }

    /// Errors with the reason why it cannot be redriven, if so.
    pub(in crate::server) async fn check_redrivable(
        &self,
        now: DateTime<Utc>,
    ) -> Result<Result<(), String>, StepFunctionsError> {
        let refused = |reason: NotRedrivable| Ok(Err(reason.to_string()));
        match &self.end {
            None => refused(NotRedrivable::Running),
            Some(end) if end.status == "SUCCEEDED" => refused(NotRedrivable::Succeeded),
            Some(_) => Ok(self.client.check_redrivable(&self.run(), now).await?),
        }
    }

    /// Redrives it, once for each client token; returns when.
    pub(in crate::server) async fn redrive(&self, token: Option<&str>) -> Result<DateTime<Utc>, StepFunctionsError> {
        let arn = &self.told.arn;
        match self.client.redrive_at(&Place::of_arn(arn), token).await {
            Ok(Some(time)) => Ok(time),
            Ok(None) => Err(StepFunctionsError::execution_does_not_exist(arn)),
            Err(error) if error.kind() == ErrorKind::NotRedrivable => {
                Err(StepFunctionsError::execution_not_redrivable(arn, &error.to_string()))
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(in crate::server) async fn map_runs(&self) -> Result<Vec<MapRun>, StepFunctionsError> {
        Ok(self.client.map_runs_at(&Place::of_arn(&self.told.arn)).await?)
    }

    /// Returns whether the Map Run was running.
    pub(in crate::server) async fn update_map_run(&self, update: &MapRunUpdate) -> Result<bool, StepFunctionsError> {
        let place = Place::of_arn(&self.told.arn);
        Ok(self.client.update_map_run_at(&place, update).await?)
    }

    pub(in crate::server) fn facts(&self) -> Facts {
        let told = &self.told;
        let request = told.request.as_ref();
        let given = request.and_then(|request| request.input.as_deref());
        Facts {
            number: 0,
            arn: told.arn.clone(),
            state_machine_arn: told.state_machine_arn.clone(),
            name: told.name.clone(),
            status: self.end.as_ref().map_or("RUNNING", |end| &end.status).to_owned(),
            start_time: told.start_time,
            stop_time: self.end.as_ref().map(|end| end.time),
            version_arn: request.and_then(|request| request.version_arn.clone()),
            alias_arn: request.and_then(|request| request.alias_arn.clone()),
            input: given.unwrap_or(&told.input).into(),
            trace_header: request
                .and_then(|request| request.trace_header.as_deref())
                .map(Into::into),
            redrive_count: told.redrive_count,
            redrive_time: told.redrive_time,
        }
    }

    pub(in crate::server) async fn history(&self, asked: Events) -> Result<Vec<HistoryEvent>, StepFunctionsError> {
        let place = Place::of_arn(&self.told.arn);
        if asked.is_reverse {
            return Ok(self.client.events_before(&place, asked.after, asked.most).await?);
        }
        let mut events: Vec<HistoryEvent> = Vec::new();
        while events.len() < asked.most {
            let after = events.last().map_or(asked.after.unwrap_or(0), |event| event.id);
            let more = self.client.events_at(&place, after, asked.most - events.len()).await?;
            if more.is_empty() {
                break;
            }
            events.extend(more);
        }
        events.truncate(asked.most);
        Ok(events)
    }
}

impl Cluster {
    /// An execution of a Standard workflow; `None` if it does not exist. One that was taken has begun when this returns.
    pub(in crate::server) async fn execution(&self, arn: &str) -> Result<Option<Clustered>, StepFunctionsError> {
        let place = Place::of_arn(arn);
        if place.is_express() {
            return Ok(None);
        }
        let told = self.client.told_of_taken(&place).await?;
        Ok(told.map(|(facts, end)| Clustered::new(&self.client, facts, end)))
    }
}

impl Service {
    /// The revision that an execution of a cluster started with.
    pub(in crate::server) async fn revision_of_clustered(
        &self,
        cluster: &Cluster,
        execution: &Clustered,
    ) -> Result<Arc<Revision>, StepFunctionsError> {
        let missing = || StepFunctionsError::internal("the execution was not started by the API");
        let number = execution.revision().ok_or_else(missing)?;
        let in_use = self.registry().revision(execution.state_machine_arn(), number);
        match in_use {
            Some(revision) => Ok(revision),
            None => Ok(Self::revision_in(cluster, number).await?),
        }
    }
}

/// The position of a page's last item, as it stands in its token.
#[derive(Serialize, Deserialize)]
struct Key(Position);

impl Service {
    /// A page of the executions of a state machine, the latest first.
    pub(in crate::server) async fn list_clustered(
        &self,
        cluster: &Cluster,
        (list, page): (&str, &Page),
        state_machine_arn: &str,
        status: Option<&str>,
        is_asked_for: impl Fn(&Facts) -> bool,
    ) -> Result<Value, StepFunctionsError> {
        let mut position = match page.after(list)? {
            Some(key) => {
                let Key(position) = serde_json::from_str(&key).map_err(|_| StepFunctionsError::invalid_token())?;
                Some(position)
            }
            None => None,
        };
        let is_running = status == Some("RUNNING");
        let (mut items, mut looked_at, mut next) = (Vec::new(), 0, None);
        'pages: while looked_at < MOST_LOOKED_AT {
            let chunk = cluster
                .client
                .executions_of(state_machine_arn, is_running, position.as_ref(), CHUNK);
            let chunk = chunk.await?;
            let is_last = chunk.len() < CHUNK;
            looked_at += chunk.len();
            for (at, found) in chunk {
                let facts = match found {
                    Found::Begun(listed) => Some(facts_of(*listed)),
                    Found::Taken => Some(facts_of(taken(&at))),
                    Found::Gone => None,
                };
                let is_of_status = |facts: &Facts| status.is_none_or(|status| facts.status == status);
                let wanted = facts.filter(|facts| is_of_status(facts) && is_asked_for(facts));
                if let Some(facts) = wanted {
                    if items.len() == page.most() {
                        next = position;
                        break 'pages;
                    }
                    items.push(facts.list_item());
                }
                position = Some(at);
            }
            if is_last {
                next = None;
                break;
            }
            next.clone_from(&position);
        }
        let next = next.map(|position| serde_json::to_string(&Key(position)).unwrap_or_default());
        Ok(answer("executions", list, items.into_iter(), next.as_deref()))
    }
}

/// An execution that was taken and has not begun.
fn taken(at: &Position) -> Listed {
    let name = at.arn().rsplit_once(':').map_or(at.arn(), |(_, name)| name);
    Listed {
        arn: at.arn().to_owned(),
        name: name.to_owned(),
        status: "RUNNING".to_owned(),
        start_time: at.created(),
        stop_time: None,
        version_arn: None,
        alias_arn: None,
        redrive_count: 0,
        redrive_time: None,
    }
}

fn facts_of(listed: Listed) -> Facts {
    Facts {
        number: 0,
        state_machine_arn: state_machine_of(&listed.arn),
        arn: listed.arn,
        name: listed.name,
        status: listed.status,
        start_time: listed.start_time,
        stop_time: listed.stop_time,
        version_arn: listed.version_arn,
        alias_arn: listed.alias_arn,
        input: "".into(),
        trace_header: None,
        redrive_count: listed.redrive_count,
        redrive_time: listed.redrive_time,
    }
}

/// The ARN of an execution without its name, as its state machine's.
fn state_machine_of(arn: &str) -> String {
    let machine = arn.rsplit_once(':').map_or(arn, |(machine, _)| machine);
    machine.replacen(":execution:", ":stateMachine:", 1)
}
