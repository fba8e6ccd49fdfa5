//! What a call changes.

use std::sync::Arc;

use super::activity::Activity;
use super::state_machine::StateMachine;
use crate::services::step_functions::Revision;

/// One change. State machines and activities take the place of those of their ARNs.
pub(super) enum Change {
    StateMachine(Box<StateMachine>),
    NoStateMachine(String),
    Activity(String, Activity),
    NoActivity(String),
    /// A new revision of a state machine that is among the changes too.
    #[cfg_attr(not(feature = "store"), expect(dead_code, reason = "only a store asks"))]
    Revision {
        revision: Arc<Revision>,
        /// Whether an earlier revision of the state machine has the same definition.
        has_known_definition: bool,
    },
}
