use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use thiserror::Error;

use super::engine::Compiled;
use super::error::Failure;
use super::{JsonataDialect, JsonataSyntaxError};
use crate::data::Random;

/// A JSONata expression by itself: without a state, but with an input document, as JSONata is used elsewhere.
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
    /// Fails where the text is none in the dialect, and always where the feature `jsonata` is off.
    pub fn parse(text: &str, dialect: JsonataDialect) -> Result<Self, JsonataSyntaxError> {
        let compiled = Compiled::new(text, dialect)?;
        Ok(Self { compiled, dialect })
    }

    /// The expression's value in an input document, `None` where it is undefined or a function.
    ///
    /// `variables` are what `$name` reads, by their names without the `$`; `now` is what `$now()` and `$millis()` tell,
    /// `random` what is behind `$random`, `$shuffle` and `$uuid`. Fails with JSONata's own errors, and where the
    /// evaluation takes too long, nests too deeply or makes too much.
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
