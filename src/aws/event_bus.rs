//! `events:putEvents` at another event bridge.

use async_trait::async_trait;
use serde_json::Value;

use super::endpoint::Endpoint;
use super::scalar::Times;
use super::service::Service;
use super::service_error::Style;
use crate::error::predefined_errors;
use crate::handlers::event_bus::{EventBridge, EventBridgeError, PutEventsRequest, PutEventsResponse};

/// The event bridge at an endpoint.
#[derive(Debug, Clone)]
pub(crate) struct AwsEventBridge {
    endpoint: Endpoint,
}

impl AwsEventBridge {
    pub(crate) fn new(endpoint: Endpoint) -> Self {
        Self { endpoint }
    }

    async fn put(&self, request: PutEventsRequest) -> Result<PutEventsResponse, (String, String)> {
        let unreadable =
            |problem: serde_json::Error| ("EventBridge.SdkClientException".to_owned(), problem.to_string());
        let parameters: Value = serde_json::to_value(request).map_err(unreadable)?;
        let Some(service) = Service::of("eventbridge") else {
            return Err((
                predefined_errors::TASK_FAILED.to_owned(),
                "EventBridge cannot be called".to_owned(),
            ));
        };
        let style = Style::Sdk { class: service.class() };
        let called = service
            .call(&self.endpoint, "putEvents", &parameters, style, Times::Iso)
            .await;
        let (result, _) = called.map_err(|error| (error.error().to_owned(), error.cause().to_owned()))?;
        serde_json::from_value(result).map_err(unreadable)
    }
}

#[async_trait]
impl EventBridge for AwsEventBridge {
    async fn put_events(&self, request: PutEventsRequest) -> Result<PutEventsResponse, EventBridgeError> {
        self.put(request)
            .await
            .map_err(|(error, message)| EventBridgeError::new(error, message))
    }
}
