//! Records into tables.

use std::collections::HashSet;

use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::super::{ChildEvents, End, HistoryRecord, Record, Start, StoreErrorKind, StoredMapRun, time::microseconds};
use super::failure::Failure;

/// Writes all records in one transaction.
pub(super) fn commit(connection: &mut Connection, records: &[Record]) -> Result<(), Failure> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut writer = Writer {
        transaction: &transaction,
        state_machines: HashSet::new(),
        last_number: 0,
        closed: 0,
    };
    for record in records {
        writer.write(record)?;
    }
    writer.write_totals()?;
    Ok(transaction.commit()?)
}

struct Writer<'a> {
    transaction: &'a Transaction<'a>,
    /// ARNs of state machines that this transaction has written.
    state_machines: HashSet<&'a str>,
    /// The highest number of an execution that started.
    last_number: i64,
    /// By how much the number of closed executions grows.
    closed: i64,
}

impl<'a> Writer<'a> {
    fn write(&mut self, record: &'a Record) -> Result<(), Failure> {
        match record {
            Record::Definition(definition) => {
                self.run(
                    "INSERT OR IGNORE INTO definitions (fingerprint, text) VALUES (?1, ?2)",
                    params![definition.fingerprint, definition.text],
                )?;
            }
            Record::Start(start) => self.start(start)?,
            Record::Entry { execution, entry } => {
                self.run(
                    "INSERT INTO journal (execution, number, text) VALUES (?1, ?2, ?3)",
                    params![integer(*execution)?, integer(entry.number)?, entry.text],
                )?;
            }
            Record::Snapshot { execution, snapshot } => {
                let (execution, entry) = (integer(*execution)?, integer(snapshot.entry)?);
                self.run(
                    "INSERT INTO snapshots (execution, entry, text) VALUES (?1, ?2, ?3)
                     ON CONFLICT DO UPDATE SET entry = excluded.entry, text = excluded.text",
                    params![execution, entry, snapshot.text],
                )?;
                self.run(
                    "DELETE FROM journal WHERE execution = ?1 AND number <= ?2",
                    params![execution, entry],
                )?;
            }
            Record::History { execution, events } => {
                let sql = "INSERT INTO history (execution, id, previous_event_id, time, type, details)
                           VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
                self.events(sql, integer(*execution)?, events)?;
            }
            Record::Children { execution, children } => {
                for child in children {
                    self.child(integer(*execution)?, child)?;
                }
            }
            Record::MapRun { execution, map_run } => {
                let StoredMapRun { arn, text } = map_run;
                self.run(
                    "INSERT INTO map_runs (execution, arn, text) VALUES (?1, ?2, ?3)
                     ON CONFLICT DO UPDATE SET text = excluded.text",
                    params![integer(*execution)?, arn, text],
                )?;
            }
            Record::End { execution, end } => self.end(*execution, end)?,
            Record::Redrive { execution, time } => {
                let number = integer(*execution)?;
                let redriven = self.run(
                    "UPDATE executions SET status = 'RUNNING', stop_time = NULL, redrive_count = redrive_count + 1,
                     redrive_time = ?2 WHERE number = ?1 AND stop_time IS NOT NULL",
                    params![number, microseconds(*time)],
                )?;
                if redriven == 0 {
                    return Err(Failure::refused(format!("execution {execution} has not ended")));
                }
                self.run("DELETE FROM ends WHERE execution = ?1", params![number])?;
                self.closed -= 1;
            }
            Record::Document { kind, key, text } => {
                match text {
                    Some(text) => self.run(
                        "INSERT INTO documents (kind, key, text) VALUES (?1, ?2, ?3)
                         ON CONFLICT (kind, key) DO UPDATE SET text = excluded.text",
                        params![kind, key, text],
                    )?,
                    None => self.run("DELETE FROM documents WHERE kind = ?1 AND key = ?2", params![kind, key])?,
                };
            }
        }
        Ok(())
    }

    fn start(&mut self, start: &'a Start) -> Result<(), Failure> {
        let number = integer(start.number)?;
        if self.state_machines.insert(&start.state_machine_arn) {
            self.run(
                "INSERT OR IGNORE INTO state_machines (arn) VALUES (?1)",
                params![start.state_machine_arn],
            )?;
        }
        self.run(
            "INSERT INTO executions (number, arn, name, state_machine, definition, start_time) VALUES (?1, ?2, ?3,
             (SELECT id FROM state_machines WHERE arn = ?4), (SELECT id FROM definitions WHERE fingerprint = ?5), ?6)",
            params![
                number,
                start.arn,
                start.name,
                start.state_machine_arn,
                start.definition,
                microseconds(start.time)
            ],
        )?;
        self.run(
            "INSERT INTO starts (execution, input, options) VALUES (?1, ?2, ?3)",
            params![number, start.input, start.options],
        )?;
        self.last_number = self.last_number.max(number);
        Ok(())
    }

    fn end(&mut self, execution: u64, end: &End) -> Result<(), Failure> {
        let number = integer(execution)?;
        let ended = self.run(
            "UPDATE executions SET status = ?2, stop_time = ?3 WHERE number = ?1 AND status = 'RUNNING'",
            params![number, end.status, microseconds(end.time)],
        )?;
        if ended == 0 {
            return Err(Failure::refused(format!("execution {execution} does not run")));
        }
        self.run(
            "INSERT INTO ends (execution, output, error, cause) VALUES (?1, ?2, ?3, ?4)",
            params![number, end.output, end.error, end.cause],
        )?;
        self.closed += 1;
        Ok(())
    }

    fn child(&self, execution: i64, child: &ChildEvents) -> Result<(), Failure> {
        let ChildEvents {
            map_run_arn,
            arn,
            events,
        } = child;
        self.run(
            "INSERT INTO map_runs (execution, arn) VALUES (?1, ?2) ON CONFLICT (execution, arn) DO NOTHING",
            params![execution, map_run_arn],
        )?;
        self.run(
            "INSERT INTO child_executions (map_run, arn)
             SELECT id, ?3 FROM map_runs WHERE execution = ?1 AND arn = ?2 ON CONFLICT (map_run, arn) DO NOTHING",
            params![execution, map_run_arn, arn],
        )?;
        let id = self
            .transaction
            .prepare_cached(
                "SELECT c.id FROM map_runs r JOIN child_executions c ON c.map_run = r.id
                 WHERE r.execution = ?1 AND r.arn = ?2 AND c.arn = ?3",
            )?
            .query_row(params![execution, map_run_arn, arn], |row| row.get(0))?;
        let sql = "INSERT INTO child_history (child_execution, id, previous_event_id, time, type, details)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        self.events(sql, id, events)
    }

    /// Events of an execution or of a child execution.
    fn events(&self, sql: &str, owner: i64, events: &[HistoryRecord]) -> Result<(), Failure> {
        let mut statement = self.transaction.prepare_cached(sql)?;
        for event in events {
            statement.execute(params![
                owner,
                integer(event.id)?,
                integer(event.previous_event_id)?,
                microseconds(event.time),
                event.event_type,
                event.details
            ])?;
        }
        Ok(())
    }

    fn write_totals(&self) -> Result<(), Failure> {
        if self.last_number > 0 || self.closed != 0 {
            self.run(
                "UPDATE totals SET last_number = max(last_number, ?1), closed = closed + ?2",
                params![self.last_number, self.closed],
            )?;
        }
        Ok(())
    }

    fn run(&self, sql: &str, values: impl rusqlite::Params) -> Result<usize, Failure> {
        Ok(self.transaction.prepare_cached(sql)?.execute(values)?)
    }
}

/// A number as SQLite has it.
pub(super) fn integer(number: u64) -> Result<i64, Failure> {
    let too_large = |_| Failure::Store(StoreErrorKind::Refused, format!("{number} is too large for SQLite"));
    i64::try_from(number).map_err(too_large)
}
