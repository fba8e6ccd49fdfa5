//! The time of an event in seconds since the epoch, as Step Functions writes it; texts are read too.

use chrono::{DateTime, Utc};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Deserialize)]
#[serde(untagged)]
enum Time {
    Whole(i64),
    Fractional(f64),
    Text(DateTime<Utc>),
}

#[expect(clippy::ref_option, reason = "the signature is serde's")]
pub(super) fn serialize<S: Serializer>(time: &Option<DateTime<Utc>>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(|time| time.timestamp()).serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    let seconds = match Option::<Time>::deserialize(deserializer)? {
        None => return Ok(None),
        Some(Time::Text(time)) => return Ok(Some(time)),
        Some(Time::Whole(seconds)) => seconds,
        #[expect(clippy::cast_possible_truncation, reason = "a float casts to the nearest bound")]
        Some(Time::Fractional(seconds)) => seconds.floor() as i64,
    };
    match DateTime::from_timestamp(seconds, 0) {
        Some(time) => Ok(Some(time)),
        None => Err(D::Error::custom("the time is too far away")),
    }
}
