//! The eight state types.

mod choice;
mod fail;
mod map;
mod parallel;
mod pass;
mod succeed;
mod task;
mod wait;

pub use choice::{ChoiceRule, ChoiceState, Comparison, Condition, DataTest, Operand, Relation, StringPattern};
pub use fail::{FailState, FailText};
pub use map::{MapState, MaxConcurrency};
pub use parallel::{Branch, ParallelState};
pub use pass::PassState;
pub use succeed::SucceedState;
pub use task::{TaskDuration, TaskState};
pub use wait::{WaitState, WaitUntil};

/// A state, by its `Type`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum State {
    /// `"Type": "Task"`
    Task(TaskState),
    /// `"Type": "Pass"`
    Pass(PassState),
    /// `"Type": "Choice"`
    Choice(ChoiceState),
    /// `"Type": "Wait"`
    Wait(WaitState),
    /// `"Type": "Succeed"`
    Succeed(SucceedState),
    /// `"Type": "Fail"`
    Fail(FailState),
    /// `"Type": "Parallel"`
    Parallel(ParallelState),
    /// `"Type": "Map"`
    Map(MapState),
}

impl State {
    /// The `Type` as the definition spells it; history event types start with it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Task(_) => "Task",
            Self::Pass(_) => "Pass",
            Self::Choice(_) => "Choice",
            Self::Wait(_) => "Wait",
            Self::Succeed(_) => "Succeed",
            Self::Fail(_) => "Fail",
            Self::Parallel(_) => "Parallel",
            Self::Map(_) => "Map",
        }
    }
}
