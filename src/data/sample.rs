//! A scope for tests.

use chrono::DateTime;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::{ContextObject, ExecutionContext, MapItemContext, Random, Scope, StateContext, StateMachineContext};
#[cfg(feature = "jsonata")]
use super::{Payload, VariableScope};

/// Calls `test` with a scope around `input`: execution `e` of the state machine `Bar`, in an iteration of a Map state,
/// with a variable `$menu`.
pub(super) fn in_scope<T>(input: &Value, test: impl FnOnce(&Scope<'_>) -> T) -> T {
    let execution = ExecutionContext::new(
        "arn:e".into(),
        "e",
        json!({ "table": 4 }).into(),
        Some("arn:r".into()),
        DateTime::UNIX_EPOCH,
        true,
    );
    let state_machine = StateMachineContext {
        id: "arn:m".to_owned(),
        name: "Bar".to_owned(),
    };
    let item = json!({ "slice": 2 });
    let context = ContextObject {
        execution: &execution,
        state_machine: &state_machine,
        state: StateContext {
            name: "Bake",
            entered_time: DateTime::UNIX_EPOCH,
            retry_count: Some(1),
        },
        task_token: Some("AQ"),
        map_item: Some(MapItemContext {
            index: 3,
            value: Some(&item),
            key: None,
            source: None,
        }),
    };
    let variables = IndexMap::from([("menu".to_owned(), json!({ "pizzas": ["margherita"] }).into())]);
    test(&Scope {
        input: input.into(),
        context: &context,
        variables: &variables,
        random: &Random::seeded(1),
    })
}

/// A scope without variables.
#[cfg(feature = "jsonata")]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NoVariables;

#[cfg(feature = "jsonata")]
impl VariableScope for NoVariables {
    fn variable(&self, _name: &str) -> Option<&Payload> {
        None
    }
}
