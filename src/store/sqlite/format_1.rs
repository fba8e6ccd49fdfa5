//! Stores of format 1, which has a row for each event: opening one for writing makes it one of format 2, and for reading it
//! is read as if it were.

use rusqlite::Connection;

use super::failure::Failure;
use super::schema::{BATCHES, VIEWS};

/// Reads a row of each table that later formats do not have.
pub(super) const CHECKS: &[&str] = &[
    "SELECT position, execution, number, text FROM journal LIMIT 1",
    "SELECT position, execution, id, previous_event_id, time, type, details FROM history LIMIT 1",
    "SELECT position, child_execution, id, previous_event_id, time, type, details FROM child_history LIMIT 1",
];

/// The rows of `batches`. The entries come behind all events that were there, in the order of their numbers.
const AS_BATCHES: &str = "
SELECT execution, id AS last_event, 0 AS last_entry, time, NULL AS entry,
    json_array(json_array(id, previous_event_id, 0, type, 0, length(CAST(details AS BLOB)))) AS events, details
FROM main.history
UNION ALL
SELECT execution, coalesce((SELECT max(id) FROM main.history h WHERE h.execution = j.execution), 0), number, 0, text, NULL, NULL
FROM main.journal j";

/// The rows of `child_batches`.
const AS_CHILD_BATCHES: &str = "
SELECT position, child_execution, time,
    json_array(json_array(id, previous_event_id, 0, type, 0, length(CAST(details AS BLOB)))) AS events, details
FROM main.child_history";

/// Lets a connection find the tables of format 2.
pub(super) fn read_as_format_2(connection: &Connection) -> Result<(), Failure> {
    connection.execute_batch(&format!(
        "CREATE TEMP VIEW batches AS {AS_BATCHES};
         CREATE TEMP VIEW child_batches AS {AS_CHILD_BATCHES};"
    ))?;
    Ok(())
}

/// Makes a store one of format 2, in one transaction: after a crash it is one or the other.
pub(super) fn upgrade(connection: &Connection) -> Result<(), Failure> {
    let upgraded = connection.execute_batch(&format!(
        "BEGIN IMMEDIATE;
         {BATCHES}
         INSERT INTO batches (execution, last_event, last_entry, time, entry, events, details) {AS_BATCHES};
         INSERT INTO child_batches (position, child_execution, time, events, details) {AS_CHILD_BATCHES};
         DROP VIEW executions_by_status;
         DROP VIEW running_executions;
         DROP VIEW execution_history;
         DROP VIEW child_execution_history;
         DROP VIEW execution_counts;
         DROP TABLE journal;
         DROP TABLE history;
         DROP TABLE child_history;
         {VIEWS}
         PRAGMA user_version = 2;
         COMMIT;"
    ));
    if upgraded.is_err() {
        // It may have ended the transaction itself.
        let _ = connection.execute_batch("ROLLBACK");
    }
    Ok(upgraded?)
}
