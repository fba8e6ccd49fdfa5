//! The mock files of AWS Step Functions Local.

#[cfg(feature = "runtime")]
mod test_case;

use indexmap::IndexMap;
use serde_json::{Map, Value};
use std::str::FromStr;
use std::sync::Arc;

use super::script::{Indexed, Part};
use super::{Answer, Simulation};
use crate::data::parse_unique;
use crate::definition::StateMachine;
use crate::execution::Program;
use crate::history::ErrorOutput;

#[cfg(feature = "runtime")]
pub(crate) use test_case::TestCase;
#[cfg(feature = "cli")]
pub(crate) use test_case::mocked_answer;

/// A `MockConfigFile.json` of AWS Step Functions Local: test cases of state machines, and what their tasks answer.
///
/// A test case names a response for each Task state. A response has an answer for each invocation of the state, counted
/// from 0 over the whole execution: retries, rounds of a loop and iterations of a Map all count. A mocked error goes
/// through Retry and Catch, a mocked result through every stage of the state.
///
/// ```
/// use asl_engine::StateMachine;
/// use asl_engine::simulation::MockConfig;
/// use serde_json::json;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let machine: StateMachine = std::fs::read_to_string("asl-samples/charge.asl.json")?.parse()?;
/// let mocks: MockConfig = r#"{
///   "StateMachines": { "Orders": { "TestCases": { "Busy": { "Charge": "BusyTwice" } } } },
///   "MockedResponses": {
///     "BusyTwice": {
///       "0-1": { "Throw": { "Error": "Busy", "Cause": "try later" } },
///       "2": { "Return": { "paid": true } }
///     }
///   }
/// }"#.parse()?;
///
/// let run = mocks.simulation("Orders", "Busy", &machine)?.run(json!({ "id": 7 }));
/// assert_eq!(run.output(), Some(&json!({ "paid": true })));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct MockConfig {
    state_machines: IndexMap<String, TestCases>,
    /// What is wrong with a response spoils the test cases that name it.
    responses: IndexMap<String, Result<Indexed, MockConfigError>>,
    denies_left_over: bool,
}

/// The test cases of a state machine: the name of each state's response, or what is wrong with the test case.
type TestCases = IndexMap<String, Result<IndexMap<String, String>, MockConfigError>>;

/// The reasons why a mock file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MockConfigError {
    /// The text is not JSON, or an object has a member twice.
    #[error("the mock file cannot be read: {problem}")]
    NoJson {
        /// The problem with it.
        problem: String,
    },
    /// A value has the wrong shape.
    #[error("the mock file is wrong at {pointer}: {problem}")]
    Wrong {
        /// The place, as a JSON Pointer.
        pointer: String,
        /// The problem.
        problem: String,
    },
    /// The file has no such state machine, test case or response, or the state machine has no such Task state.
    #[error("there is no {kind} `{name}`{}", known_names(.known))]
    Unknown {
        /// The kind of thing that is missing.
        kind: &'static str,
        /// The requested name.
        name: String,
        /// The existing names.
        known: Vec<String>,
    },
}

fn known_names(known: &[String]) -> String {
    match known {
        [] => String::new(),
        known => format!("; there is {}", known.join(", ")),
    }
}

impl MockConfig {
    /// Reads a mock file. Errors with the place of the first problem.
    pub fn parse(text: &str) -> Result<Self, MockConfigError> {
        let config = Self::parse_each(text)?;
        let mut cases = config.state_machines.values().flat_map(IndexMap::values);
        let responses = config.responses.values();
        let mut problems = responses.filter_map(|response| response.as_ref().err());
        match problems.next().or_else(|| cases.find_map(|case| case.as_ref().err())) {
            Some(problem) => Err(problem.clone()),
            None => Ok(config),
        }
    }

    /// Reads a mock file; what is wrong with a test case or a response is an error of [`MockConfig::simulation`] only.
    pub(crate) fn parse_each(text: &str) -> Result<Self, MockConfigError> {
        let file = parsed(text)?;
        let mut config = Self {
            state_machines: IndexMap::new(),
            responses: IndexMap::new(),
            denies_left_over: false,
        };
        for (name, member) in object(&file, "")? {
            match name.as_str() {
                "StateMachines" => config.state_machines = state_machines(member)?,
                "MockedResponses" => config.responses = responses(member)?,
                _ => return Err(unknown_member("", name, "StateMachines and MockedResponses")),
            }
        }
        config.check_names();
        Ok(config)
    }

    /// Refuses the test cases that name a missing response.
    fn check_names(&mut self) {
        for (machine, cases) in &mut self.state_machines {
            for (case, states) in cases {
                let names = states.iter().flatten();
                let missing = names.filter(|(_, response)| !self.responses.contains_key(*response));
                let mut missing = missing.map(|(state, response)| {
                    let pointer = pointer(&["StateMachines", machine, "TestCases", case, state]);
                    wrong(
                        &pointer,
                        format!("there is no response `{response}` in `MockedResponses`"),
                    )
                });
                if let Some(problem) = missing.next_back() {
                    *states = Err(problem);
                }
            }
        }
    }

    /// Makes a run fail if it does not use every entry of the responses in its test case: such a test does not test
    /// what it claims. By default, as in Step Functions Local, unused entries are fine. A range counts as one entry.
    #[must_use]
    pub fn deny_left_over(mut self) -> Self {
        self.denies_left_over = true;
        self
    }

    /// The names of the state machines.
    pub fn state_machines(&self) -> impl Iterator<Item = &str> {
        self.state_machines.keys().map(String::as_str)
    }

    /// The names of a state machine's test cases; empty if there is no such machine.
    pub fn test_cases(&self, state_machine: &str) -> impl Iterator<Item = &str> {
        let cases = self.state_machines.get(state_machine);
        cases.into_iter().flat_map(|cases| cases.keys().map(String::as_str))
    }

    /// The responses that no test case uses.
    pub fn unused_responses(&self) -> impl Iterator<Item = &str> {
        let names = |response: &&String| {
            let mut cases = self.state_machines.values().flat_map(IndexMap::values);
            cases.any(|states| states.iter().flatten().any(|(_, name)| name == *response))
        };
        self.responses
            .keys()
            .filter(move |response| !names(response))
            .map(String::as_str)
    }

    /// A simulation of a state machine with the answers of a test case.
    ///
    /// `state_machine` and `test_case` are names in the file, which Step Functions Local takes from the ARN:
    /// `…:stateMachine:Orders#Busy`. Step Functions Local calls the real service for states that the test case does not
    /// name; here they need a script, or the run is an error when it reaches them.
    ///
    /// Errors if the file has no such test case, or the state machine has no such Task state.
    pub fn simulation(
        &self,
        state_machine: &str,
        test_case: &str,
        machine: &StateMachine,
    ) -> Result<Simulation, MockConfigError> {
        let mut simulation = Simulation::of(machine);
        let program = Arc::clone(&simulation.program);
        for (state, mut answers) in self.answers(state_machine, test_case, &program)? {
            answers.denies_left_over = self.denies_left_over;
            simulation = simulation.part(state, Part::Indexed(answers));
        }
        Ok(simulation)
    }

    /// The states of a test case with their answers.
    fn answers(
        &self,
        state_machine: &str,
        test_case: &str,
        program: &Program,
    ) -> Result<impl Iterator<Item = (&str, Indexed)>, MockConfigError> {
        let cases = find(&self.state_machines, "state machine", state_machine)?;
        let states = find(cases, "test case", test_case)?.as_ref().map_err(Clone::clone)?;
        for state in states.keys() {
            if !program.resources().any(|(name, _)| name == state) {
                let tasks = program.resources().map(|(name, _)| name.to_owned());
                return Err(unknown("Task state", state, tasks.collect()));
            }
        }
        let answers = states.iter().filter_map(|(state, response)| {
            // INVARIANT: the response is there, by `check_names`.
            let answers = self.responses.get(response)?.clone();
            Some(answers.map(|answers| (state.as_str(), answers)))
        });
        answers.collect::<Result<Vec<_>, _>>().map(Vec::into_iter)
    }
}

impl FromStr for MockConfig {
    type Err = MockConfigError;

    fn from_str(text: &str) -> Result<Self, MockConfigError> {
        Self::parse(text)
    }
}

fn find<'a, T>(map: &'a IndexMap<String, T>, kind: &'static str, name: &str) -> Result<&'a T, MockConfigError> {
    map.get(name)
        .ok_or_else(|| unknown(kind, name, map.keys().cloned().collect()))
}

fn unknown(kind: &'static str, name: &str, known: Vec<String>) -> MockConfigError {
    MockConfigError::Unknown {
        kind,
        name: name.to_owned(),
        known,
    }
}

fn parsed(text: &str) -> Result<Value, MockConfigError> {
    parse_unique(text).map_err(|error| MockConfigError::NoJson {
        problem: error.to_string(),
    })
}

fn state_machines(json: &Value) -> Result<IndexMap<String, TestCases>, MockConfigError> {
    let mut machines = IndexMap::new();
    for (machine, json) in object(json, "/StateMachines")? {
        let at = pointer(&["StateMachines", machine]);
        let mut cases = IndexMap::new();
        for (name, json) in object(json, &at)? {
            if name != "TestCases" {
                return Err(unknown_member(&at, name, "TestCases"));
            }
            for (case, json) in object(json, &format!("{at}/TestCases"))? {
                let at = pointer(&["StateMachines", machine, "TestCases", case]);
                let states = object(json, &at).map(|states| {
                    let states = states.iter().map(|(state, response)| match response {
                        Value::String(response) => Ok((state.clone(), response.clone())),
                        _ => Err(wrong(&at, format!("the response of `{state}` must be a name"))),
                    });
                    states.collect::<Result<_, _>>()
                });
                cases.insert(case.clone(), states.flatten());
            }
        }
        machines.insert(machine.clone(), cases);
    }
    Ok(machines)
}

fn responses(json: &Value) -> Result<IndexMap<String, Result<Indexed, MockConfigError>>, MockConfigError> {
    let responses = object(json, "/MockedResponses")?.iter();
    Ok(responses
        .map(|(name, json)| (name.clone(), response(name, json)))
        .collect())
}

fn response(name: &str, json: &Value) -> Result<Indexed, MockConfigError> {
    let at = pointer(&["MockedResponses", name]);
    let mut entries: Vec<(u64, u64, Answer)> = Vec::new();
    for (key, json) in object(json, &at)? {
        let at = pointer(&["MockedResponses", name, key]);
        let (first, last) = range(key).ok_or_else(|| {
            let problem = "the key must be the number of an invocation from 0, as `2`, or a range of them, as `0-1`";
            wrong(&at, problem.to_owned())
        })?;
        entries.push((first, last, answer(json, &at)?));
    }
    entries.sort_by_key(|(first, _, _)| *first);
    for (earlier, later) in entries.iter().zip(entries.iter().skip(1)) {
        if later.0 <= earlier.1 {
            let problem = format!("two keys answer the invocation {}", later.0);
            return Err(wrong(&at, problem));
        }
    }
    Ok(Indexed::new(entries))
}

/// `"2"`, `"0-1"`
fn range(key: &str) -> Option<(u64, u64)> {
    let number = |text: &str| {
        let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_plain.then(|| text.parse().ok()).flatten()
    };
    let (first, last) = match key.split_once('-') {
        Some((first, last)) => (number(first)?, number(last)?),
        None => (number(key)?, number(key)?),
    };
    (first <= last).then_some((first, last))
}

fn answer(json: &Value, at: &str) -> Result<Answer, MockConfigError> {
    let members = object(json, at)?;
    let mut members = members.iter();
    match (members.next(), members.next()) {
        (Some((name, output)), None) if name == "Return" => Ok(Answer::success(output.clone())),
        (Some((name, error)), None) if name == "Throw" => thrown(error, &format!("{at}/Throw")),
        _ => Err(wrong(
            at,
            "there must be either `Return` or `Throw`, and nothing else".to_owned(),
        )),
    }
}

fn thrown(json: &Value, at: &str) -> Result<Answer, MockConfigError> {
    let mut error = ErrorOutput::default();
    for (name, value) in object(json, at)? {
        let Value::String(text) = value else {
            return Err(wrong(at, format!("`{name}` must be a text")));
        };
        match name.as_str() {
            "Error" => error.error = Some(text.clone()),
            "Cause" => error.cause = Some(text.clone()),
            _ => return Err(unknown_member(at, name, "Error and Cause")),
        }
    }
    if error.error.is_none() {
        return Err(wrong(at, "`Error` is missing".to_owned()));
    }
    Ok(error.into())
}

fn object<'v>(json: &'v Value, at: &str) -> Result<&'v Map<String, Value>, MockConfigError> {
    json.as_object()
        .ok_or_else(|| wrong(at, "there must be an object".to_owned()))
}

fn unknown_member(at: &str, name: &str, known: &str) -> MockConfigError {
    wrong(at, format!("`{name}` is unknown here; there may be {known}"))
}

fn wrong(pointer: &str, problem: String) -> MockConfigError {
    let pointer = if pointer.is_empty() { "the top" } else { pointer };
    MockConfigError::Wrong {
        pointer: pointer.to_owned(),
        problem,
    }
}

fn pointer(tokens: &[&str]) -> String {
    let escaped = tokens.iter().map(|token| token.replace('~', "~0").replace('/', "~1"));
    escaped.fold(String::new(), |pointer, token| pointer + "/" + &token)
}
