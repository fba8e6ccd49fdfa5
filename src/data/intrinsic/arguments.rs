use std::borrow::Cow;

use serde_json::Value;

use super::TextLiteral;
use crate::data::Random;

/// What a function is called with.
#[derive(Clone, Copy)]
pub(super) struct Arguments<'a> {
    pub(super) values: &'a [Cow<'a, Value>],
    /// The first argument, where it is written as a text.
    pub(super) literal: Option<&'a TextLiteral>,
    pub(super) random: &'a Random,
}

/// Why a function has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A wrong type, a wrong number of arguments, a number outside its range, a text too long.
    InvalidArguments,
    /// Any other; the text is AWS's.
    Other(String),
}

impl<'a> Arguments<'a> {
    /// The arguments, of which there are exactly `N`.
    pub(super) fn exactly<const N: usize>(self) -> Result<[&'a Value; N], Refusal> {
        exactly(self.values)
    }
}

/// The values, of which there are exactly `N`.
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

/// A number without its fraction, as all functions but `States.MathAdd` take it.
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

/// A value as text: a string bare, all else as compact JSON.
pub(super) fn printed(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        _ => Cow::Owned(value.to_string()),
    }
}

/// Whether a text is within the 10,000 characters that encoding and hashing take.
pub(super) fn is_short(text: &str) -> bool {
    const MOST: usize = 10_000;
    text.len() <= MOST || text.encode_utf16().take(MOST + 1).count() <= MOST
}
