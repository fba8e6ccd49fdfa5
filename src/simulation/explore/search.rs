//! The order in which faults are tried: none, then one, then two.

use serde_json::Value;
use std::collections::VecDeque;
use std::sync::Arc;

use super::finding::Symptom;
use super::{Exploration, Fault, Finding, Report, shrink};
use crate::simulation::driver::ROOT;
use crate::simulation::{Call, Run, SimulationError};

/// An execution to run.
struct Candidate<'i> {
    input: &'i Value,
    faults: Vec<Fault>,
}

pub(super) fn explore(exploration: &Exploration, inputs: &[Value]) -> Result<Report, SimulationError> {
    let mut search = Search {
        exploration,
        report: Report {
            findings: Vec::new(),
            runs: 0,
            is_cut: false,
            injected: Vec::new(),
        },
        level: VecDeque::new(),
        next_level: VecDeque::new(),
    };
    for input in inputs {
        let faults = Vec::new();
        search.level.push_back(Candidate { input, faults });
    }
    search.run()?;
    Ok(search.report)
}

struct Search<'i> {
    exploration: &'i Exploration,
    report: Report,
    /// The candidates with the current number of faults.
    level: VecDeque<Candidate<'i>>,
    /// The candidates with one more fault.
    next_level: VecDeque<Candidate<'i>>,
}

impl<'i> Search<'i> {
    fn run(&mut self) -> Result<(), SimulationError> {
        loop {
            let Some(candidate) = self.level.pop_front() else {
                if self.next_level.is_empty() {
                    return Ok(());
                }
                std::mem::swap(&mut self.level, &mut self.next_level);
                continue;
            };
            if self.report.runs >= self.exploration.max_runs {
                self.report.is_cut = true;
                return Ok(());
            }
            self.try_out(candidate)?;
        }
    }

    fn try_out(&mut self, candidate: Candidate<'i>) -> Result<(), SimulationError> {
        self.report.runs += 1;
        if let Some(fault) = candidate.faults.last() {
            let injected = (Arc::clone(&fault.state), fault.kind.clone());
            if !self.report.injected.contains(&injected) {
                self.report.injected.push(injected);
            }
        }
        let run = self
            .exploration
            .with(&candidate.faults)
            .try_run(candidate.input.clone());
        let symptom = Symptom::of(&run).filter(|(symptom, _)| self.exploration.minds(symptom));
        if let Some((symptom, error)) = symptom {
            self.found(&candidate, &symptom, error);
            // More faults after a bad end teach nothing; but a longer fault may end differently.
            if let Ok(run) = &run {
                self.lengthen(&candidate, run);
            }
            return Ok(());
        }
        match run {
            Ok(run) => {
                self.lengthen(&candidate, &run);
                self.add_faults(&candidate, run.calls());
                Ok(())
            }
            Err(SimulationError::Stuck { .. } | SimulationError::OnlyHeartbeats { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Extends the last fault if there were more calls that it could hit.
    fn lengthen(&mut self, candidate: &Candidate<'i>, run: &Run) {
        let Some((last, others)) = candidate.faults.split_last() else {
            return;
        };
        if let Some(longer) = last.longer(run.calls()) {
            let mut faults = others.to_vec();
            faults.push(longer);
            self.level.push_back(Candidate {
                input: candidate.input,
                faults,
            });
        }
    }

    /// Adds a fault to one of the calls after the last faulty one.
    fn add_faults(&mut self, candidate: &Candidate<'i>, calls: &[Call]) {
        let strikes = |call: &Call| candidate.faults.iter().any(|fault| fault.strikes(call));
        let first = calls.iter().rposition(strikes).map_or(0, |last| last + 1);
        if candidate.faults.len() >= self.exploration.max_faults {
            return;
        }
        // Keep no more candidates than can still be run.
        let room = self.exploration.max_runs.saturating_sub(self.next_level.len());
        let program = &self.exploration.simulation.program;
        let open = calls
            .iter()
            .skip(first)
            .filter(|call| call.member == ROOT && call.answer.is_some());
        let faults = open.flat_map(|call| Fault::of(call, program));
        for fault in faults.take(room) {
            let mut faults = candidate.faults.clone();
            faults.push(fault);
            self.next_level.push_back(Candidate {
                input: candidate.input,
                faults,
            });
        }
    }

    fn found(&mut self, candidate: &Candidate<'_>, symptom: &Symptom, error: Option<crate::history::ErrorOutput>) {
        let is_it = |finding: &&mut Finding| {
            let name = finding.error.as_ref().and_then(|error| error.error.clone());
            (finding.kind, &finding.state, &name) == (symptom.kind, &symptom.state, &symptom.error)
        };
        if let Some(known) = self.report.findings.iter_mut().find(is_it) {
            known.executions += 1;
            return;
        }
        let (input, faults) = shrink::smallest(
            self.exploration,
            symptom,
            candidate.input.clone(),
            candidate.faults.clone(),
        );
        self.report.findings.push(Finding {
            kind: symptom.kind,
            state: symptom.state.clone(),
            error,
            simulation: self.exploration.with(&faults),
            input,
            faults,
            executions: 1,
        });
    }
}
