use chrono::{DateTime, Utc};
use serde_json::Value;

use super::engine::Prepared;
use super::scope::JsonataScope;
use crate::data::{Budget, ContextScope, Document, Random, VariableScope};

/// The data that a state's expressions read: `$states`, the workflow variables, the time and the randomness.
///
/// A state makes the bindings once for all its fields. Everything is borrowed; the engine copies only the parts that
/// the expressions refer to, and keeps the copies for the next field.
pub(crate) struct JsonataBindings<'a> {
    pub(super) scope: JsonataScope<'a>,
    pub(super) prepared: Prepared,
}

impl<'a> JsonataBindings<'a> {
    /// Bindings of `$states.input` and `$states.context`; `$now()` and `$millis()` return `now`.
    pub(crate) fn new(
        input: impl Into<Document<'a>>,
        context: &'a dyn ContextScope,
        variables: &'a dyn VariableScope,
        random: &'a Random,
        now: DateTime<Utc>,
        budget: &'a Budget,
    ) -> Self {
        Self::of(JsonataScope::new(input.into(), context, variables, random, now, budget))
    }

    /// Adds `$states.result`.
    #[must_use]
    pub(crate) fn with_result(self, result: impl Into<Document<'a>>) -> Self {
        Self::of(self.scope.with_result(result.into()))
    }

    /// Adds `$states.errorOutput`.
    #[must_use]
    pub(crate) fn with_error_output(self, error_output: &'a Value) -> Self {
        Self::of(self.scope.with_error_output(error_output))
    }

    fn of(scope: JsonataScope<'a>) -> Self {
        Self {
            scope,
            prepared: Prepared::default(),
        }
    }
}
