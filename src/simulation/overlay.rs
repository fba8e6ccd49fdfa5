//! The marks of runs and coverage on a diagram.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::words::seconds;
use super::{Coverage, PointKind, Run, Visit, VisitEnd};
use crate::definition::StateType;
use crate::diagram::{Exit, Overlay, Tone};

impl Run {
    /// The run's path, for a [`Diagram`](crate::diagram::Diagram) of its machine: the visited states with their
    /// durations, and the transitions taken.
    ///
    /// ```
    /// use asl_engine::diagram::Diagram;
    /// use asl_engine::{Simulation, StateMachine};
    /// use serde_json::json;
    ///
    /// let machine: StateMachine =
    ///     r#"{ "StartAt": "Rest", "States": { "Rest": { "Type": "Wait", "Seconds": 60, "End": true } } }"#.parse()?;
    /// let run = Simulation::of(&machine).run(json!({}));
    ///
    /// let mermaid = Diagram::of(&machine).with(&run.overlay()).to_mermaid();
    /// assert!(mermaid.contains("1 min"));
    /// # Ok::<(), asl_engine::definition::InvalidDefinition>(())
    /// ```
    pub fn overlay(&self) -> Overlay {
        of_run(self)
    }
}

impl Coverage {
    /// The covered points with their counts, and the missed points, for a [`Diagram`](crate::diagram::Diagram) of the
    /// machine.
    ///
    /// ```
    /// use asl_engine::diagram::Diagram;
    /// use asl_engine::simulation::Coverage;
    /// use asl_engine::{Simulation, StateMachine};
    /// use serde_json::json;
    ///
    /// let machine: StateMachine = std::fs::read_to_string("asl-samples/choice.asl.json")?.parse()?;
    /// let coverage = Coverage::of(&machine);
    ///
    /// let mermaid = Diagram::of(&machine).with(&coverage.overlay()).to_mermaid();
    /// assert!(mermaid.contains("never entered"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn overlay(&self) -> Overlay {
        of_coverage(self)
    }
}

fn of_run(run: &Run) -> Overlay {
    let mut states: Vec<(&str, Vec<&Visit>)> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for visit in run.visits() {
        let place = *places.entry(&visit.state).or_insert_with(|| {
            states.push((&visit.state, Vec::new()));
            states.len() - 1
        });
        if let Some((_, visits)) = states.get_mut(place) {
            visits.push(visit);
        }
    }
    let overlay = Overlay::new().rest(Tone::Idle);
    let overlay = states.into_iter().fold(overlay, |overlay, (name, visits)| {
        // The exit of a Succeed or Fail state has no field of its own; all others do.
        let ends = |visit: &&Visit| matches!(visit.state_type, StateType::Succeed | StateType::Fail);
        let overlay = if visits.iter().any(ends) {
            overlay.transition(name, Exit::End, tone(&visits), "")
        } else {
            overlay
        };
        overlay.state(name, tone(&visits), note(&visits))
    });
    let coverage = Coverage::of(Arc::clone(&run.simulation.program));
    coverage.add(run);
    transitions(overlay, &coverage, Tone::Good, true)
}

fn of_coverage(coverage: &Coverage) -> Overlay {
    let mut missed: HashMap<String, Vec<String>> = HashMap::new();
    for point in coverage.missed() {
        let whats = missed.entry(point.state).or_default();
        let what = match point.kind {
            // The arrows of these points show them.
            PointKind::State | PointKind::Transition | PointKind::Catcher => continue,
            PointKind::ChoiceRule => format!("rule {} {}", rule_number(&point.pointer), point.what),
            _ => point.what,
        };
        whats.push(what);
    }
    let mut overlay = Overlay::new();
    for state in coverage.states() {
        let (tone, note) = match (state.count, missed.get(&state.state)) {
            (0, _) => (Tone::Bad, "never entered".to_owned()),
            (count, None) => (Tone::Good, times(count)),
            (count, Some(missing)) if missing.is_empty() => (Tone::Warned, times(count)),
            (count, Some(missing)) => {
                let shown: Vec<_> = missing.iter().take(3).map(String::as_str).collect();
                let more = if missing.len() > 3 { " …" } else { "" };
                (
                    Tone::Warned,
                    format!("{} · never {}{more}", times(count), shown.join(", ")),
                )
            }
        };
        let exit = if state.count > 0 { Tone::Good } else { Tone::Bad };
        // The exit of a Succeed or Fail state has no field of its own; all others do.
        overlay = overlay
            .transition(&*state.state, Exit::End, exit, "")
            .state(state.state, tone, note);
    }
    transitions(overlay, coverage, Tone::Bad, false)
}

/// The number of a Choice Rule, from 1.
fn rule_number(pointer: &str) -> usize {
    let index = pointer.rsplit('/').find_map(|step| step.parse::<usize>().ok());
    index.map_or(0, |index| index + 1)
}

fn transitions(overlay: Overlay, coverage: &Coverage, missed: Tone, is_run: bool) -> Overlay {
    coverage.transitions().into_iter().fold(overlay, |overlay, transition| {
        let Some((from, exit)) = exit(&transition.pointer, &transition.from) else {
            return overlay;
        };
        match transition.count {
            0 if is_run => overlay,
            0 => overlay.transition(from, exit, missed, "never"),
            1 => overlay.transition(from, exit, Tone::Good, ""),
            count => overlay.transition(from, exit, Tone::Good, format!("{count}×")),
        }
    })
}

/// The state and the exit of a transition's pointer: `/States/A/Catch/1/Next`.
fn exit(pointer: &str, from: &str) -> Option<(String, Exit)> {
    let name = from.rsplit('/').next()?.replace("~1", "/").replace("~0", "~");
    let mut steps = pointer.strip_prefix(from)?.split('/').skip(1);
    let exit = match (steps.next(), steps.next().and_then(|index| index.parse().ok())) {
        (Some("Choices"), Some(index)) => Exit::Choice(index),
        (Some("Catch"), Some(index)) => Exit::Catch(index),
        (Some("Default"), _) => Exit::Default,
        (Some("Next"), _) => Exit::Next,
        _ => Exit::End,
    };
    Some((name, exit))
}

fn tone(visits: &[&Visit]) -> Tone {
    let failed = |visit: &&Visit| visit.has_failed() || visit.end == VisitEnd::Aborted;
    let troubled = |visit: &&Visit| {
        matches!(visit.end, VisitEnd::Caught { .. } | VisitEnd::Unfinished)
            || visit.attempts.iter().any(|attempt| attempt.error.is_some())
    };
    if visits.iter().any(failed) {
        Tone::Bad
    } else if visits.iter().any(troubled) {
        Tone::Warned
    } else {
        Tone::Good
    }
}

/// `3 visits · 2 s · Busy`
fn note(visits: &[&Visit]) -> String {
    let took: Duration = visits.iter().map(|visit| visit.took()).sum();
    let attempts: usize = visits.iter().map(|visit| visit.attempts.len()).sum();
    let mut parts = Vec::new();
    if visits.len() > 1 {
        parts.push(format!("{} visits", visits.len()));
    }
    if attempts > visits.len() {
        parts.push(format!("{attempts} attempts"));
    }
    parts.push(seconds(took));
    let mut errors: Vec<&str> = Vec::new();
    for attempt in visits.iter().flat_map(|visit| &visit.attempts) {
        let error = attempt.error.as_ref().and_then(|error| error.error.as_deref());
        if let Some(error) = error.filter(|error| !errors.contains(error) && errors.len() < 3) {
            errors.push(error);
        }
    }
    parts.extend(errors.into_iter().map(str::to_owned));
    parts.join(" · ")
}

fn times(count: u64) -> String {
    format!("{count}×")
}
