mod filter;

use super::Root;
use super::segment::{Segment, Slice};
use crate::data::SyntaxError;
use crate::data::cursor::Cursor;

/// The most segments a path may have.
const MAX_SEGMENTS: usize = 64;

/// The longest text of a path, in bytes.
const MAX_LENGTH: usize = 4096;

/// The most `..` a path may have: each one multiplies the work of the ones before.
const MAX_DESCENDANTS: usize = 4;

pub(super) fn path(text: &str) -> Result<(Root, Vec<Segment>), SyntaxError> {
    if text.len() > MAX_LENGTH {
        return Err(SyntaxError::new(
            format!("the path is longer than {MAX_LENGTH} bytes"),
            MAX_LENGTH,
        ));
    }
    let text = text.trim_end_matches(' ');
    let (root, start) = root(text)?;
    let mut cursor = Cursor::new(text, start);
    let segments = segments(&mut cursor, |next| !matches!(next, '.' | '[' | ' '))?;
    if cursor.is_at_end() {
        Ok((root, segments))
    } else {
        Err(unexpected(&cursor))
    }
}

/// Parses segments as far as they go; `in_name` tells which characters a dotted name may have without an escape.
fn segments(cursor: &mut Cursor<'_>, in_name: impl Fn(char) -> bool) -> Result<Vec<Segment>, SyntaxError> {
    let mut segments = Vec::new();
    loop {
        let start = cursor.offset();
        let segment = if cursor.eat("[") {
            bracket(cursor)?
        } else if cursor.eat("..") {
            if cursor.is_at_end() {
                return Err(cursor.error("A path can not end with a scan."));
            }
            Segment::Descendants
        } else if cursor.eat(".") {
            if cursor.peek() == Some('[') {
                continue;
            }
            dotted(cursor, &in_name)?
        } else if matches!(segments.last(), Some(Segment::Descendants)) {
            dotted(cursor, &in_name)?
        } else {
            return Ok(segments);
        };
        check_length(&segments, &segment, start)?;
        segments.push(segment);
    }
}

fn check_length(segments: &[Segment], next: &Segment, offset: usize) -> Result<(), SyntaxError> {
    if segments.len() == MAX_SEGMENTS {
        return Err(SyntaxError::new(
            format!("the path has more than {MAX_SEGMENTS} segments"),
            offset,
        ));
    }
    if !matches!(next, Segment::Descendants) {
        return Ok(());
    }
    if matches!(segments.last(), Some(Segment::Descendants)) {
        return Err(SyntaxError::new("`..` follows `..`", offset));
    }
    let descendants = segments
        .iter()
        .filter(|segment| matches!(segment, Segment::Descendants))
        .count();
    if descendants == MAX_DESCENDANTS {
        return Err(SyntaxError::new(
            format!("the path has more than {MAX_DESCENDANTS} `..`"),
            offset,
        ));
    }
    Ok(())
}

fn root(text: &str) -> Result<(Root, usize), SyntaxError> {
    let Some(rest) = text.strip_prefix('$') else {
        return Err(SyntaxError::new("a path starts with `$`", 0));
    };
    if rest.starts_with('$') {
        return Ok((Root::Context, 2));
    }
    let end = rest.find(['.', '[']).unwrap_or(rest.len());
    match rest.get(..end) {
        None | Some("") => Ok((Root::Input, 1)),
        Some(name) if is_variable_name(name) => Ok((Root::Variable(name.to_owned()), 1 + end)),
        Some(name) => Err(SyntaxError::new(format!("`{name}` is not the name of a variable"), 1)),
    }
}

fn is_variable_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && chars.all(|next| next.is_alphanumeric() || next == '_')
}

/// Parses a name after `.`, in which a backslash escapes the next character.
fn dotted(cursor: &mut Cursor<'_>, in_name: impl Fn(char) -> bool) -> Result<Segment, SyntaxError> {
    let mut name = String::new();
    let mut escaped = false;
    while let Some(next) = cursor.peek().filter(|next| in_name(*next)) {
        cursor.bump();
        let taken = if next == '\\' { cursor.bump() } else { Some(next) };
        escaped |= next == '\\';
        match taken {
            Some(taken) => name.push(taken),
            None => return Err(cursor.error("nothing follows the backslash")),
        }
    }
    match name.as_str() {
        "" if cursor.peek() == Some(' ') => Err(cursor.error("Space not allowed in path")),
        "" => Err(cursor.error("expected a name after `.`")),
        "*" if !escaped => Ok(Segment::Wildcard),
        _ => Ok(Segment::Name(name.into())),
    }
}

/// Parses the content of brackets, after the opening one.
fn bracket(cursor: &mut Cursor<'_>) -> Result<Segment, SyntaxError> {
    cursor.skip_blanks();
    let segment = match cursor.peek() {
        Some('\'' | '"') => names(cursor)?,
        Some('*') => {
            cursor.bump();
            Segment::Wildcard
        }
        Some('?') => Segment::Filter(filter::filter(cursor)?),
        Some('(') => before_end(cursor)?,
        Some('0'..='9' | '-' | ':') => numbers(cursor)?,
        _ => {
            return Err(cursor.error("expected a name in quotes, an index, `*`, `?(` or `(` after `[`"));
        }
    };
    cursor.skip_blanks();
    cursor.expect("]")?;
    Ok(segment)
}

fn names(cursor: &mut Cursor<'_>) -> Result<Segment, SyntaxError> {
    let first = quoted_name(cursor)?;
    let mut names = vec![first];
    cursor.skip_blanks();
    while cursor.eat(",") {
        cursor.skip_blanks();
        names.push(quoted_name(cursor)?);
        cursor.skip_blanks();
    }
    match <[Box<str>; 1]>::try_from(names) {
        Ok([name]) => Ok(Segment::Name(name)),
        Err(names) => Ok(Segment::Names(names)),
    }
}

/// Parses a name in quotes. As in Jayway 2.0.0 and on AWS, a backslash is an ordinary character, except before a quote
/// at which the name cannot end.
fn quoted_name(cursor: &mut Cursor<'_>) -> Result<Box<str>, SyntaxError> {
    let Some(quote @ ('\'' | '"')) = cursor.bump() else {
        return Err(cursor.error("expected a name in quotes"));
    };
    let mut name = String::new();
    while let Some(next) = cursor.bump() {
        if next != quote {
            name.push(next);
            continue;
        }
        let mut after = cursor.clone();
        after.skip_blanks();
        if matches!(after.peek(), Some(']' | ',')) {
            return Ok(name.into());
        }
        if name.pop() != Some('\\') {
            return Err(cursor.error("a quote inside a name takes a backslash"));
        }
        name.push(quote);
    }
    Err(cursor.error("the name's closing quote is missing"))
}

/// Parses `[3]`, `[0, 3]` or `[1:3]`. Like Jayway 2.0.0, it ignores further numbers after a slice's second bound.
fn numbers(cursor: &mut Cursor<'_>) -> Result<Segment, SyntaxError> {
    let first = number(cursor)?;
    cursor.skip_blanks();
    if cursor.eat(":") {
        cursor.skip_blanks();
        let second = number(cursor)?;
        let slice = match (first, second) {
            (Some(from), Some(to)) => Slice::Between(from, to),
            (Some(from), None) => Slice::From(from),
            (None, Some(to)) => Slice::To(to),
            (None, None) => return Err(cursor.error("a slice has a start or an end")),
        };
        cursor.skip_blanks();
        while cursor.eat(":") {
            cursor.skip_blanks();
            number(cursor)?;
            cursor.skip_blanks();
        }
        return Ok(Segment::Slice(slice));
    }
    let mut indices = vec![first.ok_or_else(|| cursor.error("expected an index"))?];
    while cursor.eat(",") {
        cursor.skip_blanks();
        indices.push(number(cursor)?.ok_or_else(|| cursor.error("expected an index after `,`"))?);
        cursor.skip_blanks();
    }
    match indices.as_slice() {
        [index] => Ok(Segment::Index(*index)),
        _ => Ok(Segment::Indices(indices)),
    }
}

/// A whole number, if one is next.
fn number(cursor: &mut Cursor<'_>) -> Result<Option<i32>, SyntaxError> {
    let start = cursor.offset();
    let text = cursor.take_while(|next| next == '-' || next.is_ascii_digit());
    if text.is_empty() {
        return Ok(None);
    }
    let number = text
        .parse()
        .map_err(|_| SyntaxError::new(format!("`{text}` is no index"), start))?;
    Ok(Some(number))
}

/// Parses `(@.length-1)`, also written with `@.length()`, `@.size` or `@.size()`.
fn before_end(cursor: &mut Cursor<'_>) -> Result<Segment, SyntaxError> {
    cursor.expect("(")?;
    cursor.skip_blanks();
    cursor.expect("@.")?;
    let function = cursor.take_while(|next| next.is_ascii_alphabetic());
    if !matches!(function, "length" | "size") {
        return Err(cursor.error("Supported functions are: [(@.length - n), (@.size() - n)]"));
    }
    cursor.eat("()");
    cursor.skip_blanks();
    cursor.expect("-")?;
    cursor.skip_blanks();
    let count = number(cursor)?
        .filter(|count| *count >= 0)
        .ok_or_else(|| cursor.error("expected a number after `-`"))?;
    cursor.skip_blanks();
    cursor.expect(")")?;
    Ok(Segment::BeforeEnd(count))
}

fn unexpected(cursor: &Cursor<'_>) -> SyntaxError {
    match cursor.peek() {
        Some(' ') => cursor.error("Space not allowed in path"),
        _ => cursor.error("expected `.` or `[`"),
    }
}

#[cfg(test)]
mod tests {
    use super::path;

    fn read(text: &str) -> String {
        match path(text) {
            Ok((root, segments)) => {
                let segments: String = segments.iter().map(ToString::to_string).collect();
                format!("{root:?}{segments}")
            }
            Err(error) => format!("{}: {}", error.offset, error.message),
        }
    }

    #[test]
    fn roots() {
        assert_eq!(read("$"), "Input");
        assert_eq!(read("$$"), "Context");
        assert_eq!(read("$$.Map.Item"), "Context['Map']['Item']");
        assert_eq!(read("$größe_2[0]"), "Variable(\"größe_2\")[0]");
        assert_eq!(read("$2x"), "1: `2x` is not the name of a variable");
        assert_eq!(read("order"), "0: a path starts with `$`");
    }

    #[test]
    fn names() {
        assert_eq!(read("$.foo-bar.'q'"), "Input['foo-bar'][''q'']");
        assert_eq!(read(r"$.store\.book.\@x"), "Input['store.book']['@x']");
        assert_eq!(read(r"$.\*"), "Input['*']");
        assert_eq!(read("$[ 'a' , 'b' ]"), "Input['a', 'b']");
        assert_eq!(read("$['a[0]'][']'][',']"), "Input['a[0]'][']'][',']");
        assert_eq!(read(r#"$['Test\""Name"']"#), r#"Input['Test\""Name"']"#);
        assert_eq!(read(r"$['it\'s']"), "Input['it's']");
        assert_eq!(read(r"$['back\'].x"), r"Input['back\']['x']");
        assert_eq!(read("$['it's']"), "6: a quote inside a name takes a backslash");
    }

    #[test]
    fn brackets() {
        assert_eq!(read("$[ 0 ][-1][0,2]"), "Input[0][-1][0,2]");
        assert_eq!(read("$[1:][:2][1:3:9]"), "Input[1:][:2][1:3]");
        assert_eq!(
            read("$[(@.length-1)][( @.size() - 2 )]"),
            "Input[@.size()-1][@.size()-2]"
        );
        assert_eq!(read("$.[0].*[*]..a..[0]"), "Input[0][*][*]..['a']..[0]");
    }

    #[test]
    fn refusals() {
        for (text, refusal) in [
            ("$.", "2: expected a name after `.`"),
            ("$.a..", "5: A path can not end with a scan."),
            ("$. a", "2: Space not allowed in path"),
            ("$.a b", "3: Space not allowed in path"),
            ("$[0]a", "4: expected `.` or `[`"),
            (
                "$[",
                "2: expected a name in quotes, an index, `*`, `?(` or `(` after `[`",
            ),
            ("$[99999999999]", "2: `99999999999` is no index"),
            ("$[:]", "3: a slice has a start or an end"),
            ("$....a", "3: `..` follows `..`"),
            ("$..a..b..c..d..e", "13: the path has more than 4 `..`"),
        ] {
            assert_eq!(read(text), refusal, "{text}");
        }
        assert!(path(&format!("${}", ".a".repeat(64))).is_ok());
        assert_eq!(
            read(&format!("${}", ".a".repeat(65))),
            "129: the path has more than 64 segments"
        );
        assert!(path(&format!("${}", "[?(".repeat(5_000))).is_err());
    }
}
