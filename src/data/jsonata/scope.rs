use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::needs::Need;
use crate::data::{Budget, ContextScope, Document, Payload, Random, VariableScope};

/// The data that a state's expressions read: `$states`, the workflow variables, the time and the randomness.
pub(super) struct JsonataScope<'a> {
    input: Document<'a>,
    pub(super) context: &'a dyn ContextScope,
    result: Option<Document<'a>>,
    error_output: Option<&'a Value>,
    variables: &'a dyn VariableScope,
    pub(super) random: &'a Random,
    pub(super) now: DateTime<Utc>,
    pub(super) budget: &'a Budget,
}

impl<'a> JsonataScope<'a> {
    /// A scope with `$states.input` and `$states.context`; `$now()` and `$millis()` return `now`.
    pub(super) fn new(
        input: Document<'a>,
        context: &'a dyn ContextScope,
        variables: &'a dyn VariableScope,
        random: &'a Random,
        now: DateTime<Utc>,
        budget: &'a Budget,
    ) -> Self {
        Self {
            input,
            context,
            result: None,
            error_output: None,
            variables,
            random,
            now,
            budget,
        }
    }

    /// Adds `$states.result`.
    #[must_use]
    pub(super) fn with_result(self, result: Document<'a>) -> Self {
        Self {
            result: Some(result),
            ..self
        }
    }

    /// Adds `$states.errorOutput`.
    #[must_use]
    pub(super) fn with_error_output(self, error_output: &'a Value) -> Self {
        Self {
            error_output: Some(error_output),
            ..self
        }
    }

    /// The members of `$states` except the context object, which comes after the first.
    pub(super) fn members(&self) -> impl IntoIterator<Item = (&'static str, Document<'a>)> + use<'a> {
        [
            ("input", Some(self.input)),
            ("result", self.result),
            ("errorOutput", self.error_output.map(Document::Value)),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
    }

    /// A workflow variable.
    pub(super) fn variable(&self, name: &str) -> Option<&'a Payload> {
        self.variables.variable(name)
    }

    /// A value to borrow on a path of names, with the number of names already followed. `None` if there is no value to
    /// borrow.
    pub(super) fn borrowed(&self, variable: &str, path: &[String]) -> Option<(Document<'a>, usize)> {
        if variable != "states" {
            return Some((Document::Payload(self.variable(variable)?), 0));
        }
        let first = path.first()?.as_str();
        let member = self.members().into_iter().find(|(name, _)| *name == first);
        member.map(|(_, value)| (value, 1))
    }

    /// A copy of the needed part of a variable or of `$states`; `None` if there is no such variable.
    pub(super) fn cut(&self, variable: &str, need: &Need) -> Option<Value> {
        if variable == "states" {
            Some(self.cut_states(need))
        } else {
            self.variable(variable).map(|value| need.cut_document(value.into()))
        }
    }

    fn cut_states(&self, need: &Need) -> Value {
        let mut states = Map::new();
        for (name, value) in self.members() {
            if let Some(need) = need.of(name) {
                states.insert(name.to_owned(), need.cut_document(value));
            }
            // AWS prints the context object after the input.
            if let ("input", Some(need)) = (name, need.of("context")) {
                states.insert("context".to_owned(), self.cut_context(need));
            }
        }
        Value::Object(states)
    }

    /// A copy of the needed part of the context object.
    pub(super) fn cut_context(&self, need: &Need) -> Value {
        match self.context.given() {
            None => need.cut_context(&self.context.context_object()),
            Some(given) => need.cut(given),
        }
    }
}
