//! The fields of each state type in one table (specification, "State types" and the fields of each type).

use crate::definition::{QueryLanguage, StateType};

/// The query language to which a field belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Both,
    JsonPath,
    Jsonata,
}

impl Language {
    /// Whether a field of this language belongs in a state in `query_language`.
    pub(crate) fn is_of(self, query_language: QueryLanguage) -> bool {
        match self {
            Self::Both => true,
            Self::JsonPath => query_language == QueryLanguage::JsonPath,
            Self::Jsonata => query_language == QueryLanguage::Jsonata,
        }
    }
}

/// Whether a state type has a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    Required,
    Optional,
    Never,
}

/// A row of the table.
#[derive(Debug)]
pub(crate) struct FieldRule {
    pub(crate) name: &'static str,
    pub(crate) language: Language,
    /// By state type, in the order of the variants.
    presence: [Presence; 8],
}

impl FieldRule {
    pub(crate) fn presence(&self, state_type: StateType) -> Presence {
        self.presence
            .get(state_type as usize)
            .copied()
            .unwrap_or(Presence::Never)
    }

    /// The state types that have the field.
    pub(crate) fn owners(&self) -> impl Iterator<Item = StateType> {
        StateType::LISTED
            .into_iter()
            .filter(|state_type| self.presence(*state_type) != Presence::Never)
    }
}

/// The row of a field, if any state type has it.
pub(crate) fn state_field(name: &str) -> Option<&'static FieldRule> {
    STATE_FIELDS.iter().find(|rule| rule.name == name)
}

use Language::{Both, JsonPath, Jsonata};
use Presence::{Never as X, Optional as O, Required as R};

const fn row(name: &'static str, language: Language, presence: [Presence; 8]) -> FieldRule {
    FieldRule {
        name,
        language,
        presence,
    }
}

/// The fields of states.
#[rustfmt::skip]
pub(crate) const STATE_FIELDS: &[FieldRule] = &[
    //                                           Task Pass Choice Wait Succeed Fail Parallel Map
    row("Type",                           Both,     [R, R, R, R, R, R, R, R]),
    row("Comment",                        Both,     [O, O, O, O, O, O, O, O]),
    row("QueryLanguage",                  Both,     [O, O, O, O, O, O, O, O]),
    row("InputPath",                      JsonPath, [O, O, O, O, O, X, O, O]),
    row("OutputPath",                     JsonPath, [O, O, O, O, O, X, O, O]),
    row("Output",                         Jsonata,  [O, O, O, O, O, X, O, O]),
    row("Assign",                         Both,     [O, O, O, O, X, X, O, O]),
    row("Parameters",                     JsonPath, [O, O, X, X, X, X, O, O]),
    row("Arguments",                      Jsonata,  [O, X, X, X, X, X, O, X]),
    row("ResultSelector",                 JsonPath, [O, X, X, X, X, X, O, O]),
    row("ResultPath",                     JsonPath, [O, O, X, X, X, X, O, O]),
    row("Retry",                          Both,     [O, X, X, X, X, X, O, O]),
    row("Catch",                          Both,     [O, X, X, X, X, X, O, O]),
    row("Next",                           Both,     [O, O, X, O, X, X, O, O]),
    row("End",                            Both,     [O, O, X, O, X, X, O, O]),
    row("Resource",                       Both,     [R, X, X, X, X, X, X, X]),
    row("Credentials",                    Both,     [O, X, X, X, X, X, X, X]),
    row("TimeoutSeconds",                 Both,     [O, X, X, X, X, X, X, X]),
    row("TimeoutSecondsPath",             JsonPath, [O, X, X, X, X, X, X, X]),
    row("HeartbeatSeconds",               Both,     [O, X, X, X, X, X, X, X]),
    row("HeartbeatSecondsPath",           JsonPath, [O, X, X, X, X, X, X, X]),
    row("Branches",                       Both,     [X, X, X, X, X, X, R, X]),
    row("ItemProcessor",                  Both,     [X, X, X, X, X, X, X, O]),
    row("Iterator",                       Both,     [X, X, X, X, X, X, X, O]),
    row("ItemsPath",                      JsonPath, [X, X, X, X, X, X, X, O]),
    row("Items",                          Jsonata,  [X, X, X, X, X, X, X, O]),
    row("ItemSelector",                   Both,     [X, X, X, X, X, X, X, O]),
    row("MaxConcurrency",                 Both,     [X, X, X, X, X, X, X, O]),
    row("MaxConcurrencyPath",             JsonPath, [X, X, X, X, X, X, X, O]),
    row("ItemReader",                     Both,     [X, X, X, X, X, X, X, O]),
    row("ItemBatcher",                    Both,     [X, X, X, X, X, X, X, O]),
    row("ResultWriter",                   Both,     [X, X, X, X, X, X, X, O]),
    row("ToleratedFailureCount",          Both,     [X, X, X, X, X, X, X, O]),
    row("ToleratedFailureCountPath",      JsonPath, [X, X, X, X, X, X, X, O]),
    row("ToleratedFailurePercentage",     Both,     [X, X, X, X, X, X, X, O]),
    row("ToleratedFailurePercentagePath", JsonPath, [X, X, X, X, X, X, X, O]),
    row("Label",                          Both,     [X, X, X, X, X, X, X, O]),
    row("Result",                         JsonPath, [X, O, X, X, X, X, X, X]),
    row("Seconds",                        Both,     [X, X, X, O, X, X, X, X]),
    row("SecondsPath",                    JsonPath, [X, X, X, O, X, X, X, X]),
    row("Timestamp",                      Both,     [X, X, X, O, X, X, X, X]),
    row("TimestampPath",                  JsonPath, [X, X, X, O, X, X, X, X]),
    row("Choices",                        Both,     [X, X, R, X, X, X, X, X]),
    row("Default",                        Both,     [X, X, O, X, X, X, X, X]),
    row("Error",                          Both,     [X, X, X, X, X, O, X, X]),
    row("ErrorPath",                      JsonPath, [X, X, X, X, X, O, X, X]),
    row("Cause",                          Both,     [X, X, X, X, X, O, X, X]),
    row("CausePath",                      JsonPath, [X, X, X, X, X, O, X, X]),
];

/// The top-level fields of a definition.
pub(crate) const MACHINE_FIELDS: &[&str] = &[
    "Comment",
    "QueryLanguage",
    "StartAt",
    "States",
    "TimeoutSeconds",
    "Version",
];
/// The fields of a Parallel state's branch.
pub(crate) const BRANCH_FIELDS: &[&str] = &["Comment", "StartAt", "States"];
/// The fields of `ItemProcessor` and `Iterator`.
pub(crate) const ITEM_PROCESSOR_FIELDS: &[&str] = &["Comment", "ProcessorConfig", "StartAt", "States"];
/// The fields of `ProcessorConfig`.
pub(crate) const PROCESSOR_CONFIG_FIELDS: &[&str] = &["ExecutionType", "Mode"];
/// The fields of a Retrier.
pub(crate) const RETRIER_FIELDS: &[&str] = &[
    "BackoffRate",
    "Comment",
    "ErrorEquals",
    "IntervalSeconds",
    "JitterStrategy",
    "MaxAttempts",
    "MaxDelaySeconds",
];
/// The fields of a Catcher.
pub(crate) const CATCHER_FIELDS: &[(&str, Language)] = &[
    ("Assign", Both),
    ("Comment", Both),
    ("ErrorEquals", Both),
    ("Next", Both),
    ("Output", Jsonata),
    ("ResultPath", JsonPath),
];

/// The fields of a Choice Rule besides its comparison operators, which are JSONPath.
pub(crate) const CHOICE_RULE_FIELDS: &[(&str, Language)] = &[
    ("And", JsonPath),
    ("Assign", Both),
    ("Comment", Both),
    ("Condition", Jsonata),
    ("Next", Both),
    ("Not", JsonPath),
    ("Or", JsonPath),
    ("Output", Jsonata),
    ("Variable", JsonPath),
];

/// The comparison operators of a Choice Rule, in the order of AWS's messages.
pub(crate) const COMPARISON_OPERATORS: [&str; 39] = [
    "StringEquals",
    "IsBoolean",
    "StringLessThan",
    "IsNumeric",
    "BooleanEquals",
    "StringLessThanEqualsPath",
    "NumericLessThan",
    "NumericGreaterThan",
    "NumericLessThanPath",
    "StringMatches",
    "TimestampLessThanEqualsPath",
    "NumericEquals",
    "TimestampGreaterThan",
    "StringGreaterThanEqualsPath",
    "TimestampGreaterThanEqualsPath",
    "TimestampLessThanEquals",
    "NumericLessThanEqualsPath",
    "TimestampEquals",
    "BooleanEqualsPath",
    "IsTimestamp",
    "StringLessThanEquals",
    "NumericLessThanEquals",
    "StringLessThanPath",
    "TimestampGreaterThanPath",
    "StringGreaterThan",
    "StringGreaterThanPath",
    "IsString",
    "StringEqualsPath",
    "TimestampEqualsPath",
    "TimestampLessThan",
    "StringGreaterThanEquals",
    "NumericGreaterThanPath",
    "NumericGreaterThanEquals",
    "NumericEqualsPath",
    "TimestampLessThanPath",
    "IsNull",
    "IsPresent",
    "TimestampGreaterThanEquals",
    "NumericGreaterThanEqualsPath",
];

/// The fields for tolerated failures. Only a Distributed Map uses them, though AWS accepts them in both modes.
pub(crate) const TOLERANCE_FIELDS: [&str; 4] = [
    "ToleratedFailureCount",
    "ToleratedFailureCountPath",
    "ToleratedFailurePercentage",
    "ToleratedFailurePercentagePath",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_of_the_table_are_the_state_types() {
        let fields = |state_type: StateType| {
            let has = |rule: &&FieldRule| rule.presence(state_type) != Presence::Never;
            STATE_FIELDS
                .iter()
                .filter(has)
                .map(|rule| rule.name)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            fields(StateType::Succeed),
            ["Type", "Comment", "QueryLanguage", "InputPath", "OutputPath", "Output"]
        );
        assert_eq!(
            fields(StateType::Fail),
            [
                "Type",
                "Comment",
                "QueryLanguage",
                "Error",
                "ErrorPath",
                "Cause",
                "CausePath"
            ]
        );
        assert!(fields(StateType::Wait).contains(&"SecondsPath"));
        assert!(fields(StateType::Choice).contains(&"Default"));
    }

    #[test]
    fn no_field_has_two_rows() {
        for (index, rule) in STATE_FIELDS.iter().enumerate() {
            assert!(
                STATE_FIELDS[..index].iter().all(|other| other.name != rule.name),
                "{}",
                rule.name
            );
        }
    }
}
