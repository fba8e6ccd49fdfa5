//! What a service above was asked for when an execution started, to answer with it later.

use serde::{Deserialize, Serialize};
use std::sync::Arc;

use crate::data::without_minus_zeroes;
use crate::services::step_functions::Deployment;

/// A request of `StartExecution`, as far as the start itself does not say it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredRequest {
    /// The number of the state machine's revision.
    pub(crate) revision: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) version_arn: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) alias_arn: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) trace_header: Option<String>,
    /// The input's text as given, if the input of the start is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) input: Option<String>,
}

impl StoredRequest {
    pub(crate) fn new(deployment: &Deployment, input: &str, trace_header: Option<&str>) -> Self {
        Self {
            revision: deployment.revision.number,
            version_arn: deployment.version_arn.clone(),
            alias_arn: deployment.alias_arn.clone(),
            trace_header: trace_header.map(str::to_owned),
            input: Some(input.to_owned()),
        }
    }

    /// Takes the input's text out, if the execution's input is read from it just as it was read from the request: there,
    /// `-0` is `0`.
    pub(super) fn take_input(&mut self) -> Option<String> {
        self.input.take_if(|text| without_minus_zeroes(text).is_none())
    }
}
