//! States for tests of the parser.

use crate::definition::{State, StateMachine};

/// The state `X` of a machine in JSONPath, followed by a state `Y`.
pub(super) fn state(state: &str) -> State {
    read("JSONPath", state)
}

/// The same in JSONata.
#[cfg(feature = "jsonata")]
pub(super) fn jsonata_state(state: &str) -> State {
    read("JSONata", state)
}

fn read(language: &str, state: &str) -> State {
    let state = state.replace(r#""End": true"#, r#""Next": "Y""#);
    let follower = if state.contains(r#""Y""#) {
        r#", "Y": { "Type": "Fail" }"#
    } else {
        ""
    };
    let source =
        format!(r#"{{ "QueryLanguage": "{language}", "StartAt": "X", "States": {{ "X": {state}{follower} }} }}"#);
    let machine = StateMachine::parse(&source).unwrap();
    machine.graph.states["X"].clone()
}
