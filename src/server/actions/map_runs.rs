//! Map Runs: listed by their execution, described and updated one by one.

use serde_json::{Value, json};

use super::{ARN, LONG_ARN, TOKEN};
use crate::execution::{MapRun, MapRunStatus, MapRunUpdate};
use crate::server::arn::check_map_run;
use crate::server::known::Known;
use crate::server::page::{Page, ascending};
use crate::server::request::Request;
#[cfg(feature = "store")]
use crate::server::stored::with_map_run;
use crate::server::{Service, empty, seconds, with};
use crate::services::step_functions::StepFunctionsError;

impl Service {
    /// `ListMapRuns` of an execution, in the order of their starts.
    pub(in crate::server) async fn list_map_runs(&self, request: &Value) -> Result<Value, StepFunctionsError> {
        let mut request = Request::of(request, &["executionArn", "maxResults", "nextToken"])?;
        let arn = request.required_text("executionArn", ARN);
        let page = Page::read(&mut request, TOKEN);
        request.check()?;
        let runs = self.map_runs_of(&self.execution(arn).await?).await?;
        let of_execution = runs.iter().filter(|run| *run.execution_arn == *arn);
        let items = (0..).zip(of_execution.map(list_item));
        page.of(
            "mapRuns",
            &format!("Map Runs of {arn}"),
            items.map(|(number, item)| (ascending(number), item)),
        )
    }

    /// `DescribeMapRun`
    pub(in crate::server) async fn describe_map_run(&self, request: &Value) -> Result<Value, StepFunctionsError> {
        let mut request = Request::of(request, &["mapRunArn"])?;
        let arn = request.required_text("mapRunArn", LONG_ARN);
        request.check()?;
        let (run, _) = self.map_run(arn).await?;
        Ok(description(&run))
    }

    /// `UpdateMapRun`: members that are absent stay as they are. A Map Run that has ended is refused.
    pub(in crate::server) async fn update_map_run(&self, request: &Value) -> Result<Value, StepFunctionsError> {
        let members = [
            "mapRunArn",
            "maxConcurrency",
            "toleratedFailurePercentage",
            "toleratedFailureCount",
        ];
        let mut request = Request::of(request, &members)?;
        let arn = request.required_text("mapRunArn", LONG_ARN);
        let max_concurrency = request.number("maxConcurrency", 0..=i32::MAX.into());
        let tolerated_failure_percentage = request.decimal("toleratedFailurePercentage", 0.0..=100.0);
        let tolerated_failure_count = request.number("toleratedFailureCount", 0..=i64::MAX);
        request.check()?;
        let (run, execution) = self.map_run(arn).await?;
        let ended = || {
            let message = format!("A Map Run that has ended cannot be updated: '{arn}'");
            StepFunctionsError::validation(message).because("CANNOT_UPDATE_COMPLETED_MAP_RUN")
        };
        if run.status != MapRunStatus::Running {
            return Err(ended());
        }
        let update = MapRunUpdate {
            map_run_arn: run.map_run_arn,
            max_concurrency: max_concurrency.and_then(|most| most.try_into().ok()),
            tolerated_failure_count: tolerated_failure_count.and_then(|count| count.try_into().ok()),
            tolerated_failure_percentage,
        };
        let handle = match &execution {
            Known::InMemory(execution) => execution.handle.clone(),
            #[cfg(feature = "store")]
            Known::Stored(execution) => execution.handle(&self.interpreter)?,
            #[cfg(feature = "restate")]
            Known::Clustered(execution) => {
                let was_running = execution.update_map_run(&update).await?;
                return if was_running { Ok(empty()) } else { Err(ended()) };
            }
        };
        handle.update_map_run(update).ok_or_else(ended)?.wait().await?;
        Ok(empty())
    }

    /// The Map Run of an ARN with its execution.
    pub(in crate::server) async fn map_run(&self, arn: &str) -> Result<(MapRun, Known), StepFunctionsError> {
        let state_machine_arn = check_map_run(arn)?;
        let missing = || StepFunctionsError::resource_not_found(arn);
        #[cfg(feature = "restate")]
        if let Some(cluster) = self.cluster() {
            let execution_arn = cluster.client.execution_of_map_run(arn).await?.ok_or_else(missing)?;
            let execution = self.execution(&execution_arn).await?;
            return self.in_execution(arn, execution).await?.ok_or_else(missing);
        }
        #[cfg(feature = "store")]
        if let Some(documents) = &self.documents {
            let execution = with_map_run(documents, &state_machine_arn, arn).await?;
            let execution = Known::Stored(Box::new(execution.ok_or_else(missing)?));
            return self.in_execution(arn, execution).await?.ok_or_else(missing);
        }
        let executions: Vec<_> = {
            let registry = self.registry();
            let of_machine = registry.executions.of_state_machine(&state_machine_arn);
            of_machine.cloned().collect()
        };
        for execution in executions {
            if let Some(found) = self.in_execution(arn, Known::InMemory(execution)).await? {
                return Ok(found);
            }
        }
        Err(missing())
    }

    /// The Map Run of an ARN, if it is of an execution.
    async fn in_execution(&self, arn: &str, execution: Known) -> Result<Option<(MapRun, Known)>, StepFunctionsError> {
        let mut runs = self.map_runs_of(&execution).await?.into_iter();
        let run = runs.find(|run| *run.map_run_arn == *arn);
        Ok(run.map(|run| (run, execution)))
    }
}

fn list_item(run: &MapRun) -> Value {
    let labelled = run.map_run_arn.rsplit_once(':').map_or("", |(labelled, _)| labelled);
    let item = json!({
        "executionArn": *run.execution_arn,
        "mapRunArn": *run.map_run_arn,
        "stateMachineArn": labelled.replacen(":mapRun:", ":stateMachine:", 1),
        "startDate": seconds(run.start_date),
    });
    stopped(item, run)
}

fn description(run: &MapRun) -> Value {
    let item = json!({
        "mapRunArn": *run.map_run_arn,
        "executionArn": *run.execution_arn,
        "status": run.status,
        "startDate": seconds(run.start_date),
        "maxConcurrency": run.max_concurrency,
        "toleratedFailureCount": run.tolerated_failure_count,
        "toleratedFailurePercentage": run.tolerated_failure_percentage,
        "itemCounts": run.item_counts,
        "executionCounts": run.execution_counts,
        "redriveCount": run.redrive_count,
    });
    let item = match run.redrive_date {
        Some(redrive_date) => with(item, "redriveDate", seconds(redrive_date)),
        None => item,
    };
    stopped(item, run)
}

fn stopped(item: Value, run: &MapRun) -> Value {
    match run.stop_date.filter(|_| run.status != MapRunStatus::Running) {
        Some(stop_date) => with(item, "stopDate", seconds(stop_date)),
        None => item,
    }
}
