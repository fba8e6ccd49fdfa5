//! `"Type": "Map"`: the same graph for every item of an array.

use crate::data::{JsonPath, PayloadTemplate, ReferencePath};
use crate::definition::{Assign, Catcher, InputOutputPath, ResultPath, Retrier, StateGraph, Transition};

/// A Map state in its inline mode (specification, "Map state").
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MapState {
    /// The author's remark.
    pub comment: Option<String>,
    /// Selects the effective input from the raw input.
    pub input_path: InputOutputPath,
    /// Selects the array of items from the effective input; without it the effective input is the array.
    pub items_path: Option<JsonPath>,
    /// Builds each iteration's input (`ItemSelector`, or the older `Parameters`); without it the item itself.
    pub item_selector: Option<PayloadTemplate>,
    /// How many iterations run at once.
    pub max_concurrency: MaxConcurrency,
    /// The states every item goes through (`ItemProcessor`, or the older `Iterator`).
    pub item_processor: StateGraph,
    /// Builds the effective result from the array of the iterations' outputs.
    pub result_selector: Option<PayloadTemplate>,
    /// Where the effective result goes in the raw input.
    pub result_path: ResultPath,
    /// Selects the effective output.
    pub output_path: InputOutputPath,
    /// The variables it assigns; `$` is the array of the iterations' outputs.
    pub assign: Option<Assign>,
    /// Tried in order when an iteration fails; a retry runs all items again.
    pub retry: Vec<Retrier>,
    /// Tried in order when no Retrier takes the error.
    pub catch: Vec<Catcher>,
    /// Where it leads.
    pub transition: Transition,
}

/// `MaxConcurrency` or `MaxConcurrencyPath`.
#[derive(Debug, Clone)]
pub enum MaxConcurrency {
    /// Iterations at once; 0, the default, sets no limit of its own.
    Limit(u32),
    /// Read from the effective input.
    Path(ReferencePath),
}
