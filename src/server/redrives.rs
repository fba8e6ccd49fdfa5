//! Redrives of an execution, and the client tokens that asked for them.

use chrono::{DateTime, TimeDelta, Utc};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use crate::error::ErrorKind;
use crate::runtime::ExecutionHandle;
use crate::services::step_functions::StepFunctionsError;

/// How long a client token answers the same, and how many do (API reference, `RedriveExecution`).
const PERIOD: TimeDelta = TimeDelta::minutes(15);
const MOST_TOKENS: usize = 10;

/// The last client tokens with the dates of their redrives.
#[derive(Debug, Default)]
pub(super) struct Redrives(Mutex<VecDeque<(String, DateTime<Utc>)>>);

impl Redrives {
    /// Redrives the execution, unless the client token has done so before; returns the date.
    pub(super) fn redrive(
        &self,
        execution: &ExecutionHandle,
        token: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<DateTime<Utc>, StepFunctionsError> {
        // Locked throughout, so that two requests with the same token redrive once.
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.retain(|(_, date)| now - *date < PERIOD);
        if let Some((_, date)) = tokens.iter().find(|(known, _)| Some(known.as_str()) == token) {
            return Ok(*date);
        }
        let date = execution.redrive().map_err(|error| {
            if error.kind() == ErrorKind::NotRedrivable {
                StepFunctionsError::execution_not_redrivable(execution.arn(), &error.to_string())
            } else {
                StepFunctionsError::from(error)
            }
        })?;
        if let Some(token) = token {
            tokens.push_back((token.to_owned(), date));
            if tokens.len() > MOST_TOKENS {
                tokens.pop_front();
            }
        }
        Ok(date)
    }
}
