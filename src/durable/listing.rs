//! Which executions a cluster has, by the query API of Restate.
//!
//! Restate's table of invocations has their order, and the state of a workflow what a list tells of it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;

use super::begun::Listed;
use super::{LISTED, RUN, RestateClient, names};
use crate::error::{Error, ErrorKind};
use crate::store::read_text;

/// Where a list of executions, the latest first, goes on: after this execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    /// In milliseconds since 1970.
    created: i64,
    key: String,
}

impl Position {
    /// When the cluster took it.
    pub(crate) fn created(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.created).unwrap_or_default()
    }

    /// The ARN of the execution.
    pub(crate) fn arn(&self) -> &str {
        &self.key
    }
}

#[derive(Deserialize)]
struct Rows<T> {
    rows: Vec<T>,
}

#[derive(Deserialize)]
struct Invocation {
    key: String,
    created: i64,
    /// Whether one of its runs has not ended: 1, or 0.
    runs: u8,
}

/// What a list finds of an execution.
#[derive(Debug)]
pub(crate) enum Found {
    Begun(Box<Listed>),
    /// It was taken, and has not begun.
    Taken,
    /// Only its name is left.
    Gone,
}

/// The key of an invocation.
const KEY: &str = "target_service_key";

#[derive(Deserialize)]
struct State {
    key: String,
    text: String,
}

impl RestateClient {
    /// Executions that have brought the state machine of this ARN with them, or those of them that run, the latest first, with where each of them is in
    /// the list: about so many, after a position; none if there are no more.
    pub(crate) async fn executions_of(
        &self,
        state_machine_arn: &str,
        is_running: bool,
        after: Option<&Position>,
        most: usize,
    ) -> Result<Vec<(Position, Found)>, Error> {
        let after = after.map_or_else(String::new, |Position { created, key }| {
            let key = quoted(key);
            format!("AND (created < {created} OR (created = {created} AND key > {key}))")
        });
        let running = if is_running { "AND runs = 1" } else { "" };
        // A later run tells in its key when the first began, which may be gone.
        let sql = format!(
            "SELECT key, created, runs FROM (SELECT {first} AS key, MIN(COALESCE(TRY_CAST(split_part(split_part({KEY}, '#', 2), \
             '.', 1) AS BIGINT) / 1000, CAST(created_at AS BIGINT))) AS created, MAX(CASE WHEN status <> 'completed' THEN 1 ELSE \
             0 END) AS runs FROM sys_invocation WHERE {} GROUP BY {first}) WHERE true {running} {after} ORDER BY created DESC, \
             key LIMIT {most}",
            runs_of(state_machine_arn),
            first = first_run(KEY),
        );
        let invocations: Vec<Invocation> = self.query(&sql).await?;
        if invocations.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<String> = invocations.iter().map(|invocation| quoted(&invocation.key)).collect();
        let sql = format!(
            "SELECT service_key AS key, value_utf8 AS text FROM state WHERE service_name = '{}' AND key = '{LISTED}' AND \
             {} IN ({})",
            names::EXECUTIONS,
            first_run("service_key"),
            keys.join(", ")
        );
        let found: Vec<State> = self.query(&sql).await?;
        let mut listed: HashMap<String, Listed> = HashMap::new();
        for state in found {
            let run: Listed = read_text(&state.text, "an execution of a list").map_err(unreadable)?;
            let key = state.key.split('#').next().unwrap_or_default();
            // The last run tells of all.
            let order = |listed: &Listed| (listed.start_time, listed.redrive_count);
            if listed.get(key).is_none_or(|known| order(known) < order(&run)) {
                listed.insert(key.to_owned(), run);
            }
        }
        let found = invocations.into_iter().map(|Invocation { key, created, runs }| {
            let found = match listed.remove(&key) {
                Some(listed) => Found::Begun(Box::new(listed)),
                None if runs == 1 => Found::Taken,
                None => Found::Gone,
            };
            (Position { created, key }, found)
        });
        Ok(found.collect())
    }

    /// Whether an execution that has brought the state machine of this ARN with it runs.
    pub(crate) async fn any_running(&self, state_machine_arn: &str) -> Result<bool, Error> {
        let sql = format!(
            "SELECT target_service_key AS key, 0 AS created, 1 AS runs FROM sys_invocation WHERE {} AND status <> 'completed' LIMIT 1",
            runs_of(state_machine_arn)
        );
        let running: Vec<Invocation> = self.query(&sql).await?;
        Ok(!running.is_empty())
    }

    /// The names of the services of single resources, and of those that tell of executions.
    pub(crate) async fn known_services(&self) -> Result<Vec<String>, Error> {
        #[derive(Deserialize)]
        struct Service {
            name: String,
        }
        let sql = format!(
            "SELECT name FROM sys_service WHERE starts_with(name, '{}') OR name IN ('{}', '{}')",
            names::RESOURCES,
            names::STATUS_CHANGES,
            names::LOGS
        );
        let services: Vec<Service> = self.query(&sql).await?;
        Ok(services.into_iter().map(|service| service.name).collect())
    }

    /// The names of all services.
    pub(super) async fn services(&self) -> Result<Vec<String>, Error> {
        #[derive(Deserialize)]
        struct Service {
            name: String,
        }
        let services: Vec<Service> = self.query("SELECT name FROM sys_service").await?;
        Ok(services.into_iter().map(|service| service.name).collect())
    }

    pub(super) async fn query<T: for<'d> Deserialize<'d>>(&self, sql: &str) -> Result<Vec<T>, Error> {
        let answer = self.administer("/query", &json!({ "query": sql })).await?;
        let rows: Rows<T> = serde_json::from_slice(&answer).map_err(unreadable)?;
        Ok(rows.rows)
    }
}

/// The invocations that run such executions.
fn runs_of(state_machine_arn: &str) -> String {
    let executions = state_machine_arn.replacen(":stateMachine:", ":execution:", 1);
    format!(
        "target_service_name = '{}' AND target_handler_name = '{RUN}' AND starts_with(target_service_key, {})",
        names::EXECUTIONS,
        quoted(&format!("{executions}:"))
    )
}

/// The key of an execution's first run, of the key of any.
fn first_run(key: &str) -> String {
    format!("split_part({key}, '#', 1)")
}

/// A text in SQL.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn unreadable(error: impl std::fmt::Display) -> Error {
    let message = format!("what Restate lists cannot be read: {error}");
    Error::new(ErrorKind::Cluster, message)
}
