//! The APIs of AWS over HTTP, called as Step Functions calls them: at an emulator of AWS.
//!
//! A task's parameters become a request in the protocol of its service, and the response becomes the task's result in the
//! spelling of Step Functions: with the metadata of the SDK for an optimised integration, without it for `aws-sdk:`.
//!
//! | file | content |
//! |---|---|
//! | `task.rs` | a task: its service, its action, its integration pattern |
//! | `integration.rs` | the optimised integrations: their names of services and errors, what they change in requests |
//! | `call.rs` | a call of an optimised integration |
//! | `job.rs` | `.sync`: the operation that tells how a job is doing, and its answers |
//! | `api_gateway.rs` | `apigateway:invoke` |
//! | `event_bus.rs` | `events:putEvents` at another event bus |
//! | `service.rs` | a service, whichever protocol it speaks |
//! | `json_service.rs` | services of the protocol AWS JSON, by facts about names alone |
//! | `model.rs` | services whose operations are modelled: shapes of inputs and outputs |
//! | `rest.rs`, `query.rs` | requests and responses of those |
//! | `json.rs`, `xml.rs`, `scalar.rs` | values of a shape in JSON, in XML, in a text |
//! | `service_error.rs` | a service's error, as a task's error |
//! | `step_functions.rs` | the API of Step Functions in the same process |
//! | `endpoint.rs` | signs and sends requests |
//!
//! The files in `api` have the facts, made by `.ci/service-calls.py`.

mod api_gateway;
mod call;
mod endpoint;
mod event_bus;
mod integration;
mod job;
mod json;
mod json_service;
mod model;
mod query;
mod rest;
mod scalar;
mod service;
mod service_error;
mod step_functions;
mod task;
mod xml;

pub(crate) use endpoint::{Answer, Endpoint, Place, Request};
pub(crate) use event_bus::AwsEventBridge;
pub(crate) use step_functions::call as call_step_functions;
pub(crate) use task::{AwsServices, is_service};
