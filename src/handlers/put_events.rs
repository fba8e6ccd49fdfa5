//! `arn:aws:states:::events:putEvents`, and the call of the SDK, over an event bridge (developer guide, "Call EventBridge with
//! Step Functions").

use async_trait::async_trait;
use serde_json::{Value, json};
use std::fmt;
use std::sync::Arc;

use super::event_bus::{
    EventBridge, EventBridgeError, PutEventsRequest, PutEventsRequestEntry, PutEventsResponse, PutEventsResultEntry,
    validate_request,
};
use super::{Handler, TaskContext};
use crate::TaskError;
use crate::services::parameters::{others, refused, unsupported};

/// The resource that it serves, and its callback form.
pub(crate) const PUT_EVENTS: [&str; 2] = [
    "arn:aws:states:::events:putEvents",
    "arn:aws:states:::events:putEvents.waitForTaskToken",
];

/// The call of an SDK.
#[cfg(feature = "cli")]
pub(crate) const SDK_PUT_EVENTS: &str = "arn:aws:states:::aws-sdk:eventbridge:putEvents";

/// Puts the events of a task; `Interpreter::event_bridge` has the rules.
#[derive(Clone)]
pub(crate) struct PutEvents {
    event_bridge: Arc<dyn EventBridge>,
}

impl PutEvents {
    /// Creates a handler that puts events to this event bridge.
    pub(crate) fn new(event_bridge: Arc<dyn EventBridge>) -> Self {
        Self { event_bridge }
    }
}

impl fmt::Debug for PutEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PutEvents").finish_non_exhaustive()
    }
}

#[async_trait]
impl Handler for PutEvents {
    async fn call(&self, input: Value, context: TaskContext) -> Result<Value, TaskError> {
        let mut request = request_of(&input)?;
        for entry in &mut request.entries {
            let own = entry.resources.take().unwrap_or_default();
            let arns = [&context.state_machine_arn, &context.execution_arn];
            entry.resources = Some(arns.iter().map(ToString::to_string).chain(own).collect());
        }
        let response = put(&*self.event_bridge, request).await.map_err(task_error)?;
        if let Some(error) = response.failed_entry_error() {
            return Err(task_error(error));
        }
        Ok(serde_json::to_value(response)?)
    }
}

/// The same for the call of the SDK: no ARNs are added, and the response is the result also if entries failed.
#[cfg(feature = "cli")]
pub(crate) struct SdkPutEvents(pub(crate) Arc<dyn EventBridge>);

#[cfg(feature = "cli")]
#[async_trait]
impl Handler for SdkPutEvents {
    async fn call(&self, input: Value, _context: TaskContext) -> Result<Value, TaskError> {
        let response = put(&*self.0, request_of(&input)?).await;
        let response = response.map_err(|EventBridgeError { message, .. }| {
            TaskError::new(
                "EventBridge.EventBridgeException",
                format!("{message} (Service: EventBridge, Status Code: 400, Request ID: local)"),
            )
        })?;
        Ok(serde_json::to_value(response)?)
    }
}

/// Puts events, except for those that only AWS's services may put (EventBridge API reference, `PutEventsResultEntry`).
async fn put(
    event_bridge: &dyn EventBridge,
    mut request: PutEventsRequest,
) -> Result<PutEventsResponse, EventBridgeError> {
    let is_of_aws =
        |entry: &PutEventsRequestEntry| entry.source.as_ref().is_some_and(|source| source.starts_with("aws."));
    if !request.entries.iter().any(is_of_aws) {
        return event_bridge.put_events(request).await;
    }
    // As many as there are now.
    validate_request(&request)?;
    let are_of_aws: Vec<_> = request.entries.iter().map(is_of_aws).collect();
    request.entries.retain(|entry| !is_of_aws(entry));
    let mut put = if request.entries.is_empty() {
        Vec::new().into_iter()
    } else {
        event_bridge.put_events(request).await?.entries.into_iter()
    };
    let refused = || PutEventsResultEntry::failed("NotAuthorizedForSourceException", "Not authorized for the source.");
    let entries = are_of_aws
        .into_iter()
        .filter_map(|is_of_aws| if is_of_aws { Some(refused()) } else { put.next() });
    Ok(PutEventsResponse::new(entries))
}

/// The request from a task's parameters.
fn request_of(parameters: &Value) -> Result<PutEventsRequest, TaskError> {
    let unknown: Vec<_> = unknown_fields(parameters).map(unsupported).collect();
    let problems = if unknown.is_empty() {
        // An object with `Detail` as JSON is what the request reads too.
        match serde_json::from_value(parameters.clone()) {
            Ok(request) => return Ok(request),
            Err(_) => malformed(parameters),
        }
    } else {
        unknown.join(", ")
    };
    Err(refused(parameters, &problems))
}

/// The problem of parameters whose fields are known: the first field that is missing or has another form.
fn malformed(parameters: &Value) -> String {
    let invalid = |field: &str| format!("The value of the field '{field}' has an invalid format");
    let entries = match parameters.get("Entries") {
        None => return "The field 'Entries' is required but was missing".to_owned(),
        Some(Value::Array(entries)) => entries,
        Some(_) => return invalid("Entries"),
    };
    let is_malformed = |(field, value): &(&String, &Value)| {
        serde_json::from_value::<PutEventsRequestEntry>(json!({ field.as_str(): value })).is_err()
    };
    for entry in entries {
        let Some(fields) = entry.as_object() else {
            return invalid("Entries");
        };
        if let Some((field, _)) = fields.iter().find(is_malformed) {
            return invalid(field);
        }
    }
    invalid("EndpointId")
}

fn unknown_fields(parameters: &Value) -> impl Iterator<Item = &str> {
    let entries = parameters.get("Entries").and_then(Value::as_array);
    let entries = entries.into_iter().flatten();
    let of_entries = entries.flat_map(|entry| others(entry.as_object(), &ENTRY_FIELDS));
    others(parameters.as_object(), &["Entries", "EndpointId"]).chain(of_entries)
}

const ENTRY_FIELDS: [&str; 7] = [
    "Detail",
    "DetailType",
    "EventBusName",
    "Resources",
    "Source",
    "Time",
    "TraceHeader",
];

fn task_error(error: EventBridgeError) -> TaskError {
    TaskError::new(error.error, error.message)
}

#[cfg(test)]
mod tests {
    use super::super::event_bus::{PutEventsResponse, PutEventsResultEntry};
    use super::*;
    use crate::{Interpreter, StateMachine};
    use std::sync::Mutex;

    /// Keeps what it is asked, and answers what it is told to.
    struct Recording {
        requests: Mutex<Vec<PutEventsRequest>>,
        answer: Result<PutEventsResponse, EventBridgeError>,
    }

    impl Recording {
        fn answering(answer: Result<PutEventsResponse, EventBridgeError>) -> Arc<Self> {
            Arc::new(Self {
                requests: Mutex::default(),
                answer,
            })
        }

        fn accepting() -> Arc<Self> {
            let event_id = "e-1".to_owned();
            Self::answering(Ok(PutEventsResponse::new([PutEventsResultEntry::Accepted {
                event_id,
            }])))
        }

        fn request(&self) -> PutEventsRequest {
            self.requests.lock().unwrap()[0].clone()
        }
    }

    #[async_trait]
    impl EventBridge for Recording {
        async fn put_events(&self, request: PutEventsRequest) -> Result<PutEventsResponse, EventBridgeError> {
            self.requests.lock().unwrap().push(request);
            self.answer.clone()
        }
    }

    /// Runs a machine of one task with these parameters.
    async fn run(bridge: &Arc<Recording>, parameters: Value) -> Result<Value, (String, String)> {
        let machine = json!({
            "StartAt": "Put",
            "States": {
                "Put": { "Type": "Task", "Resource": PUT_EVENTS[0], "InputPath": "$.parameters", "End": true }
            }
        });
        let machine = StateMachine::parse(&machine.to_string()).unwrap();
        let bridge: Arc<dyn EventBridge> = bridge.clone();
        let interpreter = Interpreter::new().event_bridge(bridge);
        let output = interpreter.run(&machine, json!({ "parameters": parameters })).await;
        output.map_err(|error| {
            let output = error.output().unwrap().clone();
            (output.error.unwrap(), output.cause.unwrap())
        })
    }

    fn entry(detail: Value) -> Value {
        json!({ "Entries": [{ "Source": "shop", "DetailType": "Order", "Detail": detail }] })
    }

    #[tokio::test]
    async fn a_detail_is_given_as_json_or_as_text() {
        for detail in [json!({ "total": 7 }), json!(r#"{"total":7}"#)] {
            let bridge = Recording::accepting();
            let output = run(&bridge, entry(detail)).await.unwrap();
            assert_eq!(
                output,
                json!({ "Entries": [{ "EventId": "e-1" }], "FailedEntryCount": 0 })
            );
            assert_eq!(bridge.request().entries[0].detail.as_deref(), Some(r#"{"total":7}"#));
        }
    }

    #[tokio::test]
    async fn the_arns_come_before_the_resources_of_an_entry() {
        let bridge = Recording::accepting();
        let mut parameters = entry(json!({}));
        parameters["Entries"][0]["Resources"] = json!(["arn:own"]);
        run(&bridge, parameters).await.unwrap();
        let resources = bridge.request().entries[0].resources.clone().unwrap();
        assert_eq!(resources.len(), 3);
        assert!(resources[0].contains(":stateMachine:"), "{resources:?}");
        assert!(resources[1].contains(":execution:"), "{resources:?}");
        assert_eq!(resources[2], "arn:own");
    }

    #[tokio::test]
    async fn a_failed_entry_fails_the_task() {
        let response = r#"{"Entries":[{"EventId":"1"},{"ErrorCode":"MalformedDetail","ErrorMessage":"Detail is malformed."}],"FailedEntryCount":1}"#;
        let bridge = Recording::answering(Ok(serde_json::from_str(response).unwrap()));
        let (error, cause) = run(&bridge, entry(json!("no object"))).await.unwrap_err();
        assert_eq!((error.as_str(), cause.as_str()), ("EventBridge.FailedEntry", response));
    }

    #[tokio::test]
    async fn a_source_of_aws_is_refused() {
        let bridge = Recording::accepting();
        let mut parameters = entry(json!({}));
        let mut forged = parameters["Entries"][0].clone();
        forged["Source"] = json!("aws.states");
        let refused =
            r#"{"ErrorCode":"NotAuthorizedForSourceException","ErrorMessage":"Not authorized for the source."}"#;
        parameters["Entries"].as_array_mut().unwrap().insert(0, forged.clone());
        let (error, cause) = run(&bridge, parameters).await.unwrap_err();
        assert_eq!(error, "EventBridge.FailedEntry");
        assert_eq!(
            cause,
            format!(r#"{{"Entries":[{refused},{{"EventId":"e-1"}}],"FailedEntryCount":1}}"#)
        );
        assert_eq!(bridge.request().entries.len(), 1);
        run(&bridge, json!({ "Entries": [forged] })).await.unwrap_err();
        assert_eq!(bridge.requests.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_refused_request_fails_with_the_error_of_the_bridge() {
        let refused = EventBridgeError::new("EventBridge.ValidationException", "too much");
        let bridge = Recording::answering(Err(refused));
        let (error, cause) = run(&bridge, entry(json!({}))).await.unwrap_err();
        assert_eq!(
            (error.as_str(), cause.as_str()),
            ("EventBridge.ValidationException", "too much")
        );
    }

    #[tokio::test]
    async fn parameters_that_are_no_request_are_not_put() {
        let bridge = Recording::accepting();
        let (error, cause) = run(&bridge, json!({ "Entries": [{ "source": "shop" }] }))
            .await
            .unwrap_err();
        assert_eq!(error, "States.Runtime");
        assert!(cause.ends_with(
            r#"could not be used to start the Task: [The field "source" is not supported by Step Functions]"#
        ));
        let of_entry = |field: &str, value: Value| json!({ "Entries": [{ field: value }] });
        let invalid = |field: &str| format!("The value of the field '{field}' has an invalid format");
        let missing = "The field 'Entries' is required but was missing".to_owned();
        for (parameters, problem) in [
            (json!({ "Entries": "x" }), invalid("Entries")),
            (json!({ "Entries": [7] }), invalid("Entries")),
            (json!({}), missing.clone()),
            (json!([]), missing),
            (of_entry("Time", json!("yesterday")), invalid("Time")),
            (of_entry("Resources", json!(7)), invalid("Resources")),
            (of_entry("Source", json!({})), invalid("Source")),
            (json!({ "Entries": [], "EndpointId": 7 }), invalid("EndpointId")),
        ] {
            let (error, cause) = run(&bridge, parameters.clone()).await.unwrap_err();
            assert_eq!(error, "States.Runtime");
            assert!(
                cause.ends_with(&format!("could not be used to start the Task: [{problem}]")),
                "{cause}"
            );
        }
        assert!(bridge.requests.lock().unwrap().is_empty());
    }
}
