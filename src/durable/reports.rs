//! What is told of executions of the API without being asked: a service for changes of their status, and one for what they log.
//!
//! A run sends them a message, which is tried until a worker that tells has done so: nothing is lost when one dies, and no
//! execution waits. What is told is read from the state of the run, so that the message is short.

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use restate_sdk::context::RequestTarget;
use restate_sdk::endpoint::ContextInternal;
use restate_sdk::errors::{HandlerError, TerminalError};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

use super::begun::Facts;
use super::messages::{Message, Reported};
use super::place::Place;
use super::services::{Handler, Kind, handler};
use super::{CANCELLED, TELL, names};
use crate::data::Random;
use crate::services::step_functions::StepFunctionsError;

/// Tells of executions, or knows of other processes that do.
pub(crate) trait Reporter: fmt::Debug + Send + Sync {
    /// What this process tells.
    fn own(&self) -> Reported;

    /// What any process of the cluster tells.
    fn all(&self) -> BoxFuture<'_, Result<Reported, StepFunctionsError>>;

    /// Tells of a change of an execution's status by an event of an id. Errors if it is to be told again.
    fn status_change<'r>(
        &'r self,
        change: &'r Change,
        event_id: String,
    ) -> BoxFuture<'r, Result<(), StepFunctionsError>>;

    /// Writes what an execution logs that has ended. Errors as above.
    fn log<'r>(&'r self, change: &'r Change) -> BoxFuture<'r, Result<(), StepFunctionsError>>;
}

/// A change of an execution's status: the begin of a run, which may go on where another has ended, or its end.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Change {
    pub(crate) arn: String,
    /// When the execution began, and the number of the run.
    pub(crate) start_time: DateTime<Utc>,
    pub(crate) redrive_count: u32,
    pub(crate) is_end: bool,
}

/// The services of what a worker tells.
pub(super) fn services(reporter: &Arc<dyn Reporter>) -> Vec<(&'static str, Vec<Handler>)> {
    let own = reporter.own();
    let mut services = Vec::new();
    if own.status_changes {
        let reporter = Arc::clone(reporter);
        let tell = handler(TELL, Kind::Plain, move |context| {
            status_change(context, Arc::clone(&reporter))
        });
        services.push((names::STATUS_CHANGES, vec![tell]));
    }
    if own.logs {
        let reporter = Arc::clone(reporter);
        let tell = handler(TELL, Kind::Plain, move |context| log(context, Arc::clone(&reporter)));
        services.push((names::LOGS, vec![tell]));
    }
    services
}

async fn status_change(context: ContextInternal, reporter: Arc<dyn Reporter>) -> Result<(), TerminalError> {
    let (Message(change), metadata) = context.input::<Message<Change>>().await;
    // The same however often it is told.
    let event_id = Random::seeded(metadata.random_seed).uuid();
    let told = || async { Ok::<_, HandlerError>(Message(reporter.status_change(&change, event_id).await?)) };
    let Message(()) = context.run(told).await?;
    Ok(())
}

async fn log(context: ContextInternal, reporter: Arc<dyn Reporter>) -> Result<(), TerminalError> {
    let (Message(change), _) = context.input::<Message<Change>>().await;
    let logged = || async { Ok::<_, HandlerError>(Message(reporter.log(&change).await?)) };
    let Message(()) = context.run(logged).await?;
    Ok(())
}

/// The reports of one run.
pub(super) struct Reports<'a> {
    context: &'a ContextInternal,
    reporter: Option<&'a dyn Reporter>,
    arn: String,
    start_time: DateTime<Utc>,
    redrive_count: u32,
    /// What was told when the execution was started, as far as somebody looked.
    known: Option<Reported>,
    is_express: bool,
}

impl<'a> Reports<'a> {
    /// Of an execution of the API; nothing is told of others.
    pub(super) fn of(
        context: &'a ContextInternal,
        reporter: Option<&'a dyn Reporter>,
        facts: &Facts,
        known: Option<Reported>,
    ) -> Option<Self> {
        facts.request.as_ref()?;
        Some(Self {
            context,
            reporter,
            arn: facts.arn.clone(),
            start_time: facts.start_time,
            redrive_count: facts.redrives_here(),
            // A redrive may come long after.
            known: known.filter(|_| facts.redrives_here() == 0),
            is_express: Place::of_arn(&facts.arn).is_express(),
        })
    }

    /// Tells that the run begins. Returns whether the invocation was cancelled meanwhile.
    pub(super) async fn begun(&mut self) -> Result<bool, TerminalError> {
        if self.is_express {
            return Ok(false);
        }
        let is_cancelled = match self.known {
            Some(_) => false,
            None => self.look().await?,
        };
        if self.known.is_some_and(|known| known.status_changes) {
            self.send(names::STATUS_CHANGES, false);
        }
        Ok(is_cancelled)
    }

    /// Tells that it has ended.
    pub(super) async fn ended(&mut self) -> Result<(), TerminalError> {
        if self.known != Some(Reported::ALL) {
            self.look().await?;
        }
        let known = self.known.unwrap_or_default();
        if known.status_changes && !self.is_express {
            self.send(names::STATUS_CHANGES, true);
        }
        if known.logs {
            self.send(names::LOGS, true);
        }
        Ok(())
    }

    /// Looks who tells now.
    async fn look(&mut self) -> Result<bool, TerminalError> {
        let Some(reporter) = self.reporter else {
            return Ok(false);
        };
        let mut is_cancelled = false;
        loop {
            let look = || async { Ok::<_, HandlerError>(Message(reporter.all().await?)) };
            match self.context.run(look).await {
                Ok(Message(known)) => {
                    self.known = Some(known);
                    return Ok(is_cancelled);
                }
                // A cancellation: it comes once.
                Err(error) if error.code() == CANCELLED => is_cancelled = true,
                Err(error) => return Err(error),
            }
        }
    }

    fn send(&self, service: &str, is_end: bool) {
        let change = Change {
            arn: self.arn.clone(),
            start_time: self.start_time,
            redrive_count: self.redrive_count,
            is_end,
        };
        let target = RequestTarget::service(service, TELL);
        drop(self.context.request::<_, Message<()>>(target, Message(change)).send());
    }
}
