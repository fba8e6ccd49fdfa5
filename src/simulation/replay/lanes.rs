//! Groups the events of a history into visits and into lanes of parallel work.

use std::collections::HashMap;
use std::sync::Arc;

use super::events::RecordedEvent;
use crate::definition::State;
use crate::execution::Program;

/// Where states are: the names of the Maps around them, outermost first, and their graph.
pub(super) struct Places {
    places: HashMap<String, Place>,
}

#[derive(Debug)]
pub(super) struct Place {
    pub(super) pointer: Arc<str>,
    maps: Vec<String>,
    /// The graph's JSON Pointer; empty for the machine itself.
    graph: String,
}

/// The machine itself, a branch or an iteration: its events follow one another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(super) struct Lane {
    pub(super) graph: String,
    /// The item index in each Map around it, outermost first.
    pub(super) iterations: Vec<usize>,
}

/// One visit of a history.
#[derive(Debug)]
pub(super) struct RecordedVisit {
    pub(super) state: String,
    pub(super) lane: Lane,
    /// The number of earlier visits to the state in the same lane.
    pub(super) round: usize,
}

/// The visit and lane of an event.
#[derive(Debug, Clone, Default)]
struct Context {
    visit: Option<usize>,
    /// The item index of every Map known so far.
    items: Vec<(String, usize)>,
}

/// The visits of a history, and the visit of each event.
#[derive(Debug)]
pub(super) struct Visits {
    pub(super) visits: Vec<RecordedVisit>,
    of_events: HashMap<u64, Context>,
}

impl Places {
    pub(super) fn of(program: &Program) -> Self {
        let mut places = HashMap::new();
        for (_, node) in program.nodes() {
            let (graph, _) = node.pointer.rsplit_once("/States/").unwrap_or_default();
            let around = program.nodes().map(|(_, node)| node).filter(|outer| {
                let inside = node.pointer.strip_prefix(&*outer.pointer);
                matches!(outer.state, State::Map(_)) && inside.is_some_and(|rest| rest.starts_with('/'))
            });
            let mut maps: Vec<(usize, String)> = around
                .map(|outer| (outer.pointer.len(), outer.name.to_string()))
                .collect();
            maps.sort_unstable();
            let place = Place {
                pointer: Arc::clone(&node.pointer),
                maps: maps.into_iter().map(|(_, name)| name).collect(),
                graph: graph.to_owned(),
            };
            places.insert(node.name.to_string(), place);
        }
        Self { places }
    }

    pub(super) fn get(&self, state: &str) -> Option<&Place> {
        self.places.get(state)
    }
}

impl Visits {
    /// Follows the `previousEventId` chains of a history: every event refers to an earlier one.
    pub(super) fn of(events: &[RecordedEvent], places: &Places) -> Self {
        let mut visits = Self {
            visits: Vec::new(),
            of_events: HashMap::new(),
        };
        let mut rounds: HashMap<(String, Lane), usize> = HashMap::new();
        for event in events {
            let mut context = visits.of_events.get(&event.previous).cloned().unwrap_or_default();
            match (&*event.kind, event.state()) {
                ("MapIterationStarted", Some(map)) => {
                    let index = event.details.get("index").and_then(serde_json::Value::as_u64);
                    let index = index.and_then(|index| usize::try_from(index).ok()).unwrap_or_default();
                    context.items.retain(|(name, _)| name != map);
                    context.items.push((map.to_owned(), index));
                }
                (kind, Some(state)) if kind.ends_with("StateEntered") => {
                    let lane = places.lane(state, &context.items);
                    let round = rounds.entry((state.to_owned(), lane.clone())).or_default();
                    context.visit = Some(visits.visits.len());
                    visits.visits.push(RecordedVisit {
                        state: state.to_owned(),
                        lane,
                        round: *round,
                    });
                    *round += 1;
                }
                // An event that refers to one inside a Map or Parallel, or before the entry, names its state itself.
                (kind, Some(state)) if kind.ends_with("StateExited") || kind == "EvaluationFailed" => {
                    let lane = places.lane(state, &context.items);
                    let is_it = |visit: &RecordedVisit| visit.state == state && visit.lane == lane;
                    context.visit = visits.visits.iter().rposition(is_it);
                }
                _ => {}
            }
            visits.of_events.insert(event.id, context);
        }
        visits
    }

    /// The index of an event's visit.
    pub(super) fn place_of(&self, event: u64) -> Option<usize> {
        self.of_events.get(&event)?.visit
    }

    pub(super) fn of_event(&self, event: u64) -> Option<&RecordedVisit> {
        self.visits.get(self.place_of(event)?)
    }
}

impl Places {
    fn lane(&self, state: &str, items: &[(String, usize)]) -> Lane {
        let Some(place) = self.places.get(state) else {
            return Lane::default();
        };
        let index = |map: &String| {
            items
                .iter()
                .rfind(|(name, _)| name == map)
                .map_or(0, |(_, index)| *index)
        };
        Lane {
            graph: place.graph.clone(),
            iterations: place.maps.iter().map(index).collect(),
        }
    }
}
