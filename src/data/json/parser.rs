//! The parser: one pass over the text, recursive to a fixed depth.

use super::containers::comment;
use super::string::StringReader;
use super::syntax::{SyntaxError, TOKEN, VALUE, character};
use super::{Kind, Node, Span, number};
use crate::data::json::Substitutions;
use crate::definition::Code;
use crate::loading::report::{Place, Report};

/// How deep arrays and objects may nest.
pub(crate) const MAX_DEPTH: usize = 128;

/// Parses a whole text. Problems go to the report; `None` when the text is no JSON at all.
pub(crate) fn parse(source: &str, substitutions: &Substitutions, report: &mut Report) -> Option<Node> {
    parse_strings(source, StringReader::new(source, substitutions), report)
}

/// The same for a text in which `${Name}` stands for itself.
#[cfg(feature = "yaml")]
pub(crate) fn parse_verbatim(source: &str, report: &mut Report) -> Option<Node> {
    let none = Substitutions::new();
    parse_strings(source, StringReader::verbatim(source, &none), report)
}

fn parse_strings(source: &str, strings: StringReader<'_>, report: &mut Report) -> Option<Node> {
    let mut parser = Parser {
        source,
        at: 0,
        depth: 0,
        strings,
        report,
    };
    match parser.document() {
        Ok(root) => Some(root),
        Err(error) => {
            let code = if error.too_deep {
                Code::TooDeeplyNested
            } else {
                Code::InvalidJsonDescription
            };
            let finding = parser
                .report
                .error(code, Place::at(error.span).nowhere(), error.message);
            if let Some(help) = error.help {
                finding.help(help);
            }
            None
        }
    }
}

/// Where the parser is in the text.
pub(super) struct Parser<'s, 'r> {
    source: &'s str,
    pub(super) at: usize,
    depth: usize,
    pub(super) strings: StringReader<'s>,
    pub(super) report: &'r mut Report,
}

impl Parser<'_, '_> {
    fn document(&mut self) -> Result<Node, SyntaxError> {
        self.skip_blanks();
        let root = self.value()?;
        self.skip_blanks();
        match self.peek() {
            None => Ok(root),
            Some(c) => {
                let message = format!(
                    "Unexpected character ({}): expected nothing after the definition",
                    character(c)
                );
                let help = match c {
                    '}' | ']' => "there is one bracket too many here, or one too few before it",
                    _ => "a text holds one definition",
                };
                Err(SyntaxError::new(self.here(), message).help(help))
            }
        }
    }

    pub(super) fn value(&mut self) -> Result<Node, SyntaxError> {
        let start = self.at;
        let Some(first) = self.peek() else {
            return Err(SyntaxError::new(
                self.here(),
                "Unexpected end-of-input: expected a value",
            ));
        };
        let mut unresolved = false;
        let mut text_map = None;
        let kind = match first {
            '{' => self.nested(Self::object)?,
            '[' => self.nested(Self::array)?,
            '"' => {
                let read = self.strings.read(&mut self.at, self.report)?;
                unresolved = read.unresolved;
                text_map = Some(read.map).filter(|map| !map.is_empty()).map(Box::new);
                Kind::String(read.text)
            }
            '-' | '0'..='9' => {
                let (number, end) = number::read(self.source, start, self.report)?;
                self.at = end;
                unresolved = number.is_none();
                Kind::Number(number.unwrap_or_else(|| 0.into()))
            }
            '$' if self.rest().starts_with("${") => {
                let (value, resolved) = self.strings.bare(&mut self.at, self.depth, self.report)?;
                if let Some(node) = value {
                    return Ok(node);
                }
                unresolved = !resolved;
                Kind::Null
            }
            c if c.is_alphabetic() || c == '_' || c == '$' => self.word()?,
            '/' => return Err(comment(self.here())),
            c => {
                let error = SyntaxError::new(self.here(), format!("Unexpected character ({}): {VALUE}", character(c)));
                return Err(match c {
                    '\'' => error.help("strings stand in double quotes"),
                    '\u{feff}' => error.help("save the file without a byte order mark"),
                    _ => error,
                });
            }
        };
        Ok(Node {
            span: Span::new(start, self.at),
            kind,
            unresolved,
            text_map,
        })
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Kind, SyntaxError>) -> Result<Kind, SyntaxError> {
        if self.depth == MAX_DEPTH {
            let mut error = SyntaxError::new(
                self.here(),
                format!("the definition nests deeper than {MAX_DEPTH} arrays and objects"),
            );
            error.too_deep = true;
            error.help =
                Some("make a machine of its own of what is nested, and start it by `states:startExecution`".to_owned());
            return Err(error);
        }
        self.depth += 1;
        let kind = read(self);
        self.depth -= 1;
        kind
    }

    /// `true`, `false`, `null`, or a word that is none of them.
    fn word(&mut self) -> Result<Kind, SyntaxError> {
        let rest = self.rest();
        let length = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_' && c != '$')
            .unwrap_or(rest.len());
        let word = rest.get(..length).unwrap_or_default();
        let kind = match word {
            "true" => Kind::Boolean(true),
            "false" => Kind::Boolean(false),
            "null" => Kind::Null,
            _ => {
                let shown: String = word.chars().take(40).collect();
                let error = SyntaxError::new(
                    Span::new(self.at, self.at + length),
                    format!("Unrecognized token '{shown}': {TOKEN}"),
                );
                return Err(match word {
                    "True" | "TRUE" | "False" | "FALSE" => error.help("booleans are written `true` and `false`"),
                    "None" | "nil" | "undefined" | "NULL" | "Null" => error.help("write `null`"),
                    "NaN" | "Infinity" => error.help("JSON has no such number"),
                    _ if self.depth == 0 => error.help("a definition is an object: it begins with `{`"),
                    _ => error.help("a text stands in double quotes"),
                });
            }
        };
        self.at += length;
        Ok(kind)
    }

    pub(super) fn skip_blanks(&mut self) {
        let blanks = self
            .rest()
            .bytes()
            .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
            .count();
        self.at += blanks;
    }

    fn rest(&self) -> &str {
        self.source.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// The span of the next character.
    pub(super) fn here(&self) -> Span {
        Span::new(self.at, self.at + self.peek().map_or(0, char::len_utf8))
    }

    /// Goes past the next character.
    pub(super) fn take(&mut self) -> Span {
        let here = self.here();
        self.at = here.end;
        here
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::Diagnostic;
    use serde_json::{Value, json};

    fn read(source: &str) -> (Option<Value>, Vec<Diagnostic>) {
        let mut report = Report::new(source);
        let root = parse(source, &Substitutions::new(), &mut report);
        let (diagnostics, _) = report.finish(source, root.as_ref());
        (root.map(|root| root.to_value()), diagnostics)
    }

    fn refused(source: &str) -> (String, usize) {
        let (_, diagnostics) = read(source);
        assert_eq!(diagnostics.len(), 1, "{source}: {diagnostics:?}");
        (diagnostics[0].message.clone(), diagnostics[0].column)
    }

    #[test]
    fn valid_texts_have_the_value_that_serde_json_gives_them() {
        for source in [
            "null",
            " [ ] ",
            "{}",
            "[1, -2, 0, 1.5, -1e3, 1E+2, 18446744073709551615, 123456789012345678901234567890]",
            r#"{"b": 1, "a": {"c": [true, false, null]}}"#,
            r#""\" \\ \/ \b \f \n \r \t \u00e9 \ud83c\udf55 ピザ""#,
            r#"["$", "$.a", "${", "${}", "${a b}", "$$"]"#,
        ] {
            let (value, diagnostics) = read(source);
            assert_eq!(diagnostics, [], "{source}");
            assert_eq!(value, Some(serde_json::from_str(source).unwrap()), "{source}");
        }
        assert_eq!(read("-0").0, Some(json!(0)), "as Jackson reads it");
    }

    #[test]
    fn what_serde_json_refuses_is_refused() {
        for source in [
            "",
            " ",
            "{",
            "[",
            "\"",
            "{\"a\"",
            "{\"a\":",
            "{\"a\":1",
            "{\"a\":1,",
            "{\"a\":1,}",
            "[1",
            "[1,",
            "[1,]",
            "[,]",
            "{,}",
            "tru",
            "nulL",
            "+1",
            "-",
            "01",
            "-01",
            "1.",
            ".5",
            "1e",
            "1e+",
            "1a",
            "0x1",
            "NaN",
            "'a'",
            "\"\\x\"",
            "\"\\u12g4\"",
            "\"\\u12\"",
            "\"a\nb\"",
            "\"\u{1}\"",
            "[1 2]",
            "{\"a\" 1}",
            "{\"a\":1 \"b\":2}",
            "1 2",
            "{} {}",
            "// c\n1",
            "[1,/**/2]",
            "{a:1}",
            "\u{feff}{}",
            "\u{a0}1",
            "\"\\ud800\"",
            "1e400",
            "${Name}",
        ] {
            assert!(serde_json::from_str::<Value>(source).is_err(), "{source}");
            assert_eq!(read(source).1.len(), 1, "{source}");
        }
    }

    #[test]
    fn errors_are_told_as_jackson_tells_them() {
        let unexpected = |c: &str, rest: &str| format!("Unexpected character ({c}): {rest}");
        assert_eq!(
            refused("{a"),
            (
                unexpected("'a' (code 97)", "was expecting double-quote to start field name"),
                2
            )
        );
        assert_eq!(
            refused("not a definition"),
            ("Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')".into(), 1)
        );
        assert_eq!(
            refused("[1 2]"),
            (
                unexpected("'2' (code 50)", "was expecting comma to separate Array entries"),
                4
            )
        );
        assert_eq!(
            refused(r#"{"a" 1}"#),
            (
                unexpected(
                    "'1' (code 49)",
                    "was expecting a colon to separate field name and value"
                ),
                6
            )
        );
        assert_eq!(
            refused("[-]").0,
            "Unexpected character (']' (code 93)) in numeric value: expected digit (0-9) to follow minus sign, for valid numeric value"
        );
        assert_eq!(refused("\"\\x\"").0, "Unrecognized character escape 'x' (code 120)");
    }

    #[test]
    fn a_trailing_comma_is_pointed_at() {
        assert_eq!(refused("[1, ]").1, 3);
        assert_eq!(refused(r#"{"a": 1 , }"#).1, 9);
    }

    #[test]
    fn a_duplicate_key_keeps_its_first_value() {
        for fill in [0, 20] {
            let fill: Vec<String> = (0..fill).map(|n| format!(r#""k{n}": 0, "#)).collect();
            let (value, diagnostics) = read(&format!(r#"{{ "a": 1, {}"b": 2, "a": 3 }}"#, fill.concat()));
            assert_eq!(diagnostics.len(), 1);
            assert_eq!(diagnostics[0].message, "Duplicate field 'a'");
            assert_eq!(value.unwrap()["a"], 1);
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(read(&nested(MAX_DEPTH)).1, []);
        assert_eq!(read(&nested(MAX_DEPTH + 1)).1[0].code, Code::TooDeeplyNested);
        assert_eq!(read(&"[".repeat(1_000_000)).1[0].code, Code::TooDeeplyNested);
        assert_eq!(read(&r#"{"a":"#.repeat(200_000)).1[0].code, Code::TooDeeplyNested);
    }
}
