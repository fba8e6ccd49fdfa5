//! Lambda as Step Functions calls it: the request and response of `lambda:invoke` (developer guide, "Call Lambda with
//! Step Functions"), and the functions that a definition names.

#[cfg(any(feature = "aws", feature = "yaml"))]
mod function_error;
mod function_name;
mod invocation;
mod invoked;

#[cfg(any(feature = "aws", feature = "yaml"))]
pub(crate) use function_error::function_error;
pub(crate) use function_name::{FunctionName, LATEST};
pub(crate) use invocation::{Invocation, response};
pub(crate) use invoked::{InvokedFunction, invoked_functions};

use crate::definition::{Resource, ResourceKind};

/// Whether a resource is `lambda:invoke`, or its callback form.
pub(crate) fn is_invoke(resource: &Resource) -> bool {
    match resource.kind() {
        ResourceKind::Service {
            resource_type,
            resource,
        } => &**resource_type == "lambda" && matches!(&**resource, "invoke" | "invoke.waitForTaskToken"),
        _ => false,
    }
}
