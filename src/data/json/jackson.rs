//! The messages of Jackson, AWS's JSON parser, for texts that are not JSON.

use std::fmt;

use super::MAX_DEPTH;
use super::parser::{Parsed, parse};
use super::syntax::{Problem, SyntaxError, SyntaxErrorKind};

/// Why Jackson rejects a text.
#[derive(Debug)]
pub(crate) struct NotJson<'t> {
    text: &'t str,
    message: String,
    /// The words before an opening bracket's place, and its offset; both follow the message.
    opening: Option<(String, usize)>,
    at: usize,
}

/// The part of the text that Jackson shows with a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// Nothing: quoting is turned off.
    Redacted,
    /// The beginning of the text.
    Quoted,
}

impl<'t> NotJson<'t> {
    /// The syntax error of a text; `None` if it is JSON.
    #[cfg_attr(
        all(not(feature = "runtime"), not(test)),
        expect(dead_code, reason = "only the server checks the syntax alone")
    )]
    pub(crate) fn of_syntax(text: &'t str) -> Option<Self> {
        let parsed = parse(text);
        let error = parsed.root.err()?;
        Some(Self::of_error(text, error, parsed.open))
    }

    /// Why a text that `serde_json` rejected is not JSON.
    pub(crate) fn of(text: &'t str) -> Self {
        let Parsed { root, problems, open } = parse(text);
        if let Err(error) = root {
            return Self::of_error(text, error, open);
        }
        let (message, at) = problems.iter().find_map(of_problem).unwrap_or_else(|| {
            // INVARIANT: `serde_json` accepts one level less than our parser, which is the only other reason to reject
            // a text.
            let message = format!("the text nests deeper than {} arrays and objects", MAX_DEPTH - 1);
            (message, 0)
        });
        Self {
            text,
            message,
            opening: None,
            at,
        }
    }

    /// If the text ends too early, Jackson names its end and the container that is `open` there.
    fn of_error(text: &'t str, error: SyntaxError, open: Option<(&'static str, usize)>) -> Self {
        let (message, opening, at) = match (error.kind, open) {
            (SyntaxErrorKind::EndOfInput, Some((container, start))) => (
                format!("Unexpected end-of-input: expected close marker for {container}"),
                Some(("start marker at".to_owned(), start)),
                text.len(),
            ),
            (SyntaxErrorKind::CloseMarker, Some((container, start))) => (
                error.message,
                Some((format!("for {container} starting at"), start)),
                error.at,
            ),
            (SyntaxErrorKind::EndOfInput, None) => {
                let message = "No content to map due to end-of-input";
                (message.to_owned(), None, text.len())
            }
            _ => (error.message, None, error.at),
        };
        Self {
            text,
            message,
            opening,
            at,
        }
    }

    /// The problem, followed by its place.
    pub(crate) fn message(&self, source: Source) -> String {
        format!("{}\n at {}", self.problem(source), self.place(source))
    }

    /// The problem without its place, as the Step Functions API gives it. A bracket's place inside the problem is kept.
    pub(crate) fn problem(&self, source: Source) -> String {
        match &self.opening {
            Some((words, start)) => format!("{} ({words} {})", self.message, Place::of(self.text, *start, source)),
            None => self.message.clone(),
        }
    }

    /// The place of the problem.
    pub(crate) fn place(&self, source: Source) -> String {
        Place::of(self.text, self.at, source).to_string()
    }
}

/// The message for a problem that our parser can skip, but that leaves no value that `serde_json` could hold.
fn of_problem(problem: &Problem) -> Option<(String, usize)> {
    match problem {
        Problem::NumberOutOfRange { span } => Some(("the number is out of range".to_owned(), span.start)),
        Problem::LoneSurrogate { unit, span } => {
            let message = format!("`\\u{unit:04X}` is a lone surrogate, which is not a character");
            Some((message, span.start))
        }
        Problem::DuplicateKey { .. }
        | Problem::UnresolvedSubstitution { .. }
        | Problem::StandIn
        | Problem::SubstitutionsTooLong { .. } => None,
    }
}

/// A line and a column, both from 1, as Jackson prints them.
struct Place<'t> {
    source: Source,
    text: &'t str,
    line: usize,
    column: usize,
}

/// The most characters of a text that Jackson quotes.
const QUOTED: usize = 500;

impl<'t> Place<'t> {
    fn of(text: &'t str, offset: usize, source: Source) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before.get(line_start..).unwrap_or_default().encode_utf16().count() + 1;
        Self {
            source,
            text,
            line: before.matches('\n').count() + 1,
            column,
        }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, text, .. } = self;
        f.write_str("[Source: ")?;
        match self.source {
            Source::Redacted => f.write_str("REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled)")?,
            Source::Quoted => match text.char_indices().nth(QUOTED) {
                None => write!(f, "(String)\"{text}\"")?,
                Some((end, _)) => {
                    let (shown, hidden) = text.split_at(end);
                    let hidden = hidden.encode_utf16().count();
                    write!(f, "(String)\"{shown}\"[truncated {hidden} chars]")?;
                }
            },
        }
        write!(f, "; line: {line}, column: {column}]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    const VALUES: &str = "was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

    fn message(json: &str) -> String {
        let redacted = "Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); ";
        NotJson::of(json).message(Source::Redacted).replace(redacted, "")
    }

    #[test]
    fn recorded_texts() {
        assert_eq!(
            message("{z:1}"),
            "Unexpected character ('z' (code 122)): was expecting double-quote to start field name\n at [line: 1, column: 2]"
        );
        assert_eq!(
            message("{\"a\":1"),
            "Unexpected end-of-input: expected close marker for Object (start marker at [line: 1, column: 1])\n at [line: 1, column: 7]"
        );
        for word in ["word", "nul", "tru"] {
            let column = word.len() + 1;
            assert_eq!(
                message(word),
                format!("Unrecognized token '{word}': {VALUES}\n at [line: 1, column: {column}]")
            );
        }
    }

    #[test]
    fn an_end_names_what_is_open() {
        let marked = |container: &str, line: usize, column: usize| {
            format!("expected close marker for {container} (start marker at [line: {line}, column: {column}])")
        };
        for (json, open) in [
            ("[1,\n {", marked("Object", 2, 2)),
            ("[1,\n 2", marked("Array", 1, 1)),
            ("{\"ä\": [{}, ", marked("Array", 1, 7)),
            ("{\"a\"", marked("Object", 1, 1)),
            ("{\"a\":", marked("Object", 1, 1)),
            ("\"abc", "was expecting closing quote for a string value".to_owned()),
        ] {
            let said = message(json);
            assert!(
                said.starts_with(&format!("Unexpected end-of-input: {open}\n at ")),
                "{said}"
            );
        }
        assert!(message(" ").starts_with("No content to map due to end-of-input\n at "));
    }

    #[test]
    fn a_wrong_bracket_names_what_is_open() {
        for (json, said) in [
            (
                "[1}",
                "'}': expected ']' (for Array starting at [line: 1, column: 1])\n at [line: 1, column: 3]",
            ),
            (
                "{\"a\": [}",
                "'}': expected ']' (for Array starting at [line: 1, column: 7])\n at [line: 1, column: 8]",
            ),
            (
                "[\n{]",
                "']': expected '}' (for Object starting at [line: 2, column: 1])\n at [line: 2, column: 2]",
            ),
            (
                "{\"a\": 1]",
                "']': expected '}' (for Object starting at [line: 1, column: 1])\n at [line: 1, column: 8]",
            ),
        ] {
            assert_eq!(message(json), format!("Unexpected close marker {said}"), "{json}");
        }
    }

    #[test]
    fn what_follows_a_value_is_no_value() {
        assert!(message("1 x").starts_with("Unrecognized token 'x': "));
        assert!(message("{} }").starts_with("Unexpected character ('}' (code 125)): expected a valid value "));
    }

    #[test]
    fn what_only_serde_json_refuses_has_a_text_too() {
        assert!(message("[1e400]").starts_with("the number is out of range\n at [line: 1, column: 2]"));
        assert!(message(r#""\ud800""#).starts_with("`\\uD800` is a lone surrogate"));
        let nested = format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
        assert!(serde_json::from_str::<Value>(&nested).is_err());
        assert!(message(&nested).starts_with("the text nests deeper than 127 arrays and objects"));
        assert!(message(&"[".repeat(50_000)).starts_with("the text nests deeper than 128 arrays and objects"));
    }

    #[test]
    fn a_place_inside_the_problem_stays() {
        let not_json = NotJson::of(r#"{"not": "json""#);
        assert_eq!(
            not_json.problem(Source::Quoted),
            r#"Unexpected end-of-input: expected close marker for Object (start marker at [Source: (String)"{"not": "json""; line: 1, column: 1])"#
        );
        let not_json = NotJson::of("{'a': 1}");
        assert_eq!(
            not_json.problem(Source::Quoted),
            "Unexpected character (''' (code 39)): was expecting double-quote to start field name"
        );
    }

    #[test]
    fn the_place_quotes_the_beginning_of_the_text() {
        let not_json = NotJson::of_syntax("not a definition").unwrap();
        let place = r#"[Source: (String)"not a definition"; line: 1, column: 4]"#;
        assert_eq!(not_json.place(Source::Quoted), place);
        assert_eq!(
            not_json.message(Source::Quoted),
            format!("Unrecognized token 'not': {VALUES}\n at {place}")
        );
        let long = "é".repeat(502);
        let place = NotJson::of(&long).place(Source::Quoted);
        let quoted = "é".repeat(500);
        assert_eq!(
            place,
            format!(r#"[Source: (String)"{quoted}"[truncated 2 chars]; line: 1, column: 503]"#)
        );
        assert!(NotJson::of_syntax("{}").is_none());
    }

    proptest! {
        /// Our parser and `serde_json` reject the same texts, so there is always a reason.
        #[test]
        fn what_serde_json_refuses_is_refused(json in r#"[\[\]{}:,"' 0-9eE.+\-truefalsn\\u/d8]{0,12}"#) {
            let parsed = parse(&json);
            let is_refused = parsed.root.is_err() || parsed.problems.iter().any(|problem| of_problem(problem).is_some());
            prop_assert_eq!(is_refused, serde_json::from_str::<Value>(&json).is_err());
        }
    }
}
