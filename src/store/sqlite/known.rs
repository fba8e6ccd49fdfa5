//! What the connection that writes need not look up for every record.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::failure::Failure;

/// After so many executions they are looked up again, so that this stays small.
const MOST: usize = 50_000;

/// What is in the tables for certain, as of the last commit.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Ids by ARN.
    state_machines: HashMap<String, i64>,
    /// Ids by fingerprint.
    definitions: HashMap<String, i64>,
    executions: HashMap<i64, Reached>,
}

/// How far an execution is written.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Reached {
    /// The highest id of an event.
    pub(super) event: i64,
    /// The highest number of an entry.
    pub(super) entry: i64,
}

impl Known {
    /// The id of a state machine, which is written if it is new.
    pub(super) fn state_machine(&mut self, connection: &Connection, arn: &str) -> Result<i64, Failure> {
        if let Some(id) = self.state_machines.get(arn) {
            return Ok(*id);
        }
        connection
            .prepare_cached("INSERT OR IGNORE INTO state_machines (arn) VALUES (?1)")?
            .execute(params![arn])?;
        let id = connection
            .prepare_cached("SELECT id FROM state_machines WHERE arn = ?1")?
            .query_row(params![arn], |row| row.get(0))?;
        self.state_machines.insert(arn.to_owned(), id);
        Ok(id)
    }

    /// The id of a definition. Errors if there is none.
    pub(super) fn definition(&mut self, connection: &Connection, fingerprint: &str) -> Result<i64, Failure> {
        if let Some(id) = self.definitions.get(fingerprint) {
            return Ok(*id);
        }
        let id: Option<i64> = connection
            .prepare_cached("SELECT id FROM definitions WHERE fingerprint = ?1")?
            .query_row(params![fingerprint], |row| row.get(0))
            .optional()?;
        let id = id.ok_or_else(|| Failure::refused(format!("there is no definition `{fingerprint}`")))?;
        self.definitions.insert(fingerprint.to_owned(), id);
        Ok(id)
    }

    /// How far an execution is written. Errors if there is none.
    pub(super) fn reached(&self, connection: &Connection, execution: i64) -> Result<Reached, Failure> {
        if let Some(reached) = self.executions.get(&execution) {
            return Ok(*reached);
        }
        // The last row of an execution has the highest of both.
        let sql = "SELECT last_event, last_entry FROM executions
                   LEFT JOIN batches ON position = (SELECT position FROM batches WHERE execution = ?1
                                                    ORDER BY last_event DESC, last_entry DESC LIMIT 1)
                   WHERE number = ?1 AND status <> 'REMOVED'";
        let reached = |row: &Row<'_>| {
            Ok(Reached {
                event: row.get::<_, Option<_>>(0)?.unwrap_or(0),
                entry: row.get::<_, Option<_>>(1)?.unwrap_or(0),
            })
        };
        let reached = connection
            .prepare_cached(sql)?
            .query_row(params![execution], reached)
            .optional()?;
        reached.ok_or_else(|| Failure::refused(format!("there is no execution {execution}")))
    }

    pub(super) fn has_reached(&mut self, execution: i64, reached: Reached) {
        if self.executions.len() >= MOST {
            self.executions.clear();
        }
        self.executions.insert(execution, reached);
    }

    /// An execution that has ended is hardly written again.
    pub(super) fn has_ended(&mut self, execution: i64) {
        self.executions.remove(&execution);
    }
}
