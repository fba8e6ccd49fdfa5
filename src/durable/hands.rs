//! Who does the tasks of an execution, and whom it comes of.

use std::collections::BTreeSet;

use crate::services::step_functions::Lineage;

#[derive(Clone)]
pub(super) struct Hands {
    /// The resources that have services of their own; `None` if all have.
    pub(super) services: Option<BTreeSet<String>>,
    /// The activities whose tasks a handler does.
    pub(super) handled_activities: BTreeSet<String>,
    /// Its ancestors, for those that it starts.
    pub(super) lineage: Lineage,
}
