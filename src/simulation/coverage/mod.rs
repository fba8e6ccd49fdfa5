//! The parts of a definition that a test suite has exercised.

mod counting;
mod points;
mod report;

use serde_json::Value;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Run;
use crate::execution::Program;
use points::{Aspect, PointAt, points_of};

pub use points::PointKind;

/// Counts over many runs which parts of a definition they exercised: states, transitions, Choice Rules both ways, every
/// Retrier that retries and that has no retries left, every Catcher, Maps with no, one and many items, failing branches and iterations. Nested states are included.
///
/// Clones share one count, also across threads. An execution of another definition counts nothing, so the coverage of a
/// machine that another one starts comes from the runs of that other one.
///
/// ```
/// use asl_engine::simulation::Coverage;
/// use asl_engine::{Simulation, StateMachine, TaskError};
/// use serde_json::json;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let machine: StateMachine = std::fs::read_to_string("asl-samples/charge.asl.json")?.parse()?;
/// let coverage = Coverage::of(&machine);
/// let simulation = Simulation::of(&machine).coverage(&coverage);
/// simulation.clone().task("Charge", [json!({ "paid": true })]).run(json!({}));
///
/// let missed: Vec<String> = coverage.missed().iter().map(|point| point.to_string()).collect();
/// assert_eq!(missed, ["/States/Charge/Retry/0: retried", "/States/Charge/Retry/0: exhausted"]);
///
/// simulation.always("Charge", TaskError::new("Busy", "")).run(json!({}));
/// coverage.assert_at_least(100.0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Coverage {
    program: Arc<Program>,
    points: Arc<[PointAt]>,
    places: Arc<HashMap<(String, Aspect), usize>>,
    counted: Arc<Mutex<Counted>>,
}

#[derive(Debug, Clone, Default)]
struct Counted {
    runs: u64,
    counts: Vec<u64>,
}

/// One thing that tests can cover.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Point {
    /// The kind of point.
    pub kind: PointKind,
    /// The name of its state.
    pub state: String,
    /// Its place in the definition, as a JSON Pointer.
    pub pointer: String,
    /// The event to cover: `true`, `retried`, `to the end`.
    pub what: String,
    /// How often it was covered.
    pub count: u64,
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.pointer, self.what)
    }
}

/// How often a state was entered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StateCount {
    /// The state's name.
    pub state: String,
    /// Its place in the definition, as a JSON Pointer.
    pub pointer: String,
    /// How often it was entered.
    pub count: u64,
}

/// How often a transition was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TransitionCount {
    /// The field that names its target, as a JSON Pointer: `/States/A/Next`, `/States/B/Choices/0/Next`.
    pub pointer: String,
    /// The state that it leaves, as a JSON Pointer.
    pub from: String,
    /// The state that it leads to, as a JSON Pointer; `None` at the end of the machine, a branch or an iteration.
    pub to: Option<String>,
    /// How often it was taken.
    pub count: u64,
}

/// The covered share of all points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Share {
    /// The points that happened at least once.
    pub covered: usize,
    /// All points.
    pub total: usize,
}

impl Share {
    /// From 0 to 100; 100 where there is nothing to cover.
    #[expect(clippy::cast_precision_loss, reason = "a definition has far less than 2^52 points")]
    pub fn percent(self) -> f64 {
        if self.total == 0 {
            return 100.0;
        }
        self.covered as f64 * 100.0 / self.total as f64
    }
}

/// Why a report cannot be merged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CoverageError {
    /// The report is about another definition.
    #[error("the coverage is that of another definition; collect it again with this one")]
    OtherDefinition,
    /// One counts retries one by one, and the other does not.
    #[error("one coverage counts each retry, and the other whether there was one; collect both in the same way")]
    OtherRetries,
    /// The text is not a report.
    #[error("this is no coverage report: {problem}; give what `Coverage::to_json` made")]
    NoReport {
        /// The problem with it.
        problem: String,
    },
}

impl Coverage {
    /// An empty coverage of a definition.
    pub fn of(machine: impl Into<Arc<Program>>) -> Self {
        Self::with_points(machine.into(), false)
    }

    /// An empty coverage of a definition that counts the first ten retries of each Retrier one by one, rather than
    /// whether it retried at all.
    pub fn of_each_retry(machine: impl Into<Arc<Program>>) -> Self {
        Self::with_points(machine.into(), true)
    }

    fn with_points(program: Arc<Program>, of_each_retry: bool) -> Self {
        let points = points_of(&program, of_each_retry);
        let places = points.iter().enumerate();
        let places = places
            .map(|(i, point)| ((point.pointer.clone(), point.aspect), i))
            .collect();
        let counted = Counted {
            runs: 0,
            counts: vec![0; points.len()],
        };
        Self {
            program,
            points: points.into(),
            places: Arc::new(places),
            counted: Arc::new(Mutex::new(counted)),
        }
    }

    /// Counts a run.
    ///
    /// # Panics
    ///
    /// If the run kept no visits, as with [`HistoryLevel::Off`](crate::history::HistoryLevel::Off):
    /// [`Simulation::coverage`](super::Simulation::coverage) keeps them.
    #[track_caller]
    pub fn add(&self, run: &Run) {
        assert!(
            run.keeps_visits(),
            "the run kept no visits; give the coverage to `Simulation::coverage`"
        );
        let executions = std::iter::once(run.execution()).chain(run.children());
        let own = executions.filter(|execution| execution.program.fingerprint() == self.program.fingerprint());
        let mut counted = self.lock();
        for execution in own {
            counted.runs = counted.runs.saturating_add(1);
            for (pointer, aspect) in counting::happened(&execution.program, &execution.visits) {
                let place = self.places.get(&(pointer, aspect));
                if let Some(count) = place.and_then(|place| counted.counts.get_mut(*place)) {
                    *count = count.saturating_add(1);
                }
            }
        }
    }

    /// Adds the counts of another coverage of the same definition.
    pub fn merge(&self, other: &Self) -> Result<(), CoverageError> {
        if self.program.fingerprint() != other.program.fingerprint() {
            return Err(CoverageError::OtherDefinition);
        }
        if self.points.len() != other.points.len() {
            return Err(CoverageError::OtherRetries);
        }
        let counted = other.lock().clone();
        self.count_in(counted.runs, &counted.counts);
        Ok(())
    }

    /// Adds the counts of a report that [`Coverage::to_json`] made, for example in another process. The report must be
    /// of the same definition.
    pub fn merge_json(&self, report: &Value) -> Result<(), CoverageError> {
        let (runs, counts) = report::read(report, self.program.fingerprint(), &self.points)?;
        self.count_in(runs, &counts);
        Ok(())
    }

    fn count_in(&self, runs: u64, counts: &[u64]) {
        let mut counted = self.lock();
        // A report is untrusted input: its counts may be anything.
        counted.runs = counted.runs.saturating_add(runs);
        for (count, more) in counted.counts.iter_mut().zip(counts) {
            *count = count.saturating_add(*more);
        }
    }

    /// How many executions were counted.
    pub fn runs(&self) -> u64 {
        self.lock().runs
    }

    /// All points to cover, in the order of the definition.
    pub fn points(&self) -> Vec<Point> {
        let counted = self.lock();
        let counts = self.points.iter().zip(&counted.counts);
        let points = counts.map(|(point, count)| Point {
            kind: point.kind,
            state: point.state.clone(),
            pointer: point.pointer.clone(),
            what: point.what.clone(),
            count: *count,
        });
        points.collect()
    }

    /// The points that were never covered.
    pub fn missed(&self) -> Vec<Point> {
        let mut points = self.points();
        points.retain(|point| point.count == 0);
        points
    }

    /// The covered share of all points.
    pub fn share(&self) -> Share {
        share(&self.points(), |_| true)
    }

    /// The covered share of the points of one kind.
    pub fn share_of(&self, kind: PointKind) -> Share {
        share(&self.points(), |point| point.kind == kind)
    }

    /// The covered share of all points, from 0 to 100.
    pub fn percent(&self) -> f64 {
        self.share().percent()
    }

    /// How often each state was entered, in the order of the definition.
    pub fn states(&self) -> Vec<StateCount> {
        let points = self.points().into_iter().filter(|point| point.kind == PointKind::State);
        let states = points.map(|point| StateCount {
            state: point.state,
            pointer: point.pointer,
            count: point.count,
        });
        states.collect()
    }

    /// How often each transition was taken, in the order of the definition.
    pub fn transitions(&self) -> Vec<TransitionCount> {
        let counted = self.lock();
        let counts = self.points.iter().zip(&counted.counts);
        let transitions = counts.filter_map(|(point, count)| {
            let (from, to) = point.ends.clone()?;
            Some(TransitionCount {
                pointer: point.pointer.clone(),
                from,
                to,
                count: *count,
            })
        });
        transitions.collect()
    }

    /// Fails a test that covers too little and lists what is missing.
    ///
    /// # Panics
    ///
    /// If less than `percent` of all points are covered.
    #[track_caller]
    pub fn assert_at_least(&self, percent: f64) {
        let covered = self.percent();
        assert!(
            covered >= percent,
            "the tests cover {covered:.1} % of the state machine, less than {percent:.1} %\n{}",
            self.to_text()
        );
    }

    fn lock(&self) -> MutexGuard<'_, Counted> {
        // A poisoned lock is fine: no statement leaves the counts half-written, so a test that panicked elsewhere harms
        // nothing.
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn share(points: &[Point], is_wanted: impl Fn(&Point) -> bool) -> Share {
    let wanted = || points.iter().filter(|point| is_wanted(point));
    Share {
        covered: wanted().filter(|point| point.count > 0).count(),
        total: wanted().count(),
    }
}
