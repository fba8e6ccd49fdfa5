//! `"Type": "Map"`: runs the same graph for every item of an array.

use super::{StateGraph, Transition};
use crate::data::{JsonPath, JsonataTemplate, PayloadTemplate, ReferencePath};
use crate::definition::{
    Assign, Catcher, DistributedMap, InputOutputPath, JsonataExit, JsonataValue, ResultPath, Retrier,
};

/// A Map state (specification, "Map state").
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MapState {
    /// The author's remark.
    pub comment: Option<String>,
    /// The graph for each item (`ItemProcessor`, or the older `Iterator`).
    pub item_processor: StateGraph,
    /// Its items, the inputs of iterations, and other data fields.
    pub data: MapData,
    /// The fields of the distributed mode; `None` in inline mode.
    pub distributed: Option<Box<DistributedMap>>,
    /// Tried in order when an iteration fails; a retry runs all items again.
    pub retry: Vec<Retrier>,
    /// Tried in order when no Retrier retries.
    pub catch: Vec<Catcher>,
    /// The transition.
    pub transition: Transition,
}

/// The fields of a Map state that depend on the query language.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum MapData {
    /// `"QueryLanguage": "JSONPath"`
    JsonPath(JsonPathMap),
    /// `"QueryLanguage": "JSONata"`; the states of its item processor have a language of their own.
    Jsonata(JsonataMap),
}

/// The fields of a Map state in JSONPath.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct JsonPathMap {
    /// Selects the effective input from the raw input.
    pub input_path: InputOutputPath,
    /// Selects the array of items from the effective input; without it the effective input is the array.
    pub items_path: Option<JsonPath>,
    /// Builds each iteration's input (`ItemSelector`, or the older `Parameters`); without it the item itself.
    pub item_selector: Option<PayloadTemplate>,
    /// The most iterations that run at once.
    pub max_concurrency: MaxConcurrency,
    /// The number of iterations that may fail, of a distributed Map.
    pub tolerated_failure_count: Option<Tolerance<u32>>,
    /// The percentage of iterations that may fail, of a distributed Map.
    pub tolerated_failure_percentage: Option<Tolerance<f64>>,
    /// Builds the effective result from the array of the iterations' outputs.
    pub result_selector: Option<PayloadTemplate>,
    /// Where the effective result goes in the raw input.
    pub result_path: ResultPath,
    /// Selects the effective output.
    pub output_path: InputOutputPath,
    /// The variables it assigns; `$` is the array of the iterations' outputs.
    pub assign: Option<Assign>,
}

/// `ToleratedFailureCount`, `ToleratedFailurePercentage`, or their `…Path` forms.
#[derive(Debug, Clone)]
pub enum Tolerance<T> {
    /// The number itself.
    Constant(T),
    /// Read from the effective input.
    Path(Box<ReferencePath>),
}

/// `MaxConcurrency` or `MaxConcurrencyPath`.
#[derive(Debug, Clone)]
pub enum MaxConcurrency {
    /// Iterations at once; 0, the default, sets no limit of its own.
    Limit(u32),
    /// Read from the effective input.
    Path(ReferencePath),
}

/// The fields of a Map state in JSONata.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct JsonataMap {
    /// Makes the array of items: an array, or an expression; without it the state's input is the array. A
    /// distributed Map takes an object, too.
    pub items: Option<JsonataTemplate>,
    /// Makes each iteration's input; without it the item itself.
    pub item_selector: Option<JsonataTemplate>,
    /// The most iterations that run at once; 0, the default, sets no limit of its own.
    pub max_concurrency: JsonataValue<u32>,
    /// `ToleratedFailureCount`, which an inline Map only evaluates.
    pub tolerated_failure_count: Option<JsonataValue<u32>>,
    /// `ToleratedFailurePercentage`, from 0 to 100, which an inline Map only evaluates.
    pub tolerated_failure_percentage: Option<JsonataValue<f64>>,
    /// The output and assigned variables; `$states.result` is the array of the iterations' outputs.
    pub exit: JsonataExit,
}
