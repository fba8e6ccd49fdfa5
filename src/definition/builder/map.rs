//! The builder of Map states.

use super::fields::{
    FieldList, assign, comment, input_and_output, output, query_language, result_path, result_selector, transition,
};
use super::retry_and_catch::retry_and_catch;
use super::state::fields_of;
use super::{StateBuilder, StateGraphBuilder};
use crate::definition::document::Document;
use crate::definition::{MapState, StateType, WorkflowType};

impl MapState {
    /// Builds a Map state that runs the graph `item_processor` for each item: inline, unless
    /// [`distributed`](MapStateBuilder::distributed) is called.
    pub fn builder(item_processor: StateGraphBuilder) -> MapStateBuilder {
        let mut fields = fields_of(StateType::Map);
        fields.set("ItemProcessor", item_processor.into_item_processor());
        MapStateBuilder(fields)
    }
}

/// Builds a Map state (specification, "Map state").
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

    /// `"Mode": "DISTRIBUTED"`: each item runs as a child execution of this type.
    pub fn distributed(mut self, execution_type: WorkflowType) -> Self {
        let execution_type = match execution_type {
            WorkflowType::Standard => "STANDARD",
            WorkflowType::Express => "EXPRESS",
        };
        if let Some(Document::Object(processor)) = self.0.field("ItemProcessor") {
            let mut config = FieldList::default();
            config.set("Mode", "DISTRIBUTED");
            config.set("ExecutionType", execution_type);
            processor.retain(|(name, _)| name != "ProcessorConfig");
            processor.insert(0, ("ProcessorConfig".to_owned(), config.into_document()));
        }
        self
    }

    /// `Label`: the label in the ARNs of a distributed Map's child executions and Map Runs.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.0.set("Label", label.into());
        self
    }

    /// `ItemReader`: the source of a distributed Map's items.
    pub fn item_reader(mut self, reader: impl Into<serde_json::Value>) -> Self {
        self.0.set("ItemReader", reader.into());
        self
    }

    /// `ItemBatcher`: the number of items per child execution.
    pub fn item_batcher(mut self, batcher: impl Into<serde_json::Value>) -> Self {
        self.0.set("ItemBatcher", batcher.into());
        self
    }

    /// `ResultWriter`: the form and the destination of a distributed Map's results.
    pub fn result_writer(mut self, writer: impl Into<serde_json::Value>) -> Self {
        self.0.set("ResultWriter", writer.into());
        self
    }

    /// `ToleratedFailureCount`: how many items of a distributed Map may fail. In JSONata also an expression.
    pub fn tolerated_failure_count(mut self, items: impl Into<serde_json::Value>) -> Self {
        self.0.set("ToleratedFailureCount", items.into());
        self
    }

    /// `ToleratedFailurePercentage`: the percentage of a distributed Map's items that may fail. In JSONata also an
    /// expression.
    pub fn tolerated_failure_percentage(mut self, items: impl Into<serde_json::Value>) -> Self {
        self.0.set("ToleratedFailurePercentage", items.into());
        self
    }

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
