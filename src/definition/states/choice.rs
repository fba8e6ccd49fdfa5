//! `"Type": "Choice"`: picks the next state by the data.

use chrono::{DateTime, Utc};

use crate::data::JsonPath;
use crate::definition::{Assign, InputOutputPath, JsonataExit, JsonataValue};

/// A Choice state (specification, "Choice state").
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ChoiceState {
    /// The author's remark.
    pub comment: Option<String>,
    /// Its rules and data fields.
    pub data: ChoiceData,
    /// The next state when no rule is true; without it the execution fails.
    pub default: Option<String>,
}

impl ChoiceState {
    /// The next state of each rule.
    pub(crate) fn targets(&self) -> Vec<&str> {
        match &self.data {
            ChoiceData::JsonPath(choice) => choice.choices.iter().map(|rule| &*rule.next).collect(),
            ChoiceData::Jsonata(choice) => choice.choices.iter().map(|rule| &*rule.next).collect(),
        }
    }
}

/// The fields of a Choice state that depend on the query language.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ChoiceData {
    /// `"QueryLanguage": "JSONPath"`
    JsonPath(JsonPathChoice),
    /// `"QueryLanguage": "JSONata"`
    Jsonata(JsonataChoice),
}

/// The fields of a Choice state in JSONPath.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct JsonPathChoice {
    /// Selects the effective input from the raw input.
    pub input_path: InputOutputPath,
    /// Tried in order; the first that is true decides.
    pub choices: Vec<ChoiceRule>,
    /// Selects the effective output.
    pub output_path: InputOutputPath,
    /// The variables it assigns when no rule is true; `$` is the effective input.
    pub assign: Option<Assign>,
}

/// A top-level element of `Choices` in JSONPath.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ChoiceRule {
    /// The author's remark.
    pub comment: Option<String>,
    /// The condition.
    pub condition: Condition,
    /// The next state if the condition is true, in the same `States` object.
    pub next: String,
    /// The variables to assign if the condition is true; `$` is the effective input.
    pub assign: Option<Assign>,
}

/// The fields of a Choice state in JSONata.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct JsonataChoice {
    /// Tried in order; the first that is true decides.
    pub choices: Vec<JsonataChoiceRule>,
    /// The output and assigned variables when no rule is true.
    pub exit: JsonataExit,
}

/// An element of `Choices` in JSONata.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct JsonataChoiceRule {
    /// The author's remark.
    pub comment: Option<String>,
    /// The condition.
    pub condition: JsonataValue<bool>,
    /// The next state if the condition is true, in the same `States` object.
    pub next: String,
    /// The output and assigned variables, which replace those of the state.
    pub exit: JsonataExit,
}

/// A boolean expression over the state's input.
#[derive(Debug, Clone)]
pub enum Condition {
    /// All conditions are true; evaluated from left to right.
    And(Vec<Condition>),
    /// Any condition is true; evaluated from left to right.
    Or(Vec<Condition>),
    /// The condition is false.
    Not(Box<Condition>),
    /// One comparison.
    Test(DataTest),
}

/// A data-test expression: `Variable` with one comparison operator.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DataTest {
    /// Selects the value to compare.
    pub variable: JsonPath,
    /// The comparison.
    pub comparison: Comparison,
}

/// The 39 comparison operators, by what they compare.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Comparison {
    /// `StringEquals`, `StringLessThanPath`, …: by code units.
    String(Relation, Operand<String>),
    /// `NumericEquals`, `NumericGreaterThanPath`, …: as 64-bit floating-point numbers.
    Numeric(Relation, Operand<f64>),
    /// `TimestampEquals`, `TimestampLessThanEqualsPath`, …: as points in time.
    Timestamp(Relation, Operand<DateTime<Utc>>),
    /// `BooleanEquals`, `BooleanEqualsPath`.
    Boolean(Operand<bool>),
    /// `StringMatches`.
    StringMatches(StringPattern),
    /// `IsNull`.
    IsNull(bool),
    /// `IsPresent`: the only operator that accepts a missing value.
    IsPresent(bool),
    /// `IsNumeric`.
    IsNumeric(bool),
    /// `IsString`.
    IsString(bool),
    /// `IsBoolean`.
    IsBoolean(bool),
    /// `IsTimestamp`.
    IsTimestamp(bool),
}

/// The relation between value and operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// `…Equals`
    Equal,
    /// `…LessThan`
    Less,
    /// `…GreaterThan`
    Greater,
    /// `…LessThanEquals`
    LessOrEqual,
    /// `…GreaterThanEquals`
    GreaterOrEqual,
}

/// The operand of a comparison.
#[derive(Debug, Clone)]
pub enum Operand<T> {
    /// A constant of the definition.
    Literal(T),
    /// Read from the effective input (`…Path`).
    Path(JsonPath),
}

/// A `StringMatches` pattern: `*` matches any run of characters, `\*` a star, `\\` a backslash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StringPattern {
    /// The literal pieces between the stars; n stars make n + 1 pieces.
    pieces: Vec<String>,
}

impl StringPattern {
    /// Parses a pattern. `None` if a backslash is followed by anything but a star or a backslash.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut pieces = Vec::new();
        let mut piece = String::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            match c {
                '*' => pieces.push(std::mem::take(&mut piece)),
                '\\' => match chars.next() {
                    Some(escaped @ ('*' | '\\')) => piece.push(escaped),
                    _ => return None,
                },
                c => piece.push(c),
            }
        }
        pieces.push(piece);
        Some(Self { pieces })
    }

    /// Whether the whole text matches, in time linear in the text: each piece is looked for behind the one before.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let (Some((first, rest)), Some(last)) = (self.pieces.split_first(), self.pieces.last()) else {
            return false;
        };
        if rest.is_empty() {
            return text == first;
        }
        let Some(mut text) = text.strip_prefix(first.as_str()) else {
            return false;
        };
        for piece in rest.iter().take(rest.len() - 1) {
            match text.find(piece.as_str()) {
                Some(at) => text = text.get(at + piece.len()..).unwrap_or_default(),
                None => return false,
            }
        }
        text.ends_with(last.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_run_of_characters() {
        let matches = |pattern: &str, text: &str| StringPattern::parse(pattern).unwrap().matches(text);
        assert!(matches("log-*.txt", "log-.txt"));
        assert!(matches("log-*.txt", "log-1.txt"));
        assert!(!matches("log-*.txt", "log-1.txt.gz"));
        assert!(matches("*", ""));
        assert!(matches("a*a", "aa"));
        assert!(!matches("a*a", "a"));
        assert!(matches("*b*b*", "abcb"));
        assert!(!matches("*b*b*", "abc"));
        assert!(matches("", ""));
        assert!(!matches("", "x"));
    }

    #[test]
    fn a_backslash_takes_the_star_literally() {
        assert!(StringPattern::parse(r"a\*b").unwrap().matches("a*b"));
        assert!(!StringPattern::parse(r"a\*b").unwrap().matches("axb"));
        assert!(StringPattern::parse(r"a\\*").unwrap().matches(r"a\x"));
        assert_eq!(StringPattern::parse(r"a\b"), None);
    }

    #[test]
    fn thousands_of_stars_cost_one_walk() {
        let pattern = StringPattern::parse(&"*a".repeat(10_000)).unwrap();
        assert!(!pattern.matches(&"a".repeat(9_999)));
        assert!(pattern.matches(&"a".repeat(10_000)));
    }
}
