use jlens_core::Error;
use serde_json::Value;

use super::meter::Meter;
use crate::data::discard;
use crate::data::jsonata::error::{Bound, Failure};

/// The result of an evaluation that succeeded, if it is JSON.
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

/// Writes whole numbers beyond 2^53 without a fraction, too, as Java prints them. Recursion goes no deeper than results
/// of the engine nest, which is 1,000 levels.
fn print_whole_numbers(value: &mut Value) {
    match value {
        Value::Number(float) if float.is_f64() => *value = number(float.as_f64().unwrap_or_default()),
        Value::Array(items) => items.iter_mut().for_each(print_whole_numbers),
        Value::Object(members) => members.values_mut().for_each(print_whole_numbers),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A number of the engine, which knows `f64` only.
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

/// JSONata's text of an error, whole numbers in it without a fraction.
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

/// Why an evaluation failed: the engine's limits in AWS's words, JSONata's own errors in JSONata's.
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
