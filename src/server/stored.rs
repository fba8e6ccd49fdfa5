//! The executions of the API in a store.

use std::sync::Arc;

use super::documents::read_revision;
use super::execution::{Events, Facts};
use crate::execution::{MapRun, NotRedrivable, Outcome};
use crate::history::HistoryEvent;
use crate::runtime::{Documents, ExecutionHandle, Interpreter};
use crate::services::step_functions::{Revision, StepFunctionsError};
use crate::store::{Filter, StoreError, StoredExecution, StoredMapRun, StoredRequest};

/// How many executions are read at once.
const CHUNK: usize = 100;

/// How many executions one page of a list looks at, where a filter lets few through. The next page goes on behind them.
const MOST_LOOKED_AT: usize = 10_000;

/// One execution as the store knows it.
#[derive(Debug)]
pub(super) struct Stored {
    documents: Documents,
    execution: StoredExecution,
    request: StoredRequest,
}

/// A piece of a list: its items, and the number of the execution to go on after, if there may be more.
pub(super) struct Piece {
    pub(super) items: Vec<Facts>,
    pub(super) go_on_after: Option<u64>,
}

/// Whether a state machine has a running execution; where the store cannot be read, it may.
pub(super) fn any_running(documents: &Documents, state_machine_arn: &str) -> bool {
    let filter = Filter {
        status: Some("RUNNING".to_owned()),
        ..of(state_machine_arn)
    };
    match documents.store().executions(&filter, 1) {
        Ok(running) => !running.is_empty(),
        Err(error) => {
            tracing::error!(state_machine_arn, %error, "the executions of a state machine cannot be read from the store");
            true
        }
    }
}

/// The executions of a state machine after the one of a number, the latest first.
pub(super) fn list(
    documents: &Documents,
    state_machine_arn: &str,
    status: Option<&str>,
    after: Option<u64>,
    most: usize,
    is_asked_for: impl Fn(&Facts) -> bool,
) -> Result<Piece, StoreError> {
    let mut filter = Filter {
        status: status.map(str::to_owned),
        after,
        ..of(state_machine_arn)
    };
    let mut piece = Piece {
        items: Vec::new(),
        go_on_after: after,
    };
    let mut looked_at = 0;
    while looked_at < MOST_LOOKED_AT {
        let chunk = documents.store().executions(&filter, CHUNK)?;
        let is_last = chunk.len() < CHUNK;
        looked_at += chunk.len();
        for execution in chunk {
            let number = execution.start.number;
            filter.after = Some(number);
            if let Some(facts) = facts_of(&execution)?.filter(&is_asked_for) {
                if piece.items.len() == most {
                    return Ok(piece);
                }
                piece.items.push(facts);
            }
            piece.go_on_after = Some(number);
        }
        if is_last {
            piece.go_on_after = None;
            break;
        }
    }
    Ok(piece)
}

/// The execution of a state machine that has a Map Run.
pub(super) async fn with_map_run(
    documents: &Documents,
    state_machine_arn: &str,
    map_run_arn: &str,
) -> Result<Option<Stored>, StoreError> {
    let mut filter = of(state_machine_arn);
    loop {
        let chunk = documents.store().executions(&filter, CHUNK)?;
        let Some(last) = chunk.last() else { return Ok(None) };
        filter.after = Some(last.start.number);
        for execution in chunk {
            let map_runs = documents.store().map_runs(execution.start.number)?;
            if map_runs.iter().any(|map_run| map_run.arn == map_run_arn) {
                return Stored::of(documents, execution);
            }
        }
        tokio::task::yield_now().await;
    }
}

impl Stored {
    pub(super) fn find(documents: &Documents, arn: &str) -> Result<Option<Self>, StoreError> {
        let found = documents.store().execution(arn)?;
        found.map_or(Ok(None), |execution| Self::of(documents, execution))
    }

    /// `None` if it was not started by the API.
    fn of(documents: &Documents, execution: StoredExecution) -> Result<Option<Self>, StoreError> {
        let request = execution.start.request()?;
        Ok(request.map(|request| Self {
            documents: documents.clone(),
            execution,
            request,
        }))
    }

    /// Where it goes on, if that is in another place.
    pub(super) fn place_elsewhere(&self) -> Option<&str> {
        let end = self.execution.end.as_ref().filter(|end| end.is_elsewhere())?;
        Some(end.cause.as_deref().unwrap_or("another place"))
    }

    pub(super) fn facts(&self) -> Facts {
        facts(&self.execution, &self.request)
    }

    pub(super) fn is_running(&self) -> bool {
        self.execution.end.is_none()
    }

    pub(super) fn state_machine_arn(&self) -> &str {
        &self.execution.start.state_machine_arn
    }

    /// The number of the revision that it started with.
    pub(super) fn revision(&self) -> u64 {
        self.request.revision
    }

    pub(super) fn read_revision(&self) -> Result<Arc<Revision>, StoreError> {
        read_revision(&self.documents.store(), self.request.revision)
    }

    pub(super) fn outcome(&self) -> Result<Option<Outcome>, StoreError> {
        let end = self.execution.end.as_ref();
        end.map(crate::store::End::outcome).transpose()
    }

    pub(super) fn check_redrivable(&self, interpreter: &Interpreter) -> Result<(), NotRedrivable> {
        match &self.execution.end {
            None => Err(NotRedrivable::Running),
            Some(end) if end.status == "SUCCEEDED" => Err(NotRedrivable::Succeeded),
            Some(_) => {
                let handle = interpreter.execution(&self.execution.start.arn);
                handle.map_or(Err(NotRedrivable::NotKept), |handle| handle.check_redrivable())
            }
        }
    }

    /// Its handle. Errors if it cannot go on in this process.
    pub(super) fn handle(&self, interpreter: &Interpreter) -> Result<ExecutionHandle, StepFunctionsError> {
        let arn = &self.execution.start.arn;
        let resting = || {
            let message = format!("the execution `{arn}` did not go on after a restart; the log says why");
            StepFunctionsError::internal(message)
        };
        interpreter.execution(arn).ok_or_else(resting)
    }

    pub(super) fn map_runs(&self, interpreter: &Interpreter) -> Result<Vec<MapRun>, StoreError> {
        let arn = &self.execution.start.arn;
        if self.is_running()
            && let Some(handle) = interpreter.execution(arn)
        {
            return Ok(handle.described_map_runs());
        }
        let map_runs = self.documents.store().map_runs(self.execution.start.number)?;
        map_runs.iter().map(StoredMapRun::read).collect()
    }

    pub(super) fn history(&self, asked: Events) -> Result<Vec<HistoryEvent>, StoreError> {
        let (store, number) = (self.documents.store(), self.execution.start.number);
        let records = if asked.is_reverse {
            let last = match asked.after {
                Some(after) => after.saturating_sub(1),
                None => self.last_event()?,
            };
            let first = last.saturating_sub(asked.most as u64);
            let mut records = store.history(number, first, usize::try_from(last - first).unwrap_or(usize::MAX))?;
            records.reverse();
            records
        } else {
            store.history(number, asked.after.unwrap_or(0), asked.most)?
        };
        records.iter().map(crate::store::HistoryRecord::event).collect()
    }

    /// The id of the last event. Ids have no gaps, so it is found without reading all.
    fn last_event(&self) -> Result<u64, StoreError> {
        let (store, number) = (self.documents.store(), self.execution.start.number);
        let has_more = |than: u64| Ok::<_, StoreError>(!store.history(number, than, 1)?.is_empty());
        let (mut low, mut step) = (0, 1_024);
        while has_more(low + step)? {
            low += step;
            step *= 2;
        }
        // There are more than `low` if there is any, and no more than `low + step`.
        let mut high = low + step;
        while low < high {
            let middle = low + (high - low) / 2;
            if has_more(middle)? {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }
}

fn of(state_machine_arn: &str) -> Filter {
    Filter {
        state_machine_arn: Some(state_machine_arn.to_owned()),
        ..Filter::default()
    }
}

/// What a list tells of an execution; `None` if it was not started by the API, or goes on in another place.
fn facts_of(execution: &StoredExecution) -> Result<Option<Facts>, StoreError> {
    if execution.end.as_ref().is_some_and(crate::store::End::is_elsewhere) {
        return Ok(None);
    }
    let request = execution.start.request()?;
    Ok(request.map(|request| facts(execution, &request)))
}

fn facts(execution: &StoredExecution, request: &StoredRequest) -> Facts {
    let start = &execution.start;
    let end = execution.end.as_ref();
    Facts {
        number: start.number,
        arn: start.arn.clone(),
        state_machine_arn: start.state_machine_arn.clone(),
        name: start.name.clone(),
        status: end.map_or_else(|| "RUNNING".to_owned(), |end| end.status.clone()),
        start_time: start.time,
        stop_time: end.map(|end| end.time),
        version_arn: request.version_arn.clone(),
        alias_arn: request.alias_arn.clone(),
        input: request.input.as_deref().unwrap_or(&start.input).into(),
        trace_header: request.trace_header.as_deref().map(Into::into),
        redrive_count: execution.redrive_count,
        redrive_time: execution.redrive_time,
    }
}
