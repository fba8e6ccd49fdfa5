//! The texts in which Jackson, the JSON parser behind AWS, says why a text is no JSON.

use serde_json::Error;
use serde_json::error::Category;

const VALUES: &str = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

/// What stands for the text where Jackson was told not to quote it.
pub(crate) const REDACTED: &str = "REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled)";

/// Jackson's message for a text that `serde_json` refuses with `error`.
pub(crate) fn message(json: &str, error: &Error) -> String {
    let place = Place {
        line: error.line(),
        column: error.column(),
    };
    let detail = error.to_string();
    if error.classify() == Category::Eof {
        let end = Place::of(json, json.len());
        let (word, _) = word_at(json, end);
        if detail.starts_with("EOF while parsing a value") && word.starts_with(char::is_alphabetic) {
            return unrecognized(word, end);
        }
        return match open_container(json) {
            _ if detail.starts_with("EOF while parsing a string") => {
                format!("Unexpected end-of-input: was expecting closing quote for a string value\n at {end}")
            }
            Some((container, start)) => format!(
                "Unexpected end-of-input: expected close marker for {container} (start marker at {start})\n at {end}"
            ),
            None => format!("Unexpected end-of-input within/between Object entries\n at {end}"),
        };
    }
    let rest = place.rest(json);
    let unexpected = rest.chars().next().map_or_else(String::new, |next| {
        format!("Unexpected character ('{next}' (code {}))", u32::from(next))
    });
    if detail.starts_with("key must be a string") {
        return format!("{unexpected}: was expecting double-quote to start field name\n at {place}");
    }
    if detail.starts_with("expected `:`") {
        return format!("{unexpected}: was expecting a colon to separate field name and value\n at {place}");
    }
    if detail.starts_with("expected `,` or `}`") {
        return format!("{unexpected}: was expecting comma to separate Object entries\n at {place}");
    }
    if detail.starts_with("expected `,` or `]`") {
        return format!("{unexpected}: was expecting comma to separate Array entries\n at {place}");
    }
    let (word, end) = word_at(json, place);
    if word.is_empty() {
        return format!("{unexpected}: expected a valid value {VALUES}\n at {place}");
    }
    unrecognized(word, end)
}

fn unrecognized(word: &str, end: Place) -> String {
    format!("Unrecognized token '{word}': was expecting {VALUES}\n at {end}")
}

/// A line and a column, both from 1.
#[derive(Clone, Copy, Debug)]
struct Place {
    line: usize,
    column: usize,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { line, column } = self;
        write!(f, "[Source: {REDACTED}; line: {line}, column: {column}]")
    }
}

impl Place {
    fn of(json: &str, offset: usize) -> Self {
        let before = json.get(..offset).unwrap_or(json);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before.get(line_start..).unwrap_or_default().encode_utf16().count() + 1;
        Self {
            line: before.matches('\n').count() + 1,
            column,
        }
    }

    /// Where `serde_json` means; it counts bytes.
    fn offset(self, json: &str) -> usize {
        let line_start: usize = json
            .split_inclusive('\n')
            .take(self.line.saturating_sub(1))
            .map(str::len)
            .sum();
        line_start + self.column.saturating_sub(1)
    }

    fn rest(self, json: &str) -> &str {
        json.get(self.offset(json)..).unwrap_or_default()
    }
}

/// The word around a place, and the place behind it.
fn word_at(json: &str, place: Place) -> (&str, Place) {
    let is_word = |next: char| next.is_alphanumeric() || matches!(next, '_' | '$');
    let offset = place.offset(json).min(json.len());
    let before = json.get(..offset).unwrap_or_default();
    let start = before.rfind(|next| !is_word(next)).map_or(0, |position| {
        position
            + before
                .get(position..)
                .and_then(|rest| rest.chars().next())
                .map_or(0, char::len_utf8)
    });
    let rest = json.get(start..).unwrap_or_default();
    let end = rest.find(|next| !is_word(next)).unwrap_or(rest.len());
    (rest.get(..end).unwrap_or_default(), Place::of(json, start + end))
}

/// The innermost array or object that is not closed.
fn open_container(json: &str) -> Option<(&'static str, Place)> {
    let mut open = Vec::new();
    let mut in_string = false;
    let mut escaped = false;
    for (offset, next) in json.char_indices() {
        match next {
            _ if std::mem::take(&mut escaped) => {}
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            _ if in_string => {}
            '{' => open.push(("Object", offset)),
            '[' => open.push(("Array", offset)),
            '}' | ']' => drop(open.pop()),
            _ => {}
        }
    }
    open.pop()
        .map(|(container, offset)| (container, Place::of(json, offset)))
}

#[cfg(test)]
mod tests {
    use super::message;
    use serde_json::Value;

    fn refusal(json: &str) -> String {
        let error = serde_json::from_str::<Value>(json).unwrap_err();
        message(json, &error).replace(
            "Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); ",
            "",
        )
    }

    #[test]
    fn recorded_texts() {
        assert_eq!(
            refusal("{z:1}"),
            "Unexpected character ('z' (code 122)): was expecting double-quote to start field name\n at [line: 1, column: 2]"
        );
        assert_eq!(
            refusal("{\"a\":1"),
            "Unexpected end-of-input: expected close marker for Object (start marker at [line: 1, column: 1])\n at [line: 1, column: 7]"
        );
        for word in ["word", "nul", "tru"] {
            assert_eq!(
                refusal(word),
                format!(
                    "Unrecognized token '{word}': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n at [line: 1, column: {}]",
                    word.len() + 1
                )
            );
        }
    }

    #[test]
    fn every_refusal_has_a_text() {
        for json in [
            "[1,\n 2",
            "{\"a\" 1}",
            "[1 2]",
            "{\"a\":1 \"b\":2}",
            "\"abc",
            "1 x",
            "ééx",
            "[1,]",
            "{",
            "-",
            "é",
        ] {
            assert!(!refusal(json).is_empty());
        }
    }
}
