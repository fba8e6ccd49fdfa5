//! The state under test, found in its definition.

use serde_json::Value;

use super::error::{Exception, TestStateError};
use crate::definition::{InvalidDefinition, StateMachine};
use crate::loading::Loader;

/// AWS's name for a state given without a machine.
pub(super) const STATE_NAME: &str = "StateName";

/// The definition under test: a single state, or a state machine that contains it.
///
/// Made from the text of a definition, from its JSON, or from a [`StateMachine`].
#[derive(Debug, Clone)]
pub struct Definition(String);

impl From<&str> for Definition {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Definition {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<Value> for Definition {
    fn from(definition: Value) -> Self {
        Self(definition.to_string())
    }
}

impl From<&StateMachine> for Definition {
    fn from(machine: &StateMachine) -> Self {
        Self(machine.definition().to_string())
    }
}

/// A machine that holds the state under test.
pub(super) struct Tested {
    pub(super) machine: StateMachine,
    pub(super) name: String,
    /// The state's JSON in the definition.
    pub(super) source: Value,
}

impl Tested {
    /// The named state of a machine, nested or not, or a single state.
    pub(super) fn read(definition: &Definition, name: Option<&str>) -> Result<Self, TestStateError> {
        let (text, name) = match name {
            Some("") => {
                return Err(TestStateError::new(
                    Exception::ParamValidationError,
                    "Parameter validation failed:\nInvalid length for parameter stateName, value: 0, valid min length: 1",
                ));
            }
            Some(name) => (definition.0.clone(), name),
            None => (as_machine(&definition.0), STATE_NAME),
        };
        let machine = Loader::new()
            .verbatim()
            .parse(&text)
            .map_err(|invalid| refused(&invalid))?;
        let source = state_in(machine.definition(), name).cloned();
        Ok(Self {
            source: source.ok_or_else(|| TestStateError::validation("State not found in definition"))?,
            name: name.to_owned(),
            machine,
        })
    }

    /// Whether the state has a field.
    pub(super) fn has(&self, field: &str) -> bool {
        self.source.get(field).is_some()
    }

    /// Whether the graphs inside the state under test have a state with this name.
    pub(super) fn holds(&self, name: &str) -> bool {
        nested(&self.source).any(|graph| state_in(graph, name).is_some())
    }
}

/// Builds a machine around a single state, with a Succeed state for each of its targets.
///
/// A text that is not a JSON object stays as it is; the parser refuses it.
fn as_machine(state: &str) -> String {
    let Ok(Value::Object(fields)) = serde_json::from_str(state) else {
        return state.to_owned();
    };
    let mut states = format!("{{\"{STATE_NAME}\":{state}");
    let mut named = vec![STATE_NAME.to_owned()];
    for target in targets(&Value::Object(fields)) {
        if !named.contains(&target) {
            let key = Value::from(target.as_str());
            states.extend([",", &key.to_string(), ":{\"Type\":\"Succeed\"}"]);
            named.push(target);
        }
    }
    format!("{{\"StartAt\":\"{STATE_NAME}\",\"States\":{states}}}}}")
}

/// The targets of a state's transitions.
fn targets(state: &Value) -> Vec<String> {
    let within = ["Choices", "Catch"]
        .into_iter()
        .filter_map(|list| state.get(list)?.as_array())
        .flatten()
        .filter_map(|element| element.get("Next"));
    let own = ["Next", "Default"].into_iter().filter_map(|field| state.get(field));
    let names = own.chain(within).filter_map(Value::as_str);
    names.map(str::to_owned).collect()
}

/// The graphs inside a state. The recursion is bounded: definitions nest only as deep as the parser allows.
fn nested(state: &Value) -> impl Iterator<Item = &Value> {
    let branches = state.get("Branches").and_then(Value::as_array).into_iter().flatten();
    let processor = state.get("ItemProcessor").or_else(|| state.get("Iterator"));
    branches.chain(processor)
}

fn state_in<'a>(graph: &'a Value, name: &str) -> Option<&'a Value> {
    let states = graph.get("States")?.as_object()?;
    states.get(name).or_else(|| {
        let mut graphs = states.values().flat_map(nested);
        graphs.find_map(|graph| state_in(graph, name))
    })
}

/// All problems, as AWS prints them.
fn refused(invalid: &InvalidDefinition) -> TestStateError {
    TestStateError::definition(invalid.api_message())
}
