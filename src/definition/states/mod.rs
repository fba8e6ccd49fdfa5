//! The eight state types.

mod choice;
mod fail;
mod map;
mod parallel;
mod pass;
mod state_type;
mod succeed;
mod task;
mod wait;

pub use choice::{ChoiceRule, ChoiceState, Comparison, Condition, DataTest, Operand, Relation, StringPattern};
pub use fail::{FailState, FailText};
pub use map::{MapState, MaxConcurrency};
pub use parallel::{Branch, ParallelState};
pub use pass::PassState;
pub use state_type::StateType;
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
    /// Its `Type`.
    pub fn state_type(&self) -> StateType {
        match self {
            Self::Task(_) => StateType::Task,
            Self::Pass(_) => StateType::Pass,
            Self::Choice(_) => StateType::Choice,
            Self::Wait(_) => StateType::Wait,
            Self::Succeed(_) => StateType::Succeed,
            Self::Fail(_) => StateType::Fail,
            Self::Parallel(_) => StateType::Parallel,
            Self::Map(_) => StateType::Map,
        }
    }
}
