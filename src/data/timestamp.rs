use std::fmt::Write as _;

use chrono::{DateTime, Timelike as _, Utc};

/// Prints a timestamp as the context object does: ISO-8601 in UTC with `Z` and milliseconds, trailing zeros of the
/// fraction dropped.
pub(crate) fn timestamp_text(timestamp: DateTime<Utc>) -> String {
    let mut text = timestamp.format("%Y-%m-%dT%H:%M:%S").to_string();
    // `chrono` gives a leap second 1,000 milliseconds or more; it prints as the last millisecond of its minute.
    let millis = (timestamp.nanosecond() / 1_000_000).min(999);
    if millis > 0 {
        let _infallible = write!(text, ".{millis:03}");
        text.truncate(text.trim_end_matches('0').len());
    }
    text.push('Z');
    text
}

/// Parses a timestamp as Choice and Wait do: the RFC 3339 profile of ISO-8601, with an upper-case `T` and an upper-case
/// `Z` or a numeric offset (ASL: "Timestamps"). `None` if the text is not one.
pub(crate) fn parse_timestamp(text: &str) -> Option<DateTime<Utc>> {
    let bytes = text.as_bytes();
    // `chrono` also accepts a blank or `t` in place of `T`, and `z`.
    if bytes.get(10) != Some(&b'T') || bytes.last() == Some(&b'z') {
        return None;
    }
    DateTime::parse_from_rfc3339(text)
        .ok()
        .map(|timestamp| timestamp.to_utc())
}

#[cfg(test)]
mod tests {
    use super::{parse_timestamp, timestamp_text};
    use chrono::DateTime;

    #[test]
    fn fractions_have_no_trailing_zeros() {
        let at = |millis| timestamp_text(DateTime::from_timestamp_millis(millis).unwrap());
        assert_eq!(at(1_735_787_045_678), "2025-01-02T03:04:05.678Z");
        assert_eq!(at(1_735_787_045_700), "2025-01-02T03:04:05.7Z");
        assert_eq!(at(1_735_787_045_000), "2025-01-02T03:04:05Z");
    }

    #[test]
    fn timestamps_have_an_upper_case_t_and_a_zone() {
        let utc = parse_timestamp("2016-03-14T01:59:00Z");
        assert!(utc.is_some());
        assert_eq!(parse_timestamp("2016-03-13T20:59:00.000-05:00"), utc);
        for wrong in ["2016-03-14T01:59:00", "2016-03-14 01:59:00Z", "2016-03-14T01:59:00z"] {
            assert_eq!(parse_timestamp(wrong), None, "{wrong}");
        }
    }
}
