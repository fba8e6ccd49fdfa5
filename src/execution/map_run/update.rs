use serde::{Deserialize, Serialize};
use std::sync::Arc;

use super::MapRunSettings;

/// New settings of a running Map Run (`UpdateMapRun`); those that are `None` stay as they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MapRunUpdate {
    /// The Map Run's ARN.
    pub map_run_arn: Arc<str>,
    /// The most child executions at once; 0 for no limit of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_concurrency: Option<usize>,
    /// The number of items that may fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerated_failure_count: Option<u64>,
    /// The percentage of items that may fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerated_failure_percentage: Option<f64>,
}

impl MapRunUpdate {
    /// An update of the Map Run of this ARN that changes nothing yet.
    pub fn new(map_run_arn: impl Into<Arc<str>>) -> Self {
        Self {
            map_run_arn: map_run_arn.into(),
            max_concurrency: None,
            tolerated_failure_count: None,
            tolerated_failure_percentage: None,
        }
    }
}

impl MapRunSettings {
    pub(crate) fn update(&mut self, update: &MapRunUpdate) {
        self.max_concurrency = update.max_concurrency.unwrap_or(self.max_concurrency);
        self.tolerated_failure_count = update.tolerated_failure_count.or(self.tolerated_failure_count);
        self.tolerated_failure_percentage = update
            .tolerated_failure_percentage
            .or(self.tolerated_failure_percentage);
    }
}
