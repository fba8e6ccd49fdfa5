//! The parser: one pass over the text, recursive to a fixed depth.

mod containers;

use self::containers::comment;
use super::string::StringReader;
use super::syntax::{Problem, SyntaxError, SyntaxErrorKind, TOKEN, VALUE, character};
use super::{Kind, MAX_DEPTH, Node, Span, Substitutions, number};

/// The most characters of a word that an error shows; Jackson's own limit.
const LONGEST_WORD: usize = 256;

/// The result of parsing a text.
#[derive(Debug)]
pub(crate) struct Parsed {
    /// The text's value, or its syntax error.
    pub(crate) root: Result<Node, SyntaxError>,
    /// The other problems of the text, in source order.
    pub(crate) problems: Vec<Problem>,
    /// The innermost array or object that is open at a syntax error: its name and its bracket's offset.
    pub(super) open: Option<(&'static str, usize)>,
}

/// Parses a whole text without substitutions: `${Name}` is plain text.
pub(crate) fn parse(source: &str) -> Parsed {
    let none = Substitutions::new();
    parse_strings(source, StringReader::verbatim(source, &none))
}

/// Parses a whole text without substitutions, and keeps every member of an object, even if its key is there already.
#[cfg(feature = "yaml")]
pub(crate) fn parse_with_duplicates(source: &str) -> Parsed {
    let none = Substitutions::new();
    let mut parser = Parser::new(source, StringReader::verbatim(source, &none));
    parser.keeps_duplicates = true;
    parser.parsed()
}

/// Parses a whole text and replaces each `${Name}` with its value. Together the values may add `room` bytes.
pub(crate) fn parse_with(source: &str, substitutions: &Substitutions, room: usize) -> Parsed {
    parse_strings(source, StringReader::new(source, substitutions, room))
}

fn parse_strings(source: &str, strings: StringReader<'_>) -> Parsed {
    Parser::new(source, strings).parsed()
}

/// The parser's state.
struct Parser<'s> {
    source: &'s str,
    at: usize,
    /// The open arrays and objects: their names and their brackets' offsets.
    open: Vec<(&'static str, usize)>,
    strings: StringReader<'s>,
    problems: Vec<Problem>,
    /// Whether an object keeps a member whose key it has already; that is a problem all the same.
    keeps_duplicates: bool,
}

impl<'s> Parser<'s> {
    fn new(source: &'s str, strings: StringReader<'s>) -> Self {
        Self {
            source,
            at: 0,
            open: Vec::new(),
            strings,
            problems: Vec::new(),
            keeps_duplicates: false,
        }
    }

    fn parsed(mut self) -> Parsed {
        let root = self.document();
        Parsed {
            root,
            problems: self.problems,
            open: self.open.pop(),
        }
    }

    fn document(&mut self) -> Result<Node, SyntaxError> {
        self.skip_blanks();
        let root = self.value()?;
        self.skip_blanks();
        match self.peek() {
            None => Ok(root),
            Some(c) => {
                let mut error = self.no_value(c).kind(SyntaxErrorKind::AfterEnd(c));
                error.span = self.here();
                Err(error)
            }
        }
    }

    fn value(&mut self) -> Result<Node, SyntaxError> {
        let start = self.at;
        let Some(first) = self.peek() else {
            let error = SyntaxError::new(self.here(), "Unexpected end-of-input: expected a value");
            return Err(error.kind(SyntaxErrorKind::EndOfInput));
        };
        let mut unresolved = false;
        let mut text_map = None;
        let kind = match first {
            '{' => self.nested("Object", Self::object)?,
            '[' => self.nested("Array", Self::array)?,
            '"' => {
                let read = self.strings.read(&mut self.at, &mut self.problems)?;
                unresolved = read.unresolved;
                text_map = Some(read.map).filter(|map| !map.is_empty()).map(Box::new);
                Kind::String(read.text)
            }
            '-' | '0'..='9' => {
                let (number, end) = number::read(self.source, start, &mut self.problems)?;
                self.at = end;
                unresolved = number.is_none();
                Kind::Number(number.unwrap_or_else(|| 0.into()))
            }
            '$' if self.rest().starts_with("${") => {
                let depth = self.open.len();
                let (value, resolved) = self.strings.bare(&mut self.at, depth, &mut self.problems)?;
                if let Some(node) = value {
                    return Ok(node);
                }
                unresolved = !resolved;
                Kind::Null
            }
            c => match self.literal() {
                Some(kind) => kind,
                None => return Err(self.no_value(c)),
            },
        };
        Ok(Node {
            span: Span::new(start, self.at),
            kind,
            unresolved,
            text_map,
        })
    }

    fn nested(
        &mut self,
        name: &'static str,
        read: fn(&mut Self) -> Result<Kind, SyntaxError>,
    ) -> Result<Kind, SyntaxError> {
        if self.open.len() == MAX_DEPTH {
            let message = format!("the text nests deeper than {MAX_DEPTH} arrays and objects");
            return Err(SyntaxError::new(self.here(), message).kind(SyntaxErrorKind::TooDeep));
        }
        self.open.push((name, self.at));
        let kind = read(self)?;
        self.open.pop();
        Ok(kind)
    }

    /// `true`, `false` or `null`, if it is one of them.
    fn literal(&mut self) -> Option<Kind> {
        let word = self.word();
        let kind = match word {
            "true" => Kind::Boolean(true),
            "false" => Kind::Boolean(false),
            "null" => Kind::Null,
            _ => return None,
        };
        self.at += word.len();
        Some(kind)
    }

    /// The next word; empty if the next character begins none.
    fn word(&self) -> &str {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '$');
        rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
    }

    /// The error for a next character `c` that does not begin a value.
    fn no_value(&self, c: char) -> SyntaxError {
        if c == '/' {
            return comment(self.here());
        }
        let word = self.word();
        if word.is_empty() {
            let error = SyntaxError::new(self.here(), format!("Unexpected character ({}): {VALUE}", character(c)));
            return match c {
                '\'' => error.help("strings stand in double quotes"),
                '\u{feff}' => error.help("save the file without a byte order mark"),
                _ => error,
            };
        }
        let mut shown: String = word.chars().take(LONGEST_WORD).collect();
        if shown.len() < word.len() {
            shown.push_str("...");
        }
        let end = self.at + word.len();
        let error = SyntaxError::new(
            Span::new(self.at, end),
            format!("Unrecognized token '{shown}': {TOKEN}"),
        )
        .at(end);
        match word {
            "True" | "TRUE" | "False" | "FALSE" => error.help("booleans are written `true` and `false`"),
            "None" | "nil" | "undefined" | "NULL" | "Null" => error.help("write `null`"),
            "NaN" | "Infinity" => error.help("JSON has no such number"),
            _ if self.open.is_empty() => error.kind(SyntaxErrorKind::Word),
            _ => error.help("a text stands in double quotes"),
        }
    }

    fn skip_blanks(&mut self) {
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

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// The span of the next character.
    fn here(&self) -> Span {
        Span::new(self.at, self.at + self.peek().map_or(0, char::len_utf8))
    }

    /// Skips the next character, and returns its span.
    fn take(&mut self) -> Span {
        let here = self.here();
        self.at = here.end;
        here
    }
}

#[cfg(test)]
mod tests;
