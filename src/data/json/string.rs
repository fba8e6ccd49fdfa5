//! Strings: escapes, surrogate pairs, and the substitution of `${Name}`.

use super::stamped::stamped;
use super::syntax::{Problem, SyntaxError, VALUE, character};
use super::text_map::TextMap;
use super::{Node, Span, Substitutions};

/// Reads the strings of one text.
pub(super) struct StringReader<'s> {
    source: &'s str,
    substitutions: &'s Substitutions,
    /// How many bytes the substitutions may still add to the text.
    room: usize,
    /// Whether it is already reported that they add too much.
    full: bool,
    /// Whether `${Name}` is plain text.
    is_verbatim: bool,
}

/// A string with its escapes and substitutions resolved.
pub(super) struct ReadString {
    pub(super) text: String,
    /// Whether a `${Name}` in the string has no value.
    pub(super) unresolved: bool,
    /// The places of the string's characters in the source.
    pub(super) map: TextMap,
}

impl<'s> StringReader<'s> {
    pub(super) fn new(source: &'s str, substitutions: &'s Substitutions, room: usize) -> Self {
        Self {
            source,
            substitutions,
            room,
            full: false,
            is_verbatim: false,
        }
    }

    /// A reader without substitutions: `${Name}` is plain text.
    pub(super) fn verbatim(source: &'s str, substitutions: &'s Substitutions) -> Self {
        Self {
            is_verbatim: true,
            ..Self::new(source, substitutions, 0)
        }
    }

    /// Parses the string whose opening quote is at `at`, and moves `at` past the closing one.
    pub(super) fn read(&mut self, at: &mut usize, problems: &mut Vec<Problem>) -> Result<ReadString, SyntaxError> {
        let opening = Span::new(*at, *at + 1);
        let mut text = String::new();
        let mut unresolved = false;
        let mut map = TextMap::default();
        *at += 1;
        loop {
            let rest = self.source.get(*at..).unwrap_or_default();
            let plain = rest
                .find(|c: char| matches!(c, '"' | '\\' | '$') || c < ' ')
                .unwrap_or(rest.len());
            text.push_str(rest.get(..plain).unwrap_or_default());
            *at += plain;
            match self.source.as_bytes().get(*at) {
                None => {
                    let message = "Unexpected end-of-input: was expecting closing quote for a string value";
                    let error = SyntaxError::new(opening, message).at(self.source.len());
                    return Err(error.help("the string that begins here has no end"));
                }
                Some(b'"') => {
                    *at += 1;
                    return Ok(ReadString { text, unresolved, map });
                }
                Some(b'\\') => {
                    let (text_start, source_start) = (text.len(), *at);
                    text.push(self.escape(at, problems)?);
                    map.add(text_start, text.len(), source_start, *at);
                }
                Some(b'$') => match substitution(self.source, *at).filter(|_| !self.is_verbatim) {
                    Some(Substitution::Literal { name, end }) => {
                        let text_start = text.len();
                        text.push_str("${");
                        text.push_str(name);
                        text.push('}');
                        map.add(text_start, text.len(), *at, end);
                        *at = end;
                    }
                    Some(Substitution::Named { name, end }) => {
                        let text_start = text.len();
                        let value = self.resolve(name, Span::new(*at, end), problems);
                        unresolved |= value.is_none() || self.substitutions.is_stand_in(name);
                        let written = self.substitutions.written(name).or(self.source.get(*at..end));
                        text.push_str(value.or(written).unwrap_or_default());
                        map.add(text_start, text.len(), *at, end);
                        *at = end;
                    }
                    None => {
                        text.push('$');
                        *at += 1;
                    }
                },
                Some(control) => {
                    let error = SyntaxError::new(
                        Span::new(*at, *at + 1),
                        format!(
                            "Illegal unquoted character ({}): has to be escaped using backslash to be included in string value",
                            character(char::from(*control))
                        ),
                    );
                    return Err(match control {
                        b'\n' | b'\r' => error.help("the string does not end in its line: is a quote missing?"),
                        b'\t' => error.help("write `\\t`"),
                        _ => error,
                    });
                }
            }
        }
    }

    /// Parses a `${Name}` without quotes, in the place of a value. Its value is parsed as JSON.
    ///
    /// The second part is `false` if the name has no value. Fails if the value is not JSON.
    pub(super) fn bare(
        &mut self,
        at: &mut usize,
        depth: usize,
        problems: &mut Vec<Problem>,
    ) -> Result<(Option<Node>, bool), SyntaxError> {
        let Some((name, end)) = bare_name(self.source, *at).filter(|_| !self.is_verbatim) else {
            let here = Span::new(*at, *at + 1);
            return Err(SyntaxError::new(
                here,
                format!("Unexpected character ({}): {VALUE}", character('$')),
            ));
        };
        let span = Span::new(*at, end);
        *at = end;
        let value = self.resolve(name, span, problems);
        let Some(value) = value.filter(|_| !self.substitutions.is_stand_in(name)) else {
            return Ok((None, false));
        };
        match serde_json::from_str(value)
            .ok()
            .and_then(|value| stamped(value, span, depth))
        {
            Some(node) => Ok((Some(node), true)),
            None => Err(SyntaxError::new(span, format!("the value of `${{{name}}}` is no JSON"))
                .help(format!("put it in quotes, `\"${{{name}}}\"`, where a string is meant"))),
        }
    }

    /// The value of a substitution. `None`, with a problem reported, if it has none or would make the text too long.
    pub(super) fn resolve(&mut self, name: &str, span: Span, problems: &mut Vec<Problem>) -> Option<&'s str> {
        let Some(value) = self.substitutions.value(name) else {
            let written = self.substitutions.written(name);
            let written = written.and_then(|text| text.strip_prefix("${")?.strip_suffix('}'));
            let name = written.unwrap_or(name).to_owned();
            problems.push(Problem::UnresolvedSubstitution { name, span });
            return None;
        };
        let Some(room) = self.room.checked_sub(value.len()) else {
            if !std::mem::replace(&mut self.full, true) {
                problems.push(Problem::SubstitutionsTooLong { span });
            }
            return None;
        };
        self.room = room;
        if self.substitutions.is_stand_in(name) {
            problems.push(Problem::StandIn);
        }
        Some(value)
    }

    /// Whether a name's value is a stand-in for a value that only a deployment knows.
    #[cfg(feature = "yaml")]
    pub(super) fn is_stand_in(&self, name: &str) -> bool {
        self.substitutions.is_stand_in(name)
    }

    /// The placeholder of a name without a value, if the source writes it otherwise.
    #[cfg(feature = "yaml")]
    pub(super) fn written(&self, name: &str) -> Option<&'s str> {
        self.substitutions.written(name)
    }

    /// Parses the escape at `at`, and moves `at` past it.
    fn escape(&self, at: &mut usize, problems: &mut Vec<Problem>) -> Result<char, SyntaxError> {
        let start = *at;
        let Some(letter) = self.source.get(start + 1..).and_then(|rest| rest.chars().next()) else {
            return Err(SyntaxError::new(
                Span::new(start, start + 1),
                "Unexpected end-of-input in character escape sequence",
            ));
        };
        *at = start + 1 + letter.len_utf8();
        Ok(match letter {
            '"' | '\\' | '/' => letter,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let unit = self.hex(at)?;
                if let Some(c) = char::from_u32(unit) {
                    return Ok(c);
                }
                let low_at = *at;
                if unit < 0xDC00 && self.source.get(low_at..).is_some_and(|rest| rest.starts_with("\\u")) {
                    *at += 2;
                    let low = self.hex(at)?;
                    if (0xDC00..0xE000).contains(&low) {
                        let code = 0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                        return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                    }
                    *at = low_at;
                }
                let span = Span::new(start, low_at);
                problems.push(Problem::LoneSurrogate { unit, span });
                char::REPLACEMENT_CHARACTER
            }
            c => {
                let error = SyntaxError::new(
                    Span::new(start, *at),
                    format!("Unrecognized character escape {}", character(c)),
                );
                return Err(error.help("a backslash itself is written `\\\\`"));
            }
        })
    }

    /// Parses four hexadecimal digits.
    fn hex(&self, at: &mut usize) -> Result<u32, SyntaxError> {
        let mut unit = 0;
        for _ in 0..4 {
            let next = self.source.get(*at..).and_then(|rest| rest.chars().next());
            let Some(digit) = next.and_then(|c| c.to_digit(16)) else {
                let length = next.map_or(0, char::len_utf8);
                let message = match next {
                    Some(c) => format!(
                        "Unexpected character ({}): expected a hex-digit for character escape sequence",
                        character(c)
                    ),
                    None => "Unexpected end-of-input in character escape sequence".to_owned(),
                };
                return Err(SyntaxError::new(Span::new(*at, *at + length), message)
                    .help("`\\u` is followed by four hexadecimal digits"));
            };
            unit = unit * 16 + digit;
            *at += 1;
        }
        Ok(unit)
    }
}

pub(super) enum Substitution<'s> {
    /// `${Name}`
    Named { name: &'s str, end: usize },
    /// `${!Name}`, which stands for the text `${Name}`
    Literal { name: &'s str, end: usize },
}

/// The substitution at a `$`, if it is one.
pub(super) fn substitution(source: &str, at: usize) -> Option<Substitution<'_>> {
    let body = source.get(at..)?.strip_prefix("${")?;
    let (body, literal) = match body.strip_prefix('!') {
        Some(body) => (body, true),
        None => (body, false),
    };
    let length = body
        .bytes()
        .take_while(|&byte| Substitutions::is_name_byte(byte))
        .count();
    let name = body.get(..length).filter(|name| !name.is_empty())?;
    if body.as_bytes().get(length) != Some(&b'}') {
        return None;
    }
    let end = at + 2 + usize::from(literal) + length + 1;
    Some(if literal {
        Substitution::Literal { name, end }
    } else {
        Substitution::Named { name, end }
    })
}

/// The longest expression without quotes that counts as a placeholder.
const LONGEST_EXPRESSION: usize = 256;

/// The name of a substitution without quotes, with its end. An expression of another tool, such as Terraform's
/// `${jsonencode(order)}`, is its own name.
fn bare_name(source: &str, at: usize) -> Option<(&str, usize)> {
    match substitution(source, at) {
        Some(Substitution::Named { name, end }) => return Some((name, end)),
        Some(Substitution::Literal { .. }) => return None,
        None => {}
    }
    let body = source.get(at..)?.strip_prefix("${")?;
    let mut open = 0_usize;
    for (offset, c) in body.char_indices().take(LONGEST_EXPRESSION) {
        match c {
            '{' => open += 1,
            '}' if open == 0 => {
                let name = body.get(..offset).filter(|name| !name.trim().is_empty())?;
                return Some((name, at + 2 + offset + 1));
            }
            '}' => open -= 1,
            '\n' => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::json::{Parsed, parse_with};
    use serde_json::{Value, json};

    const ROOM: usize = 1_000_000;

    fn read(source: &str, substitutions: &Substitutions) -> (Option<Value>, Vec<Problem>) {
        let Parsed { root, problems, .. } = parse_with(source, substitutions, ROOM);
        (root.ok().map(|root| root.to_value()), problems)
    }

    #[test]
    fn a_substitution_stands_for_its_value() {
        let substitutions = Substitutions::new()
            .with("Oven.Name", "the \"big\" one")
            .with("Limit", "[30, {\"a\": null}]");
        let source = r#"{ "a": "${Oven.Name}!", "${Oven.Name}": "${!Oven.Name} ${!x}", "b": ${Limit} }"#;
        let (value, problems) = read(source, &substitutions);
        assert_eq!(problems, []);
        assert_eq!(
            value.unwrap(),
            json!({ "a": "the \"big\" one!", "the \"big\" one": "${Oven.Name} ${x}", "b": [30, { "a": null }] })
        );
    }

    #[test]
    fn one_without_a_value_is_pointed_at() {
        let source = r#"{ "a": "é${Ovn}" }"#;
        let (value, problems) = read(source, &Substitutions::new().with("Oven", "1"));
        let start = source.find("${").unwrap();
        let unresolved = Problem::UnresolvedSubstitution {
            name: "Ovn".into(),
            span: Span::new(start, start + 6),
        };
        assert_eq!(problems, [unresolved]);
        assert_eq!(value, Some(json!({ "a": "é${Ovn}" })));
    }

    #[test]
    fn an_escaped_dollar_sign_begins_no_substitution() {
        let (value, problems) = read(r#""\u0024{Oven}""#, &Substitutions::new());
        assert_eq!((value, problems), (Some(json!("${Oven}")), vec![]));
    }

    #[test]
    fn substitutions_cannot_fill_the_memory() {
        let substitutions = Substitutions::new().with("A", "x".repeat(1_000_000));
        let (_, problems) = read(&format!("[{}0]", r#""${A}","#.repeat(100_000)), &substitutions);
        assert!(matches!(problems[..], [Problem::SubstitutionsTooLong { .. }]));
    }

    #[test]
    fn a_value_without_quotes_nests_no_deeper_than_the_rest() {
        let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
        let substitutions = Substitutions::new().with("Deep", deep);
        let source = |depth: usize| format!("{}${{Deep}}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(&source(20), &substitutions).0.is_some());
        assert_eq!(read(&source(40), &substitutions).0, None);
    }
}
