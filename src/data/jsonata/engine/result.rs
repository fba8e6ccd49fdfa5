use jlens_core::Error;
use serde_json::Value;

use super::meter::Meter;
use crate::data::discard;
use crate::data::jsonata::error::{Bound, Failure};

/// The result of a successful evaluation. Fails if it is not JSON or a bound was exceeded.
pub(super) fn checked(value: Option<Value>, meter: &Meter) -> Result<Value, Failure> {
    if let Some(bound) = meter.exceeded() {
        discard(value.unwrap_or_default());
        return Err(Failure::Exceeded(bound));
    }
    match value {
        None if meter.is_function() => Err(Failure::Unsupported),
        None => Err(Failure::Undefined),
        Some(value) if meter.holds_function(&value) => {
            discard(value);
            Err(Failure::Unsupported)
        }
        Some(mut value) => {
            print_whole_numbers(&mut value);
            Ok(value)
        }
    }
}

/// Turns whole numbers, also those beyond 2^53, into integers, as Java prints them. Recursion is bounded: the engine's
/// results nest at most 1,000 levels deep.
fn print_whole_numbers(value: &mut Value) {
    match value {
        Value::Number(float) if float.is_f64() => *value = number(float.as_f64().unwrap_or_default()),
        Value::Array(items) => items.iter_mut().for_each(print_whole_numbers),
        Value::Object(members) => members.values_mut().for_each(print_whole_numbers),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A number of the engine, which has only `f64`.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked before")]
pub(super) fn number(float: f64) -> Value {
    /// 2 to the 63rd.
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    if float.fract() == 0.0 && (-BEYOND..BEYOND).contains(&float) {
        (float as i64).into()
    } else {
        float.into()
    }
}

/// JSONata's message for an error, with whole numbers printed without a fraction.
pub(super) fn message(error: &Error) -> String {
    let mut error = error.clone();
    for detail in ["token", "value", "value2", "exp"] {
        if let Some(mut value) = error.detail(detail).cloned() {
            print_whole_numbers(&mut value);
            error = error.with(detail, value);
        }
    }
    error.message()
}

/// The reason why an evaluation failed: an exceeded bound, or JSONata's own error.
pub(super) fn failure(error: &Error, meter: &Meter) -> Failure {
    if let Some(bound) = meter.exceeded() {
        return Failure::Exceeded(bound);
    }
    match error.code() {
        "D1011" => Failure::Exceeded(Bound::Depth),
        "U1006" => Failure::Exceeded(Bound::Time),
        "U1001" => Failure::Exceeded(Bound::Memory),
        code => Failure::Raised {
            code: code.to_owned(),
            message: message(error),
        },
    }
}
