//! Histories as trees: what follows which event.

use serde_json::{Value, json};

use crate::compare::without_ids;

/// Whether an event starts several graphs.
pub(crate) fn ran_concurrently(events: &[Value]) -> bool {
    let starts_graph = |event: &Value| {
        let kind = event["type"].as_str().unwrap_or_default();
        kind == "MapIterationStarted" || kind.ends_with("StateEntered")
    };
    let mut previous: Vec<u64> = events
        .iter()
        .filter(|event| starts_graph(event))
        .filter_map(|event| event["previousEventId"].as_u64())
        .filter(|&id| id != 0)
        .collect();
    previous.sort_unstable();
    previous.windows(2).any(|pair| pair[0] == pair[1])
}

/// The events in an order that only the chains decide: each event, then chain by chain what follows it. Ids are the
/// places in that order; causes, which name an id, name none.
pub(crate) fn in_order(events: &[Value]) -> Vec<Value> {
    let previous: Vec<usize> = (0..events.len()).map(|i| follows(events, i)).collect();
    let mut followers = vec![Vec::new(); events.len() + 1];
    for (i, &previous) in previous.iter().enumerate() {
        followers[previous].push(i + 1);
    }
    // From the last to the first, each event's own text with all that follows stands ready for its previous one.
    let mut keys = vec![String::new(); events.len() + 1];
    for id in (0..=events.len()).rev() {
        let aborts = |&i: &usize| kind(&events[i - 1]).ends_with("Aborted");
        if id > 0 && !followers[id].iter().any(aborts) {
            followers[id].sort_by(|a, b| keys[*a].cmp(&keys[*b]));
        }
        let own = events.get(id.wrapping_sub(1)).map(text).unwrap_or_default();
        let hashes: Vec<u64> = followers[id].iter().map(|&follower| hash(&keys[follower])).collect();
        keys[id] = format!("{own}{hashes:?}");
    }
    let mut ordered = Vec::new();
    let mut places = vec![0_u64; events.len() + 1];
    let mut stack: Vec<usize> = followers[0].iter().rev().copied().collect();
    while let Some(id) = stack.pop() {
        places[id] = ordered.len() as u64 + 1;
        let event: Value = serde_json::from_str(&text(&events[id - 1])).unwrap();
        ordered.push(json!([places[id], places[previous[id - 1]], event]));
        stack.extend(followers[id].iter().rev());
    }
    ordered
}

/// The event that an event hangs on: its previous one. What comes when graphs have come to their end hangs on the
/// entry of their state, because which of them is the last, or makes room for the next, is a matter of time.
fn follows(events: &[Value], i: usize) -> usize {
    let previous = previous(&events[i]).min(events.len());
    let before = previous.checked_sub(1).map_or("", |before| kind(&events[before]));
    let joins = match kind(&events[i]) {
        "MapStateSucceeded" | "ParallelStateSucceeded" => true,
        "MapStateExited" | "ParallelStateExited" => !before.ends_with("StateFailed"),
        "MapIterationStarted" => before != "MapStateStarted",
        _ => false,
    };
    if !joins {
        return previous;
    }
    let mut inside = 0_usize;
    let mut id = previous;
    while let Some(at) = id.checked_sub(1) {
        match kind(&events[at]) {
            "MapStateExited" | "ParallelStateExited" => inside += 1,
            "MapStateEntered" | "ParallelStateEntered" if inside == 0 => return id,
            "MapStateEntered" | "ParallelStateEntered" => inside -= 1,
            _ => {}
        }
        id = self::previous(&events[at]).min(at);
    }
    previous
}

fn kind(event: &Value) -> &str {
    event["type"].as_str().unwrap_or_default()
}

fn previous(event: &Value) -> usize {
    usize::try_from(event["previousEventId"].as_u64().unwrap_or(0)).unwrap()
}

fn text(event: &Value) -> String {
    let text = without_ids(event).to_string();
    let pattern = regex_lite::Regex::new(r"entered at the event id #\d+").unwrap();
    pattern.replace_all(&text, "entered at the event id #…").into_owned()
}

fn hash(text: &str) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
