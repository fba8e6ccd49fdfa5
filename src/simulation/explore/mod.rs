//! Explores what a state machine does when its tasks go wrong.

mod fault;
mod finding;
mod search;
mod shrink;

use serde_json::Value;

use super::answer::bounded;
use super::script::Part;
use super::{Answer, Simulation, SimulationError};
use crate::history::HistoryLevel;

pub use fault::{Extent, Fault, FaultKind, UNNAMED_ERROR};
pub use finding::{Finding, FindingKind, Report};

/// The default limit of executions.
const MOST_RUNS: usize = 1_000;

/// The default limit of faults in one execution.
const MOST_FAULTS: usize = 2;

/// Explores what a state machine does when its tasks go wrong: every task with every error that its Retriers and
/// Catchers name (and those of the states around it), with an error that none names, and with a timeout; once, at every
/// retry, and for ever.
///
/// It starts with executions without faults, then injects one fault, then two, as far as
/// [`max_faults`](Self::max_faults) and [`max_runs`](Self::max_runs) allow, always in the same order. It reports
/// executions that hang, loop for ever, time out or end in an uncaught error, each with the smallest script and the
/// smallest input that reproduce it. Ending in a Fail state is fine. Tasks of executions that others start succeed:
/// explore their state machines on their own.
///
/// ```
/// use asl_engine::simulation::{Exploration, FindingKind};
/// use asl_engine::{Simulation, StateMachine};
/// use serde_json::json;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let machine: StateMachine = std::fs::read_to_string("asl-samples/charge.asl.json")?.parse()?;
/// let well = Simulation::of(&machine).always("Charge", json!({ "paid": true }));
/// let report = Exploration::of(&well).input(json!({ "id": 7 })).explore()?;
///
/// let told: Vec<String> = report.findings.iter().map(|finding| finding.to_string()).collect();
/// assert_eq!(
///     told[0],
///     "nothing catches an error in `Charge`: `UnnamedError`, injected by the exploration\n  \
///      started with {}\n  \
///      when `Charge` fails with `UnnamedError` in the attempt 0 of the visit 0\n"
/// );
/// assert_eq!(report.of(FindingKind::Hang).count(), 1); // the till may never answer, and the task has no timeout
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Exploration {
    simulation: Simulation,
    inputs: Vec<Value>,
    max_runs: usize,
    max_faults: usize,
    allowed: Vec<String>,
    allows_hangs: bool,
}

/// Why [`Exploration::check`] fails.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ExplorationError {
    /// There are findings.
    #[error("{0}")]
    Findings(Box<Report>),
    /// The simulation scripts too few answers.
    #[error(transparent)]
    Simulation(#[from] SimulationError),
}

impl Exploration {
    /// Explores a state machine whose tasks otherwise succeed with the simulation's answers.
    ///
    /// Of a list of answers, the last success answers every call; functions and answers to single visits and items stay
    /// as they are. [`Simulation::otherwise`] answers for all tasks without a script.
    pub fn of(simulation: &Simulation) -> Self {
        let mut simulation = simulation.clone().allow_left_over().history(HistoryLevel::Off);
        simulation.keeps_visits = true;
        for (_, part) in &mut simulation.parts {
            if let Some(success) = part.last_success() {
                *part = Part::Always(success);
            }
        }
        Self {
            simulation,
            inputs: Vec::new(),
            max_runs: MOST_RUNS,
            max_faults: MOST_FAULTS,
            allowed: Vec::new(),
            allows_hangs: false,
        }
    }

    /// Adds an input to start executions with; the default is `{}`.
    #[must_use]
    pub fn input(mut self, input: Value) -> Self {
        self.inputs.push(bounded(input));
        self
    }

    /// Adds inputs to start executions with.
    #[must_use]
    pub fn inputs(mut self, inputs: impl IntoIterator<Item = Value>) -> Self {
        self.inputs.extend(inputs.into_iter().map(bounded));
        self
    }

    /// Limits the number of executions; default 1,000. The report says if that was too few.
    #[must_use]
    pub fn max_runs(mut self, runs: usize) -> Self {
        self.max_runs = runs;
        self
    }

    /// Limits the number of faults in one execution; default 2.
    #[must_use]
    pub fn max_faults(mut self, faults: usize) -> Self {
        self.max_faults = faults;
        self
    }

    /// Lets executions end in an uncaught error of this name; [`UNNAMED_ERROR`] is the injected error that no Retrier
    /// or Catcher names.
    #[must_use]
    pub fn allow_error(mut self, name: impl Into<String>) -> Self {
        self.allowed.push(name.into());
        self
    }

    /// Lets executions wait for ever for a task that never answers and has no `TimeoutSeconds`.
    #[must_use]
    pub fn allow_hangs(mut self) -> Self {
        self.allows_hangs = true;
        self
    }

    /// Explores. Errors if the simulation has no answer for a task that should succeed.
    pub fn explore(&self) -> Result<Report, SimulationError> {
        let default = [Value::Object(serde_json::Map::new())];
        let inputs = if self.inputs.is_empty() {
            &default[..]
        } else {
            &self.inputs
        };
        search::explore(self, inputs)
    }

    /// Explores one input and returns the findings as an error: for property tests.
    ///
    /// ```
    /// use asl_engine::simulation::Exploration;
    /// use asl_engine::{Simulation, StateMachine};
    /// use proptest::prelude::*;
    /// use serde_json::json;
    ///
    /// let machine: StateMachine = std::fs::read_to_string("asl-samples/charge.asl.json").unwrap().parse().unwrap();
    /// let well = Simulation::of(&machine).always("Charge", json!({ "paid": true }));
    /// let exploration = Exploration::of(&well).allow_error("Busy").allow_error("UnnamedError").allow_hangs();
    ///
    /// proptest!(|(id in 0..1000, name in "[a-z]{1,8}")| {
    ///     exploration.check(json!({ "id": id, "name": name }))?;
    /// });
    /// ```
    pub fn check(&self, input: Value) -> Result<(), ExplorationError> {
        let report = search::explore(self, &[bounded(input)])?;
        if report.findings.is_empty() {
            return Ok(());
        }
        Err(ExplorationError::Findings(Box::new(report)))
    }

    /// Whether a symptom is not allowed.
    fn minds(&self, symptom: &finding::Symptom) -> bool {
        match symptom.kind {
            FindingKind::Hang => !self.allows_hangs,
            FindingKind::UncaughtError => {
                let is_it = |name: &String| symptom.error.as_ref() == Some(name);
                !self.allowed.iter().any(is_it)
            }
            FindingKind::Loop | FindingKind::TimedOut => true,
        }
    }

    /// The simulation with faults.
    fn with(&self, faults: &[Fault]) -> Simulation {
        let mut simulation = self.simulation.clone();
        simulation.faults = faults.into();
        simulation
    }

    /// The same, but the run counts in no coverage.
    fn uncounted(&self, faults: &[Fault]) -> Simulation {
        let mut simulation = self.with(faults);
        simulation.coverage.clear();
        simulation
    }
}

impl Part {
    /// The answer that stands for a list of answers.
    fn last_success(&self) -> Option<Answer> {
        match self {
            Self::Answers(answers) => answers.iter().rfind(|answer| answer.is_success()).cloned(),
            Self::Indexed(indexed) => indexed.answers().filter(|answer| answer.is_success()).last().cloned(),
            _ => None,
        }
    }
}
