//! Reading the fields of an object, with the problems of their values.

use serde_json::Number;

use super::{Place, Report, payload_template};
use crate::data::{Expression, JsonPath, PayloadTemplate, ReferencePath, Root, SyntaxError};
use crate::definition::json::{Kind, Member, Node, Object, Span};
use crate::definition::{Assign, Catcher, InputOutputPath, ResultPath, Retrier, Transition};

/// Reads an object's fields. A method returns `None` where the value is wrong, which it has reported then; where the
/// field may be left out, the outer `Option` is that of the problem and the inner that of the field.
pub(crate) struct Fields<'n, 'r> {
    object: &'n Object,
    pub(crate) report: &'r mut Report,
}

impl<'n, 'r> Fields<'n, 'r> {
    /// The fields of an object; `None` with a report for anything else.
    pub(crate) fn of(node: &'n Node, report: &'r mut Report) -> Option<Self> {
        let object = object(node, report)?;
        Some(Self { object, report })
    }

    pub(crate) fn members(&self) -> &'n [Member] {
        &self.object.members
    }

    pub(crate) fn node(&self, name: &str) -> Option<&'n Node> {
        self.object.field(name)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.object.contains(name)
    }

    pub(crate) fn string(&mut self, name: &str) -> Option<Option<&'n str>> {
        self.optional(name, string)
    }

    /// `Comment`, whose value says nothing to anybody but the reader.
    pub(crate) fn comment(&mut self) -> Option<Option<String>> {
        Some(self.string("Comment")?.map(str::to_owned))
    }

    pub(crate) fn boolean(&mut self, name: &str) -> Option<Option<bool>> {
        self.optional(name, boolean)
    }

    pub(crate) fn integer(&mut self, name: &str, minimum: u32, maximum: u32) -> Option<Option<u32>> {
        let path = format!("{name}Path");
        let hint = super::state_field(&path).map(|_| format!("to read it from the input, use `{path}`"));
        self.optional(name, |node, report| integer(node, minimum, maximum, hint, report))
    }

    /// `InputPath`, `OutputPath`
    pub(crate) fn input_output_path(&mut self, name: &str) -> Option<InputOutputPath> {
        let Some(node) = self.node(name) else {
            return Some(InputOutputPath::Whole);
        };
        if matches!(node.kind, Kind::Null) && !node.unresolved {
            return Some(InputOutputPath::Empty);
        }
        let path = json_path(node, self.report)?;
        Some(if path.is_identity() {
            InputOutputPath::Whole
        } else {
            InputOutputPath::Path(path)
        })
    }

    /// `ResultPath`
    pub(crate) fn result_path(&mut self) -> Option<ResultPath> {
        let Some(node) = self.node("ResultPath") else {
            return Some(ResultPath::Whole);
        };
        if matches!(node.kind, Kind::Null) && !node.unresolved {
            return Some(ResultPath::Discard);
        }
        let path = reference_path(node, self.report)?;
        if *path.root() != Root::Input {
            self.report
                .schema(
                    Place::value(node),
                    "Value is not a Reference Path: a result can only be placed in the input",
                )
                .help("begin it with `$.`; variables are written by `Assign`");
            return None;
        }
        Some(if path.is_identity() {
            ResultPath::Whole
        } else {
            ResultPath::At(path)
        })
    }

    /// A field that ends in `Path` and names a single value.
    pub(crate) fn reference_path(&mut self, name: &str) -> Option<Option<ReferencePath>> {
        self.optional(name, reference_path)
    }

    pub(crate) fn json_path(&mut self, name: &str) -> Option<Option<JsonPath>> {
        self.optional(name, json_path)
    }

    /// `ErrorPath`, `CausePath`
    pub(crate) fn expression(&mut self, name: &str) -> Option<Option<Expression>> {
        self.optional(name, |node, report| {
            let text = string(node, report)?;
            match Expression::parse(text) {
                Ok(expression) => Some(expression),
                Err(error) => {
                    let message = format!(
                        "The value for the field '{name}' must be a valid JSONPath or a valid intrinsic function call"
                    );
                    let help = expression_help(text, &error, report);
                    report.schema(within(node, &error), message).help(help);
                    None
                }
            }
        })
    }

    /// `Parameters` and the like.
    pub(crate) fn payload_template(&mut self, name: &str) -> Option<Option<PayloadTemplate>> {
        self.optional(name, payload_template::payload_template)
    }

    pub(crate) fn assign(&mut self) -> Option<Option<Assign>> {
        self.optional("Assign", super::assign::assign)
    }

    /// `Next` or `End`. That there is one of them, and not both, is the exclusive fields' rule to say.
    pub(crate) fn transition(&mut self) -> Option<Transition> {
        let next = self.string("Next")?;
        let end = self.boolean("End")?;
        match next {
            Some(next) => Some(Transition::Next(next.to_owned())),
            None => end.filter(|end| *end).map(|_| Transition::End),
        }
    }

    pub(crate) fn retry(&mut self) -> Option<Vec<Retrier>> {
        self.elements("Retry", super::retry::retrier)
    }

    pub(crate) fn catch(&mut self) -> Option<Vec<Catcher>> {
        self.elements("Catch", super::catch::catcher)
    }

    /// Reads the elements of an array; without the field there are none.
    pub(crate) fn elements<T>(&mut self, name: &str, read: fn(&'n Node, &mut Report) -> Option<T>) -> Option<Vec<T>> {
        let Some(node) = self.node(name) else {
            return Some(Vec::new());
        };
        let elements: Vec<Option<T>> = array(node, self.report)?
            .iter()
            .map(|element| read(element, self.report))
            .collect();
        elements.into_iter().collect()
    }

    /// The same for an array that holds something.
    pub(crate) fn some_elements<T>(
        &mut self,
        name: &str,
        read: fn(&'n Node, &mut Report) -> Option<T>,
    ) -> Option<Vec<T>> {
        let node = self.node(name)?;
        if node.as_array().is_some_and(<[Node]>::is_empty) {
            self.report.schema(Place::value(node), "Value cannot be empty");
            return None;
        }
        self.elements(name, read)
    }

    fn optional<T>(&mut self, name: &str, read: impl FnOnce(&'n Node, &mut Report) -> Option<T>) -> Option<Option<T>> {
        match self.node(name) {
            Some(node) => read(node, self.report).map(Some),
            None => Some(None),
        }
    }
}

pub(crate) fn object<'n>(node: &'n Node, report: &mut Report) -> Option<&'n Object> {
    expected(node, node.as_object(), "Object", report)
}

pub(crate) fn array<'n>(node: &'n Node, report: &mut Report) -> Option<&'n [Node]> {
    expected(node, node.as_array(), "Array", report)
}

pub(crate) fn string<'n>(node: &'n Node, report: &mut Report) -> Option<&'n str> {
    expected(node, node.as_str(), "String", report)
}

pub(crate) fn boolean(node: &Node, report: &mut Report) -> Option<bool> {
    expected(node, node.as_bool(), "Boolean", report)
}

pub(crate) fn number<'n>(node: &'n Node, report: &mut Report) -> Option<&'n Number> {
    let number = match &node.kind {
        Kind::Number(number) => Some(number),
        _ => None,
    };
    expected(node, number, "Number", report)
}

/// An integer in a range; `hint` helps where it is a string.
pub(crate) fn integer(
    node: &Node,
    minimum: u32,
    maximum: u32,
    hint: Option<String>,
    report: &mut Report,
) -> Option<u32> {
    if node.unresolved {
        return None;
    }
    let Kind::Number(number) = &node.kind else {
        let finding = report.schema(Place::value(node), "Expected value of type Integer");
        match (node.as_str(), hint) {
            (Some(text), Some(hint)) if text.starts_with('$') => finding.help(hint),
            (Some(text), _) if text.starts_with("{%") => {
                finding.help("`{% … %}` is JSONata, which is not supported yet")
            }
            (Some(text), _) if text.parse::<u32>().is_ok() => finding.help(format!("write `{text}` without quotes")),
            _ => finding.help(format!("it is {}", node.describe())),
        };
        return None;
    };
    if number.is_f64()
        && !number
            .as_f64()
            .is_some_and(|value| value.fract() == 0.0 && value.abs() >= 1e19)
    {
        let whole = number.as_f64().unwrap_or_default();
        let finding = report.schema(Place::value(node), "Expected value of type Integer");
        if whole.fract() == 0.0 {
            finding.help(format!("write `{whole}`"));
        }
        return None;
    }
    let value = number.as_f64().unwrap_or_default();
    if value < f64::from(minimum) {
        report.schema(Place::value(node), format!("Minimum value is {minimum}"));
        return None;
    }
    if value > f64::from(maximum) {
        report.schema(Place::value(node), format!("Maximum value is {maximum}"));
        return None;
    }
    number.as_u64().and_then(|value| u32::try_from(value).ok())
}

pub(crate) fn json_path(node: &Node, report: &mut Report) -> Option<JsonPath> {
    let text = string(node, report)?;
    match JsonPath::parse(text) {
        Ok(path) => Some(path),
        Err(error) => {
            let help = not_a_path(text).unwrap_or(error.message.clone());
            report
                .schema(within(node, &error), "Value must be a valid JSONPath.")
                .help(help);
            None
        }
    }
}

pub(crate) fn reference_path(node: &Node, report: &mut Report) -> Option<ReferencePath> {
    let text = string(node, report)?;
    match ReferencePath::parse(text) {
        Ok(path) => Some(path),
        Err(error) => {
            report
                .schema(
                    within(node, &error),
                    format!("Value is not a Reference Path: {}", error.message),
                )
                .maybe_help(not_a_path(text));
            None
        }
    }
}

/// Help where a path is expected, but the text is none at all.
pub(crate) fn not_a_path(text: &str) -> Option<String> {
    let name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '[' | ']');
    (!text.is_empty() && text.chars().all(name)).then(|| format!("a path into the input is written `$.{text}`"))
}

/// The intrinsic functions (specification, "Intrinsic Functions").
const INTRINSIC_FUNCTIONS: [&str; 18] = [
    "States.Array",
    "States.ArrayContains",
    "States.ArrayGetItem",
    "States.ArrayLength",
    "States.ArrayPartition",
    "States.ArrayRange",
    "States.ArrayUnique",
    "States.Base64Decode",
    "States.Base64Encode",
    "States.Format",
    "States.Hash",
    "States.JsonMerge",
    "States.JsonToString",
    "States.MathAdd",
    "States.MathRandom",
    "States.StringSplit",
    "States.StringToJson",
    "States.UUID",
];

/// Help where a text is neither a path nor a call of an intrinsic function.
pub(crate) fn expression_help(text: &str, error: &SyntaxError, report: &mut Report) -> String {
    let rest = text.get(error.offset..).unwrap_or_default();
    let name = rest
        .split('(')
        .next()
        .filter(|name| name.starts_with("States.") && name.len() < rest.len());
    let misspelt = name.filter(|name| !INTRINSIC_FUNCTIONS.contains(name));
    if let Some(similar) = misspelt.and_then(|name| report.similar(name, INTRINSIC_FUNCTIONS)) {
        return format!("did you mean `{similar}`?");
    }
    error.message.clone()
}

/// The place of a syntax error inside a string: from its position on; the whole string where escapes shift the
/// positions.
pub(crate) fn within(node: &Node, error: &SyntaxError) -> Place {
    let Span { start, end } = node.span;
    let length = node.as_str().map_or(0, str::len);
    let verbatim = end - start == length + 2;
    if !verbatim || error.offset == 0 {
        return Place::value(node);
    }
    // At the end, only the closing quote is left to point at.
    let end = if error.offset < length { end - 1 } else { end };
    Place::at(Span::new(start + 1 + error.offset.min(length), end)).about(node)
}

/// A value of the expected type; reported where it has another one, unless it stands for a missing substitution.
fn expected<T>(node: &Node, value: Option<T>, name: &str, report: &mut Report) -> Option<T> {
    if node.unresolved {
        return None;
    }
    if value.is_none() {
        report
            .schema(Place::value(node), format!("Expected value of type {name}"))
            .help(format!("it is {}", node.describe()));
    }
    value
}
