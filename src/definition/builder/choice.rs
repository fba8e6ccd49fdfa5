//! The builder of Choice states and their rules.

use super::fields::{FieldList, assign, comment, input_and_output, output, query_language};
use super::state::fields_of;
use super::{ConditionBuilder, StateBuilder};
use crate::definition::{ChoiceRule, ChoiceState, StateType};

impl ChoiceState {
    /// Builds a Choice state, which needs at least one rule.
    pub fn builder() -> ChoiceStateBuilder {
        ChoiceStateBuilder(fields_of(StateType::Choice))
    }
}

/// Builds a Choice state (specification, "Choice state").
#[derive(Debug, Clone)]
#[must_use = "a state does nothing until a graph has it"]
pub struct ChoiceStateBuilder(FieldList);

impl ChoiceStateBuilder {
    comment!();
    query_language!();
    input_and_output!();
    output!();
    assign!();

    /// `Choices`: adds a rule; the first whose condition is true decides.
    pub fn when(self, condition: ConditionBuilder, next: impl Into<String>) -> Self {
        self.rule(ChoiceRule::builder(condition, next))
    }

    /// The same for a rule that assigns variables or has a comment.
    pub fn rule(mut self, rule: ChoiceRuleBuilder) -> Self {
        self.0.push("Choices", rule.0.into_document());
        self
    }

    /// `Default`: the next state when no rule is true.
    pub fn default(mut self, state: impl Into<String>) -> Self {
        self.0.set("Default", state.into());
        self
    }
}

impl From<ChoiceStateBuilder> for StateBuilder {
    fn from(state: ChoiceStateBuilder) -> Self {
        Self::of(state.0)
    }
}

impl ChoiceRule {
    /// Builds a rule: when `condition` is true, `next` is the next state.
    pub fn builder(condition: ConditionBuilder, next: impl Into<String>) -> ChoiceRuleBuilder {
        let mut fields = condition.into_fields();
        fields.set("Next", next.into());
        ChoiceRuleBuilder(fields)
    }
}

/// Builds a Choice Rule.
#[derive(Debug, Clone)]
#[must_use = "a rule does nothing until a Choice state has it"]
pub struct ChoiceRuleBuilder(FieldList);

impl ChoiceRuleBuilder {
    comment!();
    assign!();
    output!();
}
