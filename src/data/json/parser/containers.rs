//! Objects and arrays.

use super::Parser;
use crate::data::json::node::SeenKeys;
use crate::data::json::syntax::{Problem, SyntaxError, SyntaxErrorKind, VALUE, character};
use crate::data::json::{Kind, Member, Object, Span};

impl Parser<'_> {
    pub(super) fn object(&mut self) -> Result<Kind, SyntaxError> {
        let opening = self.take();
        let mut members = Vec::new();
        let mut seen = SeenKeys::default();
        let mut comma = None;
        loop {
            self.skip_blanks();
            match self.peek() {
                Some('}') if comma.is_none() => break,
                Some(']') if comma.is_none() => return Err(self.close_marker(']', '}')),
                Some('"') => {}
                None => return Err(unclosed("Object", opening)),
                Some(c) => return Err(self.no_field_name(c, comma)),
            }
            let member = self.member(opening)?;
            let earlier = seen.earlier(&members, &member.key);
            if let Some(earlier) = earlier {
                self.problems.push(Problem::DuplicateKey {
                    key: member.key.clone(),
                    span: member.key_span,
                    earlier,
                });
            }
            if earlier.is_none() || self.keeps_duplicates {
                members.push(member);
            }
            self.skip_blanks();
            match self.peek() {
                Some(',') => comma = Some(self.take()),
                Some('}') => break,
                Some(']') => return Err(self.close_marker(']', '}')),
                None => return Err(unclosed("Object", opening)),
                Some('/') => return Err(comment(self.here())),
                Some(c) => {
                    let message = format!(
                        "Unexpected character ({}): was expecting comma to separate Object entries",
                        character(c)
                    );
                    let error = SyntaxError::new(self.here(), message);
                    return Err(if c == '"' {
                        error.help("put a comma between the fields")
                    } else {
                        error
                    });
                }
            }
        }
        self.take();
        Ok(Kind::Object(Object { members }))
    }

    fn member(&mut self, opening: Span) -> Result<Member, SyntaxError> {
        let start = self.at;
        let key = self.strings.read(&mut self.at, &mut self.problems)?;
        let key_span = Span::new(start, self.at);
        self.skip_blanks();
        match self.peek() {
            Some(':') => self.take(),
            None => return Err(unclosed("Object", opening)),
            Some(c) => {
                let message = format!(
                    "Unexpected character ({}): was expecting a colon to separate field name and value",
                    character(c)
                );
                return Err(SyntaxError::new(self.here(), message).help("a field is written `\"name\": value`"));
            }
        };
        self.skip_blanks();
        let value = self.value()?;
        Ok(Member {
            key: key.text,
            key_span,
            key_unresolved: key.unresolved,
            value,
        })
    }

    pub(super) fn array(&mut self) -> Result<Kind, SyntaxError> {
        let opening = self.take();
        let mut elements = Vec::new();
        let mut comma = None;
        loop {
            self.skip_blanks();
            match (self.peek(), comma) {
                (Some(']'), None) => break,
                (Some('}'), None) => return Err(self.close_marker('}', ']')),
                (Some(']'), Some(comma)) => {
                    let message = format!("Unexpected character ({}): {VALUE}", character(']'));
                    let error = SyntaxError::new(comma, message).at(self.at);
                    return Err(error.help("remove this comma, nothing follows it"));
                }
                (None, _) => return Err(unclosed("Array", opening)),
                _ => elements.push(self.value()?),
            }
            self.skip_blanks();
            match self.peek() {
                Some(',') => comma = Some(self.take()),
                Some(']') => break,
                Some('}') => return Err(self.close_marker('}', ']')),
                None => return Err(unclosed("Array", opening)),
                Some('/') => return Err(comment(self.here())),
                Some(c) => {
                    let message = format!(
                        "Unexpected character ({}): was expecting comma to separate Array entries",
                        character(c)
                    );
                    let help = match c {
                        ':' => "is the array's `]` missing?",
                        _ => "put a comma between the elements",
                    };
                    return Err(SyntaxError::new(self.here(), message).help(help));
                }
            }
        }
        self.take();
        Ok(Kind::Array(elements))
    }

    /// The error for a bracket that does not match the open array or object.
    fn close_marker(&self, found: char, expected: char) -> SyntaxError {
        let message = format!("Unexpected close marker '{found}': expected '{expected}'");
        let help = match expected {
            ']' => "is the array's `]` missing?",
            _ => "is the object's `}` missing?",
        };
        SyntaxError::new(self.here(), message)
            .help(help)
            .kind(SyntaxErrorKind::CloseMarker)
    }

    fn no_field_name(&self, c: char, comma: Option<Span>) -> SyntaxError {
        let message = format!(
            "Unexpected character ({}): was expecting double-quote to start field name",
            character(c)
        );
        match (c, comma) {
            ('}', Some(comma)) => SyntaxError::new(comma, message)
                .at(self.at)
                .help("remove this comma, nothing follows it"),
            ('/', _) => comment(self.here()),
            ('\'', _) => SyntaxError::new(self.here(), message).help("names and strings stand in double quotes"),
            (c, _) if c.is_alphabetic() => {
                SyntaxError::new(self.here(), message).help("field names stand in double quotes")
            }
            (',', _) => SyntaxError::new(self.here(), message).help("remove this comma"),
            _ => SyntaxError::new(self.here(), message),
        }
    }
}

/// The error for a comment, which JSON does not allow.
pub(super) fn comment(at: Span) -> SyntaxError {
    SyntaxError::new(
        at,
        "Unexpected character ('/' (code 47)): maybe a (non-standard) comment? (not recognized as one since Feature \
         'ALLOW_COMMENTS' not enabled for parser)",
    )
    .help("JSON has no comments")
    .kind(SyntaxErrorKind::Comment)
}

fn unclosed(what: &str, opening: Span) -> SyntaxError {
    SyntaxError::new(
        opening,
        format!("Unexpected end-of-input: expected close marker for {what}"),
    )
    .help("the text ends before what is opened here is closed")
    .kind(SyntaxErrorKind::EndOfInput)
}
