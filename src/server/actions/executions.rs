//! Executions: started, stopped, described, listed, with their histories.

use serde_json::{Value, json};
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::{ARN, DATA, LONG_ARN, NAME, TOKEN, check_name, includes_data};
use crate::data::json::{NotJson, Source};
use crate::data::json_value;
use crate::definition::WorkflowType;
use crate::runtime::{Ack, ExecutionHandle, Refusal};
use crate::server::arn::{Qualifier, StateMachineArn, check_execution};
use crate::server::execution::{Execution, describe_sync};
use crate::server::page::{Page, ascending, descending};
use crate::server::request::Request;
use crate::server::{Service, seconds};
use crate::services::step_functions::{StepFunctionsError, Target};

/// The most executions that run at once.
const MOST_RUNNING: usize = 100_000;
const EXECUTIONS_TOKEN: usize = 3_096;
const CLIENT_TOKEN: RangeInclusive<usize> = 1..=64;
const STATUSES: [&str; 6] = [
    "SUCCEEDED",
    "TIMED_OUT",
    "PENDING_REDRIVE",
    "ABORTED",
    "FAILED",
    "RUNNING",
];
/// The members of events that hold the execution's data.
const DATA_OF_EVENTS: [&str; 4] = ["assignedVariables", "input", "output", "parameters"];

/// The request of `StartExecution` and `StartSyncExecution`.
struct Start<'r> {
    arn: &'r str,
    name: Option<&'r str>,
    input: Value,
    input_text: &'r str,
    trace_header: Option<&'r str>,
}

impl<'r> Start<'r> {
    const MEMBERS: [&'static str; 5] = ["stateMachineArn", "name", "input", "traceHeader", "includedData"];

    fn read(request: &mut Request<'r>) -> Result<Self, StepFunctionsError> {
        let arn = request.required_text("stateMachineArn", ARN);
        let name = request.text("name", NAME);
        let input_text = request.data("input", DATA).unwrap_or("{}");
        let trace_header = request.text("traceHeader", 0..=256);
        request.check()?;
        StateMachineArn::parse(arn)?;
        name.map_or(Ok(()), check_name)?;
        let input = json_value(input_text).map_err(|_| {
            let problem = match input_text {
                "" => "Invalid execution input.".to_owned(),
                text => NotJson::of(text).problem(Source::Quoted),
            };
            StepFunctionsError::invalid_execution_input(&problem)
        })?;
        Ok(Self {
            arn,
            name,
            input,
            input_text,
            trace_header,
        })
    }

    fn launch(
        &self,
        service: &Service,
        target: &Target,
        is_synchronous: bool,
    ) -> Result<(ExecutionHandle, Ack), StepFunctionsError> {
        service.check_running()?;
        let name = self.name.map(str::to_owned);
        Ok(service.interpreter.launch(target, name, &self.input, is_synchronous)?)
    }
}

impl Service {
    /// `StartExecution`: the name and input of a running execution of a Standard workflow return that execution.
    pub(in crate::server) async fn start_execution(&self, request: &Value) -> Result<Value, StepFunctionsError> {
        let (members, _) = Start::MEMBERS.split_at(4);
        let start = Start::read(&mut Request::of(request, members)?)?;
        let target = self.registry().target(start.arn)?;
        let (handle, ack) = start.launch(self, &target, false)?;
        ack.wait().await.map_err(Refusal::Driver)?;
        let answer = json!({ "executionArn": handle.arn(), "startDate": seconds(handle.start_time()) });
        if target.program.machine().workflow_type == WorkflowType::Standard {
            let mut registry = self.registry();
            registry.add_execution(handle, &target, start.input_text, start.trace_header);
        }
        Ok(answer)
    }

    /// `StartSyncExecution` of an Express workflow: answers at its end, also if it failed.
    pub(in crate::server) async fn start_sync_execution(&self, request: &Value) -> Result<Value, StepFunctionsError> {
        let mut request = Request::of(request, &Start::MEMBERS)?;
        let is_whole = includes_data(&mut request);
        let start = Start::read(&mut request)?;
        let target = self.registry().target(start.arn)?;
        if target.program.machine().workflow_type != WorkflowType::Express {
            return Err(StepFunctionsError::type_not_supported());
        }
        let (handle, ack) = start.launch(self, &target, true)?;
        ack.wait().await.map_err(Refusal::Driver)?;
        handle.outcome().await;
        let state_machine_arn = &target.state_machine.id;
        Ok(describe_sync(
            &handle,
            state_machine_arn,
            start.input_text,
            start.trace_header,
            is_whole,
        ))
    }

    /// `StopExecution`: an ended execution stays as it is.
    pub(in crate::server) fn stop_execution(&self, request: &Value) -> Result<Value, StepFunctionsError> {
        let mut request = Request::of(request, &["executionArn", "error", "cause"])?;
        let arn = request.required_text("executionArn", ARN);
        let error = request.data("error", 0..=256);
        let cause = request.data("cause", 0..=32_768);
        request.check()?;
        let execution = self.execution(arn)?;
        execution.handle.stop(error, cause);
        let stopped = execution.handle.stop_time().unwrap_or_else(|| self.interpreter.now());
        Ok(json!({ "stopDate": seconds(stopped) }))
    }

    /// `RedriveExecution`: a client token that has redriven the execution before returns the date of that redrive.
    pub(in crate::server) fn redrive_execution(&self, request: &Value) -> Result<Value, StepFunctionsError> {
        let mut request = Request::of(request, &["executionArn", "clientToken"])?;
        let arn = request.required_text("executionArn", ARN);
        let token = request.text("clientToken", CLIENT_TOKEN);
        request.check()?;
        let execution = self.execution(arn)?;
        self.check_running()?;
        let date = execution
            .redrives
            .redrive(&execution.handle, token, self.interpreter.now())?;
        Ok(json!({ "redriveDate": seconds(date) }))
    }

    /// Errors where no more executions may run.
    fn check_running(&self) -> Result<(), StepFunctionsError> {
        if self.interpreter.running() < MOST_RUNNING {
            return Ok(());
        }
        let problem = format!("{MOST_RUNNING} executions are running, which is the most");
        Err(StepFunctionsError::execution_limit_exceeded(&problem))
    }

    /// `DescribeExecution`
    pub(in crate::server) fn describe_execution(&self, request: &Value) -> Result<Value, StepFunctionsError> {
        let mut request = Request::of(request, &["executionArn", "includedData"])?;
        let arn = request.required_text("executionArn", ARN);
        let is_whole = includes_data(&mut request);
        request.check()?;
        Ok(self.execution(arn)?.describe(is_whole))
    }

    /// `ListExecutions` of a state machine, one of its versions or one of its aliases, the latest first.
    pub(in crate::server) fn list_executions(&self, request: &Value) -> Result<Value, StepFunctionsError> {
        let members = [
            "stateMachineArn",
            "mapRunArn",
            "statusFilter",
            "redriveFilter",
            "maxResults",
            "nextToken",
        ];
        let mut request = Request::of(request, &members)?;
        let arn = request.text("stateMachineArn", ARN);
        let map_run_arn = request.text("mapRunArn", LONG_ARN);
        let status = request.one_of("statusFilter", &STATUSES);
        let redrive = request.one_of("redriveFilter", &["REDRIVEN", "NOT_REDRIVEN"]);
        let page = Page::read(&mut request, EXECUTIONS_TOKEN);
        request.check()?;
        let Some(arn) = arn.filter(|_| map_run_arn.is_none()) else {
            let message = match map_run_arn {
                Some(_) if arn.is_none() => "executions of Map Runs are not listed here: name a stateMachineArn",
                _ => "Must specify exactly one of stateMachineArn and mapRunArn",
            };
            return Err(StepFunctionsError::validation(message));
        };
        let arn = StateMachineArn::parse(arn)?;
        let mut registry = self.registry();
        let machine = registry.state_machine(&arn)?;
        if machine.workflow_type == WorkflowType::Express {
            return Err(StepFunctionsError::type_not_supported());
        }
        let executions = registry.executions.of_state_machine(arn.unqualified);
        let is_asked_for = |execution: &&Arc<Execution>| {
            let started_as = match arn.qualifier {
                None => return true,
                Some(Qualifier::Version(_)) => &execution.version_arn,
                Some(Qualifier::Alias(_)) => &execution.alias_arn,
            };
            started_as.as_deref() == Some(arn.text)
        };
        let listed = executions
            .filter(is_asked_for)
            .filter(|execution| status.is_none_or(|status| execution.handle.status() == status))
            .filter(|execution| redrive.is_none_or(|filter| (filter == "REDRIVEN") == execution.is_redriven()));
        let list = format!("executions of {} {}", arn.text, status.unwrap_or_default());
        page.of(
            "executions",
            &list,
            listed.map(|e| (descending(e.number), e.list_item())),
        )
    }

    /// `GetExecutionHistory`, from the first event or, reversed, from the last.
    pub(in crate::server) fn execution_history(&self, request: &Value) -> Result<Value, StepFunctionsError> {
        let members = [
            "executionArn",
            "includeExecutionData",
            "reverseOrder",
            "maxResults",
            "nextToken",
        ];
        let mut request = Request::of(request, &members)?;
        let arn = request.required_text("executionArn", ARN);
        let includes_data = request.boolean("includeExecutionData").unwrap_or(true);
        let is_reverse = request.boolean("reverseOrder").unwrap_or(false);
        let page = Page::read(&mut request, TOKEN);
        request.check()?;
        let execution = self.execution(arn)?;
        let mut events = execution.handle.history();
        if is_reverse {
            events.reverse();
        }
        let items = events.iter().map(|event| {
            let key = if is_reverse {
                descending(event.id)
            } else {
                ascending(event.id)
            };
            (key, event_json(event.to_json(), &execution.input, includes_data))
        });
        page.of("events", &format!("history of {arn} {is_reverse}"), items)
    }

    pub(super) fn execution(&self, arn: &str) -> Result<Arc<Execution>, StepFunctionsError> {
        check_execution(arn)?;
        self.registry().execution(arn).cloned()
    }
}

/// An event in the API's form: the execution's input is the caller's own text.
fn event_json(mut event: Value, input: &str, includes_data: bool) -> Value {
    if let Some(Value::Object(details)) = event.get_mut("executionStartedEventDetails") {
        details.insert("input".to_owned(), input.into());
    }
    if includes_data {
        return event;
    }
    for (_, member) in event.as_object_mut().into_iter().flatten() {
        if let Some(details) = member.as_object_mut() {
            details.retain(|name, _| !DATA_OF_EVENTS.contains(&name.as_str()));
        }
    }
    event
}
