//! Records into tables.

use std::mem;

use rusqlite::{CachedStatement, Connection, Params, Transaction, TransactionBehavior, params};

use super::super::{
    ChildEvents, End, HistoryRecords, JournalEntry, Record, Start, StoredMapRun, StoredSnapshot, time::microseconds,
};
use super::failure::Failure;
use super::known::{Known, Reached};
use super::number::integer;

/// Writes all records in one transaction.
pub(super) fn commit(connection: &mut Connection, known: &mut Known, records: &[Record]) -> Result<(), Failure> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Lost when anything fails: the tables do not have then what it says.
    let now_known = write(&transaction, mem::take(known), records)?;
    transaction.commit()?;
    *known = now_known;
    Ok(())
}

fn write(transaction: &Transaction<'_>, known: Known, records: &[Record]) -> Result<Known, Failure> {
    let mut writer = Writer {
        transaction,
        known,
        frequent: Frequent::default(),
        batch: None,
        last_number: 0,
        closed: 0,
    };
    for record in records {
        writer.write(record)?;
    }
    writer.write_batch()?;
    writer.write_totals()?;
    Ok(writer.known)
}

struct Writer<'a> {
    transaction: &'a Transaction<'a>,
    known: Known,
    frequent: Frequent<'a>,
    /// What is not written yet of the execution that the last records were about.
    batch: Option<Batch<'a>>,
    /// The highest number of an execution that started.
    last_number: i64,
    /// By how much the number of closed executions grows.
    closed: i64,
}

/// The statements that most records need. To look them up for each record takes a twentieth of the time of a commit.
#[derive(Default)]
struct Frequent<'a> {
    execution: Held<'a>,
    start: Held<'a>,
    batch: Held<'a>,
    status: Held<'a>,
    end: Held<'a>,
}

/// A statement, once it was needed.
#[derive(Default)]
struct Held<'a>(Option<CachedStatement<'a>>);

impl<'a> Held<'a> {
    fn run(&mut self, transaction: &'a Transaction<'_>, sql: &str, values: impl Params) -> Result<usize, Failure> {
        let statement = match &mut self.0 {
            Some(statement) => statement,
            none => none.insert(transaction.prepare_cached(sql)?),
        };
        Ok(statement.execute(values)?)
    }
}

/// A row of what went into an execution and what came out of it.
struct Batch<'a> {
    execution: i64,
    reached: Reached,
    entry: Option<&'a str>,
    events: Option<&'a HistoryRecords>,
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
            Record::Entry { execution, entry } => self.entry(integer(*execution)?, entry)?,
            Record::Snapshot { execution, snapshot } => self.snapshot(integer(*execution)?, snapshot)?,
            Record::History { execution, events } => self.history(integer(*execution)?, events)?,
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
                     redrive_time = ?2 WHERE number = ?1 AND stop_time IS NOT NULL AND status NOT IN ('MOVING', 'MOVED')",
                    params![number, microseconds(*time)],
                )?;
                if redriven == 0 {
                    return Err(Failure::refused(format!("execution {execution} has not ended")));
                }
                self.run("DELETE FROM ends WHERE execution = ?1", params![number])?;
                self.closed -= 1;
            }
            Record::Move { execution, has_arrived } => self.move_on(*execution, *has_arrived)?,
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
        let state_machine = self.known.state_machine(self.transaction, &start.state_machine_arn)?;
        let definition = self.known.definition(self.transaction, &start.definition)?;
        self.frequent.execution.run(
            self.transaction,
            "INSERT INTO executions (number, arn, name, state_machine, definition, start_time)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                number,
                start.arn,
                start.name,
                state_machine,
                definition,
                microseconds(start.time)
            ],
        )?;
        self.frequent.start.run(
            self.transaction,
            "INSERT INTO starts (execution, input, options) VALUES (?1, ?2, ?3)",
            params![number, start.input, start.options],
        )?;
        self.last_number = self.last_number.max(number);
        self.write_batch()?;
        // Its first events come next.
        self.batch = Some(Batch {
            execution: number,
            reached: Reached::default(),
            entry: None,
            events: None,
        });
        Ok(())
    }

    fn entry(&mut self, execution: i64, entry: &'a JournalEntry) -> Result<(), Failure> {
        let batch = self.batch_of(execution, true)?;
        let number = integer(entry.number)?;
        if number <= batch.reached.entry {
            let last = batch.reached.entry;
            return Err(Failure::refused(format!(
                "execution {execution} has the entry {last} already, and now {number}"
            )));
        }
        batch.reached.entry = number;
        batch.entry = Some(&entry.text);
        Ok(())
    }

    fn history(&mut self, execution: i64, events: &'a HistoryRecords) -> Result<(), Failure> {
        let Some((first, last)) = events.ids() else {
            return Ok(());
        };
        let batch = self.batch_of(execution, false)?;
        let before = batch.reached.event;
        if integer(first)? <= before {
            return Err(Failure::refused(format!(
                "execution {execution} has the event {before} already, and now {first}"
            )));
        }
        if !events.is_in_order() {
            return Err(Failure::refused(format!(
                "the ids of events of execution {execution} do not rise"
            )));
        }
        batch.reached.event = integer(last)?;
        batch.events = Some(events);
        Ok(())
    }

    /// The row of an execution with room for more: for events, or for an entry with the events that come of it.
    fn batch_of(&mut self, execution: i64, for_entry: bool) -> Result<&mut Batch<'a>, Failure> {
        let has_room = self.batch.as_ref().is_some_and(|batch| {
            batch.execution == execution && batch.events.is_none() && !(for_entry && batch.entry.is_some())
        });
        if !has_room {
            self.write_batch()?;
        }
        match &mut self.batch {
            Some(batch) => Ok(batch),
            none => Ok(none.insert(Batch {
                execution,
                reached: self.known.reached(self.transaction, execution)?,
                entry: None,
                events: None,
            })),
        }
    }

    fn write_batch(&mut self) -> Result<(), Failure> {
        let Some(batch) = self.batch.take() else {
            return Ok(());
        };
        self.known.has_reached(batch.execution, batch.reached);
        if batch.entry.is_none() && batch.events.is_none() {
            return Ok(());
        }
        let Reached { event, entry } = batch.reached;
        let time = batch.events.map_or(0, |events| microseconds(events.time()));
        let heads = batch.events.map(HistoryRecords::heads);
        let details = batch.events.map(HistoryRecords::details);
        self.frequent.batch.run(
            self.transaction,
            "INSERT INTO batches (execution, last_event, last_entry, time, entry, events, details)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![batch.execution, event, entry, time, batch.entry, heads, details],
        )?;
        Ok(())
    }

    fn snapshot(&mut self, execution: i64, snapshot: &StoredSnapshot) -> Result<(), Failure> {
        self.write_batch()?;
        let entry = integer(snapshot.entry)?;
        let last_entry = self.known.reached(self.transaction, execution)?.entry;
        // Rows that have nothing but an entry go, except the last: it tells which entry comes next. In other rows the entry
        // stays, since to write them again would cost more than their room.
        self.run(
            "DELETE FROM batches WHERE execution = ?1 AND events IS NULL AND last_entry <= ?2 AND last_entry < ?3
             AND last_entry >= coalesce((SELECT entry FROM snapshots WHERE execution = ?1), 0)",
            params![execution, entry, last_entry],
        )?;
        let written = self.run(
            "INSERT INTO snapshots (execution, entry, text) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET entry = excluded.entry, text = excluded.text WHERE excluded.entry >= entry",
            params![execution, entry, snapshot.text],
        )?;
        if written == 0 {
            return Err(Failure::refused(format!(
                "execution {execution} has a later snapshot already"
            )));
        }
        Ok(())
    }

    fn end(&mut self, execution: u64, end: &End) -> Result<(), Failure> {
        let number = integer(execution)?;
        let ended = self.frequent.status.run(
            self.transaction,
            "UPDATE executions SET status = ?2, stop_time = ?3 WHERE number = ?1 AND status = 'RUNNING'",
            params![number, end.status, microseconds(end.time)],
        )?;
        if ended == 0 {
            return Err(Failure::refused(format!("execution {execution} does not run")));
        }
        self.frequent.end.run(
            self.transaction,
            "INSERT INTO ends (execution, output, error, cause) VALUES (?1, ?2, ?3, ?4)",
            params![number, end.output, end.error, end.cause],
        )?;
        self.closed += i64::from(end.status != End::MOVING);
        self.write_batch()?;
        self.known.has_ended(number);
        Ok(())
    }

    fn move_on(&mut self, execution: u64, has_arrived: bool) -> Result<(), Failure> {
        let number = integer(execution)?;
        let sql = if has_arrived {
            "UPDATE executions SET status = 'MOVED' WHERE number = ?1 AND status = 'MOVING'"
        } else {
            "UPDATE executions SET status = 'RUNNING', stop_time = NULL WHERE number = ?1 AND status = 'MOVING'"
        };
        if self.run(sql, params![number])? == 0 {
            return Err(Failure::refused(format!("execution {execution} is not being moved")));
        }
        if has_arrived {
            self.closed += 1;
        } else {
            self.run("DELETE FROM ends WHERE execution = ?1", params![number])?;
        }
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
            .query_row(params![execution, map_run_arn, arn], |row| row.get::<_, i64>(0))?;
        let mut events = events.iter().peekable();
        while events.peek().is_some() {
            let mut together = HistoryRecords::default();
            while !together.is_large()
                && let Some(event) = events.next()
            {
                together.push(event);
            }
            self.run(
                "INSERT INTO child_batches (child_execution, time, events, details) VALUES (?1, ?2, ?3, ?4)",
                params![id, microseconds(together.time()), together.heads(), together.details()],
            )?;
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

    fn run(&self, sql: &str, values: impl Params) -> Result<usize, Failure> {
        Ok(self.transaction.prepare_cached(sql)?.execute(values)?)
    }
}
