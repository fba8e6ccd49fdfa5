//! Numbers: `-0`, `12`, `1.5e3`.

use serde_json::Number;

use super::Span;
use super::syntax::{Problem, SyntaxError, character};

/// Parses the number at `start`, and returns it with its end offset. A number out of range is `None`, and is added to
/// `problems`.
pub(super) fn read(
    source: &str,
    start: usize,
    problems: &mut Vec<Problem>,
) -> Result<(Option<Number>, usize), SyntaxError> {
    let rest = source.get(start..).unwrap_or_default();
    let length = rest
        .find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '-' | '.' | '_'))
        .unwrap_or(rest.len());
    let text = rest.get(..length).unwrap_or_default();
    if let Some((at, message)) = malformed(text) {
        let at = start + at;
        let wrong = source.get(at..).and_then(|rest| rest.chars().next());
        return Err(match wrong {
            Some(_) if message.starts_with("Invalid numeric value") => {
                SyntaxError::new(Span::new(start, start + length), message)
                    .help(format!("write `{}`", without_zeroes(text)))
            }
            Some(c) => SyntaxError::new(
                Span::new(at, at + c.len_utf8()),
                message.replace(
                    "{}",
                    &format!("Unexpected character ({}) in numeric value", character(c)),
                ),
            )
            .help("numbers are written like `5`, `-1.5`, `2e3`"),
            None => SyntaxError::new(
                Span::new(at, at),
                message.replace("{}", "Unexpected end-of-input in numeric value"),
            ),
        });
    }
    let end = start + length;
    if text == "-0" {
        return Ok((Some(Number::from(0)), end));
    }
    if let Ok(number) = text.parse::<Number>() {
        return Ok((Some(number), end));
    }
    let span = Span::new(start, end);
    problems.push(Problem::NumberOutOfRange { span });
    Ok((None, end))
}

/// A number without its leading zeroes.
fn without_zeroes(text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let digits = digits.trim_start_matches('0');
    let zero = if digits.starts_with(|c: char| c.is_ascii_digit()) {
        ""
    } else {
        "0"
    };
    format!("{sign}{zero}{digits}")
}

/// The offset at which the text stops being a number, and the message; `{}` stands for the character there.
fn malformed(text: &str) -> Option<(usize, &'static str)> {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
    let at = |index: usize| bytes.get(index).copied();

    let mut end = usize::from(at(0) == Some(b'-'));
    let whole = digits(end);
    if whole == 0 {
        return Some((
            end,
            "{}: expected digit (0-9) to follow minus sign, for valid numeric value",
        ));
    }
    if whole > 1 && at(end) == Some(b'0') {
        return Some((end, "Invalid numeric value: Leading zeroes not allowed"));
    }
    end += whole;
    if at(end) == Some(b'.') {
        let fraction = digits(end + 1);
        end += 1 + fraction;
        if fraction == 0 {
            return Some((end, "{}: Decimal point not followed by a digit"));
        }
    }
    if matches!(at(end), Some(b'e' | b'E')) {
        end += 1 + usize::from(matches!(at(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end);
        if exponent == 0 {
            return Some((end, "{}: Exponent indicator not followed by a digit"));
        }
        end += exponent;
    }
    (end < bytes.len()).then_some((end, "{}: expected the number to end here"))
}
