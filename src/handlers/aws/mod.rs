//! The APIs of AWS over HTTP, called as Step Functions calls them: AWS's own, or an emulator's.
//!
//! [`AwsServices`] is the handler of all tasks that call services, with
//! [`Interpreter::aws`](crate::Interpreter::aws); [`AwsEventBridge`] is EventBridge alone.
//!
//! A task's parameters become a request in the protocol of its service, and the response becomes the task's result in the
//! spelling of Step Functions: with the metadata of the SDK for an optimised integration, without it for `aws-sdk:`.
//!
// | file | content |
// |---|---|
// | `services.rs` | the services as a handler |
// | `endpoints.rs`, `hosts.rs`, `region.rs` | where a service is: as given, or AWS's own host in a region |
// | `credentials.rs`, `roles.rs` | credentials that are kept; the roles of states |
// | `task.rs` | a task: its service, its action, its integration pattern |
// | `integration.rs` | the optimised integrations: their names of services and errors, what they change in requests |
// | `call.rs` | a call of an optimised integration |
// | `job.rs` | `.sync`: the operation that tells how a job is doing, and its answers |
// | `api_gateway.rs` | `apigateway:invoke` |
// | `lambda.rs` | functions |
// | `event_bus.rs` | `events:putEvents` |
// | `service.rs` | a service, whichever protocol it speaks |
// | `parameters.rs` | what an action takes, and what it refuses |
// | `json.rs`, `query.rs`, `rest.rs` | the protocols: requests and responses |
// | `s3.rs` | S3, where it is otherwise than its protocol |
// | `xml.rs`, `scalar.rs` | values of a shape in XML, in a text |
// | `model.rs` | the services' operations, and the shapes of their inputs and outputs |
// | `api` | the facts about them |
// | `headers.rs` | the headers of answers, in results |
// | `service_error.rs` | a service's error, as a task's error |
// | `step_functions.rs` | `aws-sdk:sfn` in the words of the API, for an API in the same process |
// | `endpoint.rs`, `connection.rs` | signs and sends requests |

mod api;
mod api_gateway;
mod call;
mod connection;
mod credentials;
mod endpoint;
mod endpoints;
mod event_bus;
mod headers;
mod hosts;
mod integration;
mod job;
mod json;
mod lambda;
mod model;
mod parameters;
mod query;
mod region;
mod rest;
mod roles;
mod s3;
mod scalar;
mod service;
mod service_error;
mod services;
#[cfg(feature = "cli")]
mod step_functions;
mod task;
mod xml;

pub use event_bus::AwsEventBridge;
pub use services::AwsServices;

#[cfg(feature = "cli")]
pub(crate) use {endpoint::Endpoint, services::is_service, step_functions::StepFunctionsCall};
