//! The mock file that is written.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::HashSet;

/// A mock file.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct MockFile {
    #[serde(default)]
    pub(super) state_machines: IndexMap<String, StateMachine>,
    #[serde(default)]
    pub(super) mocked_responses: IndexMap<String, Value>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StateMachine {
    /// The names of the responses, by states.
    #[serde(default)]
    pub(super) test_cases: IndexMap<String, IndexMap<String, String>>,
}

impl MockFile {
    /// Takes the responses out of a test case that is there, and those that no other test case has out of the file.
    pub(super) fn forget(&mut self, state_machine: &str, name: &str) {
        let machine = self.state_machines.get_mut(state_machine);
        let Some(states) = machine.and_then(|machine| machine.test_cases.get_mut(name)) else {
            return;
        };
        let forgotten = std::mem::take(states);
        let test_cases = self
            .state_machines
            .values()
            .flat_map(|machine| machine.test_cases.values());
        let used: HashSet<&String> = test_cases.flat_map(IndexMap::values).collect();
        let responses = &mut self.mocked_responses;
        responses.retain(|response, _| used.contains(response) || !forgotten.values().any(|known| known == response));
    }

    /// The name, or one like it that no response has.
    pub(super) fn free_name(&self, name: &str) -> String {
        let others = (2..).map(|number| format!("{name}-{number}"));
        let mut names = std::iter::once(name.to_owned()).chain(others);
        let free = names.find(|name| !self.mocked_responses.contains_key(name));
        free.unwrap_or_default()
    }
}

/// The answers by the numbers of their invocations; equal ones that follow each other are one range.
pub(super) fn by_ranges(answers: &[Value]) -> Value {
    let mut ranges = Map::new();
    let mut first = 0;
    for equal in answers.chunk_by(|one, next| one == next) {
        let last = first + equal.len() - 1;
        let key = if first == last {
            first.to_string()
        } else {
            format!("{first}-{last}")
        };
        ranges.extend(equal.first().map(|answer| (key, answer.clone())));
        first = last + 1;
    }
    Value::Object(ranges)
}
