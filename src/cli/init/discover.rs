//! Tries the machine out, and keeps one trial for each path.

use serde_json::{Value, json};
use std::collections::VecDeque;

use super::sample::{Place, sample, set};
use super::trial::{Fault, Found, Machine, Trial};
use crate::definition::{State, StateMachine};
use crate::error::predefined_errors;

/// The most trials of inputs and results.
const MOST_TRIALS: usize = 400;

/// The most cases of a file: a person is to read them.
const MOST_CASES: usize = 30;

/// The most retries of a Retrier that a case spells out.
const MOST_RETRIES: u32 = 10;

/// How many items there are where a distributed Map reads them.
const MOST_ITEMS: usize = 2;

/// The most faults of a case: what goes wrong, and what goes wrong while that is dealt with.
const MOST_FAULTS: usize = 2;

/// One trial for each path, the successful ones first; never empty, unless the machine waits for ever.
pub(super) fn discover(machine: &StateMachine) -> Vec<Found> {
    let runner = Machine::of(machine);
    let definition = machine.definition();
    let mut paths = Paths {
        runner: &runner,
        found: Vec::new(),
        missed: runner.points(),
        fallback: None,
    };
    let empty = json!({});
    paths.offer(&Trial {
        input: empty.clone(),
        answers: empty,
        faults: Vec::new(),
        items: MOST_ITEMS,
    });
    for text in [json!("text"), json!(1), json!([])] {
        let sample = sample(definition, &text);
        paths.search(&sample.data, &sample.variants);
    }
    paths.fewer_items();
    paths.faults();
    let mut found = paths.found;
    found.sort_by_key(|found| (found.error.is_some(), found.trial.faults.len()));
    found.truncate(MOST_CASES);
    if found.is_empty() {
        found.extend(paths.fallback);
    }
    found.into_iter().map(|found| smaller(&runner, found)).collect()
}

struct Paths<'m> {
    runner: &'m Machine,
    found: Vec<Found>,
    /// The points of the coverage that nothing found so far exercises.
    missed: Vec<usize>,
    /// The first run at all, for a machine of which no path ends well.
    fallback: Option<Found>,
}

impl Paths<'_> {
    /// Runs a trial; whether it took a new path to a good end, or exercises something new on a known one.
    fn offer(&mut self, trial: &Trial) -> bool {
        let Some(found) = self.runner.run(trial) else {
            return false;
        };
        if !found.is_meant && trial.faults.is_empty() {
            self.fallback.get_or_insert(found);
            return false;
        }
        let missed = found.missed_too(&self.missed);
        let is_new = missed.len() < self.missed.len() || !self.found.iter().any(|known| known.is_like(&found));
        if is_new {
            self.missed = missed;
            self.found.push(found);
        }
        is_new
    }

    /// Changes one place after the other, and goes on from changes that led to new paths.
    fn search(&mut self, data: &Value, variants: &[(Place, Value)]) {
        let mut queue = VecDeque::from([(data.clone(), data.clone())]);
        let mut trials = 0;
        while let Some((input, answers)) = queue.pop_front() {
            let base = Trial {
                input,
                answers,
                faults: Vec::new(),
                items: MOST_ITEMS,
            };
            self.offer(&base);
            for (place, value) in variants {
                for (of_input, of_answers) in [(true, true), (true, false), (false, true)] {
                    trials += 1;
                    if trials > MOST_TRIALS {
                        return;
                    }
                    let mut trial = base.clone();
                    if of_input {
                        set(&mut trial.input, place, value.clone());
                    }
                    if of_answers {
                        set(&mut trial.answers, place, value.clone());
                    }
                    if self.offer(&trial) {
                        queue.push_back((trial.input, trial.answers));
                    }
                }
            }
        }
    }

    /// Lets the readers of distributed Maps find fewer items.
    fn fewer_items(&mut self) {
        let known: Vec<_> = self.found.iter().map(|found| found.trial.clone()).collect();
        for trial in known {
            for items in 0..MOST_ITEMS {
                self.offer(&Trial { items, ..trial.clone() });
            }
        }
    }

    /// Lets each task fail as its Catchers and Retriers name it, and those of the states around it.
    fn faults(&mut self) {
        let program = self.runner.program();
        let mut faults = Vec::new();
        for (_, node) in program.nodes() {
            // What fails in a Parallel or Map is a task inside.
            let inner = format!("{}/", node.pointer);
            let tasks = program.nodes().map(|(_, task)| task).filter(|task| {
                matches!(task.state, State::Task(_))
                    && (task.pointer == node.pointer || task.pointer.starts_with(&inner))
            });
            for task in tasks {
                let mut add = |names: &[String], times| {
                    let errors = names.iter().flat_map(|name| task_errors(name));
                    faults.extend(errors.map(|error| Fault {
                        state: task.name.to_string(),
                        error,
                        times,
                    }));
                };
                for retrier in node.retry().iter().filter(|retrier| retrier.max_attempts > 0) {
                    add(&retrier.error_equals, Some(1));
                    if retrier.max_attempts <= MOST_RETRIES {
                        add(&retrier.error_equals, None);
                    }
                }
                for catcher in node.catch() {
                    add(&catcher.error_equals, None);
                }
            }
        }
        for _ in 0..MOST_FAULTS {
            // The path does not tell what child executions ask for.
            let asked = |found: &Found| found.tasks.iter().map(|(state, _)| state.clone()).collect();
            let known = self.found.iter().map(|found| (found.trial.clone(), asked(found)));
            let known: Vec<_> = known.collect();
            for fault in &faults {
                self.fault(fault, &known);
            }
        }
    }

    /// Adds a fault to the first known trial that it leads to a new path.
    fn fault(&mut self, fault: &Fault, known: &[(Trial, Vec<String>)]) {
        for (trial, asked) in known {
            let is_struck = trial.faults.iter().any(|known| known.state == fault.state);
            if is_struck || !asked.contains(&fault.state) {
                continue;
            }
            let mut trial = trial.clone();
            trial.faults.push(fault.clone());
            if self.offer(&trial) {
                return;
            }
        }
    }
}

/// The errors of a task that a name of `ErrorEquals` matches; the second where an earlier Catcher takes the first.
fn task_errors(name: &str) -> Vec<String> {
    const BROKEN: &str = "TaskBroken";
    let errors: &[&str] = match name {
        predefined_errors::ALL => &[BROKEN, predefined_errors::TIMEOUT],
        // A Map that tolerates no failures has it if a task in it fails.
        predefined_errors::TASK_FAILED | predefined_errors::EXCEED_TOLERATED_FAILURE_THRESHOLD => &[BROKEN],
        predefined_errors::TIMEOUT | predefined_errors::PERMISSIONS | predefined_errors::DATA_LIMIT_EXCEEDED => &[name],
        name if name.starts_with("States.") => &[],
        _ => &[name],
    };
    errors.iter().map(|error| (*error).to_owned()).collect()
}

/// The same path with as little data as it needs.
fn smaller(runner: &Machine, found: Found) -> Found {
    let mut best = found;
    for of_input in [true, false] {
        for place in member_places(if of_input {
            &best.trial.input
        } else {
            &best.trial.answers
        }) {
            let mut trial = best.trial.clone();
            let data = if of_input { &mut trial.input } else { &mut trial.answers };
            remove(data, &place);
            if let Some(run) = runner.run(&trial)
                && run.is_like(&best)
                && run.covers_the_same(&best)
                && run.status == best.status
            {
                best = run;
            }
        }
    }
    best
}

/// The places of all members, those of inner objects after the objects.
fn member_places(data: &Value) -> Vec<Place> {
    let mut places = Vec::new();
    for (name, value) in data.as_object().into_iter().flatten() {
        places.push(vec![name.clone()]);
        for inner in member_places(value) {
            places.push(std::iter::once(name.clone()).chain(inner).collect());
        }
    }
    places
}

fn remove(data: &mut Value, place: &[String]) {
    let Some((last, around)) = place.split_last() else {
        return;
    };
    let object = around.iter().try_fold(data, |data, name| data.get_mut(name));
    if let Some(Value::Object(members)) = object {
        members.shift_remove(last);
    }
}
