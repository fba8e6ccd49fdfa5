//! Map Runs: listed by their execution, described one by one.

use serde_json::{Value, json};

use super::{ARN, LONG_ARN, TOKEN};
use crate::execution::{MapRun, MapRunStatus};
use crate::runtime::ExecutionHandle;
use crate::server::arn::check_map_run;
use crate::server::page::{Page, ascending};
use crate::server::request::Request;
#[cfg(feature = "store")]
use crate::server::stored::with_map_run;
use crate::server::{Service, seconds, with};
use crate::services::step_functions::StepFunctionsError;

impl Service {
    /// `ListMapRuns` of an execution, in the order of their starts.
    pub(in crate::server) fn list_map_runs(&self, request: &Value) -> Result<Value, StepFunctionsError> {
        let mut request = Request::of(request, &["executionArn", "maxResults", "nextToken"])?;
        let arn = request.required_text("executionArn", ARN);
        let page = Page::read(&mut request, TOKEN);
        request.check()?;
        let runs = self.map_runs_of(&self.execution(arn)?)?;
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
        let state_machine_arn = check_map_run(arn)?;
        let run = self.map_run(&state_machine_arn, arn).await?;
        run.map(|run| description(&run))
            .ok_or_else(|| StepFunctionsError::resource_not_found(arn))
    }

    #[cfg_attr(
        not(feature = "store"),
        expect(clippy::unused_async, reason = "a store may hold many executions, and be unreadable")
    )]
    async fn map_run(&self, state_machine_arn: &str, arn: &str) -> Result<Option<MapRun>, StepFunctionsError> {
        let is_it = |run: &MapRun| *run.map_run_arn == *arn;
        #[cfg(feature = "store")]
        if let Some(documents) = &self.documents {
            let found = with_map_run(documents, state_machine_arn, arn).await?;
            let runs = found.map_or(Ok(Vec::new()), |execution| execution.map_runs(&self.interpreter))?;
            return Ok(runs.into_iter().find(is_it));
        }
        let executions: Vec<_> = {
            let registry = self.registry();
            let of_machine = registry.executions.of_state_machine(state_machine_arn);
            of_machine.map(|execution| execution.handle.clone()).collect()
        };
        let mut runs = executions.iter().flat_map(ExecutionHandle::described_map_runs);
        Ok(runs.find(is_it))
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
