//! Tables into what a store gives back.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use super::super::{
    ChildEvents, Document, End, Filter, HistoryRecord, HistoryRecords, Journal, JournalEntry, Start, StoredDefinition,
    StoredExecution, StoredMapRun, StoredSnapshot, time,
};
use super::failure::Failure;
use super::number::{moment, natural};

/// An execution with all its texts; `execution` reads its columns.
macro_rules! select_execution {
    ($from:literal) => {
        concat!(
            "SELECT e.number, e.arn, e.name, m.arn, d.fingerprint, e.start_time, s.input, s.options, e.status,
             e.stop_time, n.output, n.error, n.cause, e.redrive_count, e.redrive_time FROM ",
            $from,
            // A cross join is made in the order in which it is written.
            " CROSS JOIN state_machines m ON m.id = e.state_machine
              CROSS JOIN definitions d ON d.id = e.definition
              CROSS JOIN starts s ON s.execution = e.number
              LEFT JOIN ends n ON n.execution = e.number "
        )
    };
}

pub(super) fn last_number(connection: &Connection) -> Result<u64, Failure> {
    let number = connection
        .prepare_cached("SELECT last_number FROM totals")?
        .query_row([], |row| row.get(0))?;
    natural(number)
}

pub(super) fn execution(connection: &Connection, arn: &str) -> Result<Option<StoredExecution>, Failure> {
    let sql = concat!(
        select_execution!("executions e"),
        "WHERE e.arn = ?1 AND e.status <> 'REMOVED'"
    );
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![arn])?;
    rows.next()?.map(stored_execution).transpose()
}

pub(super) fn executions(
    connection: &Connection,
    filter: &Filter,
    most: usize,
) -> Result<Vec<StoredExecution>, Failure> {
    let mut conditions = Conditions::default();
    if let Some(status) = &filter.status {
        conditions.add("status = ?", status.clone().into());
    }
    if let Some(arn) = &filter.state_machine_arn {
        conditions.add(
            "state_machine = (SELECT id FROM state_machines WHERE arn = ?)",
            arn.clone().into(),
        );
    }
    if let Some(prefix) = &filter.name_prefix {
        conditions.add("name >= ?", prefix.clone().into());
        if let Some(end) = after_all_with(prefix) {
            conditions.add("name < ?", end.into());
        }
    }
    if let Some(from) = filter.started_from {
        conditions.add("start_time >= ?", time::microseconds(from).into());
    }
    if let Some(before) = filter.started_before {
        conditions.add("start_time < ?", time::microseconds(before).into());
    }
    let (beyond, order) = if filter.oldest_first {
        ("number > ?", "ASC")
    } else {
        ("number < ?", "DESC")
    };
    if let Some(after) = filter.after {
        conditions.add(beyond, i64::try_from(after).unwrap_or(i64::MAX).into());
    }
    conditions.values.push(count(most).into());

    // The page is chosen by indexes and small columns alone, before any text is read.
    let sql = format!(
        "{}ORDER BY e.number {order}",
        select_execution!("page CROSS JOIN executions e ON e.number = page.number")
    );
    let page = format!(
        "SELECT number FROM executions WHERE status <> 'REMOVED'{} ORDER BY number {order} LIMIT ?",
        conditions.sql
    );
    let mut statement = connection.prepare_cached(&format!("WITH page AS MATERIALIZED ({page}) {sql}"))?;
    let mut rows = statement.query(params_from_iter(conditions.values))?;
    let mut executions = Vec::new();
    while let Some(row) = rows.next()? {
        executions.push(stored_execution(row)?);
    }
    Ok(executions)
}

#[derive(Default)]
struct Conditions {
    sql: String,
    values: Vec<Value>,
}

impl Conditions {
    fn add(&mut self, condition: &str, value: Value) {
        self.sql.push_str(" AND ");
        self.sql.push_str(condition);
        self.values.push(value);
    }
}

/// The first text after all that begin with a prefix; `None` if there is none.
fn after_all_with(prefix: &str) -> Option<String> {
    let mut text = prefix.to_owned();
    while let Some(last) = text.pop() {
        let mut later = (last..=char::MAX).skip(1);
        if let Some(next) = later.next() {
            text.push(next);
            return Some(text);
        }
    }
    None
}

pub(super) fn journal(connection: &Connection, number: u64) -> Result<Option<Journal>, Failure> {
    let Ok(execution) = i64::try_from(number) else {
        return Ok(None);
    };
    // One state for the three reads: another thread may commit a snapshot between them.
    let transaction = connection.unchecked_transaction()?;
    let sql = concat!(
        select_execution!("executions e"),
        "WHERE e.number = ?1 AND e.status <> 'REMOVED'"
    );
    let mut statement = transaction.prepare_cached(sql)?;
    let mut rows = statement.query(params![execution])?;
    let Some(stored) = rows.next()?.map(stored_execution).transpose()? else {
        return Ok(None);
    };
    journal_of(&transaction, stored, execution).map(Some)
}

pub(super) fn journals(connection: &Connection, filter: &Filter, most: usize) -> Result<Vec<Journal>, Failure> {
    // One state here too.
    let transaction = connection.unchecked_transaction()?;
    let page = executions(&transaction, filter, most)?;
    let journals = page.into_iter().map(|stored| {
        let execution = i64::try_from(stored.start.number).unwrap_or(i64::MAX);
        journal_of(&transaction, stored, execution)
    });
    journals.collect()
}

fn journal_of(connection: &Connection, stored: StoredExecution, execution: i64) -> Result<Journal, Failure> {
    let snapshot = connection
        .prepare_cached("SELECT entry, text FROM snapshots WHERE execution = ?1")?
        .query_row(params![execution], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let mut after = 0;
    let snapshot = match snapshot {
        Some((entry, text)) => {
            after = entry;
            Some(StoredSnapshot {
                entry: natural(entry)?,
                text,
            })
        }
        None => None,
    };
    let mut statement = connection.prepare_cached(
        "SELECT last_entry, entry FROM batches WHERE execution = ?1 AND last_entry > ?2 AND entry IS NOT NULL
             ORDER BY last_event, last_entry",
    )?;
    let mut rows = statement.query(params![execution, after])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push(JournalEntry {
            number: natural(row.get(0)?)?,
            text: row.get(1)?,
        });
    }
    Ok(Journal {
        execution: stored,
        snapshot,
        entries,
    })
}

pub(super) fn history(
    connection: &Connection,
    number: u64,
    after: u64,
    most: usize,
) -> Result<Vec<HistoryRecord>, Failure> {
    let (Ok(execution), Ok(after_id)) = (i64::try_from(number), i64::try_from(after)) else {
        return Ok(Vec::new());
    };
    let mut statement = connection.prepare_cached(
        "SELECT time, events, details FROM batches WHERE execution = ?1 AND last_event > ?2 AND events IS NOT NULL
         AND EXISTS (SELECT 1 FROM executions WHERE number = ?1 AND status <> 'REMOVED') ORDER BY last_event, last_entry",
    )?;
    let mut rows = statement.query(params![execution, after_id])?;
    let mut found = Vec::new();
    while found.len() < most
        && let Some(row) = rows.next()?
    {
        let events = events(row)?.into_iter().filter(|event| event.id > after);
        found.extend(events.take(most - found.len()));
    }
    Ok(found)
}

pub(super) fn map_runs(connection: &Connection, number: u64) -> Result<Vec<StoredMapRun>, Failure> {
    let Ok(execution) = i64::try_from(number) else {
        return Ok(Vec::new());
    };
    let mut statement = connection.prepare_cached(
        "SELECT arn, text FROM map_runs WHERE execution = ?1 AND text IS NOT NULL
         AND EXISTS (SELECT 1 FROM executions WHERE number = ?1 AND status <> 'REMOVED') ORDER BY id",
    )?;
    let map_run = |row: &Row<'_>| {
        Ok(StoredMapRun {
            arn: row.get(0)?,
            text: row.get(1)?,
        })
    };
    let map_runs = statement.query_map(params![execution], map_run)?;
    Ok(map_runs.collect::<Result<_, _>>()?)
}

pub(super) fn children(
    connection: &Connection,
    number: u64,
    map_run_arn: &str,
    from: usize,
    most: usize,
) -> Result<Vec<ChildEvents>, Failure> {
    let Ok(execution) = i64::try_from(number) else {
        return Ok(Vec::new());
    };
    let transaction = connection.unchecked_transaction()?;
    let mut statement = transaction.prepare_cached(
        "SELECT c.id, c.arn FROM map_runs r CROSS JOIN child_executions c ON c.map_run = r.id
         WHERE r.execution = ?1 AND r.arn = ?2
         AND EXISTS (SELECT 1 FROM executions WHERE number = ?1 AND status <> 'REMOVED')
         ORDER BY c.id LIMIT ?3 OFFSET ?4",
    )?;
    let mut rows = statement.query(params![execution, map_run_arn, count(most), count(from)])?;
    let mut children = Vec::new();
    while let Some(row) = rows.next()? {
        children.push(ChildEvents {
            map_run_arn: map_run_arn.to_owned(),
            arn: row.get(1)?,
            events: child_events(&transaction, row.get(0)?)?,
        });
    }
    Ok(children)
}

fn child_events(connection: &Connection, child_execution: i64) -> Result<Vec<HistoryRecord>, Failure> {
    let mut statement = connection.prepare_cached(
        "SELECT time, events, details FROM child_batches WHERE child_execution = ?1 ORDER BY position",
    )?;
    let mut rows = statement.query(params![child_execution])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.extend(events(row)?);
    }
    Ok(found)
}

pub(super) fn definition(connection: &Connection, fingerprint: &str) -> Result<Option<StoredDefinition>, Failure> {
    let definition = |row: &Row<'_>| {
        Ok(StoredDefinition {
            fingerprint: fingerprint.to_owned(),
            text: row.get(0)?,
        })
    };
    let definition = connection
        .prepare_cached("SELECT text FROM definitions WHERE fingerprint = ?1")?
        .query_row(params![fingerprint], definition)
        .optional()?;
    Ok(definition)
}

pub(super) fn documents(connection: &Connection, kind: &str) -> Result<Vec<Document>, Failure> {
    let mut statement = connection.prepare_cached("SELECT key, text FROM documents WHERE kind = ?1 ORDER BY key")?;
    let document = |row: &Row<'_>| {
        Ok(Document {
            key: row.get(0)?,
            text: row.get(1)?,
        })
    };
    let documents = statement.query_map(params![kind], document)?;
    Ok(documents.collect::<Result<_, _>>()?)
}

pub(super) fn document(connection: &Connection, kind: &str, key: &str) -> Result<Option<Document>, Failure> {
    let document = |row: &Row<'_>| {
        Ok(Document {
            key: key.to_owned(),
            text: row.get(0)?,
        })
    };
    let document = connection
        .prepare_cached("SELECT text FROM documents WHERE kind = ?1 AND key = ?2")?
        .query_row(params![kind, key], document)
        .optional()?;
    Ok(document)
}

/// A row of `select_execution`.
fn stored_execution(row: &Row<'_>) -> Result<StoredExecution, Failure> {
    let end = match row.get(9)? {
        Some(stop_time) => Some(End {
            status: row.get(8)?,
            time: moment(stop_time)?,
            output: row.get(10)?,
            error: row.get(11)?,
            cause: row.get(12)?,
        }),
        None => None,
    };
    Ok(StoredExecution {
        start: Start {
            number: natural(row.get(0)?)?,
            arn: row.get(1)?,
            name: row.get(2)?,
            state_machine_arn: row.get(3)?,
            definition: row.get(4)?,
            time: moment(row.get(5)?)?,
            input: row.get(6)?,
            options: row.get(7)?,
        },
        end,
        redrive_count: row.get(13)?,
        redrive_time: row.get::<_, Option<i64>>(14)?.map(moment).transpose()?,
    })
}

/// The events of a row of `batches` or `child_batches`.
fn events(row: &Row<'_>) -> Result<Vec<HistoryRecord>, Failure> {
    let text = |column| {
        let text = row.get_ref(column)?.as_str();
        text.map_err(|error| Failure::damaged(format!("the file is damaged: {error}")))
    };
    HistoryRecords::read(moment(row.get(0)?)?, text(1)?, text(2)?)
        .map_err(|error| Failure::damaged(format!("the file is damaged: {error}")))
}

/// A number of rows.
fn count(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
