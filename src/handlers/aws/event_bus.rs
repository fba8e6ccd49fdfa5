//! `events:putEvents` at another event bridge.

use async_trait::async_trait;
use serde_json::Value;

use super::endpoint::Endpoint;
use super::scalar::Times;
use super::service::Service;
use super::service_error::Style;
use super::services::AwsServices;
use crate::error::{Error, ErrorKind, predefined_errors};
use crate::handlers::event_bus::{EventBridge, EventBridgeError, PutEventsRequest, PutEventsResponse};

/// EventBridge itself, or an emulator's: the events go over HTTP.
///
/// ```no_run
/// use asl_engine::handlers::aws::{AwsEventBridge, AwsServices};
/// use asl_engine::handlers::event_bus::{EventBridge, PutEventsRequest, PutEventsRequestEntry};
/// use serde_json::json;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let bridge = AwsEventBridge::new(&AwsServices::from_env().await?)?;
/// let order = PutEventsRequestEntry::new("shop", "Order", &json!({ "total": 7 }));
/// assert_eq!(bridge.put_events(PutEventsRequest::new([order])).await?.failed_entry_count, 0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct AwsEventBridge {
    endpoint: Endpoint,
}

impl AwsEventBridge {
    /// The event bridge of these services. Errors if they are without it.
    pub fn new(services: &AwsServices) -> Result<Self, Error> {
        let endpoint = services.endpoint("eventbridge", None);
        let endpoint = endpoint.map_err(|message| Error::new(ErrorKind::Aws, message))?;
        Ok(Self::at(endpoint))
    }

    pub(super) fn at(endpoint: Endpoint) -> Self {
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
