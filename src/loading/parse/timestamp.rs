//! Timestamps, parsed as strictly as on AWS.

use chrono::{DateTime, Utc};

use super::{Reading, values};
use crate::data::json::{Node, Place};
use crate::loading::report::Reported;

/// A `Timestamp`, or the operand of a timestamp comparison.
pub(super) fn timestamp(node: &Node, reading: &mut Reading) -> Result<DateTime<Utc>, Reported> {
    let text = values::string(node, reading)?;
    parse(text).ok_or_else(|| {
        let help = if text.starts_with('$') {
            "a path stands in the field whose name ends in `Path`"
        } else {
            "write it as `2026-08-14T18:30:00Z`: with an uppercase `T`, and with `Z` or an offset such as `+02:00`"
        };
        reading
            .report
            .schema(Place::value(node), "String does not match RFC3339 timestamp")
            .help(help);
        Reported
    })
}

/// RFC 3339 with an uppercase `T`, and an uppercase `Z` or a numeric offset.
fn parse(text: &str) -> Option<DateTime<Utc>> {
    let bytes = text.as_bytes();
    let shape_is_right = bytes.get(10) == Some(&b'T') && bytes.iter().all(|byte| byte.is_ascii() && *byte != b'z');
    let parsed = DateTime::parse_from_rfc3339(text).ok().filter(|_| shape_is_right)?;
    Some(parsed.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_full_form_with_uppercase_letters_is_a_timestamp() {
        for text in [
            "2026-08-14T18:30:00Z",
            "2026-08-14T18:30:00.5Z",
            "2026-08-14T18:30:00.000000001Z",
            "2026-08-14T18:30:00+02:00",
            "2024-02-29T00:00:00-05:30",
        ] {
            assert!(parse(text).is_some(), "{text}");
        }
        for text in [
            "",
            "soon",
            "2026-08-14",
            "2026-08-14 18:30:00Z",
            "2026-08-14t18:30:00Z",
            "2026-08-14T18:30:00z",
            "2026-08-14T18:30:00",
            "2026-08-14T18:30Z",
            "2026-13-14T18:30:00Z",
            "2026-02-30T18:30:00Z",
            "2026-08-14T25:30:00Z",
            "2026-08-14T18:30:00+0200",
            "2026-08-14T18:30:00Z ",
            "+2026-08-14T18:30:00Z",
        ] {
            assert!(parse(text).is_none(), "{text}");
        }
    }
}
