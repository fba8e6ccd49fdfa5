//! Walks through a run moment by moment, back and forth, and forks it at any of them.

use serde_json::{Map, Value};
use std::collections::HashSet;
use std::sync::Arc;

use super::recorded::{CallKey, Recorded};
use super::script::Part;
use super::{Answer, Call, Happened, Moment, Run, Simulation, Visit};
use crate::history::{EventDetails, HistoryEvent};

/// A position in a run: a moment, with everything known about it.
///
/// ```
/// use asl_engine::simulation::Answer;
/// use asl_engine::{Simulation, StateMachine};
/// use serde_json::json;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let machine: StateMachine = std::fs::read_to_string("asl-samples/charge.asl.json")?.parse()?;
/// let run = Simulation::of(&machine).task("Charge", [json!({ "paid": true })]).run(json!({ "id": 7 }));
///
/// let mut travel = run.time_travel();
/// assert_eq!(&*travel.states()[0].state, "Charge"); // it waits for its answer …
/// travel.forward();
/// assert!(travel.states().is_empty()); // … which ends the execution
///
/// let other = run.fork(0, Answer::error("Declined", "no funds")).run(json!({ "id": 7 }));
/// assert_eq!(other.error_name(), Some("Declined"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct TimeTravel<'r> {
    run: &'r Run,
    place: usize,
}

impl<'r> TimeTravel<'r> {
    /// The moment.
    pub fn moment(&self) -> &'r Moment {
        // INVARIANT: a run has at least one moment, its start, and the position is always valid.
        self.run.moments.get(self.place).unwrap_or(&self.run.first_moment)
    }

    /// The number of the moment, from 0.
    pub fn place(&self) -> usize {
        self.place
    }

    /// Moves to the next moment; false at the last.
    pub fn forward(&mut self) -> bool {
        self.go_to(self.place + 1)
    }

    /// Moves to the previous moment; false at the first.
    pub fn back(&mut self) -> bool {
        self.place.checked_sub(1).is_some_and(|place| self.go_to(place))
    }

    /// Moves to a moment; false if there is none.
    pub fn go_to(&mut self, place: usize) -> bool {
        let is_there = place < self.run.moments.len();
        if is_there {
            self.place = place;
        }
        is_there
    }

    /// Moves to the moment at which an event was recorded; false if there is none.
    pub fn go_to_event(&mut self, event: u64) -> bool {
        let is_it = |moment: &Moment| {
            let mut events = self.run.history().get(moment.events.clone()).into_iter().flatten();
            events.any(|recorded| recorded.id == event)
        };
        let place = self.run.moments.iter().position(is_it);
        place.is_some_and(|place| self.go_to(place))
    }

    /// The events recorded at this moment.
    pub fn events(&self) -> &'r [HistoryEvent] {
        self.run.history().get(self.moment().events.clone()).unwrap_or_default()
    }

    /// The states in which the execution is after this moment: several in a Parallel or a Map.
    pub fn states(&self) -> Vec<&'r Visit> {
        let running = self.moment().running.iter();
        running.filter_map(|visit| self.run.visits().get(*visit)).collect()
    }

    /// The variables of the machine itself after this moment.
    pub fn variables(&self) -> Map<String, Value> {
        let outermost = self.run.visits().iter().filter(|visit| visit.within.is_none());
        let outermost: HashSet<&str> = outermost.map(|visit| &*visit.state).collect();
        let mut variables = Map::new();
        for event in self.run.history().iter().take(self.moment().events.end) {
            if let EventDetails::StateExited {
                name,
                assigned_variables: Some(assigned),
                ..
            } = &event.details
                && outermost.contains(&**name)
            {
                let values = assigned.iter().filter_map(|(name, text)| {
                    let value = serde_json::from_str(text).ok()?;
                    Some((name.clone(), value))
                });
                variables.extend(values);
            }
        }
        variables
    }

    /// The call answered at this moment, if any.
    pub fn call(&self) -> Option<&'r Call> {
        self.run.calls.get(self.call_place()?)
    }

    fn call_place(&self) -> Option<usize> {
        match self.moment().happened {
            Happened::Answered { call } => call,
            _ => None,
        }
    }

    /// The same execution with another answer at this moment; `None` if no scripted task answers here. See
    /// [`Run::fork`].
    pub fn fork(&self, answer: impl Into<Answer>) -> Option<Simulation> {
        Some(self.run.fork(self.call_place()?, answer))
    }
}

impl Run {
    /// Walks through the run from its start.
    pub fn time_travel(&self) -> TimeTravel<'_> {
        TimeTravel { run: self, place: 0 }
    }

    /// The same execution up to a call, given by its index in [`Run::calls`], which gets another answer. Run it on the
    /// same input.
    ///
    /// Earlier calls get their old answers. Later calls are answered by scripts added to the result, then by the
    /// functions and endless answers of the run's own simulation, then by the answers of the same calls in the run. Any
    /// other call is an error.
    #[must_use]
    pub fn fork(&self, call: usize, answer: impl Into<Answer>) -> Simulation {
        let mut simulation = Simulation::clone(&self.simulation).allow_left_over();
        // Lists are used up; their answers are known by call from the run.
        simulation.parts.retain(|(_, part)| part.is_endless());
        let mut recorded = simulation.recorded.as_deref().cloned().unwrap_or_default();
        for (place, known) in self.calls.iter().enumerate() {
            let Some(given) = known.answer.clone() else { continue };
            if place < call {
                recorded.insert(CallKey::from(known), given);
            } else if place > call {
                recorded.move_last(CallKey::from(known), given);
            }
        }
        if let Some(forked) = self.calls.get(call) {
            recorded.insert(CallKey::from(forked), answer.into());
        }
        simulation.recorded = Some(Arc::new(recorded));
        simulation
    }

    /// A fork that is not stopped where the run was, and in which later answers take the time that they took: see
    /// [`fork`](Self::fork). With `scripted`, later calls are answered by the simulation's own scripts.
    #[cfg(feature = "console")]
    pub(crate) fn fork_beyond_stop(&self, call: usize, answer: Answer, scripted: bool) -> Simulation {
        let known = self.calls.get(call);
        let answer = match known.and_then(|known| known.answer.as_ref().filter(|_| !known.is_unknown())) {
            Some(before) => answer.begun_as(before),
            None => answer,
        };
        if scripted {
            let mut simulation = Simulation::clone(&self.simulation);
            let mut recorded = simulation.recorded.as_deref().cloned().unwrap_or_default();
            if let Some(known) = known {
                recorded.insert(CallKey::from(known), answer);
            }
            simulation.recorded = Some(Arc::new(recorded));
            return simulation;
        }
        let mut simulation = self.fork(call, answer);
        simulation.stop = None;
        if let Some(recorded) = simulation.recorded.as_mut().map(Arc::make_mut) {
            for known in self.calls.iter().skip(call + 1) {
                if known.is_unknown() {
                    recorded.forget(&CallKey::from(known));
                } else if let Some(given) = &known.answer {
                    recorded.move_last(CallKey::from(known), given.since(known.asked));
                }
            }
        }
        simulation
    }
}

impl Part {
    /// Whether it has an answer for every call.
    fn is_endless(&self) -> bool {
        matches!(self, Self::Always(_) | Self::Input(_) | Self::Call(_))
    }
}

impl Recorded {
    /// Moves an answer behind the scripts: it is used only where no script answers the call.
    fn move_last(&mut self, key: CallKey, answer: Answer) {
        self.remove(&key);
        self.insert_last(key, answer);
    }
}
