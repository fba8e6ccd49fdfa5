//! What somebody looks at while a state runs on its own: the data behind every stage.
//!
//! An execution that nobody looks at pays nothing for it but the question.

use serde_json::Value;
use std::cell::RefCell;

use crate::data::Payload;

/// A stage of a state, by what shows behind it.
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

/// Keeps what each stage made, and gives the state what a test has in place of the engine's own.
#[derive(Debug)]
pub(crate) struct Inspection {
    stages: RefCell<Vec<(Stage, Payload)>>,
    /// The Choice Rules that were looked at, and whether each is true.
    rules: RefCell<Vec<(usize, bool)>>,
    /// Whether the state runs alone, and shows what only its own fields say.
    pub(crate) is_alone: bool,
    /// What the context object calls the state, whatever its name.
    pub(crate) state_name: Option<&'static str>,
    /// What stands for the whole context object.
    pub(crate) context: Option<Value>,
    /// What stands for the items that an `ItemReader` reads.
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

    /// Looks at a state of an execution, and gives it nothing.
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

    /// What was seen: the stages, and the Choice Rules.
    #[expect(clippy::type_complexity, reason = "two lists that are taken apart at once")]
    pub(crate) fn into_seen(self) -> (Vec<(Stage, Payload)>, Vec<(usize, bool)>) {
        (self.stages.into_inner(), self.rules.into_inner())
    }

    /// What a stage made, if it was reached.
    pub(crate) fn at(&self, stage: Stage) -> Option<Payload> {
        let stages = self.stages.borrow();
        let seen = stages.iter().rev().find(|(seen, _)| *seen == stage);
        seen.map(|(_, data)| data.clone())
    }
}
