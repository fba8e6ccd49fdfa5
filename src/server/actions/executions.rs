//! Executions: started, stopped, described, listed, with their histories.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{ARN, DATA, LONG_ARN, NAME, TOKEN, check_name, includes_data};
use crate::data::json::{NotJson, Source};
use crate::data::json_value;
use crate::definition::WorkflowType;
use crate::runtime::{Launch, Launched, Refusal, Resolved};
use crate::server::arn::{Qualifier, StateMachineArn};
use crate::server::execution::{Events, Facts, Sync};
use crate::server::known::Known;
#[cfg(feature = "store")]
use crate::server::page::answer;
use crate::server::page::{Order, Page, descending};
use crate::server::request::Request;
#[cfg(feature = "store")]
use crate::server::stored::list as list_stored;
use crate::server::test_cases::without_test_case;
use crate::server::{Service, seconds};
use crate::services::step_functions::{StepFunctionsError, Target};

/// The most executions that run at once.
const MOST_RUNNING: usize = 100_000;
const EXECUTIONS_TOKEN: usize = 3_096;
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
        StateMachineArn::parse(without_test_case(arn))?;
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

    fn of<'s>(&'s self, resolved: &'s Resolved, is_synchronous: bool) -> Launch<'s> {
        Launch {
            target: &resolved.target,
            mocks: resolved.mocks.as_ref(),
            name: self.name,
            input: &self.input,
            input_text: self.input_text,
            trace_header: self.trace_header,
            is_synchronous,
            is_from_outside: true,
        }
    }

    fn launch(
        &self,
        service: &Service,
        resolved: &Resolved,
        is_synchronous: bool,
        is_from_outside: bool,
    ) -> Result<Launched, StepFunctionsError> {
        service.check_running()?;
        let launched = service.interpreter.launch(&Launch {
            is_from_outside,
            ..self.of(resolved, is_synchronous)
        })?;
        if launched.is_new {
            service.report_begin(&launched.execution, &resolved.target, self.input_text);
        }
        Ok(launched)
    }
}

impl Service {
    /// `StartExecution`: the name and input of a running execution of a Standard workflow return that execution.
    pub(in crate::server) async fn start_execution(
        &self,
        request: &Value,
        is_from_outside: bool,
    ) -> Result<Value, StepFunctionsError> {
        let (members, _) = Start::MEMBERS.split_at(4);
        let start = Start::read(&mut Request::of(request, members)?)?;
        let resolved = self.resolve_for_start(start.arn)?;
        let target = &resolved.target;
        #[cfg(feature = "restate")]
        if let Some(cluster) = self.cluster() {
            let (arn, start_time) = self.start_clustered(cluster, &start.of(&resolved, false)).await?;
            return Ok(started(&arn, start_time));
        }
        let Launched { execution, ack, .. } = match start.launch(self, &resolved, false, is_from_outside) {
            Err(refused) if refused.code() == "ExecutionAlreadyExists" => {
                return self.resting(&start, target).await.unwrap_or(Err(refused));
            }
            launched => launched?,
        };
        ack.wait().await.map_err(Refusal::Driver)?;
        let answer = started(execution.arn(), execution.start_time());
        self.keep(execution, target, start.input_text, start.trace_header);
        Ok(answer)
    }

    /// The answer with a running execution of the same name and input that could not go on here after a restart.
    async fn resting(&self, start: &Start<'_>, target: &Target) -> Option<Result<Value, StepFunctionsError>> {
        let arn = target.state_machine.execution_arn(start.name?);
        let known = self.execution(&arn).await.ok()?.facts();
        let is_same = known.status == "RUNNING" && json_value(&known.input).is_ok_and(|input| input == start.input);
        is_same.then(|| Ok(started(&arn, known.start_time)))
    }

    /// `StartSyncExecution` of an Express workflow: answers at its end, also if it failed.
    pub(in crate::server) async fn start_sync_execution(&self, request: &Value) -> Result<Value, StepFunctionsError> {
        let mut request = Request::of(request, &Start::MEMBERS)?;
        let is_whole = includes_data(&mut request);
        let start = Start::read(&mut request)?;
        let resolved = self.resolve_for_start(start.arn)?;
        let target = &resolved.target;
        if target.program.machine().workflow_type != WorkflowType::Express {
            return Err(StepFunctionsError::type_not_supported());
        }
        #[cfg(feature = "restate")]
        if let Some(cluster) = self.cluster() {
            let (arn, _) = self.start_clustered(cluster, &start.of(&resolved, true)).await?;
            let ended = cluster.ended(&arn).await?;
            let facts = ended.facts();
            let sync = Sync {
                arn: &facts.arn,
                state_machine_arn: &facts.state_machine_arn,
                name: &facts.name,
                status: &facts.status,
                start_time: facts.start_time,
                stop_time: facts.stop_time,
                input: start.input_text,
                trace_header: start.trace_header,
            };
            return Ok(sync.describe(ended.outcome()?.as_ref(), is_whole));
        }
        let Launched { execution, ack, .. } = start.launch(self, &resolved, true, true)?;
        ack.wait().await.map_err(Refusal::Driver)?;
        let outcome = execution.outcome().await;
        let sync = Sync {
            arn: execution.arn(),
            state_machine_arn: &target.state_machine.id,
            name: &execution.name(),
            status: execution.status(),
            start_time: execution.start_time(),
            stop_time: execution.stop_time(),
            input: start.input_text,
            trace_header: start.trace_header,
        };
        Ok(sync.describe(Some(&outcome), is_whole))
    }

    /// `StopExecution`: an ended execution stays as it is.
    pub(in crate::server) async fn stop_execution(&self, request: &Value) -> Result<Value, StepFunctionsError> {
        let mut request = Request::of(request, &["executionArn", "error", "cause"])?;
        let arn = request.required_text("executionArn", ARN);
        let error = request.data("error", 0..=256);
        let cause = request.data("cause", 0..=32_768);
        request.check()?;
        let stopped = match self.execution(arn).await? {
            Known::InMemory(execution) => {
                execution.handle.stop(error, cause);
                execution.handle.stop_time()
            }
            #[cfg(feature = "store")]
            Known::Stored(execution) if execution.is_running() => {
                let handle = execution.handle(&self.interpreter)?;
                handle.stop_with(error, cause).wait().await?;
                // The store knows of the end a moment before this process does.
                handle.outcome().await;
                self.execution(arn).await?.facts().stop_time
            }
            #[cfg(feature = "store")]
            Known::Stored(execution) => execution.facts().stop_time,
            #[cfg(feature = "restate")]
            Known::Clustered(execution) => execution.stop(error, cause).await?,
        };
        let stopped = stopped.unwrap_or_else(|| self.interpreter.now());
        Ok(json!({ "stopDate": seconds(stopped) }))
    }

    /// Errors where no more executions may run.
    pub(super) fn check_running(&self) -> Result<(), StepFunctionsError> {
        if self.interpreter.running() < MOST_RUNNING {
            return Ok(());
        }
        let problem = format!("{MOST_RUNNING} executions are running, which is the most");
        Err(StepFunctionsError::execution_limit_exceeded(&problem))
    }

    /// `DescribeExecution`
    pub(in crate::server) async fn describe_execution(&self, request: &Value) -> Result<Value, StepFunctionsError> {
        let mut request = Request::of(request, &["executionArn", "includedData"])?;
        let arn = request.required_text("executionArn", ARN);
        let is_whole = includes_data(&mut request);
        request.check()?;
        let execution = self.execution(arn).await?;
        let redrivable = self.check_redrivable(&execution).await?;
        let outcome = execution.outcome()?;
        Ok(execution.facts().describe(outcome.as_ref(), redrivable, is_whole))
    }

    /// `ListExecutions` of a state machine, one of its versions or one of its aliases, the latest first.
    #[cfg_attr(
        not(feature = "restate"),
        expect(clippy::unused_async, reason = "a cluster is asked and waited for")
    )]
    pub(in crate::server) async fn list_executions(&self, request: &Value) -> Result<Value, StepFunctionsError> {
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
        if self.registry().state_machine(&arn)?.workflow_type == WorkflowType::Express {
            return Err(StepFunctionsError::type_not_supported());
        }
        let is_asked_for = |execution: &Facts| {
            let started_as = match arn.qualifier {
                None => Some(arn.text),
                Some(Qualifier::Version(_)) => execution.version_arn.as_deref(),
                Some(Qualifier::Alias(_)) => execution.alias_arn.as_deref(),
            };
            started_as == Some(arn.text)
                && redrive.is_none_or(|filter| (filter == "REDRIVEN") == (execution.redrive_count > 0))
        };
        let list = format!("executions of {} {}", arn.text, status.unwrap_or_default());
        #[cfg(feature = "store")]
        if let Some(documents) = &self.documents {
            let after = page.after(&list)?;
            let after = Order::Descending.number_in(after.as_deref())?;
            let piece = list_stored(documents, arn.unqualified, status, after, page.most(), is_asked_for)?;
            let next = piece.go_on_after.map(descending);
            let items = piece.items.iter().map(Facts::list_item);
            return Ok(answer("executions", &list, items, next.as_deref()));
        }
        #[cfg(feature = "restate")]
        if let Some(cluster) = self.cluster() {
            let asked = (list.as_str(), &page);
            return self
                .list_clustered(cluster, asked, arn.unqualified, status, is_asked_for)
                .await;
        }
        let registry = self.registry();
        let executions = registry.executions.of_state_machine(arn.unqualified);
        let listed = executions
            .map(|execution| execution.facts())
            .filter(|execution| status.is_none_or(|status| execution.status == status))
            .filter(is_asked_for);
        let items = listed.map(|execution| (descending(execution.number), execution.list_item()));
        page.of("executions", &list, items)
    }

    /// `GetExecutionHistory`, from the first event or, reversed, from the last.
    pub(in crate::server) async fn execution_history(&self, request: &Value) -> Result<Value, StepFunctionsError> {
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
        let execution = self.execution(arn).await?;
        let list = format!("history of {arn} {is_reverse}");
        let after = page.after(&list)?;
        let order = if is_reverse {
            Order::Descending
        } else {
            Order::Ascending
        };
        let asked = Events {
            after: order.number_in(after.as_deref())?,
            is_reverse,
            // One more, which says that there is a next page.
            most: page.most() + 1,
        };
        let events = execution.history(asked).await?;
        let input = execution.facts().input;
        let items = events
            .iter()
            .map(|event| (order.key(event.id), event_json(event.to_json(), &input, includes_data)));
        page.of("events", &list, items)
    }
}

/// The response of `StartExecution`.
fn started(arn: &str, start_time: DateTime<Utc>) -> Value {
    json!({ "executionArn": arn, "startDate": seconds(start_time) })
}

/// An event in the API's form: the execution's input is the caller's own text.
pub(in crate::server) fn event_json(mut event: Value, input: &str, includes_data: bool) -> Value {
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
