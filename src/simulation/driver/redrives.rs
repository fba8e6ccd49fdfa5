//! Redrives of the simulated execution.

use chrono::{DateTime, Utc};

use super::{Driver, ROOT, after};
use crate::simulation::moment::Happened;

/// The redrives of a run.
#[derive(Debug, Default)]
pub(super) struct Redrives {
    planned: usize,
    /// The time of the next one.
    at: Option<DateTime<Utc>>,
}

impl Driver<'_> {
    /// Plans the next redrive of the ended execution, if there is one to come.
    pub(super) fn plans_redrive(&mut self) -> bool {
        let Some(time) = self.simulation.redrives.get(self.redrives.planned) else {
            return false;
        };
        let at = after(self.now, *time);
        let root = self.members.get(&ROOT);
        if root.is_none_or(|root| root.execution.check_redrivable(at).is_err()) {
            return false;
        }
        self.redrives.planned += 1;
        self.redrives.at = Some(at);
        self.arm(ROOT);
        true
    }

    /// Redrives the execution if nothing else happens before; says whether it did.
    pub(super) fn redrives_next(&mut self) -> bool {
        let deadline = self.deadlines.first().map(|(at, _)| *at);
        let answer = self.answers.first_key_value().map(|((at, _), _)| *at);
        let next = [deadline, answer].into_iter().flatten().min();
        let Some(at) = self.redrives.at.take_if(|at| next.is_none_or(|next| *at <= next)) else {
            return false;
        };
        self.now = self.now.max(at);
        self.begin_moment(Happened::Redriven);
        if let Some(root) = self.members.get_mut(&ROOT) {
            root.observer.forget_running();
            // It was redrivable when this was planned, and nothing reaches an ended execution.
            let _ = root.execution.redrive(self.now);
        }
        true
    }
}
