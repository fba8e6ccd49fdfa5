//! Pure JSON to JSON: paths, payload templates, intrinsic functions, JSONata. Knows no state.
//!
//! Everything here is *compiled* once, when a definition is loaded ([`JsonPath::parse`], [`PayloadTemplate::compile`],
//! [`Intrinsic::parse`]), and then *evaluated* against a [`Scope`] as often as the state runs.

#[cfg(feature = "runtime")]
mod bounded_json;
mod bounds;
mod context_object;
mod cursor;
mod evaluation_error;
mod expression;
mod intrinsic;
mod items;
mod java;
pub(crate) mod json;
mod json_path;
mod json_size;
mod json_text;
#[cfg_attr(
    not(feature = "jsonata"),
    expect(dead_code, reason = "without its engine nothing is evaluated")
)]
mod jsonata;
mod payload;
mod payload_template;
mod random;
mod scope;
mod syntax_error;
mod timestamp;
mod unique_members;
mod variables;

#[cfg(feature = "runtime")]
pub(crate) use bounded_json::to_bounded_value;
pub(crate) use bounds::{Budget, discard, within_nesting};
pub use bounds::{MAX_NESTING, MAX_RESULT_BYTES, nests_within};
pub use context_object::{
    ContextObject, ContextScope, ExecutionContext, MapItemContext, StateContext, StateMachineContext,
};
pub use evaluation_error::EvaluationError;
pub use expression::Expression;
pub use intrinsic::Intrinsic;
pub(crate) use items::pair;
pub use items::{CsvFormat, ItemFormat, ItemLimits, ItemsError, ReadItems};
pub use json_path::{JsonPath, PathError, ReferencePath, Root, WriteError};
pub(crate) use json_size::held_size;
pub use json_size::json_size;
pub use json_text::JsonText;
pub(crate) use jsonata::{
    Delimited, Expected, JsonataBindings, JsonataError, JsonataExpressions, Location, Reference, Target, delimited,
};
pub use jsonata::{
    Jsonata, JsonataDialect, JsonataEvaluationError, JsonataExpression, JsonataSyntaxError, JsonataTemplate,
};
pub use payload::Payload;
pub use payload_template::{PayloadTemplate, TemplateError, TemplateProblem};
pub use random::Random;
pub use scope::Scope;
pub use syntax_error::SyntaxError;
pub use timestamp::{parse_timestamp, timestamp_text};
#[cfg(feature = "yaml")]
pub(crate) use unique_members::UniqueMembers;
pub(crate) use unique_members::parse_unique;
pub use variables::{NoVariables, VariableScope};

#[cfg(test)]
mod hostile_input;
#[cfg(test)]
mod sample;
