//! One alternative of a leaf: a literal or an operator.

use serde_json::{Map, Number, Value};

use super::cidr::Cidr;
use super::numeric::{self, NumericRange};
use super::wildcard::Wildcard;

/// One alternative for the value of a field.
///
/// Source: EventBridge user guide, "Comparison operators for use in event patterns".
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Comparison {
    String(String),
    Number(Number),
    Boolean(bool),
    Null,
    Prefix(String),
    PrefixIgnoreCase(CaseFolded),
    Suffix(String),
    SuffixIgnoreCase(CaseFolded),
    EqualsIgnoreCase(CaseFolded),
    Wildcard(Wildcard),
    /// The field is present, and none of these holds.
    AnythingBut(Vec<Comparison>),
    Numeric(NumericRange),
    Cidr(Cidr),
    /// `{"exists": true}`
    Present,
    /// `{"exists": false}`
    Absent,
}

impl Comparison {
    /// Parses an element of a leaf; the error is the reason in EventBridge's words.
    pub(super) fn parse(item: &Value) -> Result<Self, String> {
        match item {
            Value::String(text) => Ok(Self::String(text.clone())),
            Value::Number(number) => Ok(Self::Number(number.clone())),
            Value::Bool(boolean) => Ok(Self::Boolean(*boolean)),
            Value::Null => Ok(Self::Null),
            Value::Object(expression) => match_expression(expression),
            Value::Array(_) => Err("Match value must be String, number, true, false, or null".to_owned()),
        }
    }

    /// Whether a field's value, which is neither an object nor an array, matches.
    pub(super) fn matches(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Present, _) | (Self::Null, Value::Null) => true,
            (Self::AnythingBut(excluded), value) => !excluded.iter().any(|excluded| excluded.matches(value)),
            (Self::Boolean(expected), Value::Bool(boolean)) => expected == boolean,
            (Self::Number(expected), Value::Number(number)) => numeric::equal(expected, number),
            (Self::Numeric(range), Value::Number(number)) => range.contains(number),
            (Self::String(expected), Value::String(text)) => expected == text,
            (Self::Prefix(prefix), Value::String(text)) => text.starts_with(prefix),
            (Self::Suffix(suffix), Value::String(text)) => text.ends_with(suffix),
            (Self::PrefixIgnoreCase(prefix), Value::String(text)) => prefix.starts(text),
            (Self::SuffixIgnoreCase(suffix), Value::String(text)) => suffix.ends(text),
            (Self::EqualsIgnoreCase(expected), Value::String(text)) => expected.equals(text),
            (Self::Wildcard(wildcard), Value::String(text)) => wildcard.matches(text),
            (Self::Cidr(cidr), Value::String(text)) => cidr.contains(text),
            _ => false,
        }
    }

    /// Whether EventBridge would refuse the pattern for it.
    pub(super) fn is_too_complex(&self) -> bool {
        match self {
            Self::Wildcard(wildcard) => wildcard.is_too_complex(),
            Self::AnythingBut(excluded) => excluded.iter().any(Self::is_too_complex),
            _ => false,
        }
    }
}

fn match_expression(expression: &Map<String, Value>) -> Result<Comparison, String> {
    let (operator, operand) = only_entry(expression, "Match expression name not found")?;
    let comparison = match operator {
        "exactly" => Comparison::String(text(operand, "exact")?),
        "prefix" => match operand {
            Value::Object(inner) => Comparison::PrefixIgnoreCase(ignoring_case(inner, "prefix", "Prefix")?),
            operand => Comparison::Prefix(text(operand, "prefix")?),
        },
        "suffix" => match operand {
            Value::Object(inner) => Comparison::SuffixIgnoreCase(ignoring_case(inner, "suffix", "Suffix")?),
            operand => Comparison::Suffix(text(operand, "suffix")?),
        },
        "equals-ignore-case" => Comparison::EqualsIgnoreCase(CaseFolded::new(&text(operand, operator)?)),
        "wildcard" => Comparison::Wildcard(Wildcard::parse(&text(operand, operator)?)?),
        "anything-but" => Comparison::AnythingBut(anything_but(operand)?),
        "numeric" => Comparison::Numeric(NumericRange::parse(operand)?),
        // EventBridge does say `prefix` here.
        "cidr" => Comparison::Cidr(Cidr::parse(&text(operand, "prefix")?)?),
        "exists" => match operand {
            Value::Bool(true) => Comparison::Present,
            Value::Bool(false) => Comparison::Absent,
            _ => return Err("exists match pattern must be either true or false.".to_owned()),
        },
        other => return Err(format!("Unrecognized match type {other}")),
    };
    no_second_entry(expression)?;
    Ok(comparison)
}

fn only_entry<'a>(expression: &'a Map<String, Value>, missing: &str) -> Result<(&'a str, &'a Value), String> {
    match expression.iter().next() {
        Some((operator, operand)) => Ok((operator, operand)),
        None => Err(missing.to_owned()),
    }
}

/// Checked after the first entry: EventBridge reports the first entry's mistakes first.
fn no_second_entry(expression: &Map<String, Value>) -> Result<(), String> {
    if expression.len() > 1 {
        return Err("Only one key allowed in match expression".to_owned());
    }
    Ok(())
}

fn text(operand: &Value, operator: &str) -> Result<String, String> {
    match operand {
        Value::String(text) => Ok(text.clone()),
        _ => Err(format!("{operator} match pattern must be a string")),
    }
}

fn ignoring_case(expression: &Map<String, Value>, outer: &str, capitalised: &str) -> Result<CaseFolded, String> {
    let (operator, operand) = only_entry(expression, &format!("{capitalised} expression name not found"))?;
    if operator != "equals-ignore-case" {
        return Err(format!("Unsupported {outer} pattern: {operator}"));
    }
    let folded = CaseFolded::new(&text(operand, operator)?);
    no_second_entry(expression)?;
    Ok(folded)
}

/// The excluded values of `{"anything-but": …}`.
fn anything_but(operand: &Value) -> Result<Vec<Comparison>, String> {
    match operand {
        Value::String(_) | Value::Number(_) => Ok(vec![Comparison::parse(operand)?]),
        Value::Array(items) => anything_but_list(items),
        Value::Object(expression) => anything_but_expression(expression),
        _ => Err(wrong_anything_but()),
    }
}

fn wrong_anything_but() -> String {
    "Value of anything-but must be an array or single string/number value.".to_owned()
}

fn anything_but_list(items: &[Value]) -> Result<Vec<Comparison>, String> {
    if items.iter().any(|item| !item.is_string() && !item.is_number()) {
        return Err("Inside anything but list, start|null|boolean is not supported.".to_owned());
    }
    if items.iter().any(Value::is_string) == items.iter().any(Value::is_number) {
        return Err(
            "Inside anything but list, either all values are number or string, mixed type is not supported".to_owned(),
        );
    }
    items.iter().map(Comparison::parse).collect()
}

fn anything_but_expression(expression: &Map<String, Value>) -> Result<Vec<Comparison>, String> {
    let (operator, operand) = only_entry(expression, "Anything-But expression name not found")?;
    let parse: fn(&Value) -> Result<Comparison, String> = match operator {
        "prefix" => |item| Ok(Comparison::Prefix(end(item)?)),
        "suffix" => |item| Ok(Comparison::Suffix(end(item)?)),
        "equals-ignore-case" => |item| match item {
            Value::String(text) => Ok(Comparison::EqualsIgnoreCase(CaseFolded::new(text))),
            _ => Err(
                "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.".to_owned(),
            ),
        },
        "wildcard" => |item| Ok(Comparison::Wildcard(Wildcard::parse(&text(item, "wildcard")?)?)),
        other => return Err(format!("Unsupported anything-but pattern: {other}")),
    };
    let excluded = match operand {
        Value::String(_) | Value::Number(_) => vec![parse(operand)?],
        Value::Array(items) if items.is_empty() => return Err("Empty arrays are not allowed".to_owned()),
        Value::Array(items) => items.iter().map(parse).collect::<Result<_, _>>()?,
        _ => return Err(wrong_anything_but()),
    };
    no_second_entry(expression)?;
    Ok(excluded)
}

fn end(item: &Value) -> Result<String, String> {
    match text(item, "prefix/suffix")? {
        text if text.is_empty() => Err("Null prefix/suffix not allowed".to_owned()),
        text => Ok(text),
    }
}

/// A text in lower case, for comparisons that ignore case.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct CaseFolded(String);

impl CaseFolded {
    fn new(text: &str) -> Self {
        Self(fold(text).collect())
    }

    fn equals(&self, text: &str) -> bool {
        self.0.chars().eq(fold(text))
    }

    fn starts(&self, text: &str) -> bool {
        let mut folded = fold(text);
        self.0.chars().all(|character| folded.next() == Some(character))
    }

    fn ends(&self, text: &str) -> bool {
        let mut folded = fold(text).rev();
        self.0.chars().rev().all(|character| folded.next() == Some(character))
    }
}

/// Lower-cases each character alone: `str::to_lowercase` depends on a letter's position in its word, unknown for a
/// prefix.
fn fold(text: &str) -> impl DoubleEndedIterator<Item = char> + '_ {
    text.chars().flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn matches(comparison: &Value, value: &Value) -> bool {
        Comparison::parse(comparison).unwrap().matches(value)
    }

    fn reason(comparison: &Value) -> String {
        Comparison::parse(comparison).unwrap_err()
    }

    #[test]
    fn literals_match_their_own_type_only() {
        assert!(matches(&json!("1"), &json!("1")) && !matches(&json!("1"), &json!(1)));
        assert!(matches(&json!(1), &json!(1.0)) && !matches(&json!(1), &json!("1")));
        assert!(matches(&json!(null), &json!(null)) && !matches(&json!(null), &json!("null")));
        assert!(matches(&json!(false), &json!(false)) && !matches(&json!(false), &json!(null)));
    }

    #[test]
    fn prefix_and_suffix_are_of_strings_and_may_be_empty() {
        assert!(matches(&json!({ "prefix": "" }), &json!("")));
        assert!(!matches(&json!({ "prefix": "" }), &json!(1)));
        assert!(matches(&json!({ "suffix": ".png" }), &json!("a.png")));
        assert!(!matches(&json!({ "suffix": ".png" }), &json!("a.PNG")));
    }

    #[test]
    fn case_can_be_ignored() {
        assert!(matches(&json!({ "equals-ignore-case": "Straße" }), &json!("sTRAßE")));
        assert!(matches(
            &json!({ "prefix": { "equals-ignore-case": "ΑΣ" } }),
            &json!("ασδ")
        ));
        assert!(matches(
            &json!({ "suffix": { "equals-ignore-case": ".png" } }),
            &json!("A.PnG")
        ));
        assert!(!matches(&json!({ "equals-ignore-case": "ab" }), &json!("abc")));
    }

    #[test]
    fn anything_but_takes_other_types_as_different() {
        assert!(matches(&json!({ "anything-but": "a" }), &json!(null)));
        assert!(matches(&json!({ "anything-but": { "prefix": "init" } }), &json!(123)));
        assert!(matches(&json!({ "anything-but": "101" }), &json!(101)));
        assert!(!matches(&json!({ "anything-but": [100, 200] }), &json!(200.0)));
        assert!(!matches(
            &json!({ "anything-but": { "wildcard": ["*/a/*", "*/b/*"] } }),
            &json!("x/b/y")
        ));
        assert!(!matches(
            &json!({ "anything-but": { "equals-ignore-case": "A" } }),
            &json!("a")
        ));
    }

    #[test]
    fn mistakes_are_told_in_eventbridges_words() {
        assert_eq!(
            reason(&json!([])),
            "Match value must be String, number, true, false, or null"
        );
        assert_eq!(reason(&json!({})), "Match expression name not found");
        assert_eq!(reason(&json!({ "EXISTS": true })), "Unrecognized match type EXISTS");
        assert_eq!(
            reason(&json!({ "exists": "x" })),
            "exists match pattern must be either true or false."
        );
        assert_eq!(
            reason(&json!({ "prefix": "a", "suffix": "b" })),
            "Only one key allowed in match expression"
        );
        assert_eq!(
            reason(&json!({ "prefix": { "wildcard": "a" } })),
            "Unsupported prefix pattern: wildcard"
        );
        assert_eq!(reason(&json!({ "cidr": 1 })), "prefix match pattern must be a string");
        assert_eq!(reason(&json!({ "anything-but": true })), wrong_anything_but());
        assert_eq!(
            reason(&json!({ "anything-but": { "prefix": {} } })),
            wrong_anything_but()
        );
        assert_eq!(
            reason(&json!({ "anything-but": { "numeric": ["=", 5] } })),
            "Unsupported anything-but pattern: numeric"
        );
        assert_eq!(
            reason(&json!({ "anything-but": ["a", 1] })),
            "Inside anything but list, either all values are number or string, mixed type is not supported"
        );
    }
}
