use std::cell::RefCell;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::engine::Prepared;
use super::needs::Need;
use crate::data::{Budget, ContextScope, Random, VariableScope};

/// What the expressions of a state read: `$states`, the workflow variables, the time and the randomness.
///
/// A state makes it once for all its fields. Everything is borrowed; the engine is handed copies of those parts alone
/// that the expressions refer to, and keeps them for the next field.
pub(crate) struct JsonataBindings<'a> {
    input: &'a Value,
    pub(super) context: &'a dyn ContextScope,
    result: Option<&'a Value>,
    error_output: Option<&'a Value>,
    variables: &'a dyn VariableScope,
    pub(super) random: &'a Random,
    pub(super) now: DateTime<Utc>,
    pub(super) budget: &'a Budget,
    pub(super) prepared: RefCell<Prepared>,
}

impl<'a> JsonataBindings<'a> {
    /// Bindings of `$states.input` and `$states.context`; `now` is the time that `$now()` and `$millis()` tell.
    pub(crate) fn new(
        input: &'a Value,
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
            prepared: RefCell::default(),
        }
    }

    /// The same with `$states.result`.
    #[must_use]
    pub(crate) fn with_result(self, result: &'a Value) -> Self {
        Self {
            result: Some(result),
            prepared: RefCell::default(),
            ..self
        }
    }

    /// The same with `$states.errorOutput`.
    #[must_use]
    pub(crate) fn with_error_output(self, error_output: &'a Value) -> Self {
        Self {
            error_output: Some(error_output),
            prepared: RefCell::default(),
            ..self
        }
    }

    /// The value that a path of names reads, where it can be borrowed.
    pub(super) fn borrowed(&self, variable: &str, path: &[String]) -> Option<(&'a Value, usize)> {
        if variable != "states" {
            return Some((self.variables.variable(variable)?, 0));
        }
        let member = match path.first()?.as_str() {
            "input" => Some(self.input),
            "result" => self.result,
            "errorOutput" => self.error_output,
            _ => None,
        };
        member.map(|value| (value, 1))
    }

    /// A copy of the part of a variable that is needed, `states` among them; `None` where there is no such variable.
    pub(super) fn cut(&self, variable: &str, need: &Need) -> Option<Value> {
        if variable == "states" {
            Some(self.cut_states(need))
        } else {
            self.variables.variable(variable).map(|value| need.cut(value))
        }
    }

    fn cut_states(&self, need: &Need) -> Value {
        let need_of = |member: &str| match need {
            Need::Whole => Some(&Need::Whole),
            Need::Members(members) => members.get(member),
        };
        let context = |need: &Need| match self.context.given() {
            None => need.cut_context(&self.context.context_object()),
            Some(given) => need.cut(given),
        };
        let cut = |name: &str, value: Option<&Value>| Some(need_of(name)?.cut(value?));
        // In the order in which AWS prints them.
        let members = [
            ("input", cut("input", Some(self.input))),
            ("context", need_of("context").map(context)),
            ("result", cut("result", self.result)),
            ("errorOutput", cut("errorOutput", self.error_output)),
        ];
        let members = members
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Value::Object(members.collect())
    }
}
