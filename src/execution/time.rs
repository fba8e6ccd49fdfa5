//! Points in time, which only the driver knows.

use chrono::{DateTime, TimeDelta, Utc};

/// The time of an event, given by the driver: the core never reads a clock.
pub(crate) type Timestamp = DateTime<Utc>;

/// A later time, or the last representable one.
pub(crate) fn later(now: Timestamp, delay: TimeDelta) -> Timestamp {
    now.checked_add_signed(delay).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

pub(crate) fn seconds_later(now: Timestamp, seconds: u32) -> Timestamp {
    later(now, TimeDelta::seconds(i64::from(seconds)))
}
