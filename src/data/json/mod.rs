//! JSON with positions: every key and value knows where it stands in the text.
//!
//! `serde_json` keeps no positions, so this is a separate parser. It is strict (RFC 8259), takes time linear in the
//! text, keeps the order of keys and reports duplicate keys. Neither its recursion nor its trees nest deeper than
//! [`MAX_DEPTH`]. Syntax errors have the wording of Jackson, AWS's JSON parser.
//!
//! DIFFERENCE: a lone surrogate and a number beyond 64-bit floating point are rejected, since Rust's strings and
//! `serde_json`'s numbers cannot hold them.

mod jackson;
mod locate;
mod node;
mod number;
mod parser;
mod place;
mod stamped;
mod string;
#[cfg(feature = "yaml")]
mod substitute;
mod substitutions;
mod syntax;
mod text_map;

pub(crate) use jackson::{NotJson, Source};
pub(crate) use locate::{Locator, Step};
#[cfg(feature = "yaml")]
pub(crate) use node::SeenKeys;
pub(crate) use node::{Kind, Member, Node, Object, Span};
#[cfg(feature = "yaml")]
pub(crate) use parser::parse_with_duplicates;
pub(crate) use parser::{Parsed, parse, parse_with};
pub(crate) use place::Place;
#[cfg(feature = "yaml")]
pub(crate) use substitute::substitute;
pub use substitutions::Substitutions;
pub(crate) use syntax::{Problem, SyntaxError, SyntaxErrorKind, character};
#[cfg(feature = "yaml")]
pub(crate) use text_map::TextMap;

/// The deepest nesting of arrays and objects, in levels. `serde_json` reads one level less.
pub(crate) const MAX_DEPTH: usize = 128;
