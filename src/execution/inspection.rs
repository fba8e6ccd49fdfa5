//! What somebody looks at while a state runs on its own: the data behind every stage.
//!
//! An execution has nobody who looks, and pays nothing for it but the question.

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
    /// What stands for the whole context object.
    pub(crate) context: Option<Value>,
    /// What stands for the items that an `ItemReader` reads.
    pub(crate) items: Option<Payload>,
}

impl Inspection {
    pub(crate) fn new(context: Option<Value>, items: Option<Payload>) -> Self {
        Self {
            stages: RefCell::default(),
            context,
            items,
        }
    }

    #[cold]
    pub(crate) fn see(&self, stage: Stage, data: Payload) {
        self.stages.borrow_mut().push((stage, data));
    }

    /// What a stage made, if it was reached.
    pub(crate) fn at(&self, stage: Stage) -> Option<Payload> {
        let stages = self.stages.borrow();
        let seen = stages.iter().rev().find(|(seen, _)| *seen == stage);
        seen.map(|(_, data)| data.clone())
    }
}
