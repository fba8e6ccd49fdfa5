//! The result of a simulated execution.

use indexmap::IndexMap;
use serde_json::{Map, Value};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::time::Duration;

use super::moment::Moment;
use super::visit::{Attempt, Visit};
use super::{Call, Simulation};
use crate::data::Payload;
use crate::execution::{MapRunLog, Outcome, Program};
use crate::history::{ErrorOutput, EventDetails, HistoryEvent};
use crate::services::Doubles;

/// A finished simulated execution, with everything that it did.
///
/// Visits, moments and history are there with [`HistoryLevel::Full`](crate::history::HistoryLevel::Full), which is the
/// default.
///
/// ```
/// use asl_engine::{Simulation, StateMachine, TaskError};
/// use serde_json::json;
/// use std::time::Duration;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let machine: StateMachine = std::fs::read_to_string("asl-samples/charge.asl.json")?.parse()?;
/// let run = Simulation::of(&machine)
///     .task("Charge", [Err(TaskError::new("Busy", "try later")), Ok(json!({ "paid": true }))])
///     .run(json!({ "id": 7 }));
///
/// let charge = run.visit("Charge");
/// assert_eq!(charge.raw_input.value(), &json!({ "id": 7 }));
/// assert_eq!(charge.attempts.len(), 2);
/// assert_eq!(run.delays("Charge"), [Duration::from_secs(2)]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Run {
    pub(super) outcome: Outcome,
    pub(super) elapsed: Duration,
    pub(super) root: ExecutionRun,
    pub(super) map_runs: MapRunLog,
    pub(super) doubles: Doubles,
    pub(super) children: Vec<ExecutionRun>,
    pub(super) calls: Vec<Call>,
    pub(super) moments: Vec<Moment>,
    pub(super) first_moment: Moment,
    /// Its simulation and its input.
    pub(super) simulation: Arc<Simulation>,
}

/// One execution of a run: the simulated one, or one started by another.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ExecutionRun {
    /// Its ARN.
    pub arn: Arc<str>,
    /// Its outcome; `None` if it was still running at the end of the run.
    pub outcome: Option<Outcome>,
    /// Whether its visits exceeded the 256 MiB of data that are kept; later ones show `null` and no variables.
    pub is_data_cut: bool,
    /// Its visits, in the order of their entries.
    pub visits: Vec<Visit>,
    /// Its history.
    pub history: Vec<HistoryEvent>,
    /// Its input; `null` if the input nests too deeply.
    pub input: Payload,
    pub(crate) program: Arc<Program>,
}

impl PartialEq for ExecutionRun {
    fn eq(&self, other: &Self) -> bool {
        let parts = |run: &Self| (run.arn.clone(), run.outcome.clone());
        parts(self) == parts(other) && self.visits == other.visits && self.history == other.history
    }
}

// A run calls none of its simulation's functions, so a caught panic cannot leave it half-changed.
impl UnwindSafe for Run {}
impl RefUnwindSafe for Run {}

/// Two runs are equal if they did the same.
impl PartialEq for Run {
    fn eq(&self, other: &Self) -> bool {
        self.outcome == other.outcome
            && self.elapsed == other.elapsed
            && self.root == other.root
            && self.children == other.children
            && self.calls == other.calls
            && self.map_runs == other.map_runs
            && self.doubles == other.doubles
    }
}

impl Run {
    /// Its outcome.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// The output, if the execution succeeded.
    pub fn output(&self) -> Option<&Value> {
        self.outcome.output()
    }

    /// The error and cause, if the execution did not succeed.
    pub fn error(&self) -> Option<&ErrorOutput> {
        self.outcome.error()
    }

    /// The name of the error that the execution ended with.
    pub fn error_name(&self) -> Option<&str> {
        self.error()?.error.as_deref()
    }

    /// Returns the output, or fails the test with the run's story if the execution did not succeed.
    ///
    /// # Panics
    ///
    /// If the execution did not succeed.
    #[track_caller]
    #[expect(clippy::panic, reason = "the way a test fails")]
    pub fn assert_succeeded(&self) -> &Value {
        match self.output() {
            Some(output) => output,
            None => panic!("{}", self.explain()),
        }
    }

    /// Returns the Error Output, or fails the test with the run's story if the execution did not end with this error.
    ///
    /// # Panics
    ///
    /// If the execution succeeded, or ended with another error.
    #[track_caller]
    #[expect(clippy::panic, reason = "the way a test fails")]
    pub fn assert_failed(&self, name: &str) -> &ErrorOutput {
        match self.error() {
            Some(error) if error.error.as_deref() == Some(name) => error,
            _ => panic!("the execution did not end with the error `{name}`\n{}", self.explain()),
        }
    }

    /// Its duration in virtual time.
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Its input; `null` if the input nests too deeply.
    pub fn input(&self) -> &Value {
        self.root.input.value()
    }

    /// Its history; empty with [`HistoryLevel::Off`](crate::history::HistoryLevel::Off).
    pub fn history(&self) -> &[HistoryEvent] {
        &self.root.history
    }

    /// The Map Runs of its distributed Maps, with the histories of their child executions.
    pub fn map_runs(&self) -> &MapRunLog {
        &self.map_runs
    }

    /// The states it entered, in order; read from the history.
    pub fn path(&self) -> Vec<&str> {
        self.root
            .history
            .iter()
            .filter_map(|event| match &event.details {
                EventDetails::StateEntered { name, .. } => Some(&**name),
                _ => None,
            })
            .collect()
    }

    /// Every visit to a state, in the order of their entries.
    pub fn visits(&self) -> &[Visit] {
        &self.root.visits
    }

    /// The visits to one state, in the order of their entries.
    pub fn visits_of<'a, 's>(&'a self, state: &'s str) -> impl Iterator<Item = &'a Visit> + use<'a, 's> {
        self.root.visits.iter().filter(move |visit| *visit.state == *state)
    }

    /// How often a state was visited.
    pub fn visit_count(&self, state: &str) -> usize {
        self.visits_of(state).count()
    }

    /// How often each visited state was visited, in the order of first visits.
    pub fn visit_counts(&self) -> IndexMap<&str, usize> {
        let mut counts = IndexMap::new();
        for visit in &self.root.visits {
            *counts.entry(&*visit.state).or_default() += 1;
        }
        counts
    }

    /// The only visit to a state.
    ///
    /// # Panics
    ///
    /// If there is none, or more than one: [`Run::visits_of`] shows all.
    #[track_caller]
    #[expect(clippy::panic, reason = "the way a test fails")]
    pub fn visit(&self, state: &str) -> &Visit {
        let mut visits = self.visits_of(state);
        match (visits.next(), visits.count()) {
            (Some(visit), 0) => visit,
            (Some(_), more) => panic!("`{state}` was visited {} times; look at `visits_of`", more + 1),
            (None, _) => panic!("`{state}` was never visited; the path is {:?}", self.path()),
        }
    }

    /// Every attempt of a state, over all its visits.
    pub fn attempts<'a, 's>(&'a self, state: &'s str) -> impl Iterator<Item = &'a Attempt> + use<'a, 's> {
        self.visits_of(state).flat_map(|visit| &visit.attempts)
    }

    /// The delays before the retries of a state, in order.
    pub fn delays(&self, state: &str) -> Vec<Duration> {
        let retries = self.attempts(state).filter_map(|attempt| attempt.retry);
        retries.map(|retry| retry.delay).collect()
    }

    /// The variables of the machine itself at the end; variables of branches and iterations are gone by then.
    pub fn variables(&self) -> Map<String, Value> {
        let mut variables = Map::new();
        for visit in self.root.visits.iter().filter(|visit| visit.within.is_none()) {
            variables.extend(visit.assigned.clone());
        }
        variables
    }

    /// Every moment of the execution, in order.
    pub fn moments(&self) -> &[Moment] {
        &self.moments
    }

    /// All calls of tasks with their answers, in the order of the calls, including those of executions that others
    /// started.
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    /// The calls of one state, in order.
    pub fn calls_of<'a, 's>(&'a self, state: &'s str) -> impl Iterator<Item = &'a Call> + use<'a, 's> {
        self.calls.iter().filter(move |call| *call.state == *state)
    }

    /// The executions that others started: first the ended ones, then those still running.
    pub fn children(&self) -> &[ExecutionRun] {
        &self.children
    }

    /// The simulated execution, in the same form as the executions it started.
    pub fn execution(&self) -> &ExecutionRun {
        &self.root
    }

    pub(super) fn keeps_visits(&self) -> bool {
        self.simulation.keeps_visits()
    }

    /// The visit that made the execution fail: the innermost whose error was not caught.
    pub fn failed_visit(&self) -> Option<&Visit> {
        self.error()?;
        let visits = &self.root.visits;
        let mut place = visits
            .iter()
            .rposition(|visit| visit.within.is_none() && visit.has_failed())?;
        loop {
            let inner = visits
                .iter()
                .rposition(|visit| visit.within == Some(place) && visit.has_failed())
                // A state that failed by itself may have had branches: they succeeded, or belong to an earlier attempt.
                .filter(|inner| visits.get(*inner).and_then(Visit::error) == visits.get(place).and_then(Visit::error));
            match inner {
                Some(inner) => place = inner,
                None => return visits.get(place),
            }
        }
    }
}
