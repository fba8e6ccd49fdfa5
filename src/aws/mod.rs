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
//! | `parameters.rs` | what an action takes, and what it refuses |
//! | `json.rs`, `query.rs`, `rest.rs` | the protocols: requests and responses |
//! | `s3.rs` | S3, where it is otherwise than its protocol |
//! | `xml.rs`, `scalar.rs` | values of a shape in XML, in a text |
//! | `model.rs` | the services' operations, and the shapes of their inputs and outputs |
//! | `api` | the facts about them |
//! | `headers.rs` | the headers of answers, in results |
//! | `service_error.rs` | a service's error, as a task's error |
//! | `step_functions.rs` | the API of Step Functions in the same process |
//! | `endpoint.rs` | signs and sends requests |

mod api;
mod api_gateway;
mod call;
mod endpoint;
mod event_bus;
mod headers;
mod integration;
mod job;
mod json;
mod model;
mod parameters;
mod query;
mod rest;
mod s3;
mod scalar;
mod service;
mod service_error;
mod step_functions;
mod task;
mod xml;

pub(crate) use endpoint::{Endpoint, Place, Request};
pub(crate) use event_bus::AwsEventBridge;
pub(crate) use service_error::error_in;
pub(crate) use step_functions::call as call_step_functions;
pub(crate) use task::{AwsServices, is_service};
