use std::cmp::Ordering;

use serde_json::{Number, Value};

use crate::data::json_path::segment::Comparison;

/// One side of a comparison.
#[derive(Clone, Copy, Debug)]
pub(super) enum Side<'v> {
    Value(&'v Value),
    /// A literal, kept as text. It takes the type of the other side: `@.v == 42` finds 42 and `"42"`.
    Literal(&'v str),
}

impl Side<'_> {
    /// The bytes of a text, which bound the time of a comparison with it; 0 for other values.
    pub(super) fn length(self) -> usize {
        match self {
            Self::Value(value) => value.as_str().map_or(0, str::len),
            Self::Literal(text) => text.len(),
        }
    }
}

impl Comparison {
    /// The same comparison with its sides swapped.
    fn mirrored(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            same => same,
        }
    }

    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

/// Compares as Jayway 2.0.0 does.
///
/// If an array or object is compared with anything but null, both `==` and `!=` are false. Null equals only null, and
/// is neither less nor greater than any other value. `DIFFERENCE:` Jayway 2.0.0 fails when it compares a number with a
/// text that is not a number, and reads every text but `true` as false; here these are unequal.
pub(super) fn compare(left: Side<'_>, comparison: Comparison, right: Side<'_>) -> bool {
    match (left, right) {
        (Side::Value(left), Side::Value(right)) => compare_values(left, comparison, right),
        (Side::Value(value), Side::Literal(literal)) => compare_literal(value, comparison, literal),
        (Side::Literal(literal), Side::Value(value)) => compare_literal(value, comparison.mirrored(), literal),
        (Side::Literal(left), Side::Literal(right)) => {
            let numbers = number(left).zip(number(right));
            comparison
                .holds(numbers.map_or_else(|| text_order(left, right), |(left, right)| number_order(&left, &right)))
        }
    }
}

fn compare_values(left: &Value, comparison: Comparison, right: &Value) -> bool {
    let ordering = match (left, right) {
        (Value::Null, Value::Null) => Some(Ordering::Equal),
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        (Value::Number(left), Value::Number(right)) => Some(number_order(left, right)),
        (Value::String(left), Value::String(right)) => Some(text_order(left, right)),
        // Jayway compares identities first: a value equals itself, whatever its type.
        _ if std::ptr::eq(left, right) => Some(Ordering::Equal),
        (Value::Number(left), Value::String(right)) => number(right).map(|right| number_order(left, &right)),
        _ => None,
    };
    match ordering {
        Some(ordering) => comparison.holds(ordering),
        None => comparison == Comparison::NotEqual && left.is_null() != right.is_null(),
    }
}

fn compare_literal(value: &Value, comparison: Comparison, literal: &str) -> bool {
    if literal == "null" {
        return compare_null(value, comparison);
    }
    let ordering = match value {
        Value::Null | Value::Array(_) | Value::Object(_) => None,
        Value::Bool(value) => boolean(literal).map(|literal| value.cmp(&literal)),
        Value::Number(value) => number(literal).map(|literal| number_order(value, &literal)),
        Value::String(value) => Some(text_order(value, literal)),
    };
    match ordering {
        Some(ordering) => comparison.holds(ordering),
        None => comparison == Comparison::NotEqual && !value.is_array() && !value.is_object(),
    }
}

/// A literal `null` equals null and the text `null`, and is less than every other value.
fn compare_null(value: &Value, comparison: Comparison) -> bool {
    if value.is_null() || value == "null" {
        comparison == Comparison::Equal
    } else {
        matches!(
            comparison,
            Comparison::NotEqual | Comparison::Greater | Comparison::GreaterOrEqual
        )
    }
}

fn boolean(literal: &str) -> Option<bool> {
    if literal.eq_ignore_ascii_case("true") {
        Some(true)
    } else if literal.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

fn number(text: &str) -> Option<Number> {
    if !text.ends_with(|last: char| last.is_ascii_digit() || last == '.') {
        return None;
    }
    if let Ok(whole) = text.parse::<i64>() {
        return Some(whole.into());
    }
    text.parse::<f64>().ok().and_then(Number::from_f64)
}

fn number_order(left: &Number, right: &Number) -> Ordering {
    match (whole(left), whole(right)) {
        (Some(left), Some(right)) => left.cmp(&right),
        (Some(left), None) => whole_and_float(left, float(right)),
        (None, Some(right)) => whole_and_float(right, float(left)).reverse(),
        (None, None) => float(left).partial_cmp(&float(right)).unwrap_or(Ordering::Equal),
    }
}

fn whole(number: &Number) -> Option<i128> {
    number
        .as_i64()
        .map(i128::from)
        .or_else(|| number.as_u64().map(i128::from))
}

fn float(number: &Number) -> f64 {
    number.as_f64().unwrap_or_default()
}

/// Compares exactly: turning the whole number into a float could round it.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a float beyond i128 becomes its end, which is beyond any i64 too"
)]
fn whole_and_float(whole: i128, float: f64) -> Ordering {
    let floor = float.floor();
    match whole.cmp(&(floor as i128)) {
        Ordering::Equal if float > floor => Ordering::Less,
        ordering => ordering,
    }
}

/// Orders texts as Java does, by UTF-16 units.
fn text_order(left: &str, right: &str) -> Ordering {
    left.encode_utf16().cmp(right.encode_utf16())
}

#[cfg(test)]
mod tests {
    use super::{Comparison, Side, compare};
    use serde_json::{Value, json};

    fn holds(value: &Value, comparison: Comparison, literal: &str) -> bool {
        compare(Side::Value(value), comparison, Side::Literal(literal))
    }

    #[test]
    fn a_literal_takes_the_type_of_the_value() {
        for value in [json!(42), json!(42.0), json!("42")] {
            assert!(holds(&value, Comparison::Equal, "42"), "{value}");
        }
        assert!(holds(&json!(10), Comparison::Equal, "010"));
        assert!(!holds(&json!("10"), Comparison::Equal, "010"));
        assert!(holds(&json!(true), Comparison::Equal, "true"));
        assert!(holds(&json!("value"), Comparison::GreaterOrEqual, "42"));
    }

    #[test]
    fn unlike_types_are_unequal_but_containers_are_neither() {
        assert!(!holds(&json!(true), Comparison::Equal, "1"));
        assert!(holds(&json!(true), Comparison::NotEqual, "1"));
        assert!(holds(&json!(null), Comparison::NotEqual, "1"));
        assert!(!holds(&json!([1]), Comparison::NotEqual, "1"));
        assert!(!holds(&json!(null), Comparison::Less, "1"));
        assert!(holds(&json!([]), Comparison::NotEqual, "null"));
    }

    #[test]
    fn large_numbers_compare_exactly() {
        assert!(holds(
            &json!(9_007_199_254_740_993_u64),
            Comparison::Greater,
            "9007199254740992.0"
        ));
        assert!(holds(&json!(u64::MAX), Comparison::Less, "1e30"));
        assert!(holds(&json!(-1), Comparison::Greater, "-1.5"));
    }

    #[test]
    fn literals_compare_with_each_other() {
        assert!(compare(Side::Literal("1"), Comparison::Equal, Side::Literal("1.0")));
        assert!(compare(Side::Literal("9"), Comparison::Less, Side::Literal("10")));
        assert!(!compare(Side::Literal("a"), Comparison::Equal, Side::Literal("b")));
    }
}
