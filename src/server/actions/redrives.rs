//! Redrives of executions.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::ARN;
use crate::error::{Error, ErrorKind};
use crate::server::known::Known;
use crate::server::request::Request;
use crate::server::{Service, seconds};
use crate::services::step_functions::StepFunctionsError;

const CLIENT_TOKEN: RangeInclusive<usize> = 1..=64;

impl Service {
    /// `RedriveExecution`: a client token that has redriven the execution before returns the date of that redrive.
    pub(in crate::server) async fn redrive_execution(
        self: &Arc<Self>,
        request: &Value,
    ) -> Result<Value, StepFunctionsError> {
        let mut request = Request::of(request, &["executionArn", "clientToken"])?;
        let arn = request.required_text("executionArn", ARN);
        let token = request.text("clientToken", CLIENT_TOKEN);
        request.check()?;
        let date = match self.execution(arn).await? {
            #[cfg(feature = "restate")]
            Known::Clustered(execution) => {
                self.check_running()?;
                execution.redrive(token).await?
            }
            _ => self.redrive_here(arn, token).await?,
        };
        Ok(json!({ "redriveDate": seconds(date) }))
    }

    /// Redrives an execution in memory, or in the store.
    async fn redrive_here(
        self: &Arc<Self>,
        arn: &str,
        token: Option<&str>,
    ) -> Result<DateTime<Utc>, StepFunctionsError> {
        // One after the other, so that two requests with the same token redrive once.
        let turn = self.turn().await;
        let execution = self.execution_here(arn)?;
        self.check_running()?;
        let now = self.interpreter.now();
        if let Some(date) = token.and_then(|token| self.registry().redrives.date_of(arn, token, now)) {
            return Ok(date);
        }
        match execution {
            Known::InMemory(execution) => {
                let facts = execution.facts();
                let date = execution.handle.redrive().map_err(|error| refused(arn, error))?;
                self.report_redrive(&execution.handle, facts, &execution.revision, date);
                if let Some(token) = token {
                    let redrives = &mut self.registry().redrives;
                    let _ = redrives.forget_old(date);
                    redrives.add(arn, token, date);
                }
                drop(turn);
                Ok(date)
            }
            #[cfg(feature = "store")]
            Known::Stored(execution) => self.redrive_stored(&execution, arn, token, turn).await,
            #[cfg(feature = "restate")]
            Known::Clustered(_) => Err(StepFunctionsError::internal("the execution is in the cluster")),
        }
    }

    /// Redrives, and writes the client token with the redrive.
    #[cfg(feature = "store")]
    async fn redrive_stored(
        self: &Arc<Self>,
        execution: &crate::server::stored::Stored,
        arn: &str,
        token: Option<&str>,
        turn: crate::server::draft::Turn,
    ) -> Result<DateTime<Utc>, StepFunctionsError> {
        use crate::server::documents::{no_redrive_tokens, redrive_tokens};

        let handle = execution.handle(&self.interpreter)?;
        if handle.check_redrivable().is_ok() {
            // The store knows of the end a moment before this process does.
            handle.outcome().await;
        }
        let (mut tokens, old) = {
            let mut registry = self.registry();
            let old = registry.redrives.forget_old(self.interpreter.now());
            (registry.redrives.of(arn), old)
        };
        let redriven = handle.redrive_with(|date| {
            let mut records: Vec<_> = old.iter().map(|arn| no_redrive_tokens(arn)).collect();
            if let Some(token) = token {
                tokens.add(token, date);
                records.push(redrive_tokens(arn, &tokens));
            }
            records
        });
        let (date, ack) = redriven.map_err(|error| refused(arn, error))?;
        if self.reporter.is_some()
            && let Ok(revision) = execution.read_revision()
        {
            self.report_redrive(&handle, execution.facts(), &revision, date);
        }
        let (service, arn) = (Arc::clone(self), arn.to_owned());
        // A caller may go away, and what is written has to be known all the same. It is written sooner or later.
        let written = tokio::spawn(async move {
            service.registry().redrives.set(arn, tokens);
            let written = ack.wait().await;
            drop(turn);
            written
        });
        written
            .await
            .map_err(|_| StepFunctionsError::internal("the tokio runtime shuts down"))??;
        Ok(date)
    }
}

fn refused(arn: &str, error: Error) -> StepFunctionsError {
    if error.kind() == ErrorKind::NotRedrivable {
        StepFunctionsError::execution_not_redrivable(arn, &error.to_string())
    } else {
        StepFunctionsError::from(error)
    }
}
