//! One case: an input, the answers of the tasks, and the expected result.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use std::time::Duration;

use crate::definition::Diagnostic;
use crate::simulation::{Answer, Simulation};

/// A case of a test file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Case {
    /// Its name.
    pub(crate) name: String,
    /// The execution's input; default `{}`.
    pub(crate) input: Value,
    /// The answers of the tasks, by the state's name, its resource, or the function's name.
    pub(crate) tasks: Vec<(String, Script)>,
    /// A test case of the file's mock file: the names of the state machine and the case.
    pub(crate) mock: Option<(String, String)>,
    /// The time of the start; default 2026-01-01T00:00:00Z.
    pub(crate) starts_at: Option<DateTime<Utc>>,
    /// The seed of jitter and of random functions; default 0.
    pub(crate) seed: u64,
    /// Whether answers may be left over.
    pub(crate) allows_left_over: bool,
    /// The expected result.
    pub(crate) expect: Expectation,
}

/// A case that cannot be read; the others of its file are.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct UnusableCase {
    /// Its name, or its place among the cases if it has none.
    pub(crate) name: String,
    /// What is wrong.
    pub(crate) problem: Box<Diagnostic>,
}

/// The name of a case, also of an unusable one.
#[cfg(feature = "cli")]
pub(crate) fn name_of(case: &Result<Case, UnusableCase>) -> &str {
    match case {
        Ok(case) => &case.name,
        Err(case) => &case.name,
    }
}

/// A task's answers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Script {
    /// One answer for each attempt of each visit, in order.
    Answers(Vec<Answer>),
    /// The same answer to every attempt.
    Always(Box<Answer>),
    /// The answers to the attempts of one visit, counted from 0.
    Visit(usize, Vec<Answer>),
    /// The answers to the attempts of one item of the innermost Map, counted from 0.
    Item(usize, Vec<Answer>),
}

/// The expected result. Absent members are not checked, except for the status: a case with neither a status nor an
/// error expects `SUCCEEDED`.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Expectation {
    /// `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`.
    pub(crate) status: String,
    /// The output, exactly.
    pub(crate) output: Option<Value>,
    /// A part of the output: objects may have more members than this.
    pub(crate) output_contains: Option<Value>,
    /// The error name.
    pub(crate) error: Option<String>,
    /// The cause, exactly.
    pub(crate) cause: Option<String>,
    /// The entered states in order, including those of branches and iterations.
    pub(crate) path: Option<Vec<String>>,
    /// The duration in virtual time.
    pub(crate) elapsed: Option<Duration>,
    /// The calls of Task states, one for each attempt.
    pub(crate) calls: Vec<(String, Calls)>,
    /// The state transitions.
    pub(crate) transitions: Option<Transitions>,
    /// Variables of the machine at the end.
    pub(crate) variables: Map<String, Value>,
}

/// The expected number of state transitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transitions {
    /// This number.
    Exactly(u64),
    /// Not more.
    Most(u64),
}

/// The expected calls of a Task state.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Calls {
    /// How many there are.
    Count(u64),
    /// The effective input of each.
    Inputs(Vec<Value>),
}

impl Case {
    /// The simulation with the answers of this case.
    pub(super) fn script(&self, mut simulation: Simulation) -> Simulation {
        for (task, script) in &self.tasks {
            simulation = match script.clone() {
                Script::Answers(answers) => simulation.task(task, answers),
                Script::Always(answer) => simulation.always(task, *answer),
                Script::Visit(visit, answers) => simulation.visit(task, visit, answers),
                Script::Item(item, answers) => simulation.item(task, item, answers),
            };
        }
        if let Some(start) = self.starts_at {
            simulation = simulation.starting_at(start);
        }
        if self.allows_left_over {
            simulation = simulation.allow_left_over();
        }
        simulation.seed(self.seed)
    }
}
