use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};

use super::proxy_event::Identity;

/// An open connection (API Gateway `GetConnection`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ConnectionDescription {
    /// When it was made.
    #[serde(serialize_with = "as_iso8601")]
    pub connected_at: DateTime<Utc>,
    /// Who is on the other end.
    pub identity: Identity,
    /// When either side last sent something.
    #[serde(serialize_with = "as_iso8601")]
    pub last_active_at: DateTime<Utc>,
}

fn as_iso8601<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.to_rfc3339_opts(SecondsFormat::Millis, true))
}
