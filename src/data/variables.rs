use indexmap::IndexMap;

use super::Payload;

/// Resolves `$name` (ASL: "Variables").
pub(crate) trait VariableScope {
    /// The variable's value, or `None` if it was never assigned.
    fn variable(&self, name: &str) -> Option<&Payload>;
}

impl VariableScope for IndexMap<String, Payload> {
    fn variable(&self, name: &str) -> Option<&Payload> {
        self.get(name)
    }
}
