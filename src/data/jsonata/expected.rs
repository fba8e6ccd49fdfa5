use serde_json::Value;

use crate::data::payload::Parts;
use crate::data::{Payload, Piece};

/// Why a field does not accept a value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Misfit {
    /// The value has another type than the field expects.
    Type { expected: &'static str, value: Value },
    /// The value is a number with a fraction, and the field expects an integer.
    Fraction { value: Value },
    /// The value is a number outside the field's range.
    Range { expected: Expected, value: Value },
}

/// The type and range of values that a field accepts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Expected {
    Any,
    Boolean,
    String,
    Array,
    Object,
    ArrayOrObject,
    /// A number without a fraction from `minimum` to `maximum`, both included.
    Integer {
        minimum: i64,
        maximum: i64,
    },
    /// A number from `minimum` to `maximum`, both included.
    Number {
        minimum: f64,
        maximum: f64,
    },
}

impl Expected {
    /// Returns the value if the field accepts it; an integer is returned without a fraction (`5`, not `5.0`).
    ///
    /// Like AWS, checks the type first, then the fraction, then the range.
    pub(super) fn of(self, value: Value) -> Result<Value, Misfit> {
        if !self.is_type_of(&value) {
            let expected = self.type_name();
            return Err(Misfit::Type { expected, value });
        }
        match self {
            Self::Integer { minimum, maximum } => match whole(&value) {
                Some(number) if (minimum..=maximum).contains(&number) => Ok(number.into()),
                Some(_) => Err(Misfit::Range { expected: self, value }),
                None => Err(Misfit::Fraction { value }),
            },
            Self::Number { minimum, maximum } => {
                if value
                    .as_f64()
                    .is_some_and(|number| (minimum..=maximum).contains(&number))
                {
                    Ok(value)
                } else {
                    Err(Misfit::Range { expected: self, value })
                }
            }
            _ => Ok(value),
        }
    }

    /// The same for a value that may be shared, which stays so.
    pub(super) fn of_piece(self, piece: Piece) -> Result<Piece, Misfit> {
        let is_fitting = |payload: &Payload| match (self, payload.only_parts()) {
            (Self::Any, _)
            | (Self::Array | Self::ArrayOrObject, Some(Parts::Array(_)))
            | (Self::Object | Self::ArrayOrObject, Some(Parts::Object(_))) => true,
            (_, Some(_)) => false,
            (_, None) => !payload.value().is_number() && self.is_type_of(payload.value()),
        };
        match piece {
            Piece::Shared(payload) if is_fitting(&payload) => Ok(Piece::Shared(payload)),
            piece => self.of(piece.into_value()).map(Piece::Own),
        }
    }

    fn is_type_of(self, value: &Value) -> bool {
        match self {
            Self::Any => true,
            Self::Boolean => value.is_boolean(),
            Self::String => value.is_string(),
            Self::Array => value.is_array(),
            Self::Object => value.is_object(),
            Self::ArrayOrObject => value.is_array() || value.is_object(),
            Self::Integer { .. } | Self::Number { .. } => value.is_number(),
        }
    }

    /// AWS's name for the type. For a field that accepts arrays and objects, AWS mentions only arrays.
    fn type_name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Boolean => "boolean",
            Self::String => "string",
            Self::Array | Self::ArrayOrObject => "array",
            Self::Object => "object",
            Self::Integer { .. } | Self::Number { .. } => "number",
        }
    }

    /// `between 0 and 99999999`
    pub(super) fn range(self) -> String {
        match self {
            Self::Integer { minimum, maximum } => format!("between {minimum} and {maximum}"),
            Self::Number { minimum, maximum } => format!("between {minimum} and {maximum}"),
            other => other.type_name().to_owned(),
        }
    }
}

/// The number, if it has no fraction and fits.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked before")]
fn whole(value: &Value) -> Option<i64> {
    /// 2 to the 63rd.
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    value.as_i64().or_else(|| {
        let number = value.as_f64()?;
        (number.fract() == 0.0 && (-BEYOND..BEYOND).contains(&number)).then_some(number as i64)
    })
}
