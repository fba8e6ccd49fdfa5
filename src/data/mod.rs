//! Computes JSON from JSON: paths, payload templates, intrinsic functions, JSONata. Nothing here knows about states.
//!
//! Everything here is *compiled* once, when a definition is loaded ([`JsonPath::parse`], [`PayloadTemplate::compile`],
//! [`Intrinsic::parse`]), and then *evaluated* against a `Scope` as often as the state runs.

#[cfg(feature = "runtime")]
mod bounded_json;
mod bounds;
mod context_object;
mod cursor;
mod evaluation_error;
mod execution_context;
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
mod minus_zero;
mod payload;
mod payload_template;
mod random;
mod scope;
mod syntax_error;
mod timestamp;
#[cfg(feature = "runtime")]
mod typed;
mod unique_members;
mod variables;

#[cfg(feature = "runtime")]
pub(crate) use bounded_json::to_bounded_value;
pub(crate) use bounds::nests_within;
pub(crate) use bounds::{Budget, discard, visits_of, within_nesting};
pub use bounds::{MAX_NESTING, MAX_RESULT_BYTES};
pub use context_object::StateMachineContext;
pub(crate) use context_object::{ContextObject, ContextScope, MapItemContext, StateContext};
pub(crate) use evaluation_error::EvaluationError;
pub use execution_context::ExecutionContext;
pub use expression::Expression;
pub use intrinsic::Intrinsic;
pub use items::{CsvFormat, ItemFormat};
pub(crate) use items::{ItemLimits, ItemsError, pair};
pub(crate) use json_path::Root;
pub use json_path::{JsonPath, PathError, ReferencePath, WriteError};
pub(crate) use json_size::{held_size, json_size};
pub use json_text::JsonText;
pub(crate) use jsonata::{
    Delimited, Expected, JsonataBindings, JsonataError, JsonataExpressions, Location, Reference, Target, delimited,
};
pub use jsonata::{
    Jsonata, JsonataDialect, JsonataEvaluationError, JsonataExpression, JsonataSyntaxError, JsonataTemplate,
};
pub(crate) use minus_zero::json_value;
#[cfg(any(feature = "store", feature = "yaml"))]
pub(crate) use minus_zero::without_minus_zeroes;
use payload::Parts;
pub use payload::Payload;
pub(crate) use payload::Piece;
pub use payload_template::{PayloadTemplate, TemplateError, TemplateProblem};
pub use random::Random;
#[cfg(all(test, feature = "jsonata"))]
pub(crate) use sample::NoVariables;
pub(crate) use scope::{Document, Scope};
pub use syntax_error::SyntaxError;
pub(crate) use timestamp::{parse_timestamp, timestamp_text};
#[cfg(feature = "runtime")]
pub(crate) use typed::typed;
#[cfg(feature = "yaml")]
pub(crate) use unique_members::UniqueMembers;
pub(crate) use unique_members::parse_unique;
pub(crate) use variables::VariableScope;

#[cfg(test)]
mod hostile_input;
#[cfg(test)]
mod sample;
