use serde_json::Error;

use super::intrinsic::jackson;

/// Why a text is no JSON, as the Step Functions API says it: Jackson's message without the place.
pub(crate) fn json_problem(text: &str, error: &Error) -> String {
    let message = jackson::message(text, error);
    match message.split_once("\n at ") {
        Some((problem, _)) => problem.to_owned(),
        None => message,
    }
}

/// The same where the parser quotes the text, for places inside the message.
#[cfg(feature = "runtime")]
pub(crate) fn json_problem_quoted(text: &str) -> String {
    if text.trim().is_empty() {
        return "No content to map due to end-of-input".to_owned();
    }
    let (message, place) = json_problem_in_source(text).unwrap_or_default();
    let problem = message.strip_suffix(&format!("\n at {place}"));
    problem.unwrap_or(&message).to_owned()
}

/// So many characters of a text are quoted by Jackson.
#[cfg(feature = "runtime")]
const QUOTED: usize = 500;

/// Jackson's message with the place behind it, and the place alone, which quotes the text. `None` for what is JSON.
#[cfg(feature = "runtime")]
pub(crate) fn json_problem_in_source(text: &str) -> Option<(String, String)> {
    let error = serde_json::from_str::<serde::de::IgnoredAny>(text).err()?;
    let quoted = match text.char_indices().nth(QUOTED) {
        None => format!("(String)\"{text}\""),
        Some((end, _)) => {
            let (shown, hidden) = text.split_at(end);
            format!("(String)\"{shown}\"[truncated {} chars]", hidden.encode_utf16().count())
        }
    };
    let message = jackson::message(text, &error).replace(jackson::REDACTED, &quoted);
    let (_, place) = message.rsplit_once("\n at ")?;
    let place = place.to_owned();
    Some((message, place))
}

#[cfg(all(test, feature = "runtime"))]
mod tests {
    use super::{json_problem_in_source, json_problem_quoted};

    #[test]
    fn a_place_inside_the_message_stays() {
        assert_eq!(
            json_problem_quoted(r#"{"not": "json""#),
            r#"Unexpected end-of-input: expected close marker for Object (start marker at [Source: (String)"{"not": "json""; line: 1, column: 1])"#
        );
        assert_eq!(json_problem_quoted(" "), "No content to map due to end-of-input");
        assert_eq!(
            json_problem_quoted("{'a': 1}"),
            "Unexpected character (''' (code 39)): was expecting double-quote to start field name"
        );
    }

    #[test]
    fn the_place_quotes_the_beginning_of_the_text() {
        let (message, place) = json_problem_in_source("not a definition").unwrap();
        assert_eq!(place, r#"[Source: (String)"not a definition"; line: 1, column: 4]"#);
        assert_eq!(
            message,
            format!(
                "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n at {place}"
            )
        );
        let (_, place) = json_problem_in_source(&"é".repeat(502)).unwrap();
        let wanted = format!(
            r#"[Source: (String)"{}"[truncated 2 chars]; line: 1, column: 503]"#,
            "é".repeat(500)
        );
        assert_eq!(place, wanted);
        assert_eq!(json_problem_in_source("{}"), None);
    }
}
