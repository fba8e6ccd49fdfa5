//! Chains of executions that events start, so that none is endless.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// How many executions may follow from each other by events.
pub(super) const LONGEST: u32 = 16;
/// How many executions are remembered.
const REMEMBERED: usize = 100_000;

/// The executions that events have started, with their places in their chains.
///
/// DIFFERENCE: on AWS a rule that starts a state machine at each of its own status changes does so for ever.
#[derive(Debug, Default)]
pub(super) struct Chains(Mutex<Links>);

#[derive(Debug, Default)]
struct Links {
    places: HashMap<String, u32>,
    oldest_first: VecDeque<String>,
}

impl Chains {
    /// The place in its chain of an execution that an event about these resources starts: 1 if no event started the
    /// execution that the event comes from.
    pub(super) fn place_after(&self, resources: &[String]) -> u32 {
        let links = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let executions = resources.iter().filter_map(|arn| name_of(arn));
        let places = executions.filter_map(|name| links.places.get(&name));
        places.max().map_or(1, |place| place + 1)
    }

    /// Remembers an execution before it starts.
    pub(super) fn note(&self, machine: &str, execution: &str, place: u32) {
        let mut links = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let name = format!("{machine}:{execution}");
        if links.places.insert(name.clone(), place).is_none() {
            links.oldest_first.push_back(name);
        }
        if links.oldest_first.len() > REMEMBERED
            && let Some(oldest) = links.oldest_first.pop_front()
        {
            links.places.remove(&oldest);
        }
    }
}

/// `MACHINE:NAME` of the ARN of an execution.
fn name_of(arn: &str) -> Option<String> {
    let parts: Vec<&str> = arn.split(':').collect();
    match parts.as_slice() {
        ["arn", _, "states", _, _, "execution" | "express", machine, name, ..] => Some(format!("{machine}:{name}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arn(kind: &str, name: &str) -> Vec<String> {
        vec![
            "arn:aws:states:us-east-1:123456789012:stateMachine:Orders".to_owned(),
            format!("arn:aws:states:us-east-1:123456789012:{kind}:Orders:{name}"),
        ]
    }

    #[test]
    fn an_execution_follows_the_one_of_its_event() {
        let chains = Chains::default();
        assert_eq!(chains.place_after(&[]), 1);
        assert_eq!(chains.place_after(&arn("execution", "a")), 1);
        chains.note("Orders", "a", 1);
        assert_eq!(chains.place_after(&arn("execution", "a")), 2);
        assert_eq!(chains.place_after(&arn("express", "a:7f")), 2);
    }

    #[test]
    fn old_ones_are_forgotten() {
        let chains = Chains::default();
        for i in 0..=REMEMBERED {
            chains.note("Orders", &i.to_string(), 3);
        }
        assert_eq!(chains.place_after(&arn("execution", "0")), 1);
        assert_eq!(chains.place_after(&arn("execution", "1")), 4);
    }
}
