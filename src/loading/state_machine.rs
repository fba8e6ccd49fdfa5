//! Creates a [`StateMachine`] from text and from its builder.

use std::str::FromStr;

use super::Loader;
use crate::data::json::Substitutions;
use crate::definition::builder::StateMachineBuilder;
use crate::definition::{Diagnostic, InvalidDefinition, StateMachine};

impl StateMachine {
    /// Parses and validates a definition. A `${Name}` in it is a text, and refused where no text may stand; see
    /// [`StateMachine::parse_with`].
    ///
    /// Errors with all of its problems, not only the first.
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

    /// All diagnostics of a definition, including warnings, in the order of [`InvalidDefinition::diagnostics`]; empty
    /// for a flawless definition.
    pub fn validate(source: &str) -> Vec<Diagnostic> {
        Loader::new().validate(source)
    }
}

impl FromStr for StateMachine {
    type Err = InvalidDefinition;

    fn from_str(source: &str) -> Result<Self, InvalidDefinition> {
        Self::parse(source)
    }
}

impl StateMachineBuilder {
    /// Validates the definition.
    ///
    /// Errors with all problems, as [`StateMachine::parse`] does.
    pub fn build(self) -> Result<StateMachine, InvalidDefinition> {
        Loader::new().workflow_type(self.workflow_type).parse(&self.to_json())
    }
}
