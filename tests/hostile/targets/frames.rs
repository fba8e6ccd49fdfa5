//! Broken frames: where a snapshot's frames, queues, timers, tasks or counts are no longer what they were, it is refused,
//! or the execution fails and says which invariant is broken, or the change means nothing and it ends as it would have.
//! It never hangs, and never ends well with another output.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use asl_engine::execution::{Command, Event, Execution, Outcome, Snapshot, Task};
use asl_engine::history::ErrorOutput;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::Dice;
use super::execution::Driver;

/// Members that no invariant speaks of: data, what only a history tells, the order of what is due at once, and in which
/// of its graph's states a frame is.
const FREE: [&str; 33] = [
    "activities",
    "are_pairs",
    "arn",
    "bucket",
    "bytes",
    "entered_event",
    "entered_time",
    "execution",
    "key",
    "keys",
    "last_event",
    "limits",
    "now",
    "parts",
    "pending",
    "random",
    "read",
    "recorder",
    "request",
    "requests",
    "result",
    "sequence",
    "settings",
    "sources",
    "start_date",
    "state",
    "state_machine",
    "token_secret",
    "variable_bytes",
    "variables",
    "outcome",
    "definition",
    "input",
];

/// Members that must be there, and have so many elements, though what these are is data.
const DATA: [&str; 5] = ["all", "items", "raw_input", "results", "selected"];

/// Events after which an execution has ended.
const MOST_EVENTS: usize = 200;

pub(crate) fn frames(dice: &Dice) -> bool {
    let Some((mut driver, mut execution)) = Driver::start(dice, false) else {
        return false;
    };
    for _ in 0..dice.below(4) {
        if !driver.drive(dice, &mut execution) {
            return false;
        }
    }
    let program = Arc::clone(execution.program());
    let original = serde_json::to_value(execution.snapshot()).unwrap();
    let mut broken = original.clone();
    let place = break_one(dice, &mut broken);
    let restored = |stored: &Value| {
        let snapshot: Snapshot = serde_json::from_str(&stored.to_string()).ok()?;
        Execution::restore(Arc::clone(&program), snapshot).ok()
    };
    let unbroken = restored(&original).unwrap();
    let expected = end_of(unbroken, &driver);
    if let Some(execution) = restored(&broken) {
        let end = end_of(execution, &driver);
        assert!(
            end == expected || breaks_a_rule(end.as_ref()),
            "{place} is {:?}, not {:?}:\n     got {end:?}\nexpected {expected:?}",
            broken.pointer(&place),
            original.pointer(&place)
        );
    }
    broken != original
}

/// Changes something that an invariant speaks of; where.
fn break_one(dice: &Dice, stored: &mut Value) -> String {
    let mut places = Vec::new();
    find_places(stored, "", String::new(), &mut places);
    let (place, name) = &places[dice.below(places.len())];
    // The same member of something else, such as the deadline of another frame.
    let namesakes: Vec<&Value> = places
        .iter()
        .filter(|(_, other)| other == name)
        .filter_map(|(place, _)| stored.pointer(place))
        .collect();
    let namesake = namesakes[dice.below(namesakes.len())].clone();
    let target = stored.pointer_mut(place).unwrap();
    let is_data = DATA.contains(&name.as_str());
    *target = match (&*target, dice.below(4)) {
        (_, 0) => Value::Null,
        (_, 1) if !is_data => namesake,
        (Value::Bool(yes), _) if !is_data => json!(!yes),
        (Value::Number(number), _) if !is_data => {
            let number = number.as_u64().unwrap_or_default();
            let (more, less) = (number.wrapping_add(1), number.wrapping_sub(1));
            json!(dice.pick(&[&more, &less, &0, &u64::from(u32::MAX), &u64::MAX]))
        }
        (Value::Array(items), how) => {
            let mut items = items.clone();
            match items.len() {
                0 => items.push(namesake),
                length if how == 2 => drop(items.remove(dice.below(length))),
                length => items.push(items[dice.below(length)].clone()),
            }
            items.into()
        }
        (Value::Object(members), _) if !is_data => {
            let mut members = members.clone();
            let keys: Vec<&str> = members.keys().map(String::as_str).collect();
            let keys: Vec<&str> = keys.into_iter().filter(|key| !FREE.contains(key)).collect();
            if !keys.is_empty() {
                let key = dice.pick(&keys).to_owned();
                members.remove(&key);
            }
            members.into()
        }
        (Value::Null, _) if !is_data => json!(dice.below(3)),
        _ if is_data => Value::Null,
        _ => namesake,
    };
    place.clone()
}

/// The places of a snapshot that may be changed, each with the name of its member.
fn find_places(value: &Value, name: &str, place: String, places: &mut Vec<(String, String)>) {
    let below = |key: &str| format!("{place}/{}", key.replace('~', "~0").replace('/', "~1"));
    match value {
        Value::Array(items) if !DATA.contains(&name) => {
            for (index, item) in items.iter().enumerate() {
                find_places(item, name, below(&index.to_string()), places);
            }
        }
        // The items of a Map Run are more than their data.
        Value::Object(members) if !DATA.contains(&name) || name == "items" => {
            for (key, member) in members {
                // How many timers there were so far only orders those to come.
                if FREE.contains(&key.as_str()) || (name == "timers" && key == "armed") {
                    continue;
                }
                find_places(member, key, below(key), places);
            }
        }
        _ => {}
    }
    places.push((place, name.to_owned()));
}

fn breaks_a_rule(end: Option<&Outcome>) -> bool {
    let cause = match end {
        Some(Outcome::Failed(ErrorOutput {
            error: Some(error),
            cause,
        })) if error == "States.Runtime" => cause.as_deref(),
        _ => None,
    };
    cause.is_some_and(|cause| cause.starts_with("The interpreter broke a rule of its own: "))
}

/// How an execution ends whose tasks are answered the same way each time; `None` where it goes on and on.
fn end_of(mut execution: Execution, driver: &Driver) -> Option<Outcome> {
    let mut now = driver.now;
    let mut waiting: Vec<Task> = Vec::new();
    for _ in 0..MOST_EVENTS {
        while let Some(command) = execution.poll_command() {
            match command {
                Command::Invoke(task) => waiting.push(task),
                Command::Cancel(id) => waiting.retain(|task| task.id != id),
                _ => {}
            }
        }
        if !execution.is_running() {
            return execution.outcome().cloned();
        }
        if execution.wants_turn() {
            execution.handle(now, Event::Turn);
            continue;
        }
        let deadline = execution.next_deadline();
        assert!(deadline.is_some() || !waiting.is_empty(), "it hangs");
        // By what they are asked, not by their ids: these a change may move without meaning anything.
        waiting.sort_by_cached_key(|task| std::cmp::Reverse(dice_of(task)));
        let event = match (waiting.last(), deadline) {
            (Some(task), Some(_)) if dice_of(task).is_multiple_of(8) => Event::DeadlineReached,
            (Some(_), _) => answer(&waiting.pop()?, driver),
            (None, _) => Event::DeadlineReached,
        };
        if matches!(event, Event::DeadlineReached) {
            now = now.max(deadline.unwrap_or(DateTime::<Utc>::MAX_UTC));
        }
        execution.handle(now, event);
    }
    None
}

fn answer(task: &Task, driver: &Driver) -> Event {
    let (id, dice) = (task.id, dice_of(task));
    if dice.is_multiple_of(5) {
        let error = ErrorOutput {
            error: Some("Broken".to_owned()),
            cause: None,
        };
        return Event::TaskFailed { task: id, error };
    }
    let scripted = driver.scripted();
    let raw_result = match usize::try_from(dice).unwrap_or_default().checked_rem(scripted.len()) {
        Some(which) => scripted[which].clone(),
        None => json!({ "Body": "1\n2\n3\n", "of": &*task.state }),
    };
    Event::TaskSucceeded { task: id, raw_result }
}

/// The same number for the same request.
fn dice_of(task: &Task) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&task.state, task.retry_count, task.request.effective_input.to_string()).hash(&mut hasher);
    hasher.finish()
}
