//! Starts executions at a cluster.

use serde_json::Value;

use super::{Cluster, Clustered};
use crate::data::json_value;
use crate::durable::{Begun, Place, Reported};
use crate::runtime::Launch;
use crate::server::Service;
use crate::services::step_functions::StepFunctionsError;
use crate::store::StoredOrigin;

impl Service {
    /// Starts an execution as `StartExecution` does: a name in use gives the running execution if the input is the same, and
    /// is refused otherwise. Returns its ARN and the time of its start.
    pub(in crate::server) async fn start_clustered(
        &self,
        cluster: &Cluster,
        launch: &Launch<'_>,
    ) -> Result<(String, chrono::DateTime<chrono::Utc>), StepFunctionsError> {
        let target = launch.target;
        let options = self.interpreter.options_of_launch(launch);
        let origin = StoredOrigin {
            request: launch.request(),
            ..StoredOrigin::default()
        };
        let time = chrono::SubsecRound::trunc_subsecs(self.interpreter.now(), 6);
        let services = cluster.services().await?;
        let limits = self.interpreter.own_limits();
        let reported = Reported::by(|service| services.contains(service));
        let begun = Begun::of(&target.program, &options, limits, origin, time, Some(services))
            .reported(reported)
            .doing_activities(self.interpreter.handled_activities(&target.program));
        let arn = begun.arn().to_owned();
        if cluster.client.begin(&begun).await? {
            return Ok((arn, time));
        }
        if let Some(known) = cluster.execution(&arn).await?
            && known.is_running()
            && is_same(known.input(), launch.input)
        {
            return Ok((arn, known.facts().start_time));
        }
        Err(StepFunctionsError::execution_already_exists(&arn))
    }
}

impl Cluster {
    /// What is known of an execution after its end.
    pub(in crate::server) async fn ended(&self, arn: &str) -> Result<Clustered, StepFunctionsError> {
        let (facts, end) = self.client.end_at(&Place::of_arn(arn)).await?;
        Ok(Clustered::new(&self.client, facts, Some(end)))
    }
}

fn is_same(known: &str, input: &Value) -> bool {
    json_value(known).is_ok_and(|known| known == *input)
}
