//! Errors, values and times in a few words.

use serde_json::Value;
use std::time::Duration;

use crate::history::ErrorOutput;

/// The most characters of a value that are shown.
const MOST_CHARACTERS: usize = 160;

/// The most characters of a cause that are shown.
const MOST_OF_A_CAUSE: usize = 1_000;

/// A summary of an error; a cause is shortened in its middle, since its end often says what is wrong.
pub(super) fn told(error: &ErrorOutput) -> String {
    told_as(error, |cause| shorten_in_the_middle(cause, MOST_OF_A_CAUSE))
}

/// An error with its whole cause.
pub(super) fn told_whole(error: &ErrorOutput) -> String {
    told_as(error, str::to_owned)
}

fn told_as(error: &ErrorOutput, shown: impl FnOnce(&str) -> String) -> String {
    let name = match &error.error {
        Some(name) => format!("`{name}`"),
        None => "an error without a name".to_owned(),
    };
    match error.cause.as_deref() {
        Some(cause) if !cause.is_empty() => format!("{name}, {}", shown(cause)),
        _ => name,
    }
}

/// A text, or its first and last characters if it has more than `most`.
pub(crate) fn shorten_in_the_middle(text: &str, most: usize) -> String {
    let Some((first, _)) = text.char_indices().nth(most / 2) else {
        return text.to_owned();
    };
    let last = text.char_indices().nth_back(most / 2).map_or(0, |(last, _)| last);
    if last <= first {
        return text.to_owned();
    }
    let (start, end) = (text.get(..first), text.get(last..));
    format!("{} … {}", start.unwrap_or_default(), end.unwrap_or_default())
}

/// A value as JSON text, cut if it is long.
pub(super) fn shown(value: &Value) -> String {
    cut(&value.to_string())
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MOST_CHARACTERS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// A time in hours, minutes and seconds.
pub(super) fn seconds(time: Duration) -> String {
    let (hours, minutes) = (time.as_secs() / 3600, time.as_secs() / 60 % 60);
    let rest = time.saturating_sub(Duration::from_secs(time.as_secs() / 60 * 60));
    let parts = [(hours, "h"), (minutes, "min")]
        .into_iter()
        .filter(|(count, _)| *count > 0);
    let mut parts: Vec<String> = parts.map(|(count, unit)| format!("{count} {unit}")).collect();
    if parts.is_empty() || !rest.is_zero() {
        // AWS shows milliseconds; a shorter time is shown exactly rather than as zero.
        let milliseconds = Duration::from_millis(u64::try_from(rest.as_millis()).unwrap_or_default());
        let shown = if milliseconds.is_zero() { rest } else { milliseconds };
        parts.push(format!("{} s", shown.as_secs_f64()));
    }
    parts.join(" ")
}
