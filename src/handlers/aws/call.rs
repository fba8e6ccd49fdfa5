//! Calls of an optimised integration.

use serde_json::Value;

use super::connection::Answer;
use super::endpoint::Endpoint;
use super::integration::Integration;
use super::scalar::Times;
use super::service::Service;
use super::service_error::Style;
use crate::TaskError;
use crate::data::json_value;

/// A service at its endpoint, as an integration calls it.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) service: Service,
    pub(super) endpoint: Endpoint,
    pub(super) integration: &'static Integration,
}

impl Call {
    /// Calls an action once, and gives its result with the answer that it was in.
    pub(super) async fn start(&self, action: &str, input: &Value) -> Result<(Value, Answer), TaskError> {
        let style = Style::Optimised(self.integration);
        let call = self.service.call(&self.endpoint, action, input, style, self.times());
        let (mut result, answer) = call.await?;
        // The integration gives the answers of models as JSON.
        if self.integration.name == "bedrock"
            && let Some(body) = result.get_mut("Body")
            && let Some(parsed) = body.as_str().and_then(|text| json_value(text).ok())
        {
            *body = parsed;
        }
        Ok((result, answer))
    }

    /// Calls an action that may be called again, as long as the service is busy.
    pub(super) async fn ask(&self, action: &str, input: &Value) -> Result<Value, TaskError> {
        let style = Style::Optimised(self.integration);
        let call = self
            .service
            .call_patiently(&self.endpoint, action, input, style, self.times());
        call.await.map(|(result, _)| result)
    }

    /// S3 has this integration only for Maps, which read its times as texts.
    fn times(&self) -> Times {
        match self.integration.name {
            "s3" => Times::Iso,
            _ => Times::Milliseconds,
        }
    }
}
