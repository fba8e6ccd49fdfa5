//! `"Type": "Parallel"`: several graphs at once.

use crate::data::PayloadTemplate;
use crate::definition::{Assign, Catcher, InputOutputPath, ResultPath, Retrier, StateGraph, Transition};

/// A Parallel state (specification, "Parallel state").
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ParallelState {
    /// The author's remark.
    pub comment: Option<String>,
    /// The graphs that run, at least one; all get the same effective input.
    pub branches: Vec<Branch>,
    /// Selects the effective input from the raw input.
    pub input_path: InputOutputPath,
    /// Builds the effective input.
    pub parameters: Option<PayloadTemplate>,
    /// Builds the effective result from the array of the branches' outputs.
    pub result_selector: Option<PayloadTemplate>,
    /// Where the effective result goes in the raw input.
    pub result_path: ResultPath,
    /// Selects the effective output.
    pub output_path: InputOutputPath,
    /// The variables it assigns; `$` is the array of the branches' outputs.
    pub assign: Option<Assign>,
    /// Tried in order when a branch fails; a retry runs all branches again.
    pub retry: Vec<Retrier>,
    /// Tried in order when no Retrier takes the error.
    pub catch: Vec<Catcher>,
    /// Where it leads.
    pub transition: Transition,
}

/// One element of `Branches`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Branch {
    /// The author's remark.
    pub comment: Option<String>,
    /// Its states.
    pub graph: StateGraph,
}
