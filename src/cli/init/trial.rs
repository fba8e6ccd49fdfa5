//! One run of the machine, with what its tasks are to answer.

use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};

use crate::definition::{IntegrationPattern, ResourceKind, StateMachine};
use crate::execution::{Limits, Program};
use crate::services::lambda::is_invoke;
use crate::simulation::{Answer, Call, Run, Simulation};

/// More states than this are a loop that a test file should not spell out.
const MOST_EVENTS: u64 = 400;

/// What to try.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Trial {
    pub(super) input: Value,
    /// The data from which the tasks answer.
    pub(super) answers: Value,
    /// The tasks that fail, at most one fault for each state.
    pub(super) faults: Vec<Fault>,
}

/// How a task fails.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fault {
    pub(super) state: String,
    pub(super) error: String,
    /// How often; for ever if `None`.
    pub(super) times: Option<usize>,
}

/// What came of it.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) trial: Trial,
    /// The answers by state, in the order of the calls, as a test file has them.
    pub(super) tasks: Vec<(String, Vec<Value>)>,
    pub(super) status: &'static str,
    pub(super) error: Option<String>,
    pub(super) output: Option<Value>,
    pub(super) path: Vec<String>,
    /// Whether the end is one that the definition means: success, or a Fail state.
    pub(super) is_meant: bool,
}

impl Found {
    /// What tells it from others: the states on the way, how often the tasks were asked, and the end.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let calls = |found: &Self| -> Vec<_> {
            let tasks = found.tasks.iter();
            tasks.map(|(state, answers)| (state.clone(), answers.len())).collect()
        };
        self.path == other.path && self.error == other.error && calls(self) == calls(other)
    }
}

/// A machine with the work of its tasks.
pub(super) struct Machine {
    simulation: Simulation,
    program: Arc<Program>,
}

impl Machine {
    pub(super) fn of(machine: &StateMachine) -> Self {
        let limits = Limits {
            history_events: Some(MOST_EVENTS),
            ..Limits::default()
        };
        Self {
            simulation: Simulation::of(machine).allow_left_over().limits(limits),
            program: machine.into(),
        }
    }

    pub(super) fn program(&self) -> &Program {
        &self.program
    }

    /// Runs a trial; `None` if the execution waits for ever.
    pub(super) fn run(&self, trial: &Trial) -> Option<Found> {
        let told: Arc<Mutex<Vec<(String, Value)>>> = Arc::default();
        let mut simulation = self.simulation.clone();
        let mut states: Vec<&str> = self.program.resources().map(|(state, _)| state).collect();
        states.dedup();
        for state in states {
            let (trial, told, program) = (trial.clone(), Arc::clone(&told), Arc::clone(&self.program));
            simulation = simulation.task_with(state, move |call: &Call| {
                let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
                let before = told.iter().filter(|(state, _)| **state == *call.state).count();
                let (answer, text) = trial.answer(call, before, &program);
                told.push((call.state.to_string(), text));
                answer
            });
        }
        let run = simulation.try_run(trial.input.clone()).ok()?;
        let mut tasks: Vec<(String, Vec<Value>)> = Vec::new();
        for (state, answer) in told.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            match tasks.iter_mut().find(|(known, _)| *known == state) {
                Some((_, answers)) => answers.push(answer),
                None => tasks.push((state, vec![answer])),
            }
        }
        Some(Found {
            trial: trial.clone(),
            tasks,
            status: run.outcome().status(),
            error: run.error_name().map(str::to_owned),
            output: run.output().cloned(),
            path: run.path().into_iter().map(str::to_owned).collect(),
            is_meant: is_meant(&run),
        })
    }
}

fn is_meant(run: &Run) -> bool {
    let is_fail = || {
        run.failed_visit()
            .is_some_and(crate::simulation::Visit::is_meant_to_fail)
    };
    run.output().is_some() || is_fail()
}

impl Trial {
    /// The answer to a call, and how a test file writes it.
    fn answer(&self, call: &Call, before: usize, program: &Program) -> (Answer, Value) {
        let strikes = |fault: &&Fault| fault.state == *call.state && fault.times.is_none_or(|times| before < times);
        if let Some(Fault { error, .. }) = self.faults.iter().find(strikes) {
            if error == "States.Timeout" && call.request.timeout_seconds.is_some() {
                return (Answer::timeout(), json!({ "timeout": true }));
            }
            return (Answer::error(error, ""), json!({ "error": error }));
        }
        let result = self.result(call, program);
        let waits = call.resource.pattern() == IntegrationPattern::WaitForTaskToken;
        if waits {
            let answer = Answer::callback(Ok(result.clone()));
            return (answer, json!({ "result": result, "callback": true }));
        }
        if is_invoke(&call.resource) {
            return (Answer::lambda(result.clone()), json!({ "payload": result }));
        }
        (Answer::success(result.clone()), json!({ "result": result }))
    }

    /// The part of the data that the state's `ResultPath` takes; for a Lambda function, its payload.
    fn result(&self, call: &Call, program: &Program) -> Value {
        if let ResourceKind::Service { resource, .. } = call.resource.kind() {
            match &**resource {
                "getObject" => return json!({ "Body": "[{}]" }),
                "listObjectsV2" => return json!({ "Contents": [] }),
                _ => {}
            }
        }
        let state = program.machine().definition().pointer(&call.pointer);
        let result_path = state.and_then(|state| state.get("ResultPath")?.as_str()?.strip_prefix("$."));
        let mut place = result_path.into_iter().flat_map(|path| path.split('.'));
        let part = place.try_fold(&self.answers, |data, name| data.get(name));
        let part = match (self.answers.clone(), part) {
            // A ResultSelector reads the result before it goes to its place.
            (Value::Object(mut all), Some(Value::Object(part))) => {
                all.extend(part.clone());
                Value::Object(all)
            }
            (all, _) => all,
        };
        if !is_invoke(&call.resource) || call.resource.pattern() == IntegrationPattern::WaitForTaskToken {
            return part;
        }
        let Value::Object(mut payload) = part else { return part };
        if let Some(inner) = payload.shift_remove("Payload") {
            match inner {
                Value::Object(inner) => payload.extend(inner),
                _ if payload.is_empty() => return inner,
                _ => {}
            }
        }
        Value::Object(payload)
    }
}
