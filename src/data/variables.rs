use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

/// Where `$name` looks a variable up (ASL: "Variables").
pub(crate) trait VariableScope {
    /// The value of the variable, or `None` where nothing has assigned it.
    fn variable(&self, name: &str) -> Option<&Value>;
}

impl VariableScope for IndexMap<String, Arc<Value>> {
    fn variable(&self, name: &str) -> Option<&Value> {
        self.get(name).map(AsRef::as_ref)
    }
}
