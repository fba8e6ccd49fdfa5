//! The texts of a JSONata state that are evaluated, if they are expressions.

use crate::data::json::{Kind, Node, Object, Place};
use crate::data::{Delimited, JsonataExpression, JsonataExpressions, Reference, Target, delimited};
use crate::definition::StateType;
use crate::loading::report::Report;

/// The fields of states whose values may be or contain expressions.
const FIELDS: [&str; 18] = [
    "Arguments",
    "Assign",
    "Cause",
    "Credentials",
    "Error",
    "HeartbeatSeconds",
    "ItemBatcher",
    "ItemReader",
    "ItemSelector",
    "Items",
    "MaxConcurrency",
    "Output",
    "ResultWriter",
    "Seconds",
    "TimeoutSeconds",
    "Timestamp",
    "ToleratedFailureCount",
    "ToleratedFailurePercentage",
];

/// A text that may be an expression.
#[derive(Debug)]
pub(crate) struct JsonataText<'n> {
    pub(crate) node: &'n Node,
    /// The expression, if the text is one. Syntax errors are reported when the field is read.
    pub(crate) expression: Option<JsonataExpression>,
    pub(crate) sees: Sees,
}

/// The members of `$states` besides `input` and `context`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sees {
    Nothing,
    /// `$states.result`
    Result,
    /// `$states.errorOutput`
    ErrorOutput,
}

impl<'n> JsonataText<'n> {
    /// The texts of a state in source order, without those of nested states.
    pub(super) fn of(state: &'n Object, state_type: Option<StateType>) -> Vec<Self> {
        let has_result = matches!(state_type, Some(StateType::Task | StateType::Parallel | StateType::Map));
        let mut texts = Vec::new();
        for member in &state.members {
            let elements = member.value.as_array().unwrap_or_default();
            match member.key.as_str() {
                "Output" | "Assign" if has_result => add(&member.value, Sees::Result, &mut texts),
                "Catch" => elements
                    .iter()
                    .for_each(|catcher| add_fields(catcher, &["Assign", "Output"], Sees::ErrorOutput, &mut texts)),
                "Choices" => elements
                    .iter()
                    .for_each(|rule| add_fields(rule, &["Assign", "Condition", "Output"], Sees::Nothing, &mut texts)),
                key if FIELDS.contains(&key) => add(&member.value, Sees::Nothing, &mut texts),
                _ => {}
            }
        }
        texts
    }

    /// Reads the expression, if the text is one.
    pub(super) fn read(&mut self, expressions: &mut JsonataExpressions) {
        let text = expression_text(self.node).filter(|_| !self.node.unresolved);
        self.expression = text.and_then(|text| expressions.parse(text).ok());
    }

    /// Whether the text neither is an expression nor has one of its delimiters.
    pub(crate) fn is_constant(&self) -> bool {
        !self.node.unresolved && self.node.as_str().map(delimited) == Some(Delimited::Constant)
    }

    /// The expression's references to data outside itself.
    pub(crate) fn references(&self) -> impl Iterator<Item = &Reference> {
        self.expression
            .iter()
            .flat_map(|expression| expression.references().iter())
    }

    /// The place of a reference.
    pub(crate) fn place(&self, reference: &Reference) -> Place {
        let text = expression_text(self.node).unwrap_or_default();
        let blanks = text.len() - text.trim_start().len();
        let token = match &reference.target {
            Target::Context => "$".to_owned(),
            Target::Root => "$$".to_owned(),
            Target::Field(name) => name.clone(),
            Target::States(None) => "$states".to_owned(),
            Target::States(Some(member)) => format!("$states.{member}"),
            Target::Variable(name) => format!("${name}"),
            Target::Eval => "$eval".to_owned(),
        };
        place_in(self.node, blanks + reference.offset, &token)
    }

    /// Whether the reference to the variable `name` is a call.
    pub(crate) fn is_called(&self, reference: &Reference, name: &str) -> bool {
        let text = self.expression.as_ref().map_or("", JsonataExpression::as_str);
        let behind = text.get(reference.offset + 1 + name.len()..).unwrap_or_default();
        behind.trim_start().starts_with('(')
    }

    /// A problem of a reference.
    pub(crate) fn refuse(&self, reference: &Reference, message: &str, help: &str, report: &mut Report) {
        report.schema(self.place(reference), message).help(help);
    }
}

/// The text between `{%` and `%}`, if the node has this form.
pub(crate) fn expression_text(node: &Node) -> Option<&str> {
    match delimited(node.as_str()?) {
        Delimited::Expression(text) => Some(text),
        Delimited::Constant | Delimited::Improper => None,
    }
}

/// The part of the expression in `node` at the byte `offset`: `token` if it is there, or everything up to the end.
/// After the end, it is the closing delimiter.
pub(crate) fn place_in(node: &Node, offset: usize, token: &str) -> Place {
    let text = expression_text(node).unwrap_or_default();
    let end = match text.get(offset..) {
        Some(rest) if !token.is_empty() && rest.starts_with(token) => offset + token.len(),
        _ if offset < text.trim_end().len() => text.trim_end().len(),
        _ => return Place::part(node, DELIMITER + text.len(), 2 * DELIMITER + text.len()),
    };
    Place::part(node, DELIMITER + offset, DELIMITER + end)
}

/// The bytes of `{%`, and of `%}`.
const DELIMITER: usize = 2;

fn add_fields<'n>(element: &'n Node, fields: &[&str], sees: Sees, texts: &mut Vec<JsonataText<'n>>) {
    let members = element.as_object().map(|object| object.members.as_slice());
    for member in members.unwrap_or_default() {
        if fields.contains(&member.key.as_str()) {
            add(&member.value, sees, texts);
        }
    }
}

/// The texts at any depth of arrays and objects.
fn add<'n>(node: &'n Node, sees: Sees, texts: &mut Vec<JsonataText<'n>>) {
    match &node.kind {
        Kind::String(_) => {
            texts.push(JsonataText {
                node,
                expression: None,
                sees,
            });
        }
        Kind::Array(elements) => elements.iter().for_each(|element| add(element, sees, texts)),
        Kind::Object(object) => object.members.iter().for_each(|member| add(&member.value, sees, texts)),
        _ => {}
    }
}
