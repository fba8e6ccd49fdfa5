//! The findings of an exploration.

use serde_json::Value;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{Fault, FaultKind};
use crate::error::predefined_errors;
use crate::execution::Outcome;
use crate::history::ErrorOutput;
use crate::simulation::words::{shown, told};
use crate::simulation::{Run, Simulation, SimulationError, Visit};

/// The longest time that an execution may take on AWS.
const LONGEST: Duration = Duration::from_hours(366 * 24);

/// A bad ending, with the smallest script that leads to it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Finding {
    /// The kind of ending.
    pub kind: FindingKind,
    /// The state at fault; empty if there is none.
    pub state: String,
    /// The final error, if there is one.
    pub error: Option<ErrorOutput>,
    /// The input of the execution.
    pub input: Value,
    /// The faults; all other calls succeed. Empty if it ends like this without any fault.
    pub faults: Vec<Fault>,
    /// How many of the explored executions end like this.
    pub executions: usize,
    pub(super) simulation: Simulation,
}

/// A way in which an execution should not end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FindingKind {
    /// It waits for ever: for a task that never answers and has no `TimeoutSeconds`.
    Hang,
    /// It loops until its history or its allowed work is used up.
    Loop,
    /// The `TimeoutSeconds` of the state machine are over, or the year that AWS gives an execution.
    TimedOut,
    /// It fails with an error that nothing catches, outside a Fail state.
    UncaughtError,
}

/// The identity of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Symptom {
    pub(super) kind: FindingKind,
    pub(super) state: String,
    pub(super) error: Option<String>,
}

impl Finding {
    /// The simulation that reproduces the finding when run on the [`input`](Self::input).
    pub fn simulation(&self) -> &Simulation {
        &self.simulation
    }
}

impl Symptom {
    /// The finding of a run, if there is one, and its final error.
    pub(super) fn of(run: &Result<Run, SimulationError>) -> Option<(Self, Option<ErrorOutput>)> {
        let symptom = |kind, state: &str, error: Option<&ErrorOutput>| {
            let symptom = Self {
                kind,
                state: state.to_owned(),
                error: error.and_then(|error| error.error.clone()),
            };
            Some((symptom, error.cloned()))
        };
        let run = match run {
            Ok(run) => run,
            Err(SimulationError::Stuck { state } | SimulationError::OnlyHeartbeats { state, .. }) => {
                return symptom(FindingKind::Hang, state, None);
            }
            Err(_) => return None,
        };
        let last = || run.visits().last().map_or("", |visit| &*visit.state);
        let is_full = run.error().is_some() && run.failed_visit().is_none();
        if run.elapsed() > LONGEST && !is_full {
            let took = |visit: &&Visit| visit.ended.unwrap_or(run.elapsed()).saturating_sub(visit.entered);
            let works = run.visits().iter().filter(|visit| visit.graphs.is_none());
            return symptom(
                FindingKind::TimedOut,
                works.max_by_key(took).map_or("", |visit| &*visit.state),
                None,
            );
        }
        match run.outcome() {
            Outcome::Succeeded { .. } | Outcome::Aborted(_) => None,
            Outcome::TimedOut(error) => {
                let running = run.visits().iter().rfind(|visit| visit.ended.is_none());
                let state = running.map_or_else(last, |visit| &*visit.state);
                symptom(FindingKind::TimedOut, state, Some(error))
            }
            Outcome::Failed(error) => match run.failed_visit() {
                Some(visit) if visit.is_meant_to_fail() => None,
                Some(visit) => symptom(FindingKind::UncaughtError, &visit.state, Some(error)),
                None if error.error.as_deref() == Some(predefined_errors::RUNTIME) => {
                    // The state that is retried for ever, or the place of the loop when the execution ended.
                    let tried = run.visits().iter().filter(|visit| visit.attempts.len() > 1);
                    let most = tried
                        .filter(|visit| visit.ended.is_none())
                        .max_by_key(|visit| visit.attempts.len());
                    symptom(
                        FindingKind::Loop,
                        most.map_or_else(last, |visit| &*visit.state),
                        Some(error),
                    )
                }
                None => symptom(FindingKind::UncaughtError, "", Some(error)),
            },
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.state.is_empty() {
            String::new()
        } else {
            format!(" in `{}`", self.state)
        };
        let error = self.error.as_ref().map(told).unwrap_or_default();
        match self.kind {
            FindingKind::Hang => writeln!(f, "it waits for ever{place}")?,
            FindingKind::Loop => writeln!(f, "it loops for ever{place}: {error}")?,
            FindingKind::TimedOut if self.error.is_some() => writeln!(f, "it times out{place}")?,
            FindingKind::TimedOut => writeln!(f, "it takes longer{place} than the year that AWS gives an execution")?,
            FindingKind::UncaughtError => writeln!(f, "nothing catches an error{place}: {error}")?,
        }
        writeln!(f, "  started with {}", shown(&self.input))?;
        if self.faults.is_empty() {
            writeln!(f, "  with no task made to fail")?;
        }
        for fault in &self.faults {
            writeln!(f, "  when {fault}")?;
        }
        Ok(())
    }
}

/// The result of an exploration.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Report {
    /// The findings, each once, in the order of discovery.
    pub findings: Vec<Finding>,
    /// How many executions it ran, not counting those that shrank scripts.
    pub runs: usize,
    /// Whether a limit cut the exploration short.
    pub is_cut: bool,
    /// The injected faults by state and kind, in the order of first use.
    pub injected: Vec<(Arc<str>, FaultKind)>,
}

impl Report {
    /// Fails a test if there are findings.
    ///
    /// # Panics
    ///
    /// If there are findings.
    #[track_caller]
    pub fn assert_none(&self) {
        assert!(self.findings.is_empty(), "{self}");
    }

    /// The findings of a kind.
    pub fn of(&self, kind: FindingKind) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.kind == kind)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cut = if self.is_cut { ", and there are more" } else { "" };
        let count = self.findings.len();
        let plural = if count == 1 { "" } else { "s" };
        let runs = self.runs;
        let executions = if runs == 1 { "execution" } else { "executions" };
        writeln!(f, "{count} finding{plural} in {runs} {executions}{cut}")?;
        for finding in &self.findings {
            write!(f, "{finding}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Report {}
