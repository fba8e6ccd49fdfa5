//! The State Machine and its graph of states.

use indexmap::IndexMap;
use serde_json::Value;
use std::str::FromStr;
use std::sync::Arc;

use super::{Diagnostic, InvalidDefinition, Loader, QueryLanguage, State, Substitutions, WorkflowType};

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
    /// Parses and validates a definition. A `${Name}` in it is refused; see [`StateMachine::parse_with`].
    ///
    /// Fails with everything that is wrong with it, not only the first problem.
    ///
    /// ```
    /// use asl_engine::StateMachine;
    ///
    /// let machine = StateMachine::parse(r#"{ "StartAt": "Bake", "States": { "Bake": { "Type": "Pass", "End": true } } }"#)?;
    /// assert_eq!(machine.graph.start_at, "Bake");
    ///
    /// let invalid = StateMachine::parse(r#"{ "StartAt": "Bkae", "States": { "Bake": { "Type": "Pass", "End": true } } }"#);
    /// let invalid = invalid.unwrap_err();
    /// let first = &invalid.diagnostics()[0];
    /// assert_eq!(first.message, "Missing 'Next' target: Bkae");
    /// assert_eq!(first.help.as_deref(), Some("did you mean `Bake`?"));
    /// # Ok::<(), asl_engine::InvalidDefinition>(())
    /// ```
    pub fn parse(source: &str) -> Result<Self, InvalidDefinition> {
        Loader::new().parse(source)
    }

    /// The same, with values for the `${Name}` placeholders of the definition.
    pub fn parse_with(source: &str, substitutions: &Substitutions) -> Result<Self, InvalidDefinition> {
        Loader::new().substitutions(substitutions.clone()).parse(source)
    }

    /// Everything there is to say about a definition, warnings included, in the order of
    /// [`InvalidDefinition::diagnostics`]; nothing for a definition that is fine.
    pub fn validate(source: &str) -> Vec<Diagnostic> {
        Loader::new().validate(source)
    }

    /// The definition as JSON, after substitutions.
    pub fn definition(&self) -> &Value {
        &self.source
    }

    /// What is probably not meant, though valid.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }
}

impl FromStr for StateMachine {
    type Err = InvalidDefinition;

    fn from_str(source: &str) -> Result<Self, InvalidDefinition> {
        Self::parse(source)
    }
}

/// A `StartAt` with its `States`: the machine itself, a Parallel's branch or a Map's item processor.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StateGraph {
    /// The state that is entered first, a key of `states`.
    pub start_at: String,
    /// The states by name, in the order of the definition.
    pub states: IndexMap<String, State>,
}

/// Where a state leads when it has succeeded: `Next` or `End`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transition {
    /// To the named state of the same `States` object.
    Next(String),
    /// Nowhere: the state ends its graph.
    End,
}
