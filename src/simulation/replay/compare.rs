//! Compares the path of a replay with the recorded one, lane by lane.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

use super::events::RecordedEvent;
use super::lanes::{Lane, Places, Visits};
use crate::simulation::words::shown;

/// How many equal steps are shown before the first difference.
const SHOWN_BEFORE: usize = 4;

/// The most differences in data that are listed.
const MOST_DATA: usize = 50;

/// The point at which a replay leaves the recorded path.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PathDifference {
    /// The place: the machine itself, a branch or an iteration.
    pub place: String,
    /// The last equal steps before it.
    pub before: Vec<PathStep>,
    /// The recorded step; `None` if nothing followed.
    pub recorded: Option<PathStep>,
    /// The replayed step; `None` if nothing followed.
    pub replayed: Option<PathStep>,
}

/// One step of a path: an event of the history.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PathStep {
    /// The event's id.
    pub event: u64,
    /// Its type, with the state and the error in it.
    pub what: String,
    /// The input or the output in it.
    pub data: Option<Value>,
}

/// A step that both paths have, with different data.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DataDifference {
    /// The recorded event.
    pub recorded: PathStep,
    /// The replayed one.
    pub replayed: PathStep,
}

/// The result of the comparison.
pub(super) struct Compared {
    pub(super) difference: Option<PathDifference>,
    pub(super) data: Vec<DataDifference>,
}

pub(super) fn compare(recorded: &[RecordedEvent], replayed: &[RecordedEvent], places: &Places) -> Compared {
    let mut ours = steps(replayed, places);
    let theirs = steps(recorded, places);
    let cuts = (was_cut(recorded), was_cut(replayed));
    let mut differences = Vec::new();
    let mut data = Vec::new();
    for (lane, recorded) in &theirs {
        let replayed = ours.remove(lane).unwrap_or_default();
        compare_lane(lane, recorded, &replayed, cuts, &mut differences, &mut data);
    }
    for (lane, replayed) in &ours {
        compare_lane(lane, &[], replayed, cuts, &mut differences, &mut data);
    }
    // The earliest difference is the likely reason for the others, so it goes first.
    let first = |difference: &PathDifference| {
        let step = difference.recorded.as_ref().or(difference.replayed.as_ref());
        step.map_or(u64::MAX, |step| step.event)
    };
    data.sort_by_key(|difference: &DataDifference| difference.recorded.event);
    data.truncate(MOST_DATA);
    Compared {
        difference: differences.into_iter().min_by_key(first),
        data,
    }
}

fn compare_lane(
    lane: &Lane,
    recorded: &[PathStep],
    replayed: &[PathStep],
    cuts: (bool, bool),
    differences: &mut Vec<PathDifference>,
    data: &mut Vec<DataDifference>,
) {
    let pairs = recorded.iter().zip(replayed);
    let equal = pairs.clone().take_while(|(a, b)| a.what == b.what);
    let count = equal.clone().count();
    data.extend(equal.filter(|(a, b)| a.data != b.data).map(|(a, b)| DataDifference {
        recorded: a.clone(),
        replayed: b.clone(),
    }));
    let (next, other) = (recorded.get(count), replayed.get(count));
    // How far an aborted branch or iteration got is a matter of milliseconds, so it is not compared; one that failed
    // reached its end.
    let is_open = |last: Option<&PathStep>| {
        last.is_none_or(|last| !last.what.contains("Failed") && !last.what.contains("TimedOut"))
    };
    let ends_early =
        |next: Option<&PathStep>, was_cut: bool, steps: &[PathStep]| next.is_none() && was_cut && is_open(steps.last());
    let is_cut = !lane.graph.is_empty() && (ends_early(next, cuts.0, recorded) || ends_early(other, cuts.1, replayed));
    if is_cut || (next.is_none() && other.is_none()) {
        return;
    }
    differences.push(PathDifference {
        place: place_of(lane),
        before: recorded
            .get(count.saturating_sub(SHOWN_BEFORE)..count)
            .unwrap_or_default()
            .to_vec(),
        recorded: next.cloned(),
        replayed: other.cloned(),
    });
}

fn place_of(lane: &Lane) -> String {
    if lane.graph.is_empty() {
        return "the state machine itself".to_owned();
    }
    let items: Vec<String> = lane.iterations.iter().map(usize::to_string).collect();
    match items.as_slice() {
        [] => lane.graph.clone(),
        items => format!("{} at the item {}", lane.graph, items.join(" / ")),
    }
}

/// Whether branches or iterations may have been left unfinished.
fn was_cut(events: &[RecordedEvent]) -> bool {
    const CUTS: &[&str] = &[
        "Aborted",
        "MapIterationFailed",
        "ParallelStateFailed",
        "MapStateFailed",
        "ExecutionTimedOut",
    ];
    events
        .iter()
        .any(|event| CUTS.iter().any(|cut| event.kind.ends_with(cut)))
}

/// The steps of each lane.
fn steps(events: &[RecordedEvent], places: &Places) -> BTreeMap<Lane, Vec<PathStep>> {
    let visits = Visits::of(events, places);
    let mut lanes: BTreeMap<Lane, Vec<PathStep>> = BTreeMap::new();
    for event in events {
        let is_end = matches!(
            &*event.kind,
            "ExecutionSucceeded" | "ExecutionFailed" | "ExecutionTimedOut" | "ExecutionAborted"
        );
        let lane = if is_end {
            Lane::default()
        } else {
            match visits.of_event(event.id) {
                Some(visit) => visit.lane.clone(),
                None => continue,
            }
        };
        if let Some(step) = step(event) {
            lanes.entry(lane).or_default().push(step);
        }
    }
    lanes
}

/// An event's step of the path; `None` for events that are not part of it.
fn step(event: &RecordedEvent) -> Option<PathStep> {
    let kind = &*event.kind;
    let entered = kind.ends_with("StateEntered");
    let exited = kind.ends_with("StateExited");
    let of_work = ["Scheduled", "Succeeded", "Failed", "TimedOut"];
    let is_of_work = ["Task", "LambdaFunction", "Activity", "Execution", "EvaluationFailed"]
        .iter()
        .any(|prefix| kind.starts_with(prefix))
        && (of_work.iter().any(|end| kind.ends_with(end)) || kind == "ExecutionAborted");
    if !entered && !exited && !is_of_work {
        return None;
    }
    // A task that could not be started, or scheduled, has failed.
    let kind = ["ScheduleFailed", "StartFailed", "SubmitFailed"]
        .iter()
        .find_map(|end| Some(format!("{}Failed", kind.strip_suffix(end)?)))
        .unwrap_or_else(|| kind.to_owned());
    let mut what = kind;
    if let Some(state) = event.state() {
        what = format!("{what} `{state}`");
    }
    if let Some(error) = event.text("error") {
        what = format!("{what}, error `{error}`");
    }
    let data = ["input", "output", "parameters"]
        .iter()
        .find_map(|member| event.data(member));
    Some(PathStep {
        event: event.id,
        what,
        data,
    })
}

impl fmt::Display for PathStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.event, self.what)
    }
}

impl fmt::Display for PathDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told = |step: &Option<PathStep>| step.as_ref().map_or_else(|| "nothing".to_owned(), PathStep::to_string);
        let (recorded, replayed) = (told(&self.recorded), told(&self.replayed));
        let width = self.before.iter().map(|step| step.to_string().chars().count());
        let width = width.chain([recorded.chars().count(), 8]).max().unwrap_or_default();
        writeln!(f, "the replay leaves the recorded path in {}", self.place)?;
        writeln!(f, "  {:<width$} | replayed", "recorded")?;
        for step in &self.before {
            writeln!(f, "  {:<width$} | the same", step.to_string())?;
        }
        writeln!(f, "> {recorded:<width$} | {replayed}")?;
        for (side, step) in [("recorded", &self.recorded), ("replayed", &self.replayed)] {
            if let Some(data) = step.as_ref().and_then(|step| step.data.as_ref()) {
                writeln!(f, "  {side} with {}", shown(data))?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for DataDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told = |step: &PathStep| step.data.as_ref().map_or_else(|| "nothing".to_owned(), shown);
        let (recorded, replayed) = (told(&self.recorded), told(&self.replayed));
        write!(f, "{} recorded {recorded}, replayed {replayed}", self.recorded)
    }
}
