//! Times as stores keep them.

use chrono::{DateTime, Utc};

/// Microseconds since 1970, rounded down.
pub(super) fn microseconds(time: DateTime<Utc>) -> i64 {
    time.timestamp_micros()
}

/// A time as a store gives it back.
pub(super) fn to_microseconds(time: DateTime<Utc>) -> DateTime<Utc> {
    from_microseconds(microseconds(time)).unwrap_or(time)
}

/// The time of microseconds since 1970; `None` far outside of what a calendar has.
pub(super) fn from_microseconds(microseconds: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_micros(microseconds)
}
