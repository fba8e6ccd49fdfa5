//! The builder of conditions of Choice Rules.

use std::ops;

use serde_json::Value;

use super::fields::FieldList;
use crate::definition::Condition;
use crate::definition::document::Document;

impl Condition {
    /// Starts a test of the value that a path selects; one of the 39 comparison operators completes it.
    ///
    /// ```
    /// use asl_engine::definition::Condition;
    ///
    /// let large = Condition::variable("$.total").numeric_greater_than(100);
    /// let known = Condition::variable("$.customer").is_present(true);
    /// let trusted = large.and(known).or(!Condition::variable("$.prepaid").boolean_equals(false));
    /// # drop(trusted);
    /// ```
    pub fn variable(path: impl Into<String>) -> VariableTest {
        VariableTest(path.into())
    }

    /// `Condition`, in JSONata: an expression such as `{% $states.input.total > 100 %}`, or `true` or `false`. It must
    /// be a rule's whole condition: combine conditions inside the expression.
    pub fn expression(expression: impl Into<Value>) -> ConditionBuilder {
        let mut fields = FieldList::default();
        fields.set("Condition", expression.into());
        ConditionBuilder {
            combination: None,
            fields,
        }
    }

    /// `And`: all of them.
    pub fn all(conditions: impl IntoIterator<Item = ConditionBuilder>) -> ConditionBuilder {
        ConditionBuilder::combined("And", conditions)
    }

    /// `Or`: any of them.
    pub fn any(conditions: impl IntoIterator<Item = ConditionBuilder>) -> ConditionBuilder {
        ConditionBuilder::combined("Or", conditions)
    }
}

/// Builds a condition; `!` negates it.
#[derive(Debug, Clone)]
#[must_use = "a condition does nothing until a rule has it"]
pub struct ConditionBuilder {
    /// `And`, `Or` or `Not`; `None` for a test.
    combination: Option<&'static str>,
    fields: FieldList,
}

impl ConditionBuilder {
    /// `And`: both conditions.
    pub fn and(self, other: Self) -> Self {
        self.joined("And", other)
    }

    /// `Or`: either condition.
    pub fn or(self, other: Self) -> Self {
        self.joined("Or", other)
    }

    /// The fields of a rule, or of an expression in it.
    pub(super) fn into_fields(self) -> FieldList {
        self.fields
    }

    fn combined(combination: &'static str, conditions: impl IntoIterator<Item = Self>) -> Self {
        let conditions = conditions.into_iter().map(|condition| condition.fields.into_document());
        let mut fields = FieldList::default();
        fields.set(combination, Document::Array(conditions.collect()));
        Self {
            combination: Some(combination),
            fields,
        }
    }

    /// `a.and(b).and(c)` becomes one `And` of three.
    fn joined(mut self, combination: &'static str, other: Self) -> Self {
        if self.combination != Some(combination) {
            return Self::combined(combination, [self, other]);
        }
        self.fields.push(combination, other.fields.into_document());
        self
    }
}

impl ops::Not for ConditionBuilder {
    type Output = Self;

    /// `Not`: the opposite.
    fn not(self) -> Self {
        let mut fields = FieldList::default();
        fields.set("Not", self.fields.into_document());
        Self {
            combination: Some("Not"),
            fields,
        }
    }
}

/// A `Variable` without its comparison operator; each method adds one.
///
/// A value of another type than the operator's makes the condition false.
#[derive(Debug, Clone)]
#[must_use = "a variable is no condition until it is compared"]
pub struct VariableTest(String);

impl VariableTest {
    fn compare(self, operator: &str, operand: impl Into<Document>) -> ConditionBuilder {
        let mut fields = FieldList::default();
        fields.set("Variable", self.0);
        fields.set(operator, operand);
        ConditionBuilder {
            combination: None,
            fields,
        }
    }
}

/// Makes a method for each operator from its name, the operator, and the type of its value.
macro_rules! operators {
    ($operand:ty, $meaning:literal; $($method:ident = $operator:literal is $is:literal;)*) => {
        impl VariableTest {
            $(
                #[doc = concat!("`", $operator, "`: ", $is, $meaning)]
                pub fn $method(self, operand: impl Into<$operand>) -> ConditionBuilder {
                    self.compare($operator, operand.into())
                }
            )*
        }
    };
}

operators! { String, " the operand, by code units.";
        string_equals = "StringEquals" is "the string";
        string_less_than = "StringLessThan" is "a string before";
        string_greater_than = "StringGreaterThan" is "a string after";
        string_less_than_equals = "StringLessThanEquals" is "the string, or one before";
        string_greater_than_equals = "StringGreaterThanEquals" is "the string, or one after";
}

operators! { Value, " the operand.";
        numeric_equals = "NumericEquals" is "a number equal to";
        numeric_less_than = "NumericLessThan" is "a number less than";
        numeric_greater_than = "NumericGreaterThan" is "a number greater than";
        numeric_less_than_equals = "NumericLessThanEquals" is "a number at most";
        numeric_greater_than_equals = "NumericGreaterThanEquals" is "a number at least";
}

operators! { String, " the operand, such as `2026-08-14T18:30:00Z`.";
        timestamp_equals = "TimestampEquals" is "the same instant as";
        timestamp_less_than = "TimestampLessThan" is "a time before";
        timestamp_greater_than = "TimestampGreaterThan" is "a time after";
        timestamp_less_than_equals = "TimestampLessThanEquals" is "a time no later than";
        timestamp_greater_than_equals = "TimestampGreaterThanEquals" is "a time no earlier than";
}

operators! { String, " the value at the operand, a path.";
        string_equals_path = "StringEqualsPath" is "the string";
        string_less_than_path = "StringLessThanPath" is "a string before";
        string_greater_than_path = "StringGreaterThanPath" is "a string after";
        string_less_than_equals_path = "StringLessThanEqualsPath" is "the string, or one before";
        string_greater_than_equals_path = "StringGreaterThanEqualsPath" is "the string, or one after";
        numeric_equals_path = "NumericEqualsPath" is "a number equal to";
        numeric_less_than_path = "NumericLessThanPath" is "a number less than";
        numeric_greater_than_path = "NumericGreaterThanPath" is "a number greater than";
        numeric_less_than_equals_path = "NumericLessThanEqualsPath" is "a number at most";
        numeric_greater_than_equals_path = "NumericGreaterThanEqualsPath" is "a number at least";
        timestamp_equals_path = "TimestampEqualsPath" is "the same instant as";
        timestamp_less_than_path = "TimestampLessThanPath" is "a time before";
        timestamp_greater_than_path = "TimestampGreaterThanPath" is "a time after";
        timestamp_less_than_equals_path = "TimestampLessThanEqualsPath" is "a time no later than";
        timestamp_greater_than_equals_path = "TimestampGreaterThanEqualsPath" is "a time no earlier than";
        boolean_equals_path = "BooleanEqualsPath" is "the boolean that is";
}

operators! { String, " the operand, where `*` is any run of characters.";
        string_matches = "StringMatches" is "a string like";
}

operators! { bool, " where the operand is `true`, and else the opposite.";
        boolean_equals = "BooleanEquals" is "`true`,";
        is_null = "IsNull" is "`null`,";
        is_present = "IsPresent" is "there, `null` or not,";
        is_numeric = "IsNumeric" is "a number,";
        is_string = "IsString" is "a string,";
        is_boolean = "IsBoolean" is "a boolean,";
        is_timestamp = "IsTimestamp" is "a string that is a timestamp,";
}
