//! Reads values of one type and reports wrong ones.

use serde_json::Number;

use super::Reading;
use crate::data::json::{Kind, Node, Object, Place};
use crate::data::{Expression, Intrinsic, JsonPath, ReferencePath, SyntaxError};
use crate::loading::report::Reported;

pub(super) fn object<'n>(node: &'n Node, reading: &mut Reading) -> Result<&'n Object, Reported> {
    expected("Object", node, node.as_object(), reading)
}

pub(super) fn array<'n>(node: &'n Node, reading: &mut Reading) -> Result<&'n [Node], Reported> {
    expected("Array", node, node.as_array(), reading)
}

pub(super) fn string<'n>(node: &'n Node, reading: &mut Reading) -> Result<&'n str, Reported> {
    expected("String", node, node.as_str(), reading)
}

/// A text that nothing looks into: one with a placeholder is a text too.
pub(super) fn text<'n>(node: &'n Node, reading: &mut Reading) -> Result<&'n str, Reported> {
    match node.as_str() {
        Some(text) if node.unresolved => Ok(text),
        _ => string(node, reading),
    }
}

pub(super) fn boolean(node: &Node, reading: &mut Reading) -> Result<bool, Reported> {
    expected("Boolean", node, node.as_bool(), reading)
}

/// A number as a 64-bit float, as the language computes.
pub(super) fn number(node: &Node, reading: &mut Reading) -> Result<f64, Reported> {
    expected("Number", node, as_number(node).and_then(Number::as_f64), reading)
}

/// A number in a range.
pub(super) fn number_within(node: &Node, minimum: f64, maximum: f64, reading: &mut Reading) -> Result<f64, Reported> {
    let number = number(node, reading)?;
    let problem = match number {
        _ if number < minimum => format!("Minimum value is {minimum:?}"),
        _ if number > maximum => format!("Maximum value is {maximum:?}"),
        _ => return Ok(number),
    };
    reading
        .report
        .schema(Place::value(node), problem)
        .help(format!("it is a number from {minimum} to {maximum}"));
    Err(Reported)
}

/// All elements of an array; a wrong element does not stop the reading of the others.
pub(super) fn elements<'n, T>(
    node: &'n Node,
    read: impl Fn(&'n Node, &mut Reading) -> Result<T, Reported>,
    reading: &mut Reading,
) -> Result<Vec<T>, Reported> {
    let elements: Vec<_> = array(node, reading)?
        .iter()
        .map(|element| read(element, reading))
        .collect();
    elements.into_iter().collect()
}

/// An integer in a range; `hint` is the help if it is a path.
pub(super) fn integer(
    node: &Node,
    minimum: u32,
    maximum: u32,
    hint: Option<String>,
    reading: &mut Reading,
) -> Result<u32, Reported> {
    let value = as_number(node)
        .filter(|number| is_integer(number))
        .and_then(Number::as_f64);
    let value = match value {
        Some(value) if !node.unresolved => value,
        _ => return Err(no_integer(node, hint, reading)),
    };
    let problem = if value < f64::from(minimum) {
        format!("Minimum value is {minimum}")
    } else if value > f64::from(maximum) {
        format!("Maximum value is {maximum}")
    } else {
        let exact = as_number(node)
            .and_then(Number::as_u64)
            .and_then(|value| u32::try_from(value).ok());
        return exact.ok_or(Reported);
    };
    reading
        .report
        .schema(Place::value(node), problem)
        .help(format!("it is a whole number from {minimum} to {maximum}"));
    Err(Reported)
}

/// A whole number without a fraction part; one too large for 64 bits is read as floating-point.
fn is_integer(number: &Number) -> bool {
    const BEYOND_64_BITS: f64 = 9e18;
    !number.is_f64()
        || number
            .as_f64()
            .is_some_and(|value| value.fract() == 0.0 && value.abs() > BEYOND_64_BITS)
}

fn no_integer(node: &Node, hint: Option<String>, reading: &mut Reading) -> Reported {
    if node.unresolved {
        return reading.not_judged(node);
    }
    let finding = reading
        .report
        .schema(Place::value(node), "Expected value of type Integer");
    match (node.as_str(), hint) {
        (Some(text), Some(hint)) if text.starts_with('$') => finding.help(hint),
        (Some(text), None) if text.starts_with('$') => finding.help("it is a path, where only a constant can stand"),
        (Some(text), hint) if text.starts_with("{%") => finding.help(match hint {
            Some(_) => NEEDS_JSONATA,
            None => "it is an expression, where only a constant can stand",
        }),
        (Some(text), _) if text.parse::<u32>().is_ok() => finding.help(without_quotes(text, node)),
        _ => match as_number(node).and_then(Number::as_f64) {
            Some(value) if value.fract() == 0.0 => finding.help(format!("write `{value}`")),
            Some(_) => finding.help("it is not a whole number"),
            None => finding.help(format!("it is {}", node.describe())),
        },
    };
    Reported
}

/// Help for a JSONata expression in a JSONPath state.
const NEEDS_JSONATA: &str = "`{% … %}` is JSONata: give the state `\"QueryLanguage\": \"JSONata\"`";

/// The byte at which a syntax error begins.
pub(super) fn offset(text: &str, error: &SyntaxError) -> usize {
    let is_escape = error.message.starts_with("a backslash stands before");
    if is_escape && !text.get(error.offset..).is_some_and(|rest| rest.starts_with('\\')) {
        // The error is noticed only after the backslash.
        let read = text.get(..error.offset).unwrap_or_default();
        return read.rfind('\\').unwrap_or(error.offset);
    }
    error.offset
}

pub(super) fn json_path(node: &Node, reading: &mut Reading) -> Result<JsonPath, Reported> {
    let text = string(node, reading)?;
    reading.expressions.json_path(text).map_err(|error| {
        let help = match not_a_path(text) {
            Some(help) => help,
            None if is_call(text) => {
                "intrinsic functions are called in fields whose name ends in `.$`, such as those of `Parameters`"
                    .to_owned()
            }
            None if !text.starts_with('$') => "a path begins with `$`, such as `$.order.id`".to_owned(),
            None => error.message.clone(),
        };
        reading
            .report
            .schema(
                Place::inside(node, offset(text, &error)),
                "Value must be a valid JSONPath.",
            )
            .help(help);
        Reported
    })
}

pub(super) fn reference_path(node: &Node, reading: &mut Reading) -> Result<ReferencePath, Reported> {
    let text = string(node, reading)?;
    let path = reading.expressions.reference_path(text);
    path.map_err(|error| no_reference_path(node, text, error, reading))
}

/// A Reference Path.
pub(super) fn single_path(node: &Node, reading: &mut Reading) -> Result<JsonPath, Reported> {
    reference_path(node, reading)?;
    json_path(node, reading)
}

/// A path in a Choice Rule: any path is allowed, but AWS words its problems as those of a Reference Path.
pub(super) fn choice_path(node: &Node, reading: &mut Reading) -> Result<JsonPath, Reported> {
    let text = string(node, reading)?;
    let parsed = if text.starts_with('$') {
        reading.expressions.json_path(text)
    } else {
        // The message is AWS's.
        ReferencePath::parse(text).and_then(|path| JsonPath::parse(path.as_str()))
    };
    parsed.map_err(|error| no_reference_path(node, text, error, reading))
}

fn no_reference_path(node: &Node, text: &str, mut error: SyntaxError, reading: &mut Reading) -> Reported {
    if error.offset == 0 && text.starts_with('$') {
        error.offset = text.find("..").unwrap_or(0);
    }
    let message = format!("Value is not a Reference Path: {}", error.message);
    reading
        .report
        .schema(Place::inside(node, offset(text, &error)), message)
        .help(reference_path_help(text, error.offset));
    Reported
}

/// A suggestion for a text that is not a Reference Path.
fn reference_path_help(text: &str, offset: usize) -> String {
    if let Some(help) = not_a_path(text) {
        return help;
    }
    let wrong = text.get(offset..).unwrap_or_default();
    let help = match wrong.chars().next() {
        _ if is_call(text) => {
            "intrinsic functions are called in fields whose name ends in `.$`: compute the value in `Parameters`, or in \
             the state before"
        }
        _ if !text.starts_with('$') => "a path begins with `$`, such as `$.order.id`",
        Some('*') => "it names one value: write an index such as `[0]` or a name instead of `*`",
        Some(',' | ':') => "it names one value: write a single index such as `[0]`, or a single name",
        Some('@' | '?') => {
            "it names one value: a filter may find several, so apply it in `Parameters` or `Assign` before"
        }
        Some('[') if wrong.starts_with("[\"") => "names in brackets stand in single quotes: `['name']`",
        Some('[') if wrong.starts_with(|c: char| c == '[' || c.is_ascii_alphabetic()) => {
            "names in brackets stand in single quotes, `['name']`; an index is a number, `[0]`"
        }
        Some('.') if wrong.starts_with("..") => "it names one value: spell the way to it out, from `$` on",
        _ => "a path is written like `$.order.items[0].id`",
    };
    help.to_owned()
}

/// The value of `field`: a Reference Path, or a call of an intrinsic function.
pub(super) fn expression(field: &str, node: &Node, reading: &mut Reading) -> Result<Expression, Reported> {
    let text = string(node, reading)?;
    let expression = reading.expressions.path_or_call(text).map_err(|error| {
        let help = expression_help(text, &error, reading);
        reading
            .report
            .schema(Place::inside(node, offset(text, &error)), no_expression(field))
            .help(help);
        Reported
    })?;
    if let Expression::Path(_) = &expression {
        let path = reading.expressions.reference_path(text);
        path.map_err(|error| no_reference_path(node, text, error, reading))?;
    }
    Ok(expression)
}

/// AWS's message for a computed field that is not valid.
pub(super) fn no_expression(field: &str) -> String {
    format!("The value for the field '{field}' must be a valid JSONPath or a valid intrinsic function call")
}

/// Whether a text is meant to call an intrinsic function.
fn is_call(text: &str) -> bool {
    text.starts_with("States.") && text.contains('(')
}

/// Help for a text that should be a path but is not.
pub(super) fn not_a_path(text: &str) -> Option<String> {
    let is_in_names = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '[' | ']');
    let is_name = text.starts_with(char::is_alphabetic) && text.chars().all(is_in_names);
    (is_name && !is_function(text)).then(|| format!("a path into the input is written `$.{text}`"))
}

/// Whether a text is the name of an intrinsic function.
fn is_function(text: &str) -> bool {
    Intrinsic::functions().any(|name| name == text)
}

/// Help for a text that is neither a path nor a call of an intrinsic function.
pub(super) fn expression_help(text: &str, error: &SyntaxError, reading: &mut Reading) -> String {
    let rest = text.get(error.offset..).unwrap_or_default();
    let name = rest
        .split('(')
        .next()
        .filter(|name| name.starts_with("States.") && name.len() < rest.len());
    let misspelt = name.filter(|name| !is_function(name));
    if let Some(similar) = misspelt.and_then(|name| reading.report.similar(name, Intrinsic::functions())) {
        return format!("did you mean `{similar}`?");
    }
    match text {
        "" => "it is empty: a path is written like `$.order.id`, a constant stands in a field without `.$`".to_owned(),
        text if is_function(text) => format!("a function is called with parentheses: `{text}(…)`"),
        text if text.starts_with("{%") => NEEDS_JSONATA.to_owned(),
        text if !text.starts_with('$') && !text.starts_with("States.") => {
            "a path begins with `$`, a function with `States.`; a constant stands in a field without `.$`".to_owned()
        }
        _ => error.message.clone(),
    }
}

fn as_number(node: &Node) -> Option<&Number> {
    match &node.kind {
        Kind::Number(number) => Some(number),
        _ => None,
    }
}

/// A value of the expected type; a missing substitution is already reported.
fn expected<T>(type_name: &str, node: &Node, value: Option<T>, reading: &mut Reading) -> Result<T, Reported> {
    if node.unresolved {
        return Err(reading.not_judged(node));
    }
    value.ok_or_else(|| {
        let message = format!("Expected value of type {type_name}");
        let is = node.describe();
        let help = match (type_name, &node.kind) {
            ("Number", Kind::String(text)) if text.parse::<f64>().is_ok_and(f64::is_finite) => {
                without_quotes(text, node)
            }
            ("Boolean", Kind::String(text)) if matches!(text.as_str(), "true" | "false") => without_quotes(text, node),
            ("String", Kind::Number(_) | Kind::Boolean(_)) => format!("it is {is}: a text stands in double quotes"),
            ("Array", Kind::String(_)) => format!("it is {is}: an array of one is written `[\"…\"]`"),
            ("Array", Kind::Object(_)) => format!("it is {is}: an array of one is written `[{{ … }}]`"),
            _ => format!("it is {is}"),
        };
        reading.report.schema(Place::value(node), message).help(help);
        Reported
    })
}

/// Help on a text that should be no text.
fn without_quotes(text: &str, node: &Node) -> String {
    if node.stays_text() {
        return format!(
            "what a template puts into `Definition` is a text: write `{text}` itself, or move the definition into the file of a \
             `DefinitionUri`, where `${{Name}}` may stand without quotes"
        );
    }
    format!("write `{text}` without quotes")
}
