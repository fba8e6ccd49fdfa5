//! The system's clock and randomness, the bus's defaults.

use chrono::{DateTime, Utc};
use uuid::Uuid;

#[expect(clippy::disallowed_methods, reason = "the bus is a driver; tests give it a clock")]
pub(super) fn now() -> DateTime<Utc> {
    Utc::now()
}

#[expect(clippy::disallowed_methods, reason = "the bus is a driver; tests give it ids")]
pub(super) fn event_id() -> String {
    Uuid::new_v4().to_string()
}
