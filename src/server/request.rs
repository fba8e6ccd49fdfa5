//! Reads the members of a request and checks the constraints of the API's model.

use crate::services::step_functions::StepFunctionsError;
use serde_json::{Map, Value};
use std::ops::RangeInclusive;

/// How many characters of an invalid value are printed.
pub(super) const LONGEST_QUOTE: usize = 4_096;

/// An object of a request. Reading collects the problems of its members; [`Request::check`] reports them.
#[derive(Debug)]
pub(super) struct Request<'r> {
    members: &'r Map<String, Value>,
    /// The object's path in the request, such as `loggingConfiguration.`; empty for the request itself.
    place: String,
    violations: Vec<String>,
    mismatch: Option<StepFunctionsError>,
}

impl<'r> Request<'r> {
    /// Errors if the request is not an object, or has an unknown member.
    pub(super) fn of(request: &'r Value, known: &[&str]) -> Result<Self, StepFunctionsError> {
        Self::inside("", request, known)
    }

    /// The same for an object inside a request.
    pub(super) fn inside(place: &str, value: &'r Value, known: &[&str]) -> Result<Self, StepFunctionsError> {
        let named = place.trim_end_matches('.');
        let named = if named.is_empty() { "the request" } else { named };
        let Value::Object(members) = value else {
            return Err(mismatch(named, "an object", value));
        };
        if let Some(unknown) = members.keys().find(|member| !known.contains(&member.as_str())) {
            let input = if place.is_empty() { "input" } else { named };
            return Err(StepFunctionsError::validation(format!(
                "Unknown parameter in {input}: \"{}\", must be one of: {}",
                quoted(unknown),
                known.join(", ")
            )));
        }
        Ok(Self {
            members,
            place: place.to_owned(),
            violations: Vec::new(),
            mismatch: None,
        })
    }

    /// Errors if a member is missing, has the wrong type or breaks a constraint.
    pub(super) fn check(&mut self) -> Result<(), StepFunctionsError> {
        if let Some(mismatch) = self.mismatch.take() {
            return Err(mismatch);
        }
        let violations = std::mem::take(&mut self.violations);
        let errors = if violations.len() == 1 { "error" } else { "errors" };
        if violations.is_empty() {
            return Ok(());
        }
        Err(StepFunctionsError::validation(format!(
            "{} validation {errors} detected: {}",
            violations.len(),
            violations.join("; ")
        )))
    }

    /// A member; `null` counts as absent.
    pub(super) fn value(&self, name: &str) -> Option<&'r Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn text(&mut self, name: &str, length: RangeInclusive<usize>) -> Option<&'r str> {
        let text = self.any_text(name)?;
        self.check_length(name, &format!("'{}'", quoted(text)), text.chars().count(), length);
        Some(text)
    }

    pub(super) fn required_text(&mut self, name: &str, length: RangeInclusive<usize>) -> &'r str {
        self.require(name);
        self.text(name, length).unwrap_or_default()
    }

    /// A text that messages do not repeat: data, a definition.
    pub(super) fn data(&mut self, name: &str, length: RangeInclusive<usize>) -> Option<&'r str> {
        let text = self.any_text(name)?;
        self.check_length(name, "", text.chars().count(), length);
        Some(text)
    }

    pub(super) fn required_data(&mut self, name: &str, length: RangeInclusive<usize>) -> &'r str {
        self.require(name);
        self.data(name, length).unwrap_or_default()
    }

    pub(super) fn one_of(&mut self, name: &str, values: &[&str]) -> Option<&'r str> {
        let text = self.any_text(name)?;
        if !values.contains(&text) {
            let constraint = format!("Member must satisfy enum value set: [{}]", values.join(", "));
            self.violation(name, &format!("'{}'", quoted(text)), &constraint);
        }
        Some(text)
    }

    pub(super) fn boolean(&mut self, name: &str) -> Option<bool> {
        let value = self.value(name)?;
        if !value.is_boolean() {
            self.mismatched(name, "a boolean", value);
        }
        value.as_bool()
    }

    pub(super) fn number(&mut self, name: &str, range: RangeInclusive<i64>) -> Option<i64> {
        let value = self.value(name)?;
        let Some(number) = value.as_i64() else {
            self.mismatched(name, "a whole number", value);
            return None;
        };
        let printed = format!("'{number}'");
        if number > *range.end() {
            let constraint = format!("Member must have value less than or equal to {}", range.end());
            self.violation(name, &printed, &constraint);
        } else if number < *range.start() {
            let constraint = format!("Member must have value greater than or equal to {}", range.start());
            self.violation(name, &printed, &constraint);
        }
        Some(number)
    }

    pub(super) fn decimal(&mut self, name: &str, range: RangeInclusive<f64>) -> Option<f64> {
        let value = self.value(name)?;
        let Some(number) = value.as_f64() else {
            self.mismatched(name, "a number", value);
            return None;
        };
        let (constraint, bound) = if number > *range.end() {
            ("less", range.end())
        } else if number < *range.start() {
            ("greater", range.start())
        } else {
            return Some(number);
        };
        let constraint = format!("Member must have value {constraint} than or equal to {bound}");
        self.violation(name, &format!("'{number:?}'"), &constraint);
        Some(number)
    }

    pub(super) fn list(&mut self, name: &str, length: RangeInclusive<usize>) -> Option<&'r [Value]> {
        let value = self.value(name)?;
        let Value::Array(items) = value else {
            self.mismatched(name, "a list", value);
            return None;
        };
        let printed = if items.is_empty() { "'[]'" } else { "" };
        self.check_length(name, printed, items.len(), length);
        Some(items)
    }

    pub(super) fn required_list(&mut self, name: &str, length: RangeInclusive<usize>) -> &'r [Value] {
        self.require(name);
        self.list(name, length).unwrap_or_default()
    }

    /// Notes a missing member.
    pub(super) fn require(&mut self, name: &str) {
        if self.value(name).is_none() {
            self.violation(name, "null", "Member must not be null");
        }
    }

    /// Notes a member that breaks a constraint, with its value.
    pub(super) fn violation(&mut self, name: &str, value: &str, constraint: &str) {
        let blank = if value.is_empty() { "" } else { " " };
        let place = &self.place;
        self.violations.push(format!(
            "Value{blank}{value} at '{place}{name}' failed to satisfy constraint: {constraint}"
        ));
    }

    fn any_text(&mut self, name: &str) -> Option<&'r str> {
        let value = self.value(name)?;
        if !value.is_string() {
            self.mismatched(name, "a string", value);
        }
        value.as_str()
    }

    fn check_length(&mut self, name: &str, value: &str, length: usize, allowed: RangeInclusive<usize>) {
        if length > *allowed.end() {
            let constraint = format!("Member must have length less than or equal to {}", allowed.end());
            self.violation(name, value, &constraint);
        } else if length < *allowed.start() {
            let constraint = format!("Member must have length greater than or equal to {}", allowed.start());
            self.violation(name, value, &constraint);
        }
    }

    fn mismatched(&mut self, name: &str, wanted: &str, value: &Value) {
        let error = mismatch(&format!("{}{name}", self.place), wanted, value);
        self.mismatch.get_or_insert(error);
    }
}

fn mismatch(name: &str, wanted: &str, value: &Value) -> StepFunctionsError {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a number with a fraction",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    let message = format!("`{name}` must be {wanted}, and is {kind}");
    StepFunctionsError::new("SerializationException", message)
}

/// A text for a message, cut to a readable length.
pub(super) fn quoted(text: &str) -> String {
    match text.char_indices().nth(LONGEST_QUOTE) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn all_violations_are_said_at_once() {
        let body = json!({ "name": "", "max": 1001, "kind": "best" });
        let mut request = Request::of(&body, &["name", "max", "kind", "arn"]).unwrap();
        request.required_text("name", 1..=80);
        request.number("max", 0..=1000);
        request.one_of("kind", &["GOOD", "BAD"]);
        request.required_text("arn", 1..=256);
        assert_eq!(
            request.check().unwrap_err().message(),
            "4 validation errors detected: \
             Value '' at 'name' failed to satisfy constraint: Member must have length greater than or equal to 1; \
             Value '1001' at 'max' failed to satisfy constraint: Member must have value less than or equal to 1000; \
             Value 'best' at 'kind' failed to satisfy constraint: Member must satisfy enum value set: [GOOD, BAD]; \
             Value null at 'arn' failed to satisfy constraint: Member must not be null"
        );
    }

    #[test]
    fn types_and_names_are_those_of_the_model() {
        let body = json!({ "max": "7" });
        let mut request = Request::of(&body, &["max"]).unwrap();
        assert_eq!(request.number("max", 0..=9), None);
        let error = request.check().unwrap_err();
        assert_eq!(error.code(), "SerializationException");
        assert_eq!(error.message(), "`max` must be a whole number, and is a string");
        let error = Request::of(&json!({ "mxa": 7 }), &["max", "nextToken"]).unwrap_err();
        assert_eq!(
            error.message(),
            "Unknown parameter in input: \"mxa\", must be one of: max, nextToken"
        );
        assert_eq!(
            Request::of(&json!([]), &[]).unwrap_err().code(),
            "SerializationException"
        );
    }
}
