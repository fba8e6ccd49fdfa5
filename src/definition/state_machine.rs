//! The State Machine.

use serde_json::Value;
use std::sync::Arc;

use super::states::StateGraph;
use super::{Diagnostic, QueryLanguage, WorkflowType};

/// A parsed and valid state machine (specification, "Top-level fields").
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StateMachine {
    /// The author's remark.
    pub comment: Option<String>,
    /// The language of states without their own, including those inside branches and item processors.
    pub query_language: QueryLanguage,
    /// The longest time of an execution in seconds; after it the execution ends `TIMED_OUT`.
    pub timeout_seconds: Option<u32>,
    /// The states and the first of them.
    pub graph: StateGraph,
    /// The workflow type with which it was loaded; it is not part of the definition.
    pub workflow_type: WorkflowType,
    pub(crate) source: Arc<Value>,
    pub(crate) warnings: Vec<Diagnostic>,
}

impl StateMachine {
    /// The definition as JSON, after substitutions.
    pub fn definition(&self) -> &Value {
        &self.source
    }

    /// The warnings.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }
}
