//! The table of the intrinsic functions. To add a function, add a line.

use std::fmt;
use std::ops::RangeInclusive;

use serde_json::Value;

use super::arguments::{Arguments, Refusal};
use super::{array, encoding, hash, identifier, json, math, string};
use crate::data::Random;

/// The functions of ASL, sorted by name.
pub(super) static FUNCTIONS: [Function; 18] = [
    function("States.Array", Gives::NoText, 0..=usize::MAX, array::array),
    function("States.ArrayContains", Gives::NoText, 2..=2, array::contains),
    function("States.ArrayGetItem", Gives::Any, 2..=2, array::get_item),
    function("States.ArrayLength", Gives::NoText, 1..=1, array::length),
    function("States.ArrayPartition", Gives::NoText, 2..=2, array::partition),
    function("States.ArrayRange", Gives::NoText, 3..=3, array::range),
    function("States.ArrayUnique", Gives::NoText, 1..=1, array::unique),
    function("States.Base64Decode", Gives::Text, 1..=1, encoding::base64_decode),
    function("States.Base64Encode", Gives::Text, 1..=1, encoding::base64_encode),
    function("States.Format", Gives::Text, 1..=usize::MAX, string::format),
    function("States.Hash", Gives::Text, 2..=2, hash::hash),
    function("States.JsonMerge", Gives::NoText, 3..=3, json::merge),
    function("States.JsonToString", Gives::Text, 1..=1, json::to_string),
    function("States.MathAdd", Gives::NoText, 2..=2, math::add),
    function("States.MathRandom", Gives::NoText, 2..=3, math::random),
    function("States.StringSplit", Gives::NoText, 2..=2, string::split),
    function("States.StringToJson", Gives::Any, 1..=1, json::from_string),
    Function {
        name: "States.UUID",
        gives: Gives::Text,
        takes: 0..=usize::MAX,
        body: Body::OfNothing(identifier::uuid),
    },
];

/// An intrinsic function.
pub(super) struct Function {
    pub(super) name: &'static str,
    pub(super) gives: Gives,
    /// How many arguments.
    pub(super) takes: RangeInclusive<usize>,
    pub(super) body: Body,
}

/// The kind of value that a function returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gives {
    Text,
    NoText,
    /// Any value from its arguments.
    Any,
}

/// The implementation of a function.
pub(super) enum Body {
    OfArguments(fn(Arguments<'_>) -> Result<Value, Refusal>),
    /// A function that accepts any arguments and evaluates none of them.
    OfNothing(fn(&Random) -> Value),
}

const fn function(
    name: &'static str,
    gives: Gives,
    takes: RangeInclusive<usize>,
    body: fn(Arguments<'_>) -> Result<Value, Refusal>,
) -> Function {
    Function {
        name,
        gives,
        takes,
        body: Body::OfArguments(body),
    }
}

impl Function {
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        FUNCTIONS.iter().find(|function| function.name == name)
    }

    /// The end of AWS's message for arguments that the function rejects.
    pub(super) fn message(&self, refusal: &Refusal) -> String {
        match refusal {
            Refusal::InvalidArguments => format!("Invalid arguments in {}", self.name),
            Refusal::Other(message) => message.clone(),
        }
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
