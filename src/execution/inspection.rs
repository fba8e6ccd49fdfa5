//! Inspection of a single state: the data after each stage.
//!
//! Without an inspection, an execution pays only for the check.

use serde_json::Value;
use std::cell::RefCell;

use crate::data::Payload;

/// A stage of a state, named by the data after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    AfterInputPath,
    AfterParameters,
    AfterArguments,
    AfterItemsPath,
    AfterItemSelector,
    MaxConcurrency,
    ToleratedFailureCount,
    ToleratedFailurePercentage,
    Result,
    AfterResultSelector,
    AfterResultPath,
}

/// Keeps the data after each stage, and supplies a test's replacements for the engine's data.
#[derive(Debug, Clone)]
pub(crate) struct Inspection {
    stages: RefCell<Vec<(Stage, Payload)>>,
    /// The evaluated Choice Rules with their results.
    rules: RefCell<Vec<(usize, bool)>>,
    /// Whether the state runs alone, outside an execution.
    pub(crate) is_alone: bool,
    /// What the context object calls the state, whatever its name.
    pub(crate) state_name: Option<&'static str>,
    /// The replacement of the whole context object.
    pub(crate) context: Option<Value>,
    /// The replacement of an `ItemReader`'s items.
    pub(crate) items: Option<Payload>,
}

impl Inspection {
    pub(crate) fn new(context: Option<Value>, items: Option<Payload>) -> Self {
        Self {
            stages: RefCell::default(),
            rules: RefCell::default(),
            is_alone: true,
            state_name: None,
            context,
            items,
        }
    }

    /// Inspects a state of an execution, without replacements.
    pub(crate) fn of_execution() -> Self {
        Self {
            is_alone: false,
            ..Self::new(None, None)
        }
    }

    #[cold]
    pub(crate) fn see(&self, stage: Stage, data: Payload) {
        self.stages.borrow_mut().push((stage, data));
    }

    #[cold]
    pub(crate) fn see_rule(&self, index: usize, is_true: bool) {
        self.rules.borrow_mut().push((index, is_true));
    }

    /// The inspected stages and Choice Rules.
    #[expect(clippy::type_complexity, reason = "two lists that are taken apart at once")]
    pub(crate) fn into_seen(self) -> (Vec<(Stage, Payload)>, Vec<(usize, bool)>) {
        (self.stages.into_inner(), self.rules.into_inner())
    }

    /// The data after a stage, if it was reached.
    pub(crate) fn at(&self, stage: Stage) -> Option<Payload> {
        let stages = self.stages.borrow();
        let seen = stages.iter().rev().find(|(seen, _)| *seen == stage);
        seen.map(|(_, data)| data.clone())
    }
}
