//! Removing executions that have ended, in bounded steps.

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::super::{Retention, time};
use super::failure::Failure;

/// What belongs to an execution in any number, in the order in which it can go.
const MANY: &[&str] = &[
    "DELETE FROM child_batches WHERE position IN (
         SELECT b.position FROM map_runs r
         CROSS JOIN child_executions c ON c.map_run = r.id
         CROSS JOIN child_batches b ON b.child_execution = c.id
         WHERE r.execution = ?1 LIMIT ?2)",
    "DELETE FROM child_executions WHERE id IN (
         SELECT c.id FROM map_runs r CROSS JOIN child_executions c ON c.map_run = r.id WHERE r.execution = ?1 LIMIT ?2)",
    "DELETE FROM map_runs WHERE id IN (SELECT id FROM map_runs WHERE execution = ?1 LIMIT ?2)",
    "DELETE FROM batches WHERE position IN (SELECT position FROM batches WHERE execution = ?1 LIMIT ?2)",
];

/// What it has once, itself last.
const ONCE: &[&str] = &[
    "DELETE FROM snapshots WHERE execution = ?1",
    "DELETE FROM ends WHERE execution = ?1",
    "DELETE FROM starts WHERE execution = ?1",
    "DELETE FROM executions WHERE number = ?1",
];

/// Removes about so many rows, and returns how many.
pub(super) fn remove_closed(connection: &mut Connection, retention: &Retention, rows: usize) -> Result<usize, Failure> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let rows = rows.max(1);
    let mut removed = 0;
    while removed < rows {
        let Some(execution) = next(&transaction, retention)? else {
            break;
        };
        removed += remove(&transaction, execution, rows - removed)?;
    }
    transaction.commit()?;
    Ok(removed)
}

/// The execution that is being removed, or the next one to remove.
fn next(transaction: &Transaction<'_>, retention: &Retention) -> Result<Option<i64>, Failure> {
    let half_removed = transaction
        .prepare_cached("SELECT number FROM executions WHERE status = 'REMOVED' LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    if half_removed.is_some() {
        return Ok(half_removed);
    }
    let first = transaction
        .prepare_cached(
            "SELECT number, stop_time, (SELECT closed FROM totals) FROM executions
             WHERE stop_time IS NOT NULL AND status <> 'MOVING' ORDER BY stop_time, number LIMIT 1",
        )?
        .query_row([], |row| {
            Ok((row.get(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
        })
        .optional()?;
    let Some((number, stop_time, closed)) = first else {
        return Ok(None);
    };
    let is_too_old = retention
        .ended_before
        .is_some_and(|before| stop_time < time::microseconds(before));
    let is_too_many = retention
        .most
        .is_some_and(|most| u64::try_from(closed).is_ok_and(|closed| closed > most));
    if !is_too_old && !is_too_many {
        return Ok(None);
    }
    // From now on it is not found any more, and its ARN is free.
    let sql = "UPDATE executions SET status = 'REMOVED', stop_time = NULL WHERE number = ?1";
    transaction.prepare_cached(sql)?.execute(params![number])?;
    let sql = "UPDATE totals SET closed = closed - 1";
    transaction.prepare_cached(sql)?.execute([])?;
    Ok(Some(number))
}

/// Removes what belongs to an execution, at most about so many rows, and at last itself.
fn remove(transaction: &Transaction<'_>, execution: i64, most: usize) -> Result<usize, Failure> {
    let mut removed = 0;
    for sql in MANY {
        let left = i64::try_from(most - removed).unwrap_or(i64::MAX);
        removed += transaction.prepare_cached(sql)?.execute(params![execution, left])?;
        if removed >= most {
            return Ok(removed);
        }
    }
    let (definition, state_machine): (i64, i64) = transaction
        .prepare_cached("SELECT definition, state_machine FROM executions WHERE number = ?1")?
        .query_row(params![execution], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for sql in ONCE {
        removed += transaction.prepare_cached(sql)?.execute(params![execution])?;
    }
    let sql = "DELETE FROM definitions WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM executions WHERE definition = ?1)";
    removed += transaction.prepare_cached(sql)?.execute(params![definition])?;
    let sql = "DELETE FROM state_machines WHERE id = ?1
               AND NOT EXISTS (SELECT 1 FROM executions WHERE state_machine = ?1)";
    removed += transaction.prepare_cached(sql)?.execute(params![state_machine])?;
    Ok(removed)
}
