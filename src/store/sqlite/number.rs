//! Numbers and times as SQLite has them.

use chrono::{DateTime, Utc};

use super::super::time;
use super::failure::Failure;

/// A number as SQLite has it.
pub(super) fn integer(number: u64) -> Result<i64, Failure> {
    let too_large = |_| Failure::refused(format!("{number} is too large for SQLite"));
    i64::try_from(number).map_err(too_large)
}

pub(super) fn natural(number: i64) -> Result<u64, Failure> {
    u64::try_from(number)
        .map_err(|_| Failure::damaged(format!("the file is damaged: {number} is no number of anything")))
}

pub(super) fn moment(microseconds: i64) -> Result<DateTime<Utc>, Failure> {
    let impossible = || Failure::damaged(format!("the file is damaged: {microseconds} is no time"));
    time::from_microseconds(microseconds).ok_or_else(impossible)
}
