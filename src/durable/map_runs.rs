//! What a client reads of Map Runs and their child executions.

use serde::Deserialize;
use std::collections::BTreeSet;

use super::listing::quoted;
use super::place::Place;
use super::{MAP_RUN, MAP_RUNS, RestateClient, RestateExecution, map_run_key, names};
use crate::error::Error;
use crate::execution::MapRun;
use crate::history::HistoryEvent;
use crate::store::written_text;

impl RestateClient {
    /// The Map Runs of an execution, in the order of their starts. Those of its child executions are not among them.
    ///
    /// # Errors
    ///
    /// [`Cluster`](crate::ErrorKind::Cluster).
    pub async fn map_runs(&self, machine: &str, name: &str) -> Result<Vec<MapRun>, Error> {
        self.map_runs_at(&Place::of_machine(machine, name)).await
    }

    pub(crate) async fn map_runs_at(&self, place: &Place) -> Result<Vec<MapRun>, Error> {
        let told = self.ask(place, (MAP_RUNS, "")).await?;
        Ok(told.unwrap_or_default())
    }

    /// The ARN of the execution that has brought its state machine with it and has a Map Run of this ARN.
    pub(crate) async fn execution_of_map_run(&self, map_run_arn: &str) -> Result<Option<String>, Error> {
        #[derive(Deserialize)]
        struct State {
            key: String,
        }
        let sql = format!(
            "SELECT service_key AS key FROM state WHERE service_name = '{}' AND key = {} LIMIT 1",
            names::EXECUTIONS,
            quoted(&map_run_key(map_run_arn))
        );
        let found: Vec<State> = self.query(&sql).await?;
        let key = found.into_iter().next().map(|state| state.key);
        Ok(key.map(|key| Place::of_run(names::EXECUTIONS, &key).key))
    }

    /// The ARNs of a Map Run's child executions that have begun, each once.
    ///
    /// # Errors
    ///
    /// [`Cluster`](crate::ErrorKind::Cluster).
    pub async fn child_executions(&self, map_run_arn: &str) -> Result<Vec<String>, Error> {
        #[derive(Deserialize)]
        struct State {
            key: String,
        }
        let sql = format!(
            "SELECT service_key AS key FROM state WHERE service_name = '{}' AND key = '{MAP_RUN}' AND value_utf8 = {}",
            names::CHILDREN,
            quoted(&written_text(&map_run_arn))
        );
        let found: Vec<State> = self.query(&sql).await?;
        let arns = found
            .into_iter()
            .map(|State { key }| Place::of_run(names::CHILDREN, &key).key);
        // One that was redriven has several runs.
        Ok(arns.collect::<BTreeSet<_>>().into_iter().collect())
    }

    /// A child execution of a distributed Map; `None` if none of this ARN has begun.
    ///
    /// # Errors
    ///
    /// [`Cluster`](crate::ErrorKind::Cluster).
    pub async fn child_execution(&self, arn: &str) -> Result<Option<RestateExecution>, Error> {
        self.execution_at(&Place::of_child(arn)).await
    }

    /// The history of a child execution of a distributed Map, as far as it has got.
    ///
    /// # Errors
    ///
    /// [`Cluster`](crate::ErrorKind::Cluster).
    pub async fn child_history(&self, arn: &str) -> Result<Vec<HistoryEvent>, Error> {
        self.history_at(&Place::of_child(arn)).await
    }
}
