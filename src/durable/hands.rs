//! Who does the tasks of an execution.

use std::collections::BTreeSet;

#[derive(Clone)]
pub(super) struct Hands {
    /// The resources that have services of their own; `None` if all have.
    pub(super) services: Option<BTreeSet<String>>,
    /// The activities whose tasks a handler does.
    pub(super) handled_activities: BTreeSet<String>,
}
