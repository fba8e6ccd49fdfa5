use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use thiserror::Error;

use super::engine::Compiled;
use super::error::Failure;
use super::{JsonataDialect, JsonataSyntaxError};
use crate::data::Random;

/// A JSONata expression outside of a state: it reads an input document, as JSONata does elsewhere.
///
/// ```
/// # #[cfg(feature = "jsonata")] {
/// use asl_engine::data::{Jsonata, JsonataDialect, Random};
/// use chrono::DateTime;
/// use serde_json::{Map, json};
///
/// let order = json!({ "items": [{ "price": 11, "quantity": 2 }, { "price": 3.5, "quantity": 1 }] });
/// let total = Jsonata::parse("$sum(items.(price * quantity))", JsonataDialect::Aws)?;
/// let value = total.evaluate(Some(&order), &Map::new(), DateTime::UNIX_EPOCH, &Random::seeded(1))?;
/// assert_eq!(value, Some(json!(25.5)));
///
/// let error = Jsonata::parse("items[0].note ?? 'none'", JsonataDialect::Aws).unwrap_err();
/// assert_eq!((error.code(), error.offset()), ("S0211", 15));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Jsonata {
    compiled: Compiled,
    dialect: JsonataDialect,
}

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct JsonataEvaluationError {
    code: String,
    message: String,
}

impl Jsonata {
    /// Compiles an expression.
    ///
    /// Fails if the text is not an expression of the dialect, and always if the feature `jsonata` is off.
    pub fn parse(text: &str, dialect: JsonataDialect) -> Result<Self, JsonataSyntaxError> {
        let compiled = Compiled::new(text, dialect)?;
        Ok(Self { compiled, dialect })
    }

    /// The expression's value for an input document; `None` if it is undefined or a function.
    ///
    /// `$name` reads the member `name` of `variables`; `$now()` and `$millis()` return `now`; `$random`, `$shuffle` and
    /// `$uuid` draw from `random`.
    ///
    /// Fails with JSONata's own errors, and with `D1012`, `D1011` or `D2015` if the evaluation does too much work,
    /// nests too deeply or makes too large values.
    pub fn evaluate(
        &self,
        input: Option<&Value>,
        variables: &Map<String, Value>,
        now: DateTime<Utc>,
        random: &Random,
    ) -> Result<Option<Value>, JsonataEvaluationError> {
        match self.compiled.evaluate_in(input, variables, self.dialect, now, random) {
            Ok(value) => Ok(Some(value)),
            Err(Failure::Undefined | Failure::Unsupported) => Ok(None),
            Err(Failure::Raised { code, message }) => Err(JsonataEvaluationError { code, message }),
            Err(Failure::Exceeded(bound)) => Err(JsonataEvaluationError {
                code: bound.code().to_owned(),
                message: bound.message().to_owned(),
            }),
            Err(failure) => Err(JsonataEvaluationError {
                code: String::new(),
                message: format!("{failure:?}"),
            }),
        }
    }
}

impl JsonataEvaluationError {
    /// JSONata's code, such as `T2001`.
    pub fn code(&self) -> &str {
        &self.code
    }
}
