//! The table of the intrinsic functions. To add a function, add a line.

use std::fmt;

use serde_json::Value;

use super::arguments::{Arguments, Refusal};
use super::{array, encoding, hash, identifier, json, math, string};
use crate::data::Random;

/// The functions of ASL, sorted by name.
pub(super) static FUNCTIONS: [Function; 18] = [
    function("States.Array", Gives::NoText, array::array),
    function("States.ArrayContains", Gives::NoText, array::contains),
    function("States.ArrayGetItem", Gives::Any, array::get_item),
    function("States.ArrayLength", Gives::NoText, array::length),
    function("States.ArrayPartition", Gives::NoText, array::partition),
    function("States.ArrayRange", Gives::NoText, array::range),
    function("States.ArrayUnique", Gives::NoText, array::unique),
    function("States.Base64Decode", Gives::Text, encoding::base64_decode),
    function("States.Base64Encode", Gives::Text, encoding::base64_encode),
    function("States.Format", Gives::Text, string::format),
    function("States.Hash", Gives::Text, hash::hash),
    function("States.JsonMerge", Gives::NoText, json::merge),
    function("States.JsonToString", Gives::Text, json::to_string),
    function("States.MathAdd", Gives::NoText, math::add),
    function("States.MathRandom", Gives::NoText, math::random),
    function("States.StringSplit", Gives::NoText, string::split),
    function("States.StringToJson", Gives::Any, json::from_string),
    Function {
        name: "States.UUID",
        gives: Gives::Text,
        body: Body::OfNothing(identifier::uuid),
    },
];

/// An intrinsic function.
pub(super) struct Function {
    pub(super) name: &'static str,
    pub(super) gives: Gives,
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

const fn function(name: &'static str, gives: Gives, body: fn(Arguments<'_>) -> Result<Value, Refusal>) -> Function {
    Function {
        name,
        gives,
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
