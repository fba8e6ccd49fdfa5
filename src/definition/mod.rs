//! What a State Machine is: typed states, parsed and validated; nothing here runs.
//!
//! Everything that can be decided about a definition is decided at load: names resolve, paths, payload templates,
//! intrinsic functions, resource ARNs and timestamps compile. After [`StateMachine::parse`] no code asks again.
//!
//! A definition comes from text, from serde, or from the [`builder`]; one parser and one set of rules judge them all.

pub mod builder;
mod catcher;
mod code;
mod diagnostic;
mod document;
mod excerpt;
mod json;
mod parse;
mod paths;
mod resource;
mod retrier;
mod rules;
mod serde;
mod state_machine;
pub mod states;
mod substitutions;

pub use catcher::Catcher;
pub use code::Code;
pub use diagnostic::{Diagnostic, InvalidDefinition, Severity};
pub use parse::{Loader, WorkflowType};
pub use paths::{Assign, InputOutputPath, ResultPath};
#[cfg(feature = "runtime")]
pub(crate) use resource::is_name;
pub use resource::{IntegrationPattern, Resource, ResourceKind};
pub use retrier::{JitterStrategy, Retrier};
pub use state_machine::{StateGraph, StateMachine, Transition};
pub use states::{
    Branch, ChoiceRule, ChoiceState, Comparison, Condition, DataTest, FailState, FailText, MapState, MaxConcurrency,
    Operand, ParallelState, PassState, Relation, State, StateType, StringPattern, SucceedState, TaskDuration,
    TaskState, WaitState, WaitUntil,
};
pub use substitutions::Substitutions;
