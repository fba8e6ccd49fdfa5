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
    /// The language of the states that name none of their own, those inside branches and item processors included.
    pub query_language: QueryLanguage,
    /// Seconds an execution may take; it ends `TIMED_OUT` when they are over.
    pub timeout_seconds: Option<u32>,
    /// The states and where they start.
    pub graph: StateGraph,
    /// What it was loaded as; the definition itself does not say.
    pub workflow_type: WorkflowType,
    pub(crate) source: Arc<Value>,
    pub(crate) warnings: Vec<Diagnostic>,
}

impl StateMachine {
    /// The definition as JSON, after substitutions.
    pub fn definition(&self) -> &Value {
        &self.source
    }

    /// What is probably not meant, though valid.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }
}
