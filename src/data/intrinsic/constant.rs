//! What is known of a call before it runs: AWS accepts any arguments, and fails each time.

use std::borrow::Cow;

use serde_json::Value;

use super::arguments::Arguments;
use super::function::Body;
use super::{Argument, Call, Intrinsic};
use crate::data::Random;

impl Intrinsic {
    /// Why the call fails whatever its paths find, in AWS's words; `None` where it may work.
    pub(crate) fn fails_always(&self) -> Option<String> {
        self.call.constant().err()
    }
}

impl Call {
    /// The value, if it depends on nothing but the text of the call; the reason, if there can be none.
    fn constant(&self) -> Result<Option<Value>, String> {
        let Body::OfArguments(body) = self.function.body else {
            return Ok(None);
        };
        let values: Result<Vec<_>, _> = self.arguments.iter().map(Argument::constant).collect();
        let mut values = values?;
        if !self.function.takes.contains(&values.len()) {
            return Err(format!("Invalid arguments in {}", self.function.name));
        }
        let is_format = self.function.name == "States.Format";
        let is_constant = values.iter().all(Option::is_some);
        // A template is filled with any values, so it fails for some exactly if it fails for all.
        if is_format && values.first().is_some_and(Option::is_some) {
            for value in &mut values {
                value.get_or_insert(Cow::Owned(Value::Null));
            }
        }
        let values: Option<Vec<Cow<'_, Value>>> = values.into_iter().collect();
        let Some(values) = values else { return Ok(None) };
        let literal = match self.arguments.first() {
            Some(Argument::Text(text)) => Some(text),
            _ => None,
        };
        let random = Random::seeded(0);
        let value = body(Arguments {
            values: &values,
            literal,
            random: &random,
        })
        .map_err(|refusal| self.function.message(&refusal))?;
        // Without a seed each call draws another number.
        let is_drawn = self.function.name == "States.MathRandom" && values.len() == 2;
        Ok(Some(value).filter(|_| is_constant && !is_drawn))
    }
}

impl Argument {
    fn constant(&self) -> Result<Option<Cow<'_, Value>>, String> {
        Ok(match self {
            Self::Literal(value) => Some(Cow::Borrowed(value)),
            Self::Text(text) => Some(Cow::Borrowed(&text.value)),
            Self::Path { .. } => None,
            Self::Call(call) => call.constant()?.map(Cow::Owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(call: &str) -> Option<String> {
        Intrinsic::parse(call).unwrap().fails_always()
    }

    #[test]
    fn calls_that_cannot_work_say_why() {
        for (call, expected) in [
            ("States.ArrayLength()", "Invalid arguments in States.ArrayLength"),
            ("States.ArrayGetItem($.a)", "Invalid arguments in States.ArrayGetItem"),
            (
                "States.Array($.a, States.Hash($.b))",
                "Invalid arguments in States.Hash",
            ),
            ("States.Hash($.a, 'SHA-1', 2)", "Invalid arguments in States.Hash"),
            ("States.MathAdd(2147483647, 1)", "Invalid arguments in States.MathAdd"),
            (
                "States.ArrayRange(1, 1001, 1)",
                "Invalid arguments in States.ArrayRange",
            ),
            ("States.Format('{} and {}', $.a)", "Invalid arguments in States.Format"),
            (
                "States.Format('a } b')",
                "Invalid template in States.Format: matching '{' not found for '}'.",
            ),
        ] {
            assert_eq!(reason(call).as_deref(), Some(expected), "{call}");
        }
    }

    #[test]
    fn calls_that_may_work_are_not_judged() {
        for call in [
            "States.ArrayLength($.a)",
            "States.Format('{} and {}', $.a, $.b)",
            "States.Format($.template)",
            "States.UUID('seed', 7)",
            "States.ArrayGetItem(States.Array(1, 2), States.MathRandom(0, 9))",
            "States.MathRandom(0, 9)",
            "States.Array()",
        ] {
            assert_eq!(reason(call), None, "{call}");
        }
    }
}
