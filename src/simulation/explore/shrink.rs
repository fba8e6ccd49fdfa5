//! Shrinks the script and the input of a finding.

use serde_json::Value;

use super::finding::Symptom;
use super::{Exploration, Fault};

/// The budget of executions for shrinking one finding; a long execution counts as several.
const MOST_RUNS: usize = 300;

/// So many visits count as one execution of the budget.
const VISITS: usize = 500;

/// The smallest input and the fewest and shortest faults that still show the symptom.
pub(super) fn smallest(
    exploration: &Exploration,
    symptom: &Symptom,
    input: Value,
    faults: Vec<Fault>,
) -> (Value, Vec<Fault>) {
    let mut shrinking = Shrinking {
        exploration,
        symptom,
        input,
        faults,
        runs: 0,
    };
    while shrinking.shrink_faults() || shrinking.shrink_input() {}
    (shrinking.input, shrinking.faults)
}

struct Shrinking<'e> {
    exploration: &'e Exploration,
    symptom: &'e Symptom,
    input: Value,
    faults: Vec<Fault>,
    runs: usize,
}

impl Shrinking<'_> {
    /// Removes a fault or shortens it.
    fn shrink_faults(&mut self) -> bool {
        for i in 0..self.faults.len() {
            let mut fewer = self.faults.clone();
            let fault = fewer.remove(i);
            if self.takes(self.input.clone(), fewer.clone()) {
                return true;
            }
            for shorter in fault.shorter() {
                let mut faults = fewer.clone();
                faults.insert(i, shorter);
                if self.takes(self.input.clone(), faults) {
                    return true;
                }
            }
        }
        false
    }

    /// Removes a member or an item of the input.
    fn shrink_input(&mut self) -> bool {
        let mut places = Vec::new();
        removable(&self.input, &mut Vec::new(), &mut places);
        for place in places {
            let mut smaller = self.input.clone();
            remove(&mut smaller, &place);
            if self.takes(smaller, self.faults.clone()) {
                return true;
            }
            if self.runs >= MOST_RUNS {
                return false;
            }
        }
        false
    }

    /// Keeps a smaller candidate if it shows the same symptom.
    fn takes(&mut self, input: Value, faults: Vec<Fault>) -> bool {
        if self.runs >= MOST_RUNS {
            return false;
        }
        self.runs += 1;
        let run = self.exploration.uncounted(&faults).try_run(input.clone());
        self.runs += run.as_ref().map_or(0, |run| run.visits().len() / VISITS);
        let is_same = Symptom::of(&run).is_some_and(|(symptom, _)| symptom == *self.symptom);
        if is_same {
            self.input = input;
            self.faults = faults;
        }
        is_same
    }
}

/// The places where something can be removed, largest first. The recursion is bounded: inputs nest only as deep as the
/// parser allows.
fn removable(value: &Value, at: &mut Vec<String>, places: &mut Vec<Vec<String>>) {
    if places.len() > MOST_RUNS {
        return;
    }
    let members: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(i, value)| (i.to_string(), value))
            .collect(),
        _ => return,
    };
    for (name, _) in &members {
        let mut place = at.clone();
        place.push(name.clone());
        places.push(place);
    }
    for (name, value) in members {
        at.push(name);
        removable(value, at, places);
        at.pop();
    }
}

fn remove(value: &mut Value, place: &[String]) {
    let Some((last, outer)) = place.split_last() else {
        return;
    };
    let mut inner = value;
    for name in outer {
        let next = match inner {
            Value::Object(members) => members.get_mut(name),
            Value::Array(items) => name.parse::<usize>().ok().and_then(|i| items.get_mut(i)),
            _ => None,
        };
        let Some(next) = next else { return };
        inner = next;
    }
    match inner {
        Value::Object(members) => {
            members.shift_remove(last);
        }
        Value::Array(items) => {
            if let Some(i) = last.parse().ok().filter(|i: &usize| *i < items.len()) {
                items.remove(i);
            }
        }
        _ => {}
    }
}
