//! Executions that the simulated one starts, in the same virtual time.

use chrono::{DateTime, Utc};
use serde_json::json;
use std::collections::VecDeque;

use super::{Driver, observer};
use crate::TaskError;
use crate::definition::{IntegrationPattern, WorkflowType};
use crate::execution::{Event, Execution, Outcome, Program, StartOptions, Task, TaskId};
use crate::history::{ErrorOutput, HistoryEvent};
use crate::services::step_functions::{
    Action, Description, Lineage, Operation, Parent, SendTask, StartExecution, StepFunctionsError, Target, TaskAnswer,
    started,
};
use crate::simulation::observer::Observer;
use crate::simulation::run::ExecutionRun;

/// How many executions may run at once, so that an endless chain of executions stops.
const CROWD: usize = 1_000;

/// An execution of a simulation.
pub(super) struct Member {
    pub(super) execution: Execution,
    pub(super) history: Vec<HistoryEvent>,
    pub(super) observer: Observer,
    lineage: Lineage,
    keeps_name: bool,
    /// The deadline noted by the driver.
    pub(super) armed: Option<DateTime<Utc>>,
    /// The tasks waiting for its end.
    waiting: Vec<Waiting>,
}

/// A task waiting for the end of an execution.
struct Waiting {
    member: usize,
    task: TaskId,
    operation: Operation,
    /// The input from the task.
    input: String,
}

impl Member {
    pub(super) fn root(execution: Execution, observer: Observer) -> Self {
        Self {
            execution,
            observer,
            history: Vec::new(),
            lineage: Lineage::default(),
            keeps_name: false,
            armed: None,
            waiting: Vec::new(),
        }
    }

    /// Reads what the execution did since the last call.
    pub(super) fn observe(&mut self) {
        let trace = self.execution.take_trace();
        self.observer.observe(trace);
    }

    /// The result of the execution when it has ended or is no longer watched.
    pub(super) fn into_run(self, outcome: Option<Outcome>) -> ExecutionRun {
        ExecutionRun {
            arn: self.execution.arn().clone(),
            is_data_cut: self.execution.is_trace_cut(),
            input: self.execution.context().input.clone(),
            outcome,
            visits: self.observer.visits,
            history: self.history,
            program: self.execution.program().clone(),
        }
    }

    fn start_time(&self) -> DateTime<Utc> {
        self.execution.context().start_time
    }
}

impl Driver<'_> {
    /// Carries out a task's request to Step Functions itself.
    pub(super) fn call_service(&mut self, id: usize, task: &Task, operation: Operation, polled: &mut VecDeque<usize>) {
        let done = if operation.starts_executions() {
            self.start_execution(id, task, operation, polled)
        } else {
            self.send_task(id, task, operation)
        };
        if let Err(error) = done {
            let error = error.into();
            self.send(self.now, id, Event::TaskFailed { task: task.id, error });
        }
    }

    fn start_execution(
        &mut self,
        id: usize,
        task: &Task,
        operation: Operation,
        polled: &mut VecDeque<usize>,
    ) -> Result<(), TaskError> {
        let request = StartExecution::read(&task.request.effective_input, operation.style)?;
        let child = self.child(id, operation, &request, polled);
        let child = child.map_err(|error| error.in_style(operation.style))?;
        let Some(member) = self.members.get_mut(&child) else {
            return Ok(());
        };
        let output = started(operation.style, member.execution.arn(), member.start_time());
        if operation.action != Action::StartExecution {
            self.awaited.insert((id, task.id), child);
            member.waiting.push(Waiting {
                member: id,
                task: task.id,
                operation,
                input: request.input_text,
            });
        }
        let task_id = task.id;
        let event = match (operation.action, task.resource.pattern()) {
            // An execution that is not observed shows nothing before its end.
            (Action::StartSyncExecution, _) => return Ok(()),
            (_, IntegrationPattern::RequestResponse) => Event::TaskSucceeded {
                task: task_id,
                raw_result: output,
            },
            (_, IntegrationPattern::Sync | IntegrationPattern::WaitForTaskToken) => {
                Event::TaskSubmitted { task: task_id, output }
            }
        };
        self.send(self.now, id, event);
        Ok(())
    }

    /// The execution for a start request: a new one, or the running one of the same name.
    fn child(
        &mut self,
        id: usize,
        operation: Operation,
        request: &StartExecution,
        polled: &mut VecDeque<usize>,
    ) -> Result<usize, StepFunctionsError> {
        let simulation = self.simulation;
        let Target {
            program, state_machine, ..
        } = simulation.state_machines.resolve(&request.state_machine_arn)?;
        let is_express = program.machine().workflow_type == WorkflowType::Express;
        operation.check_type(is_express)?;
        let mut options = self.child_options(&program, request, operation.action);
        options.state_machine = state_machine;
        let arn = options.execution_arn();
        let mut running = self.members.iter();
        let is_it = |member: &Member| request.name.is_some() && **member.execution.arn() == arn;
        let known = running.find(|(_, member)| is_it(member));
        if let Some((known, member)) = known {
            let is_same = member.execution.is_running() && member.execution.context().input == request.input;
            return if is_same {
                Ok(*known)
            } else {
                Err(StepFunctionsError::execution_already_exists(&arn))
            };
        }
        if self.closed_names.contains(&arn, self.now) {
            return Err(StepFunctionsError::execution_already_exists(&arn));
        }
        let parent = self.members.get(&id).map(|parent| Parent {
            lineage: parent.lineage,
            start_time: parent.start_time(),
            waits: operation.action != Action::StartExecution,
            crowd: CROWD,
        });
        let lineage = parent.map(|parent| parent.start_child(self.now, self.members.len()));
        self.started += 1;
        options.is_traced = true;
        let observer = observer(simulation, &program, self.now);
        let member = Member {
            observer,
            execution: Execution::start(program, options, self.now),
            history: Vec::new(),
            lineage: lineage.transpose()?.unwrap_or_default(),
            keeps_name: request.name.is_some() && !is_express,
            armed: None,
            waiting: Vec::new(),
        };
        self.members.insert(self.started, member);
        polled.push_back(self.started);
        Ok(self.started)
    }

    /// The simulation's options, with a name, a seed and an id derived from the order of the starts.
    fn child_options(&self, program: &Program, request: &StartExecution, action: Action) -> StartOptions {
        let number = self.started as u64 + 1;
        let uuid = format!("00000000-0000-4000-8000-{number:012x}");
        let mut options = self.simulation.options.clone();
        options.input = request.input.clone().into();
        options.seed = options.seed.wrapping_add(number);
        let is_express = program.machine().workflow_type == WorkflowType::Express;
        options.express_id = is_express.then(|| uuid.clone());
        options.is_synchronous = action == Action::StartSyncExecution;
        options.name = request.name.clone().unwrap_or(uuid);
        options
    }

    /// Handles the end of an execution that another one started.
    pub(super) fn child_ended(&mut self, id: usize, outcome: &Outcome) {
        let Some(mut child) = self.members.remove(&id) else {
            return;
        };
        child.observe();
        if let Some(at) = child.armed {
            self.deadlines.remove(&(at, id));
        }
        if child.keeps_name {
            self.closed_names.insert(child.execution.arn(), self.now);
        }
        let context = child.execution.context();
        for waiting in &child.waiting {
            let description = Description {
                execution_arn: &context.id,
                state_machine_arn: &child.execution.state_machine().id,
                name: context.name(),
                input: &waiting.input,
                start_date: context.start_time,
                stop_date: self.now,
                outcome,
                redrive_count: context.redrive_count.unwrap_or(0),
            };
            let task = waiting.task;
            self.awaited.remove(&(waiting.member, task));
            let event = match waiting.operation.ended(&description) {
                Ok(raw_result) => Event::TaskSucceeded { task, raw_result },
                Err(error) => Event::TaskFailed {
                    task,
                    error: error.into(),
                },
            };
            self.send(self.now, waiting.member, event);
        }
        self.ended.push(child.into_run(Some(outcome.clone())));
    }

    /// Forgets a cancelled task and its wait for an execution.
    pub(super) fn stop_child(&mut self, id: usize, task: TaskId, polled: &mut VecDeque<usize>) {
        let Some(child) = self.awaited.remove(&(id, task)) else {
            return;
        };
        let Some(member) = self.members.get_mut(&child) else {
            return;
        };
        let is_it = |waiting: &Waiting| waiting.member == id && waiting.task == task;
        let Some(i) = member.waiting.iter().position(is_it) else {
            return;
        };
        let waiting = member.waiting.swap_remove(i);
        if waiting.operation.action != Action::StartSyncExecution {
            let stop = Event::Stop(ErrorOutput::default());
            member.execution.handle(self.now, stop);
            polled.push_back(child);
        }
    }

    /// Delivers an answer given by token.
    fn send_task(&mut self, id: usize, task: &Task, operation: Operation) -> Result<(), TaskError> {
        let request = SendTask::read(operation.action, &task.request.effective_input)?;
        let in_style = |error: StepFunctionsError| error.in_style(operation.style);
        let holder = self.tokens.get(&request.token).copied();
        let (member, asked) = holder.ok_or_else(|| in_style(StepFunctionsError::invalid_token()))?;
        let is_waiting = self.members.get_mut(&member).is_some_and(|member| {
            let tasks = member.execution.unanswered_tasks();
            tasks.iter().any(|task| task.id == asked)
        });
        if !is_waiting {
            return Err(in_style(StepFunctionsError::task_timed_out()));
        }
        let event = match request.into_answer(operation.style)? {
            TaskAnswer::Success(raw_result) => Event::TaskSucceeded {
                task: asked,
                raw_result,
            },
            TaskAnswer::Failure(error) => Event::TaskFailed { task: asked, error },
            TaskAnswer::Heartbeat => Event::TaskHeartbeat { task: asked },
        };
        self.send(self.now, member, event);
        let output = json!({});
        self.send(
            self.now,
            id,
            Event::TaskSucceeded {
                task: task.id,
                raw_result: output,
            },
        );
        Ok(())
    }
}
