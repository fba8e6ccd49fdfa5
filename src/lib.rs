//! The [Amazon States Language](https://states-language.net/) (ASL): parses state machines into typed states,
//! validates their graph, and executes them with the answers that AWS Step Functions gives.
//!
//! * [`StateMachine`] parses and validates a definition; every problem is a [`Diagnostic`] with its place and a fix.
//! * [`Interpreter`] runs machines on tokio against registered handlers (feature `runtime`, on by
//!   default).
//! * [`Simulation`] runs machines in unit tests: scripted tasks, a virtual clock, no runtime.
//! * [`TestState`] runs one state alone, with a mock of its work, and shows what each stage made of the data.
//! * [`diagram`] draws machines as Mermaid, DOT and SVG, with runs, coverage and diagnostics drawn over them.
//! * [`server`] is the AWS Step Functions API over an interpreter: `CreateStateMachine`, `StartExecution` and what goes with
//!   them, as JSON (feature `runtime`).
//! * [`execution`] is the interpreter under all: a deterministic state machine that does no I/O.
//! * [`handlers`] is what does the work of tasks, a local event bus among it (feature `runtime`).
//! * [`websocket`] serves API Gateway's WebSocket API (feature `websocket`).
//! * [`services`] has the data of AWS's services: EventBridge's events, rules and patterns.
//!
//! # Run a machine
//!
#![cfg_attr(feature = "runtime", doc = "```")]
#![cfg_attr(not(feature = "runtime"), doc = "```ignore")]
//! use asl_engine::{Interpreter, StateMachine};
//! use serde_json::{Value, json};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let machine: StateMachine = r#"{
//!   "StartAt": "Greet",
//!   "States": {
//!     "Greet": { "Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:Greet", "End": true }
//!   }
//! }"#.parse()?;
//! let interpreter = Interpreter::new()
//!     .function("Greet", |input: Value| async move { Ok(format!("hello {}", input["name"])) });
//! let greeting: String = interpreter.run(&machine, json!({ "name": 7 })).await?;
//! assert_eq!(greeting, "hello 7");
//! # Ok(())
//! # }
//! ```
//!
//! # Guides
//!
//! * [Run machines in your program][docs::running]: handlers, tokens, timeouts, shutdown, and what survives what (feature
//!   `runtime`, on by default)
//! * [From a state machine to a service](docs::from_machine_to_service): tests, functions, HTTP, and its life: killed, watched,
//!   deployed, backed up and upgraded (feature `store`)
//! * [Test your first state machine in five minutes](docs::testing)
//! * [From Step Functions Local](docs::step_functions_local)
//! * [From a production failure to a test](docs::production_failure)
//! * [The same answer as AWS](docs::conformance): what is compared, and every known difference
//! * [The command line](docs::command_line)
//! * [An endpoint for AWS's SDKs and CLI](docs::serving), and from nothing to a test with it: [Python](docs::python),
//!   [Node.js](docs::node), [Rust](docs::rust_sdk), [the CDK and SAM](docs::cdk_and_sam)
//! * [What runs, in a browser](docs::console): the console of `asl serve`, with a debugger
//! * [Traces and metrics](docs::telemetry), by OpenTelemetry (feature `otel`)
//! * [What is supported](docs::supported), field by field, and what is refused
//! * [Speed, memory and fairness](docs::speed), measured
//! * [JSONata in state machines][docs::jsonata] (feature `jsonata`, on by default)
//! * [Contributing](docs::contributing): recipes for changes, a glossary, and why the design is as it is
//!
//! # Features
//!
//! | feature | for |
//! |---|---|
//! | `jsonata`, on by default | definitions in JSONata |
//! | `runtime`, on by default | [`Interpreter`], [`handlers`], [`server`] |
//! | `yaml` | definitions and test files in YAML, templates |
//! | `svg` | pictures of state machines |
//! | `store` | [`store`]: executions that outlive their process |
//! | `otel` | [`telemetry`]: traces and metrics of executions |
//! | `otlp` | [`Telemetry::otlp`][otlp]: their export by OTLP |
//! | `restate` | [`durable`]: executions on many machines, over a cluster of Restate servers |
//! | `aws` | [`handlers::aws`]: AWS's services, or an emulator's, do the work of tasks |
//! | `serve` | [`server::http`]: the Step Functions API over HTTP |
//! | `console` | [`server::console`]: what runs, in a browser, and a debugger |
//! | `cli` | the `asl` command |
//! | `websocket` | [`websocket`] |
//!
//! Without any the crate is the core alone, for JSONPath: parser, validator, interpreter and simulation.
//!
//! # What can go wrong, by type
//!
//! * [`InvalidDefinition`]: the definition is refused; all diagnostics at once.
//! * [`TaskError`]: what a handler returns; Retry and Catch look at it.
//! * [`ErrorOutput`](history::ErrorOutput): the language's own data about an error; never a Rust error.
//! * [`Error`]: the driver's: a missing handler, an input that is no JSON.
//!
//! A failed execution is none of these, but an [`Outcome`].
//!

// On docs.rs, each item shows the feature it needs.
#![cfg_attr(docsrs, feature(doc_cfg))]
// Links to items whose feature is off lead to the list of features instead.
#![cfg_attr(not(feature = "jsonata"), doc = "[docs::jsonata]: #features")]
#![cfg_attr(not(feature = "runtime"), doc = "[docs::running]: #features")]
#![cfg_attr(not(feature = "runtime"), doc = "[`Error`]: #features\n[`Interpreter`]: #features")]
#![cfg_attr(not(feature = "runtime"), doc = "[`handlers`]: #features\n[`server`]: #features")]
#![cfg_attr(not(feature = "restate"), doc = "[`durable`]: #features")]
#![cfg_attr(not(feature = "aws"), doc = "[`handlers::aws`]: #features")]
#![cfg_attr(not(feature = "serve"), doc = "[`server::http`]: #features")]
#![cfg_attr(not(feature = "console"), doc = "[`server::console`]: #features")]
#![cfg_attr(not(feature = "store"), doc = "[`store`]: #features")]
#![cfg_attr(feature = "otlp", doc = "[otlp]: telemetry::Telemetry::otlp")]
#![cfg_attr(not(feature = "otlp"), doc = "[otlp]: #features")]
#![cfg_attr(not(feature = "otel"), doc = "[`telemetry`]: #features")]
#![cfg_attr(not(feature = "websocket"), doc = "[`websocket`]: #features")]

#[cfg(feature = "cli")]
pub mod cli;
pub mod data;
pub mod definition;
pub mod diagram;
pub mod docs {
    //! Guides: what there is to know about a subject, by examples that run.

    #[doc = include_str!("docs/cdk_and_sam.md")]
    pub mod cdk_and_sam {}

    #[cfg_attr(feature = "restate", doc = include_str!("docs/cluster.md"))]
    #[cfg_attr(
        not(feature = "restate"),
        doc = "From one machine to many: with the feature `restate`."
    )]
    pub mod cluster {}

    #[doc = include_str!("docs/command_line.md")]
    pub mod command_line {}

    #[doc = include_str!("docs/conformance.md")]
    pub mod conformance {}

    #[cfg_attr(feature = "console", doc = include_str!("docs/console.md"))]
    #[cfg_attr(
        not(feature = "console"),
        doc = "What runs, in a browser: with the feature `console`."
    )]
    pub mod console {}

    #[doc = include_str!("docs/contributing.md")]
    pub mod contributing {}

    #[cfg_attr(feature = "store", doc = include_str!("docs/from_machine_to_service.md"))]
    #[cfg_attr(
        not(feature = "store"),
        doc = "From a state machine to a service: with the feature `store`."
    )]
    pub mod from_machine_to_service {}

    #[cfg(feature = "jsonata")]
    #[doc = include_str!("docs/jsonata.md")]
    pub mod jsonata {}

    #[doc = include_str!("docs/node.md")]
    pub mod node {}

    #[doc = include_str!("docs/production_failure.md")]
    pub mod production_failure {}

    #[doc = include_str!("docs/python.md")]
    pub mod python {}

    #[cfg(feature = "runtime")]
    #[doc = include_str!("docs/running.md")]
    pub mod running {}

    #[doc = include_str!("docs/rust_sdk.md")]
    pub mod rust_sdk {}

    #[cfg_attr(feature = "cli", doc = include_str!("docs/serving.md"))]
    #[cfg_attr(
        not(feature = "cli"),
        doc = "The Step Functions API on a port: with the features `serve` and `cli`."
    )]
    pub mod serving {}

    #[doc = include_str!("docs/speed.md")]
    pub mod speed {}

    #[doc = include_str!("docs/step_functions_local.md")]
    pub mod step_functions_local {}

    #[doc = include_str!("docs/supported.md")]
    pub mod supported {}

    #[cfg_attr(feature = "store", doc = include_str!("docs/surviving.md"))]
    #[cfg_attr(
        not(feature = "store"),
        doc = "Executions that survive the process: with the feature `store`."
    )]
    pub mod surviving {}

    #[cfg_attr(feature = "otel", doc = include_str!("docs/telemetry.md"))]
    #[cfg_attr(
        not(feature = "otel"),
        doc = "Traces and metrics of executions: with the feature `otel`."
    )]
    pub mod telemetry {}

    #[doc = include_str!("docs/testing.md")]
    pub mod testing {}

    #[doc = include_str!("docs/without_rust.md")]
    pub mod without_rust {}
}
#[cfg(feature = "restate")]
pub mod durable;
mod error;
pub mod execution;
#[cfg(feature = "runtime")]
pub mod handlers;
pub mod history;
pub mod loading;
#[cfg(feature = "yaml")]
mod programs;
#[cfg(feature = "runtime")]
pub mod runtime;
#[cfg(feature = "runtime")]
pub mod server;
pub mod services;
pub mod simulation;
#[cfg(feature = "store")]
pub mod store;
#[cfg(feature = "otel")]
pub mod telemetry;
#[cfg(feature = "yaml")]
pub mod test_file;
pub mod test_state;
#[cfg(feature = "websocket")]
pub mod websocket;

pub use definition::{Diagnostic, InvalidDefinition, StateMachine};
#[cfg(feature = "runtime")]
pub use error::{Error, ErrorKind};
pub use error::{ResultExt, TaskError};
pub use execution::Outcome;
#[cfg(feature = "runtime")]
pub use runtime::Interpreter;
pub use simulation::Simulation;
pub use test_state::TestState;

/// The README's examples are tests.
#[cfg(all(doctest, feature = "runtime"))]
#[doc = include_str!("../README.md")]
struct Readme;
