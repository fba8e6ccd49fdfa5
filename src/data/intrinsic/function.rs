use std::borrow::Cow;

use serde_json::Value;

use super::{array, encoding, hash, json, math, string};
use crate::data::Random;

/// The functions that ASL knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Array,
    ArrayContains,
    ArrayGetItem,
    ArrayLength,
    ArrayPartition,
    ArrayRange,
    ArrayUnique,
    Base64Decode,
    Base64Encode,
    Format,
    Hash,
    JsonMerge,
    JsonToString,
    MathAdd,
    MathRandom,
    StringSplit,
    StringToJson,
    Uuid,
}

/// Why a function has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A wrong type, a wrong number of arguments, a number outside its range, a text too long.
    InvalidArguments,
    /// Any other; the text is AWS's.
    Other(String),
}

const NAMES: [(&str, Function); 18] = [
    ("States.Array", Function::Array),
    ("States.ArrayContains", Function::ArrayContains),
    ("States.ArrayGetItem", Function::ArrayGetItem),
    ("States.ArrayLength", Function::ArrayLength),
    ("States.ArrayPartition", Function::ArrayPartition),
    ("States.ArrayRange", Function::ArrayRange),
    ("States.ArrayUnique", Function::ArrayUnique),
    ("States.Base64Decode", Function::Base64Decode),
    ("States.Base64Encode", Function::Base64Encode),
    ("States.Format", Function::Format),
    ("States.Hash", Function::Hash),
    ("States.JsonMerge", Function::JsonMerge),
    ("States.JsonToString", Function::JsonToString),
    ("States.MathAdd", Function::MathAdd),
    ("States.MathRandom", Function::MathRandom),
    ("States.StringSplit", Function::StringSplit),
    ("States.StringToJson", Function::StringToJson),
    ("States.UUID", Function::Uuid),
];

impl Function {
    pub(super) fn named(name: &str) -> Option<Self> {
        NAMES
            .into_iter()
            .find(|(known, _)| *known == name)
            .map(|(_, function)| function)
    }

    pub(super) fn name(self) -> &'static str {
        NAMES
            .into_iter()
            .find(|(_, function)| *function == self)
            .map_or("", |(name, _)| name)
    }

    pub(super) fn apply(self, arguments: &[Cow<'_, Value>], random: &Random) -> Result<Value, Refusal> {
        match self {
            Self::Array => Ok(arguments.iter().map(|value| Value::clone(value)).collect()),
            Self::ArrayContains => array::contains(arguments),
            Self::ArrayGetItem => array::get_item(arguments),
            Self::ArrayLength => array::length(arguments),
            Self::ArrayPartition => array::partition(arguments),
            Self::ArrayRange => array::range(arguments),
            Self::ArrayUnique => array::unique(arguments),
            Self::Base64Decode => encoding::base64_decode(arguments),
            Self::Base64Encode => encoding::base64_encode(arguments),
            Self::Format => string::format(arguments),
            Self::Hash => hash::hash(arguments),
            Self::JsonMerge => json::merge(arguments),
            Self::JsonToString => json::to_string(arguments),
            Self::MathAdd => math::add(arguments),
            Self::MathRandom => math::random(arguments, random),
            Self::StringSplit => string::split(arguments),
            Self::StringToJson => json::from_string(arguments),
            Self::Uuid => Ok(random.uuid().into()),
        }
    }
}

impl Refusal {
    pub(super) fn message(&self, function: Function) -> String {
        match self {
            Self::InvalidArguments => format!("Invalid arguments in {}", function.name()),
            Self::Other(message) => message.clone(),
        }
    }
}

/// The arguments, of which there are exactly `N`.
pub(super) fn exactly<'v, const N: usize>(arguments: &'v [Cow<'_, Value>]) -> Result<[&'v Value; N], Refusal> {
    let arguments = <&[Cow<'_, Value>; N]>::try_from(arguments).map_err(|_| Refusal::InvalidArguments)?;
    Ok(arguments.each_ref().map(AsRef::as_ref))
}

pub(super) fn text(value: &Value) -> Result<&str, Refusal> {
    value.as_str().ok_or(Refusal::InvalidArguments)
}

pub(super) fn array(value: &Value) -> Result<&[Value], Refusal> {
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
