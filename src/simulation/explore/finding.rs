//! What an exploration has found.

use serde_json::Value;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{Fault, FaultKind};
use crate::execution::Outcome;
use crate::history::ErrorOutput;
use crate::simulation::explain::{shown, told};
use crate::simulation::{Run, Simulation, SimulationError, Visit};

/// How long an execution may take on AWS.
const LONGEST: Duration = Duration::from_hours(366 * 24);

/// An execution that ends as none should, with the smallest script that makes it do so.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Finding {
    /// How it ends.
    pub kind: FindingKind,
    /// The state in which it does; empty where no state is at fault.
    pub state: String,
    /// The error that it ends with, where it ends with one.
    pub error: Option<ErrorOutput>,
    /// What it is started with.
    pub input: Value,
    /// What goes wrong; all else succeeds. Empty where it ends so without any fault.
    pub faults: Vec<Fault>,
    /// How many of the explored executions end so.
    pub executions: usize,
    pub(super) simulation: Simulation,
}

/// How an execution ends that should not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FindingKind {
    /// It waits for ever: for a task that never answers and has no `TimeoutSeconds`.
    Hang,
    /// It goes round until its history or the work that it may do is full.
    Loop,
    /// The `TimeoutSeconds` of the state machine are over, or the year that AWS gives an execution.
    TimedOut,
    /// It fails over an error that nobody catches, and not in a Fail state.
    UncaughtError,
}

/// What tells findings apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Symptom {
    pub(super) kind: FindingKind,
    pub(super) state: String,
    pub(super) error: Option<String>,
}

impl Finding {
    /// The simulation that ends so when it is run on the [`input`](Self::input).
    pub fn simulation(&self) -> &Simulation {
        &self.simulation
    }
}

impl Symptom {
    /// What is wrong with a run, if anything is, and the error that it ended with.
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
            Err(SimulationError::Stuck { state }) => return symptom(FindingKind::Hang, state, None),
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
                None if error.error.as_deref() == Some("States.Runtime") => {
                    // One that is tried again for ever, or else where the round was when it ended.
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
            FindingKind::Loop => writeln!(f, "it goes round for ever{place}: {error}")?,
            FindingKind::TimedOut if self.error.is_some() => writeln!(f, "it times out{place}")?,
            FindingKind::TimedOut => writeln!(f, "it takes longer{place} than the year that AWS gives an execution")?,
            FindingKind::UncaughtError => writeln!(f, "nobody catches an error{place}: {error}")?,
        }
        writeln!(f, "  started with {}", shown(&self.input))?;
        if self.faults.is_empty() {
            writeln!(f, "  though every task succeeds")?;
        }
        for fault in &self.faults {
            writeln!(f, "  when {fault}")?;
        }
        Ok(())
    }
}

/// What an exploration has done and found.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Report {
    /// What it has found, each thing once, in the order of finding.
    pub findings: Vec<Finding>,
    /// How many executions it ran, those that made scripts smaller not counted.
    pub runs: usize,
    /// Whether there was more to explore than it was allowed to.
    pub is_cut: bool,
    /// The faults that it injected at all, by state and kind, in the order of the first time.
    pub injected: Vec<(Arc<str>, FaultKind)>,
}

impl Report {
    /// Fails a test whose exploration has found something.
    ///
    /// # Panics
    ///
    /// When there are findings.
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
        writeln!(f, "{count} finding{plural} in {} executions{cut}", self.runs)?;
        for finding in &self.findings {
            write!(f, "{finding}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Report {}
