use regex_lite::RegexBuilder;

use super::segments;
use crate::data::SyntaxError;
use crate::data::cursor::Cursor;
use crate::data::json_path::segment::{Comparison, Filter, FilterPath, Operand, Pattern, Segment};

/// The deepest nesting of parentheses and `!` in a filter.
const MAX_DEPTH: usize = 16;

/// The size limits of a compiled pattern, in bytes, tried in ascending order: matching time grows with the size.
const PATTERN_SIZES: [usize; 9] = [256, 512, 1_024, 2_048, 4_096, 8_192, 16_384, 32_768, 65_536];

/// The fewest bytes that a state of a compiled pattern takes.
const STATE_SIZE: usize = 32;

/// Parses `?( … )`.
pub(super) fn filter(cursor: &mut Cursor<'_>) -> Result<Filter, SyntaxError> {
    cursor.expect("?")?;
    cursor.skip_blanks();
    cursor.expect("(")?;
    let filter = any(cursor, 0)?;
    cursor.expect(")")?;
    Ok(filter)
}

fn any(cursor: &mut Cursor<'_>, depth: usize) -> Result<Filter, SyntaxError> {
    let mut filters = vec![all(cursor, depth)?];
    while cursor.eat("||") {
        filters.push(all(cursor, depth)?);
    }
    Ok(unless_single(filters, Filter::Any))
}

fn all(cursor: &mut Cursor<'_>, depth: usize) -> Result<Filter, SyntaxError> {
    let mut filters = vec![term(cursor, depth)?];
    while cursor.eat("&&") {
        filters.push(term(cursor, depth)?);
    }
    Ok(unless_single(filters, Filter::All))
}

fn unless_single(filters: Vec<Filter>, joined: fn(Vec<Filter>) -> Filter) -> Filter {
    match <[Filter; 1]>::try_from(filters) {
        Ok([filter]) => filter,
        Err(filters) => joined(filters),
    }
}

fn term(cursor: &mut Cursor<'_>, depth: usize) -> Result<Filter, SyntaxError> {
    if depth == MAX_DEPTH {
        return Err(cursor.error(format!("the filter nests deeper than {MAX_DEPTH} levels")));
    }
    cursor.skip_blanks();
    let filter = if cursor.eat("!") {
        Filter::Not(Box::new(term(cursor, depth + 1)?))
    } else if cursor.eat("(") {
        let filter = any(cursor, depth + 1)?;
        cursor.expect(")")?;
        filter
    } else {
        comparison(cursor)?
    };
    cursor.skip_blanks();
    Ok(filter)
}

fn comparison(cursor: &mut Cursor<'_>) -> Result<Filter, SyntaxError> {
    let start = cursor.offset();
    let left = operand(cursor)?;
    cursor.skip_blanks();
    if cursor.eat("=~") {
        let Operand::Path(path) = left else {
            return Err(SyntaxError::new("`=~` takes a path on its left", start));
        };
        cursor.skip_blanks();
        return pattern(cursor, path);
    }
    let Some(comparison) = operator(cursor) else {
        return match left {
            Operand::Path(path) => Ok(Filter::Exists(path)),
            Operand::Literal(_) => Err(SyntaxError::new("a literal alone is no filter", start)),
        };
    };
    cursor.skip_blanks();
    let right = match (&left, unquoted(cursor)) {
        (Operand::Path(_), Some(text)) => Operand::Literal(text),
        _ => operand(cursor)?,
    };
    Ok(Filter::Comparison(left, comparison, right))
}

fn operator(cursor: &mut Cursor<'_>) -> Option<Comparison> {
    // `<=` is tried before `<`, which it starts with.
    let operators = [
        ("==", Comparison::Equal),
        ("!=", Comparison::NotEqual),
        ("<=", Comparison::LessOrEqual),
        (">=", Comparison::GreaterOrEqual),
        ("<", Comparison::Less),
        (">", Comparison::Greater),
    ];
    operators
        .into_iter()
        .find(|(text, _)| cursor.eat(text))
        .map(|(_, comparison)| comparison)
}

fn operand(cursor: &mut Cursor<'_>) -> Result<Operand, SyntaxError> {
    match cursor.peek() {
        Some('@' | '$') => path(cursor).map(Operand::Path),
        Some('\'' | '"') => quoted(cursor).map(Operand::Literal),
        _ => bare(cursor).map(Operand::Literal),
    }
}

fn path(cursor: &mut Cursor<'_>) -> Result<FilterPath, SyntaxError> {
    let start = cursor.offset();
    let from_document = cursor.bump() == Some('$');
    let segments = segments(cursor, in_name)?;
    if segments
        .iter()
        .all(|segment| matches!(segment, Segment::Name(_) | Segment::Index(_) | Segment::BeforeEnd(_)))
    {
        Ok(FilterPath {
            from_document,
            segments,
        })
    } else {
        Err(SyntaxError::new("a path in a filter names one value", start))
    }
}

/// Whether a dotted name in a filter may have this character: `@.net-price*2 == 10` reads the member `net-price*2`.
fn in_name(next: char) -> bool {
    !matches!(
        next,
        '.' | '[' | ' ' | '(' | ')' | '=' | '!' | '<' | '>' | '~' | '&' | '|' | ','
    )
}

/// Parses a text in quotes, in which a backslash escapes the next character.
fn quoted(cursor: &mut Cursor<'_>) -> Result<Box<str>, SyntaxError> {
    let quote = cursor.bump();
    let mut text = String::new();
    loop {
        match cursor.bump() {
            None => return Err(cursor.error("the text's closing quote is missing")),
            next if next == quote => return Ok(text.into()),
            Some('\\') => text.extend(cursor.bump()),
            Some(next) => text.push(next),
        }
    }
}

/// Parses a number, `true`, `false` or `null`.
fn bare(cursor: &mut Cursor<'_>) -> Result<Box<str>, SyntaxError> {
    let start = cursor.offset();
    let text = cursor.take_while(|next| next.is_ascii_alphanumeric() || matches!(next, '-' | '+' | '.'));
    let is_number = || text.ends_with(|last: char| last.is_ascii_digit()) && text.parse::<f64>().is_ok();
    if matches!(text, "true" | "false" | "null") || is_number() {
        Ok(text.into())
    } else {
        Err(SyntaxError::new(
            "expected `@`, `$`, a number, a text in quotes, `true`, `false` or `null`",
            start,
        ))
    }
}

/// Parses a text without quotes, as in `@.colour==red`: letters, digits, `/` and `_`. AWS's own samples compare a path
/// with one.
fn unquoted(cursor: &mut Cursor<'_>) -> Option<Box<str>> {
    let is_part = |next: char| next.is_ascii_alphanumeric() || matches!(next, '/' | '_');
    cursor.peek().filter(char::is_ascii_alphabetic)?;
    Some(cursor.take_while(is_part).into())
}

/// Parses `/pattern/` or `/pattern/i`.
fn pattern(cursor: &mut Cursor<'_>, path: FilterPath) -> Result<Filter, SyntaxError> {
    let start = cursor.offset();
    cursor.expect("/")?;
    let mut pattern = String::new();
    loop {
        match cursor.bump() {
            None => return Err(cursor.error("the pattern's closing `/` is missing")),
            Some('/') => break,
            Some('\\') if cursor.eat("/") => pattern.push('/'),
            Some('\\') => {
                pattern.push('\\');
                pattern.extend(cursor.bump());
            }
            Some(next) => pattern.push(next),
        }
    }
    let mut builder = RegexBuilder::new(&format!("^(?:{pattern})$"));
    builder.case_insensitive(cursor.eat("i"));
    let compiled = compile(&mut builder)
        .map_err(|error| SyntaxError::new(format!("the pattern is not understood: {error}"), start))?;
    Ok(Filter::Matches(path, compiled))
}

/// Compiles a pattern with the smallest size limit that it fits, which tells its size.
fn compile(builder: &mut RegexBuilder) -> Result<Pattern, regex_lite::Error> {
    let mut result = builder.size_limit(0).build();
    let mut states = 0;
    for size in PATTERN_SIZES {
        if result.is_ok() {
            break;
        }
        states = size / STATE_SIZE;
        result = builder.size_limit(size).build();
    }
    result.map(|regex| Pattern { regex, states })
}

#[cfg(test)]
mod tests {
    use crate::data::JsonPath;
    use serde_json::json;

    fn matches(filter: &str) -> String {
        let books = json!([
            { "id": 1, "title": "it's", "price": 9, "tags": ["new"] },
            { "id": 2, "title": "x && y)]", "price": 12.5, "isbn": null },
            { "id": 3, "price*2": 10, "isbn": "3-16" },
        ]);
        match JsonPath::parse(&format!("$[?({filter})].id")) {
            Ok(path) => path.evaluate_in(&books).unwrap().to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn conditions() {
        assert_eq!(matches("@.price"), "[1,2]");
        assert_eq!(matches("!@.isbn"), "[1,2]");
        assert_eq!(matches("@.price < 10 || @.isbn"), "[1,3]");
        assert_eq!(matches("(@.price < 10 || @.isbn) && @.id == 3"), "[3]");
        assert_eq!(matches("!(@.price < 10)"), "[2,3]");
        assert_eq!(matches("10 > @.price"), "[1]");
        assert_eq!(matches("@.price*2==10"), "[3]");
        assert_eq!(matches("@.price > $[0].price"), "[2]");
        assert_eq!(matches("@.isbn =~ /\\d-.*/"), "[3]");
        assert_eq!(matches("@.title =~ /IT.S/i"), "[1]");
    }

    #[test]
    fn texts() {
        assert_eq!(matches(r"@.title == 'it\'s'"), "[1]");
        assert_eq!(matches("@.title == \"it's\""), "[1]");
        assert_eq!(matches("@.title == 'x && y)]'"), "[2]");
        assert_eq!(matches("@.title != it"), "[1,2]");
        assert_eq!(matches("@.title == eu/west_1 || @.id == 3"), "[3]");
    }

    #[test]
    fn refusals() {
        for filter in [
            "",
            "true",
            "@.a = 1",
            "@.a === 1",
            "@.a in [1]",
            "@.tags[*]",
            "@..a",
            "@[0:1] == 1",
            "@.a == [1]",
            "length(@) == 1",
            "@.a =~ /(/",
            "@.a =~ /a",
            "@.a && ",
            "@.a == 'x",
            "@.a == red-ish",
            "price < 10",
        ] {
            assert!(JsonPath::parse(&format!("$[?({filter})]")).is_err(), "{filter}");
        }
        let deep = format!("{}@.a{}", "(".repeat(1_000), ")".repeat(1_000));
        assert_eq!(matches(&deep), "the filter nests deeper than 16 levels");
        assert!(matches("@.a =~ /(((a{50}){50}){50}){50}/").contains("not understood"));
    }
}
