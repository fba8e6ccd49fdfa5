//! Who does the tasks of an execution, and whom it comes of.

use std::collections::BTreeSet;

use super::messages::StartedChild;
use crate::execution::TaskId;
use crate::services::step_functions::Lineage;

#[derive(Clone)]
pub(super) struct Hands {
    /// The names of the services that resources have of their own; `None` if all have one.
    pub(super) services: Option<BTreeSet<String>>,
    /// The activities whose tasks a handler does.
    pub(super) handled_activities: BTreeSet<String>,
    /// Its ancestors, for those that it starts.
    pub(super) lineage: Lineage,
    /// The executions that its tasks had started before it came here.
    pub(super) started: Vec<(TaskId, StartedChild)>,
}
