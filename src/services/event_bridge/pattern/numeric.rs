//! `numeric`, and when two numbers are equal.

use serde_json::{Number, Value};
use std::cmp::Ordering;

/// The bound of the values that EventBridge compares by size.
const FIVE_BILLION: i64 = 5_000_000_000;
/// EventBridge compares six digits to the right of the decimal point.
const MILLION: i64 = 1_000_000;

/// The `numeric` operator: `["=", 5]`, `["<", 10]`, `[">", 0, "<=", 5]`.
///
/// Source: EventBridge user guide, "Numeric matching".
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NumericRange {
    bottom: Option<Bound>,
    top: Option<Bound>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Bound {
    millionths: i64,
    inclusive: bool,
}

impl NumericRange {
    pub(super) fn parse(operand: &Value) -> Result<Self, String> {
        let Value::Array(terms) = operand else {
            return Err("Value of numeric must be an array.".to_owned());
        };
        let mut terms = terms.iter();
        let operator = match terms.next() {
            Some(Value::String(operator)) => operator.as_str(),
            other => return Err(format!("Invalid member in numeric match: {}", text_of(other))),
        };
        let only = |mut rest: std::slice::Iter<'_, Value>| match rest.next() {
            None => Ok(()),
            Some(_) => Err("Too many elements in numeric expression".to_owned()),
        };
        match operator {
            "=" => {
                let bound = bound("equals", true, terms.next())?;
                only(terms)?;
                Ok(Self {
                    bottom: Some(bound),
                    top: Some(bound),
                })
            }
            "<" | "<=" => {
                let top = bound(operator, operator == "<=", terms.next())?;
                only(terms)?;
                Ok(Self {
                    bottom: None,
                    top: Some(top),
                })
            }
            ">" | ">=" => {
                let bottom = bound(operator, operator == ">=", terms.next())?;
                let top = top(terms)?;
                if top.is_some_and(|top| top.millionths <= bottom.millionths) {
                    return Err("Bottom must be less than top".to_owned());
                }
                Ok(Self {
                    bottom: Some(bottom),
                    top,
                })
            }
            other => Err(format!("Unrecognized numeric range operator: {other}")),
        }
    }

    pub(super) fn contains(&self, number: &Number) -> bool {
        let Some(value) = millionths(number) else {
            return false;
        };
        let above = |bound: Bound| value > bound.millionths || bound.inclusive && value == bound.millionths;
        let below = |bound: Bound| value < bound.millionths || bound.inclusive && value == bound.millionths;
        self.bottom.is_none_or(above) && self.top.is_none_or(below)
    }
}

/// The upper end after `[">", 0`, where one is given.
fn top(mut terms: std::slice::Iter<'_, Value>) -> Result<Option<Bound>, String> {
    let operator = match terms.next() {
        None => return Ok(None),
        Some(Value::String(operator)) => operator.as_str(),
        other => return Err(format!("Bad value in numeric range: {}", text_of(other))),
    };
    if !matches!(operator, "<" | "<=") {
        return Err(format!("Bad numeric range operator: {operator}"));
    }
    let bound = bound(operator, operator == "<=", terms.next())?;
    match terms.next() {
        None => Ok(Some(bound)),
        Some(_) => Err("Too many terms in numeric range expression".to_owned()),
    }
}

fn bound(operator: &str, inclusive: bool, term: Option<&Value>) -> Result<Bound, String> {
    let Some(Value::Number(number)) = term else {
        return Err(format!("Value of {operator} must be numeric"));
    };
    match millionths(number) {
        Some(millionths) => Ok(Bound { millionths, inclusive }),
        None => Err("Value must be between -5.0E9 and 5.0E9, inclusive".to_owned()),
    }
}

/// A term as EventBridge's parser spells it in its messages.
fn text_of(term: Option<&Value>) -> String {
    match term {
        None => "]".to_owned(),
        Some(Value::Array(_)) => "[".to_owned(),
        Some(Value::Object(_)) => "{".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// Whether two numbers are equal: by size as far as EventBridge compares sizes, by their exact value beyond.
pub(super) fn equal(a: &Number, b: &Number) -> bool {
    match (millionths(a), millionths(b)) {
        (Some(a), Some(b)) => a == b,
        (None, None) if a.is_f64() || b.is_f64() => {
            let order = a.as_f64().zip(b.as_f64()).and_then(|(a, b)| a.partial_cmp(&b));
            order == Some(Ordering::Equal)
        }
        (None, None) => a == b,
        _ => false,
    }
}

/// A number in millionths, if it is one that EventBridge compares by size.
fn millionths(number: &Number) -> Option<i64> {
    if let Some(whole) = number.as_i64() {
        return (-FIVE_BILLION..=FIVE_BILLION)
            .contains(&whole)
            .then_some(whole.saturating_mul(MILLION));
    }
    let value = number.as_f64()?;
    #[expect(clippy::cast_precision_loss, reason = "both constants are far below 2^53")]
    let (limit, million) = (FIVE_BILLION as f64, MILLION as f64);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "at most 5e15, as the limit is tested first"
    )]
    (-limit..=limit)
        .contains(&value)
        .then(|| (value * million).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn contains(operand: &Value, value: &Value) -> bool {
        let Value::Number(number) = value else {
            panic!("{value} is no number")
        };
        NumericRange::parse(operand).unwrap().contains(number)
    }

    fn numbers_equal(a: &str, b: &str) -> bool {
        equal(&serde_json::from_str(a).unwrap(), &serde_json::from_str(b).unwrap())
    }

    #[test]
    fn ranges_have_open_and_closed_ends() {
        let range = json!([">", 0, "<=", 5]);
        assert!(!contains(&range, &json!(0)));
        assert!(contains(&range, &json!(0.000_001)));
        assert!(contains(&range, &json!(5.0)));
        assert!(!contains(&range, &json!(5.1)));
        assert!(contains(&json!(["=", 301.8]), &json!(3.018e2)));
        assert!(contains(&json!(["<", 10]), &json!(-4_999_999_999_i64)));
    }

    #[test]
    fn numbers_are_equal_by_size_not_by_spelling() {
        assert!(numbers_equal("300", "300.0"));
        assert!(numbers_equal("3.018e2", "301.8"));
        assert!(numbers_equal("-0.0", "0"));
        assert!(numbers_equal("18446744073709551615", "18446744073709551615"));
        assert!(!numbers_equal("18446744073709551615", "18446744073709551614"));
        assert!(numbers_equal("1e10", "10000000000"));
    }

    #[test]
    fn mistakes_are_told_in_eventbridges_words() {
        let reason = |operand: Value| NumericRange::parse(&operand).unwrap_err();
        assert_eq!(reason(json!(5)), "Value of numeric must be an array.");
        assert_eq!(reason(json!([])), "Invalid member in numeric match: ]");
        assert_eq!(reason(json!([5])), "Invalid member in numeric match: 5");
        assert_eq!(reason(json!(["=", "5"])), "Value of equals must be numeric");
        assert_eq!(reason(json!([">", 0, "<", "100"])), "Value of < must be numeric");
        assert_eq!(reason(json!([">", 0, ">", 0])), "Bad numeric range operator: >");
        assert_eq!(reason(json!([">", 0, 5])), "Bad value in numeric range: 5");
        assert_eq!(reason(json!(["!=", 0])), "Unrecognized numeric range operator: !=");
        assert_eq!(
            reason(json!(["=", 5, "<", 6])),
            "Too many elements in numeric expression"
        );
        assert_eq!(
            reason(json!([">", 5, "<", 6, "<", 7])),
            "Too many terms in numeric range expression"
        );
        assert_eq!(reason(json!([">", 6, "<", 5])), "Bottom must be less than top");
        assert_eq!(
            reason(json!(["<", 6e9])),
            "Value must be between -5.0E9 and 5.0E9, inclusive"
        );
    }
}
