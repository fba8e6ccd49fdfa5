//! Map Runs: listed by their execution, described one by one.

use serde_json::{Value, json};

use super::{ARN, LONG_ARN, TOKEN};
use crate::execution::{MapRun, MapRunStatus};
use crate::runtime::ExecutionHandle;
use crate::server::arn::check_map_run;
use crate::server::page::{Page, ascending};
use crate::server::request::Request;
use crate::server::{Service, seconds, with};
use crate::services::step_functions::StepFunctionsError;

impl Service {
    /// `ListMapRuns` of an execution, in the order of their starts.
    pub(in crate::server) fn list_map_runs(&self, request: &Value) -> Result<Value, StepFunctionsError> {
        let mut request = Request::of(request, &["executionArn", "maxResults", "nextToken"])?;
        let arn = request.required_text("executionArn", ARN);
        let page = Page::read(&mut request, TOKEN);
        request.check()?;
        let runs = self.execution(arn)?.handle.described_map_runs();
        let of_execution = runs.iter().filter(|run| *run.execution_arn == *arn);
        let items = (0..).zip(of_execution.map(list_item));
        page.of(
            "mapRuns",
            &format!("Map Runs of {arn}"),
            items.map(|(number, item)| (ascending(number), item)),
        )
    }

    /// `DescribeMapRun`
    pub(in crate::server) fn describe_map_run(&self, request: &Value) -> Result<Value, StepFunctionsError> {
        let mut request = Request::of(request, &["mapRunArn"])?;
        let arn = request.required_text("mapRunArn", LONG_ARN);
        request.check()?;
        let state_machine_arn = check_map_run(arn)?;
        let executions: Vec<_> = {
            let registry = self.registry();
            let of_machine = registry.executions.of_state_machine(&state_machine_arn);
            of_machine.map(|execution| execution.handle.clone()).collect()
        };
        let mut runs = executions.iter().flat_map(ExecutionHandle::described_map_runs);
        let run = runs.find(|run| *run.map_run_arn == *arn);
        run.map(|run| description(&run))
            .ok_or_else(|| StepFunctionsError::resource_not_found(arn))
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
