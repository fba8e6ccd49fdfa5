//! Evaluates the JSONata fields of a state (specification, "JSONata").

use serde_json::Value;

use super::failure::Failure;
use super::input_output::StateView;
use super::intent::{Assigned, Exit};
use super::program::Next;
use crate::data::{
    Expected, JsonataBindings, JsonataError, JsonataExpression, JsonataTemplate, Location, MAX_NESTING, Payload, Piece,
};
use crate::definition::{JsonataAssign, JsonataExit, JsonataValue};

/// The largest number in a state's numeric fields.
const MAXIMUM: i64 = 99_999_999;

/// The fields of one state, evaluated on the same bindings, which are built once for all fields.
///
/// All see the variables as they were when the state was entered.
pub(crate) struct Query<'a> {
    bindings: JsonataBindings<'a>,
    /// The element that the fields belong to: `Choices[0]`, `Catch[1]`; `None` for the state itself.
    within: Option<(&'static str, usize)>,
}

impl<'a> Query<'a> {
    /// `$states.input` is `input`, and all else the view's.
    pub(crate) fn new(view: &'a StateView<'_>, input: &'a Payload) -> Self {
        Self {
            bindings: JsonataBindings::new(input, view, &view.variables, view.random, view.now, &view.budget),
            within: None,
        }
    }

    /// The same with `$states.result`.
    pub(crate) fn with_result(self, result: &'a Payload) -> Self {
        Self {
            bindings: self.bindings.with_result(result),
            ..self
        }
    }

    /// The same with `$states.errorOutput`.
    pub(crate) fn with_error_output(self, error_output: &'a Value) -> Self {
        Self {
            bindings: self.bindings.with_error_output(error_output),
            ..self
        }
    }

    /// The same for the fields of an element of `Choices` or `Catch`.
    pub(crate) fn within(self, field: &'static str, index: usize) -> Self {
        Self {
            within: Some((field, index)),
            ..self
        }
    }

    /// The same for the fields of the state itself.
    pub(crate) fn outside(self) -> Self {
        Self { within: None, ..self }
    }

    /// The value of a template, or `default` without one.
    pub(crate) fn fill_or(
        &self,
        field: &'static str,
        template: Option<&JsonataTemplate>,
        default: impl FnOnce() -> Payload,
    ) -> Result<Payload, Failure> {
        template.map_or_else(|| Ok(default()), |template| self.fill(field, template, Expected::Any))
    }

    /// The value of a template, as a payload of its own.
    pub(crate) fn fill(
        &self,
        field: &'static str,
        template: &JsonataTemplate,
        expected: Expected,
    ) -> Result<Payload, Failure> {
        self.evaluated(field, template, expected).map(Payload::from)
    }

    fn evaluated(&self, field: &'static str, template: &JsonataTemplate, expected: Expected) -> Result<Piece, Failure> {
        let value = template.evaluate(&self.location(field), expected, &self.bindings)?;
        // The template nests, and so do the values of its expressions.
        if !value.nests_within(MAX_NESTING) {
            return Err(Failure::nested_too_deep());
        }
        Ok(value)
    }

    /// `Credentials`; the role must be a text.
    pub(crate) fn credentials(&self, template: &JsonataTemplate) -> Result<Payload, Failure> {
        const ROLE: &str = "Credentials/RoleArn";
        if let Some(role) = template.member("RoleArn") {
            self.expression(ROLE, role, Expected::String)?;
        }
        let credentials = self.fill("Credentials", template, Expected::Object)?;
        match credentials.value().get("RoleArn") {
            Some(role) if !role.is_string() => {
                let cause = format!("{ROLE} must be a string but was: {role}");
                Err(Failure::evaluation(cause, ROLE))
            }
            _ => Ok(credentials),
        }
    }

    /// A whole number from 0 to 99,999,999.
    pub(crate) fn integer(&self, field: &'static str, value: &JsonataValue<u32>) -> Result<u32, Failure> {
        const EXPECTED: Expected = Expected::Integer {
            minimum: 0,
            maximum: MAXIMUM,
        };
        let number = |value: Value| value.as_u64().and_then(|number| u32::try_from(number).ok());
        self.value(field, value, EXPECTED, number)
    }

    /// A percentage.
    pub(crate) fn percentage(&self, field: &'static str, value: &JsonataValue<f64>) -> Result<f64, Failure> {
        const EXPECTED: Expected = Expected::Number {
            minimum: 0.0,
            maximum: 100.0,
        };
        self.value(field, value, EXPECTED, |value| value.as_f64())
    }

    /// `true` or `false`.
    pub(crate) fn boolean(&self, field: &'static str, value: &JsonataValue<bool>) -> Result<bool, Failure> {
        self.value(field, value, Expected::Boolean, |value| value.as_bool())
    }

    /// A text.
    pub(crate) fn text(&self, field: &'static str, value: &JsonataValue<String>) -> Result<String, Failure> {
        let text = |value| match value {
            Value::String(text) => Some(text),
            _ => None,
        };
        self.value(field, value, Expected::String, text)
    }

    /// The value of an expression, checked against the field's type.
    pub(crate) fn expression(
        &self,
        field: &'static str,
        expression: &JsonataExpression,
        expected: Expected,
    ) -> Result<Value, Failure> {
        Ok(expression.evaluate(&self.location(field), expected, &self.bindings)?)
    }

    /// A constant, or what an expression gives; `read` takes every value that `expected` lets through.
    fn value<T: Clone + Default>(
        &self,
        field: &'static str,
        value: &JsonataValue<T>,
        expected: Expected,
        read: impl FnOnce(Value) -> Option<T>,
    ) -> Result<T, Failure> {
        match value {
            JsonataValue::Constant(constant) => Ok(constant.clone()),
            JsonataValue::Expression(expression) => {
                let value = self.expression(field, expression, expected)?;
                Ok(read(value).unwrap_or_default())
            }
        }
    }

    /// `Assign` and `Output`; neither sees the other's effect. `output` is the default without an `Output`.
    pub(crate) fn exit(
        &self,
        exit: &JsonataExit,
        output: impl FnOnce() -> Payload,
        next: Next,
    ) -> Result<Exit, Failure> {
        let assigned = self.assigned(exit.assign.as_ref())?;
        let output = self.fill_or("Output", exit.output.as_ref(), output)?;
        Ok(Exit { output, assigned, next })
    }

    fn assigned(&self, assign: Option<&JsonataAssign>) -> Result<Assigned, Failure> {
        let Some(assign) = assign else {
            return Ok(Assigned::default());
        };
        let assigned = assign
            .template
            .evaluate_members(&self.location("Assign"), &self.bindings)?;
        if assigned.iter().any(|(_, value)| !value.nests_within(MAX_NESTING - 1)) {
            return Err(Failure::nested_too_deep());
        }
        Ok(assigned)
    }

    fn location(&self, field: &'static str) -> Location<'static> {
        match self.within {
            None => Location::Field(field),
            Some((list, index)) => Location::Element { list, index, field },
        }
    }
}

impl From<JsonataError> for Failure {
    fn from(error: JsonataError) -> Self {
        Self::evaluation(error.to_string(), &error.location)
    }
}
