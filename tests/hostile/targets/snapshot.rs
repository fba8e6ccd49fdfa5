//! Snapshots: an execution that somebody wrote into is refused or goes on.

use asl_engine::execution::{Event, Execution, Snapshot};
use asl_engine::history::ErrorOutput;
use serde_json::Value;

use super::Dice;
use super::execution::Driver;

pub(crate) fn snapshot(dice: &Dice) -> bool {
    let Some((mut driver, mut execution)) = Driver::start(dice, false) else {
        return false;
    };
    for _ in 0..dice.below(8) {
        if !driver.drive(dice, &mut execution) {
            break;
        }
    }
    if dice.chance(30) {
        // What is left of an ended execution is kept for a redrive.
        execution.handle(driver.now, Event::Stop(ErrorOutput::default()));
        while execution.poll_command().is_some() {}
    }
    let program = std::sync::Arc::clone(execution.program());
    let original = serde_json::to_value(execution.snapshot()).unwrap();
    let mut stored = original.clone();
    for _ in 0..=dice.below(2) {
        let parts = [
            "/core/frames",
            "/core/frames/slots",
            "/core/remains",
            "/core/remains/slots",
            "/core",
            "/pending",
            "",
        ];
        if let Some(part) = stored.pointer_mut(dice.pick(&parts)) {
            dice.mutate(part, &|dice, _| new_value(dice, &original));
        }
    }
    // The definition says that it is the right one, and the limits bound the rest of the run.
    for place in ["/definition", "/core/limits", "/core/recorder/limit"] {
        if let (Some(part), Some(original)) = (stored.pointer_mut(place), original.pointer(place)) {
            *part = original.clone();
        }
    }
    let Ok(snapshot) = serde_json::from_str::<Snapshot>(&stored.to_string()) else {
        return false;
    };
    let Ok(mut restored) = Execution::restore(program, snapshot) else {
        return false;
    };
    driver.is_damaged = true;
    // It is refused where the execution runs, has succeeded or ended too long ago.
    let _ = restored.redrive(driver.now);
    for _ in 0..30 {
        if !driver.drive(dice, &mut restored) {
            break;
        }
    }
    true
}

/// Something else, or something of the snapshot in another place.
fn new_value(dice: &Dice, original: &Value) -> Value {
    if dice.chance(30) {
        return dice.json(2);
    }
    let mut place = original;
    loop {
        let below: Vec<&Value> = match place {
            Value::Array(items) => items.iter().collect(),
            Value::Object(members) => members.values().collect(),
            _ => Vec::new(),
        };
        if below.is_empty() || dice.chance(20) {
            return place.clone();
        }
        place = below[dice.below(below.len())];
    }
}
