//! The eight state types.
//!
//! A state holds the fields common to both query languages; its `data` holds the fields of its own language.

mod choice;
mod distributed_map;
mod fail;
mod graph;
mod map;
mod parallel;
mod pass;
mod state_type;
mod succeed;
mod task;
mod transition;
mod wait;

pub use choice::{
    ChoiceData, ChoiceRule, ChoiceState, Comparison, Condition, DataTest, JsonPathChoice, JsonataChoice,
    JsonataChoiceRule, Operand, Relation, StringPattern,
};
pub use distributed_map::{
    Amount, Arguments, DistributedMap, ItemBatcher, ItemReader, OutputType, Reads, ResultWriter, Transformation,
};
pub use fail::{FailData, FailState, FailText};
pub use graph::StateGraph;
pub use map::{JsonPathMap, JsonataMap, MapData, MapState, MaxConcurrency, Tolerance};
pub use parallel::{Branch, JsonPathParallel, JsonataParallel, ParallelData, ParallelState};
pub use pass::{JsonPathPass, PassData, PassState};
pub use state_type::StateType;
pub use succeed::{SucceedData, SucceedState};
pub use task::{JsonPathTask, JsonataTask, TaskData, TaskDuration, TaskState};
pub use transition::Transition;
pub use wait::{JsonPathWait, JsonataWait, JsonataWaitUntil, WaitData, WaitState, WaitUntil};

use super::QueryLanguage;

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

    /// The language of its fields.
    pub fn query_language(&self) -> QueryLanguage {
        let is_jsonata = match self {
            Self::Task(state) => matches!(state.data, TaskData::Jsonata(_)),
            Self::Pass(state) => matches!(state.data, PassData::Jsonata(_)),
            Self::Choice(state) => matches!(state.data, ChoiceData::Jsonata(_)),
            Self::Wait(state) => matches!(state.data, WaitData::Jsonata(_)),
            Self::Succeed(state) => matches!(state.data, SucceedData::Jsonata { .. }),
            Self::Fail(state) => matches!(state.data, FailData::Jsonata { .. }),
            Self::Parallel(state) => matches!(state.data, ParallelData::Jsonata(_)),
            Self::Map(state) => matches!(state.data, MapData::Jsonata(_)),
        };
        if is_jsonata {
            QueryLanguage::Jsonata
        } else {
            QueryLanguage::JsonPath
        }
    }
}
