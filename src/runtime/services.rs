//! Services with a local double: how an interpreter is given one, and the error if one is missing.

use std::sync::Arc;

use super::Interpreter;
use crate::definition::Resource;
#[cfg(feature = "aws")]
use crate::handlers::aws::AwsServices;
use crate::handlers::event_bus::EventBridge;
use crate::handlers::{Handler, LocalS3, PUT_EVENTS, PutEvents, S3_RESOURCES};

/// A service, and the resources that one handler serves for it.
struct Service {
    name: &'static str,
    resources: &'static [&'static str],
    /// The call that gives an interpreter the service.
    given_by: &'static str,
}

const EVENT_BRIDGE: Service = Service {
    name: "event bridge",
    resources: &PUT_EVENTS,
    given_by: ".event_bridge(Arc::new(LocalEventBus::new()))",
};

const S3: Service = Service {
    name: "S3",
    resources: &S3_RESOURCES,
    given_by: ".s3(&LocalS3::new())",
};

const SERVICES: [Service; 2] = [EVENT_BRIDGE, S3];

impl Interpreter {
    /// Sends the events of `arn:aws:states:::events:putEvents` to an event bridge, such as a
    /// [`LocalEventBus`](crate::handlers::event_bus::LocalEventBus), adding the ARNs of the state machine and the
    /// execution to each entry's `Resources`.
    ///
    /// The task's result is `{"Entries":[{"EventId":"…"}],"FailedEntryCount":0}`. The task fails with
    /// `EventBridge.FailedEntry`, and the response as the cause, when any entry failed; a retry puts all entries again.
    /// It fails with the name of the [`EventBridgeError`](crate::handlers::event_bus::EventBridgeError) when the
    /// request was refused, and with `States.Runtime` when the task's parameters are no request.
    #[must_use]
    pub fn event_bridge(self, event_bridge: Arc<dyn EventBridge>) -> Self {
        self.service(&EVENT_BRIDGE, &PutEvents::new(event_bridge))
    }

    /// Sets the S3 for the `ItemReader` and `ResultWriter` of distributed Maps; see [`LocalS3`].
    #[must_use]
    pub fn s3(self, s3: &LocalS3) -> Self {
        self.service(&S3, s3)
    }

    /// Calls AWS's services for the tasks that have no handler of their own; see [`AwsServices`]. Registered handlers,
    /// functions, state machines, activities, an event bus (`events:putEvents`) and an S3 (of distributed Maps) go before
    /// them; [`fallback`](Self::fallback) comes after them. `aws-sdk:` calls AWS also where there is a local double, except for
    /// the calls of Step Functions in the table of [`runtime`](crate::runtime).
    ///
    /// A machine with a task that they cannot do is refused at its start, with the services that are called.
    #[cfg(feature = "aws")]
    #[must_use]
    pub fn aws(self, services: AwsServices) -> Self {
        self.with(|settings| settings.handlers.set_services(Arc::new(services)))
    }

    fn service(self, service: &Service, handler: &(impl Handler + Clone)) -> Self {
        let resources = service.resources.iter();
        resources.fold(self, |interpreter, resource| {
            interpreter.handler(resource, handler.clone())
        })
    }
}

/// The error for a state whose resource belongs to one of these services, without a handler.
pub(super) fn missing(resource: &Resource, state: &str) -> Option<String> {
    let service = SERVICES
        .iter()
        .find(|service| service.resources.contains(&resource.arn()))?;
    let Service { name, given_by, .. } = service;
    Some(format!(
        "there is no {name} for the resource `{resource}` of the state `{state}`; give one with `{given_by}`, or register a handler with `.task(\"{resource}\", …)`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_service_is_named_with_the_call_that_gives_it() {
        let missing = |resource| missing(&Resource::parse(resource).unwrap(), "Tell");
        assert_eq!(
            missing("arn:aws:states:::events:putEvents.waitForTaskToken").unwrap(),
            "there is no event bridge for the resource `arn:aws:states:::events:putEvents.waitForTaskToken` of the state `Tell`; \
             give one with `.event_bridge(Arc::new(LocalEventBus::new()))`, or register a handler with \
             `.task(\"arn:aws:states:::events:putEvents.waitForTaskToken\", …)`"
        );
        assert_eq!(missing("arn:aws:states:::sqs:sendMessage"), None);
    }
}
