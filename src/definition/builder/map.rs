//! Map states in the making.

use super::fields::{
    FieldList, assign, comment, input_and_output, output, query_language, result_path, result_selector,
    retry_and_catch, transition,
};
use super::state::fields_of;
use super::{StateBuilder, StateGraphBuilder};
use crate::definition::{MapState, StateType};

impl MapState {
    /// A Map state in its inline mode, whose items go through the graph `item_processor`.
    pub fn builder(item_processor: StateGraphBuilder) -> MapStateBuilder {
        let mut fields = fields_of(StateType::Map);
        fields.set("ItemProcessor", item_processor.into_item_processor());
        MapStateBuilder(fields)
    }
}

/// A Map state in the making (specification, "Map state").
#[derive(Debug, Clone)]
#[must_use = "a state does nothing until a graph has it"]
pub struct MapStateBuilder(FieldList);

impl MapStateBuilder {
    comment!();
    query_language!();
    input_and_output!();
    output!();
    result_selector!();
    result_path!();
    assign!();
    retry_and_catch!();
    transition!();

    /// `ItemsPath`: selects the array of items from the effective input.
    pub fn items_path(mut self, path: impl Into<String>) -> Self {
        self.0.set("ItemsPath", path.into());
        self
    }

    /// `Items`, in JSONata: an array with expressions at any depth, or an expression that makes one.
    pub fn items(mut self, items: impl Into<serde_json::Value>) -> Self {
        self.0.set("Items", items.into());
        self
    }

    /// `ItemSelector`: the payload template of each iteration's input; in JSONata a value with expressions.
    pub fn item_selector(mut self, template: impl Into<serde_json::Value>) -> Self {
        self.0.set("ItemSelector", template.into());
        self
    }

    /// `MaxConcurrency`: how many iterations run at once; 0 sets no limit. In JSONata also an expression.
    pub fn max_concurrency(mut self, iterations: impl Into<serde_json::Value>) -> Self {
        self.0.set("MaxConcurrency", iterations.into());
        self
    }

    /// `MaxConcurrencyPath`: the same, read from the effective input.
    pub fn max_concurrency_path(mut self, path: impl Into<String>) -> Self {
        self.0.set("MaxConcurrencyPath", path.into());
        self
    }
}

impl From<MapStateBuilder> for StateBuilder {
    fn from(state: MapStateBuilder) -> Self {
        Self::of(state.0)
    }
}
