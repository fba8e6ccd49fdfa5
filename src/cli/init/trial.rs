//! One run of the machine, with what its tasks are to answer.

use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};

use crate::definition::{IntegrationPattern, ResourceKind, StateMachine};
use crate::error::predefined_errors;
use crate::execution::{Limits, Program};
use crate::services::lambda::is_invoke;
use crate::simulation::{Answer, Call, Coverage, Run, Simulation};

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
    /// How many items the readers of distributed Maps find.
    pub(super) items: usize,
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
    /// The points of the coverage that it misses, by their number.
    missed: Vec<usize>,
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

    /// Whether it exercises the same parts of the definition.
    pub(super) fn covers_the_same(&self, other: &Self) -> bool {
        self.missed == other.missed
    }

    /// The points that neither it nor the others exercise.
    pub(super) fn missed_too(&self, by_others: &[usize]) -> Vec<usize> {
        let missed = by_others.iter().copied();
        missed.filter(|point| self.missed.contains(point)).collect()
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

    /// The points that the cases may exercise, by their number.
    pub(super) fn points(&self) -> Vec<usize> {
        (0..Coverage::of(Arc::clone(&self.program)).points().len()).collect()
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
            missed: self.missed(&run),
            is_meant: is_meant(&run),
        })
    }
}

impl Machine {
    fn missed(&self, run: &Run) -> Vec<usize> {
        let coverage = Coverage::of(Arc::clone(&self.program));
        coverage.add(run);
        let points = coverage.points().into_iter().enumerate();
        points.filter(|(_, point)| point.count == 0).map(|(i, _)| i).collect()
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
            if error == predefined_errors::TIMEOUT && call.request.timeout_seconds.is_some() {
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

    /// The text of an object that a distributed Map reads its items from.
    fn object(&self, call: &Call, program: &Program) -> String {
        let map = program.nodes().find(|(_, node)| *node.name == *call.state);
        let map = map.and_then(|(_, node)| program.machine().definition().pointer(&node.pointer));
        let kind = map.and_then(|map| map.pointer("/ItemReader/ReaderConfig/InputType")?.as_str());
        match kind {
            Some("CSV") => "id,name\n".to_owned() + &"1,text\n".repeat(self.items),
            Some("JSONL") => "{}\n".repeat(self.items),
            _ => json!(vec![json!({}); self.items]).to_string(),
        }
    }

    /// The objects that a distributed Map takes for its items.
    fn objects(&self) -> Value {
        let object = |number: usize| json!({ "Key": format!("{number}.json"), "Size": 2 });
        (1..=self.items).map(object).collect()
    }

    /// The part of the data that the state's `ResultPath` takes; for a Lambda function, its payload.
    fn result(&self, call: &Call, program: &Program) -> Value {
        if let ResourceKind::Service { resource, .. } = call.resource.kind() {
            match &**resource {
                "getObject" => return json!({ "Body": self.object(call, program) }),
                "listObjectsV2" => return json!({ "Contents": self.objects() }),
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
