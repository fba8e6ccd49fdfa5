//! Definitions written in Rust.
//!
//! [`StateMachine::builder`] builds a definition state by state, and [`StateMachineBuilder::build`] validates it as
//! [`StateMachine::parse`] does: there is one parser, and the builder writes the JSON for it. A diagnostic points
//! into that document, [`StateMachineBuilder::to_json`].
//!
//! Each state type has its own builder, with a method for each field of the specification. Paths and payload
//! templates are written as in JSON: `"id.$": "$.order.id"`.
//!
//! ```
//! use asl_engine::StateMachine;
//! use asl_engine::definition::{
//!     Catcher, ChoiceState, Condition, FailState, MapState, ParallelState, PassState, Retrier, StateGraph, SucceedState,
//!     TaskState, WaitState,
//! };
//! use serde_json::json;
//!
//! let machine = StateMachine::builder()
//!     .comment("An order, from the till to the door")
//!     .timeout_seconds(3600)
//!     .state("Paid?", ChoiceState::builder()
//!         .when(Condition::variable("$.paid").boolean_equals(true), "Prepare")
//!         .when(Condition::variable("$.total").numeric_greater_than(100).and(!Condition::variable("$.guest").is_present(true)), "Prepare")
//!         .default("Charge"))
//!     .state("Charge", TaskState::builder("arn:aws:states:::lambda:invoke")
//!         .parameters(json!({ "FunctionName": "Charge", "Payload.$": "$" }))
//!         .timeout_seconds(30)
//!         .retry(Retrier::builder(["Busy"]).interval_seconds(2).max_attempts(5).backoff_rate(1.5))
//!         .catch(Catcher::builder(["States.ALL"], "Refused").result_path("$.error"))
//!         .discard_result()
//!         .next("Prepare"))
//!     .state("Prepare", ParallelState::builder()
//!         .branch(StateGraph::builder()
//!             .state("Bake all", MapState::builder(StateGraph::builder()
//!                     .state("Bake", WaitState::builder().seconds_path("$.minutes").end()))
//!                 .items_path("$.pizzas")
//!                 .max_concurrency(2)
//!                 .end()))
//!         .branch(StateGraph::builder()
//!             .state("Call the rider", PassState::builder().result(json!("called")).end()))
//!         .next("Delivered"))
//!     .state("Delivered", SucceedState::builder())
//!     .state("Refused", FailState::builder().error("Refused").cause_path("$.error.Cause"))
//!     .build()?;
//!
//! assert_eq!(machine.graph.start_at, "Paid?", "the first state, unless `start_at` names another one");
//! assert_eq!(machine.graph.states.len(), 5);
//! # Ok::<(), asl_engine::InvalidDefinition>(())
//! ```
//!
//! In JSONata, expressions take the place of values:
//!
#![cfg_attr(feature = "jsonata", doc = "```")]
#![cfg_attr(not(feature = "jsonata"), doc = "```ignore")]
//! use asl_engine::StateMachine;
//! use asl_engine::definition::{ChoiceState, Condition, QueryLanguage, SucceedState, WaitState};
//! use serde_json::json;
//!
//! let machine = StateMachine::builder()
//!     .query_language(QueryLanguage::Jsonata)
//!     .state("Large?", ChoiceState::builder()
//!         .when(Condition::expression("{% $count($states.input.pizzas) > 5 %}"), "Bake")
//!         .default("Served"))
//!     .state("Bake", WaitState::builder()
//!         .seconds("{% $max($states.input.pizzas.minutes) * 60 %}")
//!         .output(json!({ "baked": "{% $states.input.pizzas %}" }))
//!         .next("Served"))
//!     .state("Served", SucceedState::builder())
//!     .build()?;
//! # drop(machine);
//! # Ok::<(), asl_engine::InvalidDefinition>(())
//! ```

mod catch;
mod choice;
mod condition;
mod fail;
mod fields;
mod graph;
mod map;
mod parallel;
mod pass;
mod retry;
mod retry_and_catch;
mod state;
mod state_machine;
mod succeed;
mod task;
mod wait;

#[cfg(all(test, feature = "jsonata"))]
mod jsonata_tests;
#[cfg(test)]
mod tests;

pub use catch::CatcherBuilder;
pub use choice::{ChoiceRuleBuilder, ChoiceStateBuilder};
pub use condition::{ConditionBuilder, VariableTest};
pub use fail::FailStateBuilder;
pub use graph::StateGraphBuilder;
pub use map::MapStateBuilder;
pub use parallel::ParallelStateBuilder;
pub use pass::PassStateBuilder;
pub use retry::RetrierBuilder;
pub use state::StateBuilder;
pub use state_machine::StateMachineBuilder;
pub use succeed::SucceedStateBuilder;
pub use task::TaskStateBuilder;
pub use wait::WaitStateBuilder;

#[cfg(doc)]
use super::StateMachine;
