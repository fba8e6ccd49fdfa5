//! From text to a [`StateMachine`]: parsed, validated, with every problem and its place.
//!
//! 1. `data::json`, or the YAML reader here, reads the text into a tree that knows the place of every key and value.
//! 2. `outline` extracts the graphs from the tree, even if states are broken, and the `rules` check them.
//! 3. `parse` turns the same tree into the types of [`definition`](crate::definition).
//!
//! All problems go to one `report`, which sorts them and finds their lines. [`Loader`] runs it all.

#[cfg(feature = "yaml")]
mod at;
mod json;
mod loader;
mod outline;
mod parse;
#[cfg(feature = "yaml")]
mod places;
mod report;
mod rules;
mod serde;
mod state_machine;
#[cfg(feature = "yaml")]
pub mod template;
#[cfg(feature = "yaml")]
mod yaml;

pub use crate::data::json::Substitutions;
#[cfg(feature = "yaml")]
pub(crate) use at::{At, Read};
pub use loader::Loader;
#[cfg(feature = "yaml")]
pub(crate) use places::{Places, Problem};
#[cfg(feature = "yaml")]
pub(crate) use report::similar_name;

#[cfg(doc)]
use crate::definition::StateMachine;
