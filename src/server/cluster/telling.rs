//! Tells of the executions of a cluster: this process does, if it has [`Reports`](crate::server::Reports).

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;

use super::{Cluster, Clustered};
use crate::durable::{Change, Place, Reported, Reporter};
use crate::execution::Outcome;
use crate::server::Service;
use crate::server::reports::{Begun, StatusChange};
use crate::services::step_functions::StepFunctionsError;

impl Reporter for Service {
    fn own(&self) -> Reported {
        let reports = self.cluster().map(|cluster| &cluster.reports);
        reports.map_or_else(Reported::default, |reports| Reported {
            status_changes: reports.have_event_bridge(),
            logs: reports.have_log(),
        })
    }

    fn all(&self) -> BoxFuture<'_, Result<Reported, StepFunctionsError>> {
        Box::pin(async {
            let Some(cluster) = self.cluster() else {
                return Ok(Reported::default());
            };
            let services = cluster.services().await?;
            Ok(Reported::by(|service| services.contains(service)))
        })
    }

    fn status_change<'r>(
        &'r self,
        change: &'r Change,
        event_id: String,
    ) -> BoxFuture<'r, Result<(), StepFunctionsError>> {
        Box::pin(async move {
            let Some(cluster) = self.cluster() else { return Ok(()) };
            let Some(execution) = cluster.changed(change).await? else {
                return Ok(());
            };
            let end = execution.ending()?;
            let redrivable = match &end {
                // Of an execution that runs, which needs no asking.
                None => execution.check_redrivable(self.interpreter.now()).await?,
                Some((_, time)) => execution.check_redrivable(*time).await?,
            };
            let facts = execution.facts();
            let event = StatusChange {
                arn: &change.arn,
                start_time: facts.start_time,
                begun: &Begun::of_facts(facts),
                end: end.as_ref().map(|(outcome, time)| (outcome, *time)),
                redrivable,
            };
            let told = cluster.reports.put(event.entry().event_id(event_id)).await;
            told.map_err(|error| StepFunctionsError::internal(error.to_string()))
        })
    }

    fn log<'r>(&'r self, change: &'r Change) -> BoxFuture<'r, Result<(), StepFunctionsError>> {
        Box::pin(async move {
            let Some(cluster) = self.cluster() else { return Ok(()) };
            let Some(execution) = cluster.changed(change).await? else {
                return Ok(());
            };
            self.follow(cluster).await?;
            let begun = match self.revision_of_clustered(cluster, &execution).await {
                Ok(revision) => Begun::known(execution.facts(), &revision),
                Err(error) => {
                    tracing::warn!(arn = change.arn, %error, "an execution is not logged");
                    return Ok(());
                }
            };
            if begun.is_logged() {
                let history = cluster.client.history_at(&Place::of_arn(&change.arn)).await?;
                cluster.reports.write_log(&begun, &change.arn, &history);
            }
            Ok(())
        })
    }
}

impl Cluster {
    /// The execution that a change is about, as it was then; `None` if it is not kept any more.
    async fn changed(&self, change: &Change) -> Result<Option<Clustered>, StepFunctionsError> {
        let run = Place::of_arn(&change.arn).run(Some(change.start_time), change.redrive_count);
        let Some((facts, end)) = self.client.told_of_run(&run).await? else {
            tracing::warn!(arn = change.arn, "an execution is not told of: it is not kept any more");
            return Ok(None);
        };
        Ok(Some(Clustered::new(&self.client, facts, end.filter(|_| change.is_end))))
    }
}

impl Clustered {
    /// How it ended, and when; `None` while it runs.
    fn ending(&self) -> Result<Option<(Outcome, DateTime<Utc>)>, StepFunctionsError> {
        let Some(outcome) = self.outcome()? else {
            return Ok(None);
        };
        Ok(self.facts().stop_time.map(|time| (outcome, time)))
    }
}
