//! The types of a State Machine: typed states, parsed and validated. Nothing here runs.
//!
//! Everything that can be decided about a definition is decided at load: names resolve, paths, payload templates,
//! intrinsic functions, resource ARNs and timestamps compile. After [`StateMachine::parse`] no code checks them again.
//!
//! A [`State`] holds the fields common to both query languages; its `data` holds the fields of its own language.
//!
//! A definition comes from text, from serde, or from the [`builder`]; one parser and one set of rules check them all.

pub mod builder;
mod catcher;
mod code;
mod diagnostic;
mod document;
mod jsonata;
mod paths;
mod query_language;
mod resource;
mod retrier;
mod state_machine;
mod states;
mod workflow_type;

pub use catcher::{Catcher, CatcherData, JsonPathCatcher};
pub use code::Code;
#[cfg(feature = "yaml")]
pub(crate) use diagnostic::Colours;
pub(crate) use diagnostic::Excerpt;
pub use diagnostic::{Diagnostic, InvalidDefinition, Severity};
pub(crate) use document::Document;
pub use jsonata::{JsonataAssign, JsonataExit, JsonataValue};
pub use paths::{Assign, InputOutputPath, ResultPath};
pub use query_language::QueryLanguage;
pub(crate) use resource::is_name;
pub use resource::{IntegrationPattern, Resource, ResourceKind};
pub use retrier::{JitterStrategy, Retrier};
pub use state_machine::StateMachine;
pub use states::{
    Amount, Arguments, Branch, ChoiceData, ChoiceRule, ChoiceState, Comparison, Condition, DataTest, DistributedMap,
    FailData, FailState, FailText, ItemBatcher, ItemReader, JsonPathChoice, JsonPathMap, JsonPathParallel,
    JsonPathPass, JsonPathTask, JsonPathWait, JsonataChoice, JsonataChoiceRule, JsonataMap, JsonataParallel,
    JsonataTask, JsonataWait, JsonataWaitUntil, MapData, MapState, MaxConcurrency, Operand, OutputType, ParallelData,
    ParallelState, PassData, PassState, Reads, Relation, ResultWriter, State, StateGraph, StateType, StringPattern,
    SucceedData, SucceedState, TaskData, TaskDuration, TaskState, Tolerance, Transformation, Transition, WaitData,
    WaitState, WaitUntil,
};
pub use workflow_type::WorkflowType;

/// The longest definition that AWS accepts, in characters.
pub(crate) const MAX_CHARACTERS: usize = 1_048_576;
