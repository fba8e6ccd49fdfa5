use serde_json::{Number, Value};

use super::function::Function;
use super::{Argument, Call, TextLiteral};
use crate::data::cursor::Cursor;
use crate::data::{JsonPath, SyntaxError};

/// The longest text of a call, in bytes.
const MAX_LENGTH: usize = 64 * 1024;

/// The deepest nesting of calls.
const MAX_DEPTH: usize = 10;

/// Parses a text that is one call.
pub(super) fn call(text: &str) -> Result<Call, SyntaxError> {
    if text.len() > MAX_LENGTH {
        return Err(SyntaxError::new(
            format!("the call is longer than {MAX_LENGTH} bytes"),
            MAX_LENGTH,
        ));
    }
    let mut cursor = Cursor::new(text, 0);
    let call = nested_call(&mut cursor, 1)?;
    if cursor.is_at_end() {
        Ok(call)
    } else {
        Err(cursor.error("something follows the call"))
    }
}

fn nested_call(cursor: &mut Cursor<'_>, depth: usize) -> Result<Call, SyntaxError> {
    if depth > MAX_DEPTH {
        return Err(cursor.error(format!("calls nest deeper than {MAX_DEPTH} levels")));
    }
    let start = cursor.offset();
    let name = cursor.take_while(|next| next.is_ascii_alphanumeric() || matches!(next, '.' | '_'));
    let Some(function) = Function::named(name) else {
        return Err(SyntaxError::new(format!("`{name}` is no intrinsic function"), start));
    };
    cursor.expect("(")?;
    let mut arguments = Vec::new();
    skip_space(cursor);
    if cursor.eat(")") {
        return Ok(Call { function, arguments });
    }
    loop {
        skip_space(cursor);
        arguments.push(argument(cursor, depth)?);
        skip_space(cursor);
        if cursor.eat(")") {
            return Ok(Call { function, arguments });
        }
        if !cursor.eat(",") {
            return Err(cursor.error("expected `,` or `)` after the argument"));
        }
    }
}

fn skip_space(cursor: &mut Cursor<'_>) {
    cursor.take_while(|next| next.is_ascii_whitespace());
}

fn argument(cursor: &mut Cursor<'_>, depth: usize) -> Result<Argument, SyntaxError> {
    match cursor.peek() {
        Some('\'') => text(cursor).map(Argument::Text),
        Some('$') => {
            let offset = cursor.offset();
            path(cursor).map(|path| Argument::Path { path, offset })
        }
        Some('-' | '0'..='9') => number(cursor).map(Argument::Literal),
        _ => {
            let word = cursor.clone().take_while(|next| next.is_ascii_alphabetic());
            let literal = match word {
                "null" => Value::Null,
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                _ => return nested_call(cursor, depth + 1).map(Argument::Call),
            };
            cursor.eat(word);
            Ok(Argument::Literal(literal))
        }
    }
}

/// Parses a text in single quotes. A backslash may only stand before `'`, `{`, `}` or another backslash.
fn text(cursor: &mut Cursor<'_>) -> Result<TextLiteral, SyntaxError> {
    cursor.expect("'")?;
    let mut text = String::new();
    let mut escaped_braces = Vec::new();
    loop {
        match cursor.bump() {
            None => return Err(cursor.error("the text's closing quote is missing")),
            Some('\'') => {
                return Ok(TextLiteral {
                    value: text.into(),
                    escaped_braces,
                });
            }
            Some('\\') => match cursor.bump() {
                Some(brace @ ('{' | '}')) => {
                    escaped_braces.push(text.len());
                    text.push(brace);
                }
                Some(escaped @ ('\'' | '\\')) => text.push(escaped),
                _ => {
                    return Err(cursor.error("a backslash stands before `'`, `{`, `}` or `\\` only"));
                }
            },
            Some(next) => text.push(next),
        }
    }
}

fn number(cursor: &mut Cursor<'_>) -> Result<Value, SyntaxError> {
    let start = cursor.offset();
    let text = cursor.take_while(|next| next.is_ascii_digit() || matches!(next, '-' | '+' | '.' | 'e' | 'E'));
    if let Ok(whole) = text.parse::<i64>() {
        return Ok(whole.into());
    }
    match text.parse::<f64>() {
        Ok(float) if text.ends_with(|last: char| last.is_ascii_digit()) => {
            // A number beyond the range of a double becomes the double closest to it.
            Ok(Number::from_f64(float.clamp(f64::MIN, f64::MAX)).map_or(Value::Null, Value::Number))
        }
        _ => Err(SyntaxError::new(format!("`{text}` is no number"), start)),
    }
}

/// Parses a path, which ends at a comma, a parenthesis or a blank outside its brackets.
fn path(cursor: &mut Cursor<'_>) -> Result<JsonPath, SyntaxError> {
    let start = cursor.offset();
    let text = cursor.rest();
    let mut brackets = 0_usize;
    let mut quote = None;
    let mut escaped = false;
    let end = text.find(|next: char| {
        match (next, quote) {
            _ if std::mem::take(&mut escaped) => {}
            ('\\', _) => escaped = true,
            (_, Some(open)) => quote = Some(open).filter(|open| *open != next),
            ('\'' | '"', None) if brackets > 0 => quote = Some(next),
            ('[', None) => brackets += 1,
            (']', None) => brackets = brackets.saturating_sub(1),
            (',' | ')', None) if brackets == 0 => return true,
            (_, None) if brackets == 0 && next.is_ascii_whitespace() => return true,
            _ => {}
        }
        false
    });
    let text = text.get(..end.unwrap_or(text.len())).unwrap_or_default();
    let path = JsonPath::parse(text).map_err(|error| SyntaxError::new(error.message, start + error.offset))?;
    cursor.eat(text);
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::call;

    fn refusal(text: &str) -> String {
        call(text).map_or_else(
            |error| format!("{}: {}", error.offset, error.message),
            |_| "none".to_owned(),
        )
    }

    #[test]
    fn calls_that_are_fine() {
        for text in [
            "States.UUID( )",
            "States.Array()",
            "States.Array( 1 ,-2.5e3, true,\tnull, 'a', $, $$.State.Name, $v[0] )",
            r"States.Format('\'\{\}\\ {}', $.a)",
            r#"States.StringToJson('{"a": "b"}')"#,
            "States.StringSplit('Hello\nWorld', '\n')",
            "States.Array($['a,b)'], $.x[?(@.a == 'it, (so)')], $.y)",
            "States.ArrayGetItem(States.StringSplit($.a,'-'), States.MathAdd(States.ArrayLength($.b), -1))",
            "States.MathAdd(1e309, 0)",
        ] {
            assert_eq!(refusal(text), "none", "{text}");
        }
    }

    #[test]
    fn calls_that_are_not() {
        for (text, expected) in [
            ("", "0: `` is no intrinsic function"),
            ("States.Nope()", "0: `States.Nope` is no intrinsic function"),
            ("States.UUID", "11: expected `(`"),
            ("States.UUID()x", "13: something follows the call"),
            ("States.Array(1", "14: expected `,` or `)` after the argument"),
            ("States.Array(1,)", "15: `` is no intrinsic function"),
            ("States.Array('a", "15: the text's closing quote is missing"),
            (
                r"States.Array('a\n')",
                "17: a backslash stands before `'`, `{`, `}` or `\\` only",
            ),
            ("States.Array(1-2)", "13: `1-2` is no number"),
            ("States.Array($.a..)", "18: A path can not end with a scan."),
            ("States.Array(truer)", "13: `truer` is no intrinsic function"),
        ] {
            assert_eq!(refusal(text), expected, "{text}");
        }
    }

    #[test]
    fn calls_nest_ten_deep() {
        let nested = |depth| format!("{}{}", "States.Array(".repeat(depth), ")".repeat(depth));
        assert_eq!(refusal(&nested(10)), "none");
        assert!(refusal(&nested(11)).contains("nest deeper"));
        assert!(refusal(&nested(4_000)).contains("nest deeper"));
    }
}
