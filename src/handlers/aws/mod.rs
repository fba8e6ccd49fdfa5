//! The APIs of AWS over HTTP, called as Step Functions calls them: AWS's own, or an emulator's.
//!
//! [`AwsServices`] is the handler of all tasks that call services, with
//! [`Interpreter::aws`](crate::Interpreter::aws); [`AwsEventBridge`] is EventBridge alone.
//!
//! A task's parameters become a request in the protocol of its service, and the response becomes the task's result in the
//! spelling of Step Functions: with the metadata of the SDK for an optimised integration, without it for `aws-sdk:`.
//!
//! # The optimised integrations
//!
//! A machine with a task that is refused does not start. A result that no source describes is refused, not guessed: start such a
//! job without `.sync`, and ask after it by `aws-sdk:` tasks.
//!
#![doc = include_str!("integrations.md")]
//!
//! The names of errors are recorded on AWS for `dynamodb`, `lambda`, `sns`, `sqs` and `states`; those of the others are formed alike,
//! with the names of services in the AWS SDK for Java: `EKS.ResourceNotFoundException`, `Glue.AWSGlueException`.
//!
//! # HTTPS endpoints
//!
//! `http:invoke` asks EventBridge for the connection and Secrets Manager for its secret at each task, and authorizes the request by
//! it: an API key, a name with a password, or a token, which is kept until it expires or is answered by 401. What the connection
//! adds to headers, query and body replaces what the task has under the same name.
//!
//! * Endpoints begin with `https://`. With a connection of an emulator, `http://` is called too, on this machine alone.
//! * A body that is a text is sent as it is, any other as JSON, or as a form with `"RequestBodyEncoding": "URL_ENCODED"`. The
//!   `ArrayFormat` `NONE` is refused.
//! * An answer has 60 seconds to come, else the task fails with `States.Http.Socket`. No redirect is followed. A status other than 2xx
//!   fails the task with `States.Http.StatusCode.404` and such; the cause is the body, or the status' name if there is none.
//!
//! No secret of a connection stands in an error, a history, a span or a log.
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
// | `http_invoke.rs` | `http:invoke`, and the connections of EventBridge |
// | `invoked.rs` | the results of both |
// | `elasticmapreduce.rs` | the actions of `elasticmapreduce`, as operations of EMR |
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
mod elasticmapreduce;
mod endpoint;
mod endpoints;
mod event_bus;
mod headers;
mod hosts;
mod http_invoke;
mod integration;
mod invoked;
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
