//! An activity.

use chrono::{DateTime, Utc};
use indexmap::IndexMap;
use serde_json::Value;

#[derive(Debug, Clone)]
pub(super) struct Activity {
    pub(super) name: String,
    pub(super) created: DateTime<Utc>,
    pub(super) encryption: Value,
    pub(super) tags: IndexMap<String, String>,
}
