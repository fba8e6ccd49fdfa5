//! What the runs of executions tell, from their states: the handlers beside them.

use restate_sdk::endpoint::ContextInternal;
use restate_sdk::errors::TerminalError;

use super::awaited::told_of;
use super::begun::Facts;
use super::messages::{Ending, Events, Message, Range};
use super::services::{Handler, Kind, handler};
use super::{DESCRIBE, HISTORY, LISTED, MAP_RUN_PREFIX, MAP_RUNS, ORIGIN, history_key, history_number};
use crate::execution::MapRun;
use crate::store::HistoryRecords;

/// So many bytes of a history are read at once, and the rest of a batch: an answer is one message, of 32 MB at most.
const BYTES: usize = 4 * 1024 * 1024;

pub(super) fn handlers() -> Vec<Handler> {
    vec![
        handler(ORIGIN, Kind::Shared, origin),
        handler(DESCRIBE, Kind::Shared, describe),
        handler(HISTORY, Kind::Shared, history),
        handler(MAP_RUNS, Kind::Shared, map_runs),
    ]
}

/// Which start the execution comes of.
async fn origin(context: ContextInternal) -> Result<Option<String>, TerminalError> {
    let ((), _) = context.input::<()>().await;
    let origin = context.get::<Message<String>>(ORIGIN).await?;
    Ok(origin.map(|Message(origin)| origin))
}

async fn describe(context: ContextInternal) -> Result<Option<(Facts, Option<Ending>)>, TerminalError> {
    let ((), _) = context.input::<()>().await;
    told_of(&context).await
}

/// All Map Runs, as they began or ended last; `None` as for [`history`].
async fn map_runs(context: ContextInternal) -> Result<Option<Vec<MapRun>>, TerminalError> {
    let ((), _) = context.input::<()>().await;
    let Some(keys) = keys(&context).await? else {
        return Ok(None);
    };
    let mut runs = Vec::new();
    for key in keys.iter().filter(|key| key.starts_with(MAP_RUN_PREFIX)) {
        let run = context.get::<Message<MapRun>>(key).await?;
        runs.extend(run.map(|Message(run)| run));
    }
    runs.sort_by_key(|run| run.start_date);
    Ok(Some(runs))
}

/// Some of the events; `None` while the run has not begun, or has not taken over all of them.
async fn history(context: ContextInternal) -> Result<Option<Vec<Events>>, TerminalError> {
    let (Message(range), _) = context.input::<Message<Range>>().await;
    let Some(keys) = keys(&context).await? else {
        return Ok(None);
    };
    let mut firsts: Vec<u64> = keys.iter().filter_map(|key| history_number(key)).collect();
    firsts.sort_unstable();
    if let Some(before) = range.before {
        firsts.retain(|first| *first < before);
        firsts.reverse();
    } else {
        // The batch that the first event is in begins at it or before.
        let begin = firsts
            .partition_point(|first| *first <= range.after.saturating_add(1))
            .saturating_sub(1);
        firsts.drain(..begin);
    }
    let mut batches = Vec::new();
    let (mut found, mut bytes) = (0, 0);
    for first in firsts {
        if found >= range.most || bytes >= BYTES {
            break;
        }
        let batch = context.get::<Message<Events>>(&history_key(first)).await?;
        let Some(Message(batch)) = batch else { continue };
        let records = HistoryRecords::read(batch.time, &batch.heads, &batch.details);
        let records = records.map_err(|error| TerminalError::new(error.to_string()))?;
        bytes += batch.heads.len() + batch.details.len();
        found += records.iter().filter(|record| range.has(record.id)).count();
        batches.push(batch);
    }
    if range.before.is_some() {
        batches.reverse();
    }
    Ok(Some(batches))
}

/// The keys of what is told of an execution; `None` as for [`history`].
async fn keys(context: &ContextInternal) -> Result<Option<Vec<String>>, TerminalError> {
    let keys = context.get_keys().await?;
    Ok(Some(keys).filter(|keys| keys.iter().any(|key| key == LISTED)))
}
