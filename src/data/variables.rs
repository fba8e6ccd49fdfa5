use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

/// Resolves `$name` (ASL: "Variables").
pub(crate) trait VariableScope {
    /// The variable's value, or `None` if it was never assigned.
    fn variable(&self, name: &str) -> Option<&Value>;
}

impl VariableScope for IndexMap<String, Arc<Value>> {
    fn variable(&self, name: &str) -> Option<&Value> {
        self.get(name).map(AsRef::as_ref)
    }
}
