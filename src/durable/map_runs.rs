//! What a client reads of Map Runs and their child executions.

use serde::Deserialize;

use super::client::handler;
use super::listing::quoted;
use super::place::Place;
use super::{MAP_RUN, MAP_RUNS, RestateClient, RestateExecution, names};
use crate::error::Error;
use crate::execution::MapRun;
use crate::history::HistoryEvent;
use crate::store::written_text;

impl RestateClient {
    /// The Map Runs of an execution, in the order of their starts. Those of its child executions are not among them. The counts
    /// are those of the start while a Map Run runs, and of the end afterwards.
    ///
    /// # Errors
    ///
    /// [`Cluster`](crate::ErrorKind::Cluster).
    pub async fn map_runs(&self, machine: &str, name: &str) -> Result<Vec<MapRun>, Error> {
        let place = Place::of_machine(machine, name);
        self.read(handler(&place, MAP_RUNS), String::new()).await
    }

    /// The ARNs of a Map Run's child executions that have begun, in no order.
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
        Ok(found.into_iter().map(|state| state.key).collect())
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
