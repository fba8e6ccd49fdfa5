//! JSONata, the query language beside JSONPath: expressions, and templates whose texts `{%…%}` are expressions.
//!
//! Everything is *compiled* once ([`JsonataExpression::parse`], [`JsonataTemplate::compile`]) and *evaluated* against
//! [`JsonataBindings`], which a state makes once and shares among its fields.
//!
//! The language is JSONata 2.0.6 without `$eval`, with AWS's `$partition`, `$range`, `$hash`, `$random`, `$uuid` and
//! `$parse`. The engine is a separate crate, and only the module `engine` uses it. Without the feature `jsonata`, every
//! type here still exists, but nothing parses: [`JsonataExpression::parse`] fails with a message that the feature is
//! off, and [`JsonataExpression`] has no values. So the other layers need no `cfg`.

mod bindings;
mod dialect;
#[cfg_attr(not(feature = "jsonata"), path = "no_engine.rs")]
mod engine;
mod error;
mod expected;
mod expression;
mod location;
mod needs;
mod references;
mod scope;
mod standalone;
mod template;

#[cfg(test)]
#[cfg(feature = "jsonata")]
mod hostile;
#[cfg(test)]
#[cfg(feature = "jsonata")]
mod tests;

pub(crate) use bindings::JsonataBindings;
pub use dialect::JsonataDialect;
pub(crate) use error::JsonataError;
pub use error::JsonataSyntaxError;
pub(crate) use expected::Expected;
pub use expression::JsonataExpression;
pub(crate) use expression::JsonataExpressions;
pub(crate) use location::Location;
pub(crate) use references::{Reference, References, Target};
pub use standalone::{Jsonata, JsonataEvaluationError};
pub use template::JsonataTemplate;
pub(crate) use template::{Delimited, delimited};
