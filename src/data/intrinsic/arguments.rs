use std::borrow::Cow;

use serde_json::Value;

use super::TextLiteral;
use crate::data::Random;

/// The arguments of a function call.
#[derive(Clone, Copy)]
pub(super) struct Arguments<'a> {
    pub(super) values: &'a [Cow<'a, Value>],
    /// The first argument, if it is written as a text in quotes.
    pub(super) literal: Option<&'a TextLiteral>,
    pub(super) random: &'a Random,
}

/// Why a function has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A wrong type, a wrong number of arguments, a number outside its range, or too long a text.
    InvalidArguments,
    /// Any other failure, with AWS's text.
    Other(String),
}

impl<'a> Arguments<'a> {
    /// The arguments, if there are exactly `N`.
    pub(super) fn exactly<const N: usize>(self) -> Result<[&'a Value; N], Refusal> {
        exactly(self.values)
    }
}

/// The values, if there are exactly `N`.
pub(super) fn exactly<'a, const N: usize>(values: &'a [Cow<'_, Value>]) -> Result<[&'a Value; N], Refusal> {
    let values = <&[Cow<'_, Value>; N]>::try_from(values).map_err(|_| Refusal::InvalidArguments)?;
    Ok(values.each_ref().map(AsRef::as_ref))
}

pub(super) fn text(value: &Value) -> Result<&str, Refusal> {
    value.as_str().ok_or(Refusal::InvalidArguments)
}

pub(super) fn items_of(value: &Value) -> Result<&[Value], Refusal> {
    value.as_array().map(Vec::as_slice).ok_or(Refusal::InvalidArguments)
}

/// A number with its fraction cut off, as all functions but `States.MathAdd` read it.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a float beyond i64 becomes its end, which no function takes"
)]
pub(super) fn whole(value: &Value) -> Result<i64, Refusal> {
    match value {
        Value::Number(number) => number
            .as_i64()
            .or_else(|| number.as_f64().map(|float| float as i64))
            .ok_or(Refusal::InvalidArguments),
        _ => Err(Refusal::InvalidArguments),
    }
}

/// A value as text: a string without quotes, any other value as compact JSON.
pub(super) fn printed(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        _ => Cow::Owned(value.to_string()),
    }
}

/// Whether a text has at most the 10,000 characters (UTF-16 units) that encoding and hashing accept.
pub(super) fn is_short(text: &str) -> bool {
    const MOST: usize = 10_000;
    text.len() <= MOST || text.encode_utf16().take(MOST + 1).count() <= MOST
}
