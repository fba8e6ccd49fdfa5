//! EventBridge's messages for a pattern that is not JSON, in the words of its parser, Jackson.

/// The reason for a text that `serde_json` could not read.
pub(super) fn reason(text: &str, error: &serde_json::Error) -> String {
    if text.trim_start().is_empty() {
        return "Filter is not an object".to_owned();
    }
    if error.is_eof() {
        return "Unexpected end-of-input".to_owned();
    }
    let at = offset(text, error);
    let before = text.get(..at).unwrap_or_default();
    let start = before.trim_end_matches(is_part_of_a_token).len();
    let token: String = text
        .get(start..)
        .unwrap_or_default()
        .chars()
        .take_while(|c| is_part_of_a_token(*c))
        .collect();
    if token.starts_with(|character: char| !character.is_ascii_digit()) && !is_in_string(error) {
        return format!(
            "Unrecognized token '{token}': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or \
             'false')"
        );
    }
    let Some(character) = text.get(at..).and_then(|rest| rest.chars().next()) else {
        return "Unexpected end-of-input".to_owned();
    };
    let expected = expected(error);
    match (character, expected) {
        ('}', "was expecting comma to separate Array entries") => {
            "Unexpected close marker '}': expected ']'".to_owned()
        }
        (']', "was expecting comma to separate Object entries") => {
            "Unexpected close marker ']': expected '}'".to_owned()
        }
        _ => format!(
            "Unexpected character ('{character}' (code {})): {expected}",
            u32::from(character)
        ),
    }
}

/// Where in the text the character stands that was not expected.
fn offset(text: &str, error: &serde_json::Error) -> usize {
    let lines = text.split_inclusive('\n').take(error.line().saturating_sub(1));
    let line_start: usize = lines.map(str::len).sum();
    let at = line_start.saturating_add(error.column()).saturating_sub(1);
    (0..=at.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or_default()
}

fn is_part_of_a_token(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$')
}

fn is_in_string(error: &serde_json::Error) -> bool {
    let message = error.to_string();
    message.starts_with("control character") || message.starts_with("invalid escape")
}

fn expected(error: &serde_json::Error) -> &'static str {
    let message = error.to_string();
    let known = [
        ("key must be a string", "was expecting double-quote to start field name"),
        ("trailing comma", "was expecting double-quote to start field name"),
        ("expected `,` or `}`", "was expecting comma to separate Object entries"),
        ("expected `,` or `]`", "was expecting comma to separate Array entries"),
        ("expected `:`", "was expecting a colon to separate field name and value"),
        ("trailing characters", "expected no further tokens"),
    ];
    let known = known.iter().find(|(start, _)| message.starts_with(start));
    known.map_or(
        "expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
        |k| k.1,
    )
}

#[cfg(test)]
mod tests {
    use super::super::EventPattern;

    fn reason(text: &str) -> String {
        text.parse::<EventPattern>().unwrap_err().reason().to_owned()
    }

    #[test]
    fn a_word_is_no_token() {
        let rest = "was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
        assert_eq!(reason("this is no JSON"), format!("Unrecognized token 'this': {rest}"));
        assert_eq!(reason("{\n \"a\": [nil]}"), format!("Unrecognized token 'nil': {rest}"));
        assert_eq!(reason(r#"{"a": [tru]}"#), format!("Unrecognized token 'tru': {rest}"));
    }

    #[test]
    fn other_mistakes_name_the_character() {
        assert_eq!(reason(""), "Filter is not an object");
        assert_eq!(reason(r#"{"a": ["b"]"#), "Unexpected end-of-input");
        assert_eq!(reason(r#"{"a": ["b"}"#), "Unexpected close marker '}': expected ']'");
        assert_eq!(
            reason("{'a': 1}"),
            "Unexpected character (''' (code 39)): was expecting double-quote to start field name"
        );
        assert_eq!(
            reason(r#"{"a" 1}"#),
            "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value"
        );
    }
}
