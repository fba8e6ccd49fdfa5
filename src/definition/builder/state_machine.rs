//! The builder of state machines.

use super::fields::FieldList;
use super::{StateBuilder, StateGraphBuilder};
use crate::definition::{QueryLanguage, StateMachine, WorkflowType};

impl StateMachine {
    /// Builds a machine in Rust; the [builder's module](crate::definition::builder) shows one.
    ///
    /// ```
    /// use asl_engine::StateMachine;
    /// use asl_engine::definition::{PassState, WaitState};
    ///
    /// let machine = StateMachine::builder()
    ///     .state("Bake", WaitState::builder().seconds(480).next("Serve"))
    ///     .state("Serve", PassState::builder().end())
    ///     .build()?;
    /// assert_eq!(machine.definition()["States"]["Bake"]["Seconds"], 480);
    ///
    /// let refused = StateMachine::builder().state("Bake", WaitState::builder().seconds(480).next("Srve")).build();
    /// assert_eq!(refused.unwrap_err().diagnostics()[0].message, "Missing 'Next' target: Srve");
    /// # Ok::<(), asl_engine::InvalidDefinition>(())
    /// ```
    pub fn builder() -> StateMachineBuilder {
        StateMachineBuilder::default()
    }
}

/// Builds a state machine.
#[derive(Debug, Clone, Default)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct StateMachineBuilder {
    query_language: Option<QueryLanguage>,
    timeout_seconds: Option<u32>,
    pub(crate) workflow_type: WorkflowType,
    graph: StateGraphBuilder,
}

impl StateMachineBuilder {
    /// `Comment`: the author's remark.
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.graph = self.graph.comment(comment);
        self
    }

    /// `QueryLanguage`: the language of all states without their own.
    pub fn query_language(mut self, language: QueryLanguage) -> Self {
        self.query_language = Some(language);
        self
    }

    /// `TimeoutSeconds`: the longest time of an execution in seconds.
    pub fn timeout_seconds(mut self, seconds: u32) -> Self {
        self.timeout_seconds = Some(seconds);
        self
    }

    /// Sets the workflow type, for the checks of the definition and for its executions.
    pub fn workflow_type(mut self, workflow_type: WorkflowType) -> Self {
        self.workflow_type = workflow_type;
        self
    }

    /// `StartAt`: the first state; default: the first one added.
    pub fn start_at(mut self, state: impl Into<String>) -> Self {
        self.graph = self.graph.start_at(state);
        self
    }

    /// `States`: adds a state. A name that another state of the machine has is refused by [`Self::build`].
    pub fn state(mut self, name: impl Into<String>, state: impl Into<StateBuilder>) -> Self {
        self.graph = self.graph.state(name, state);
        self
    }

    /// The definition so far, as JSON; diagnostics of [`Self::build`] point into this text.
    pub fn to_json(&self) -> String {
        let mut fields = FieldList::default();
        if let Some(language) = self.query_language {
            fields.set("QueryLanguage", language.as_str());
        }
        if let Some(seconds) = self.timeout_seconds {
            fields.set("TimeoutSeconds", seconds);
        }
        self.graph.clone().into_fields(fields).into_document().print()
    }
}
