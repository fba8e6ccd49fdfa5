//! The moments of the run, while it goes on.

use super::{Driver, ROOT};
use crate::execution::{Event, TaskId};
use crate::history::HistoryLevel;
use crate::simulation::moment::{Happened, Moment};

/// Heartbeats beyond so many in a row get no moments of their own.
const MOST_BEATS_TOLD: usize = 1_000;

impl Driver<'_> {
    /// Notes an event of an execution.
    pub(super) fn moment_begins(&mut self, id: usize, event: &Event) {
        if id != ROOT {
            return;
        }
        if self.beats_in_a_row > MOST_BEATS_TOLD && matches!(event, Event::TaskHeartbeat { .. }) {
            return;
        }
        let call = |task: &TaskId| self.call_of.get(&(id, *task)).copied();
        let happened = match event {
            Event::TaskSucceeded { task, .. } | Event::TaskFailed { task, .. } => {
                Happened::Answered { call: call(task) }
            }
            Event::TaskStarted { task, .. } | Event::TaskSubmitted { task, .. } => {
                Happened::TakenUp { call: call(task) }
            }
            Event::TaskHeartbeat { task } => Happened::Heartbeat { call: call(task) },
            Event::DeadlineReached | Event::Turn => Happened::TimePassed,
            Event::Stop(_) => Happened::Stopped,
            // Nothing updates a Map Run in a simulation.
            // They run inside it.
            Event::UpdateMapRun(_) | Event::ChildEnded { .. } | Event::ActivitiesChanged(_) => return,
        };
        self.begin_moment(happened);
    }

    /// Notes what happened to the simulated execution.
    pub(super) fn begin_moment(&mut self, happened: Happened) {
        if self.simulation.options.history == HistoryLevel::Off {
            return;
        }
        let first = self.members.get(&ROOT).map_or(0, |root| root.history.len());
        self.moments.push(Moment {
            at: self.elapsed(),
            happened,
            events: first..first,
            running: Vec::new(),
        });
    }

    /// Closes the moment: all effects of its event are there.
    pub(super) fn moment_ends(&mut self) {
        let Some(root) = self.members.get_mut(&ROOT) else {
            return;
        };
        root.observe();
        if let Some(moment) = self.moments.last_mut() {
            moment.events.end = root.history.len();
            moment.running = root.observer.running();
        }
    }
}
