use std::sync::Arc;

use serde_json::{Map, Value};
use thiserror::Error;

use super::{
    Expected, JsonataBindings, JsonataError, JsonataExpression, JsonataExpressions, JsonataSyntaxError, Location,
};
use crate::data::{MAX_NESTING, Payload, Piece, nests_within};

/// A JSON value in which texts of the form `{%…%}`, at any depth of objects and arrays, are expressions.
///
/// `Arguments`, `Output`, `Assign`, `ItemSelector` and others hold one. Names of fields are never expressions.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonataTemplate {
    /// Boxed to keep states small: a state holds several templates.
    source: Box<Value>,
    root: Node,
}

/// The members of an object, in their order.
type Members = Box<[(Arc<str>, Piece)]>;

/// A text that makes a template invalid.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{problem}")]
pub(crate) struct JsonataTemplateError {
    /// JSON Pointer, inside the template, to the invalid text.
    pub(crate) pointer: String,
    /// The byte offset in the text where the expression begins, after the `{%`.
    pub(crate) start: usize,
    /// What is wrong with the text; its offset counts from `start`.
    pub(crate) problem: JsonataTemplateProblem,
}

/// What is wrong with a text of a template.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum JsonataTemplateProblem {
    /// The text begins with `{%` or ends with `%}`, but not both.
    #[error("the delimiters `{{%` and `%}}` must open and close the text")]
    Delimiters,
    /// The text between the delimiters is not an expression.
    #[error("{0}")]
    Syntax(JsonataSyntaxError),
    /// The template nests more than [`MAX_NESTING`] levels deep.
    #[error("the value nests deeper than {MAX_NESTING} levels")]
    TooDeep,
}

/// The meaning of a text in a JSONata field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delimited<'t> {
    /// An expression: the text between the delimiters, blanks included.
    Expression(&'t str),
    /// A constant.
    Constant,
    /// One delimiter is there without the other.
    Improper,
}

/// Tells expressions from constants: an expression begins with `{%` and ends with `%}`, with nothing before or after.
pub(crate) fn delimited(text: &str) -> Delimited<'_> {
    let opened = text.strip_prefix("{%");
    match opened.and_then(|rest| rest.strip_suffix("%}")) {
        Some(expression) => Delimited::Expression(expression),
        None if opened.is_some() || text.ends_with("%}") && !text.trim_start().starts_with("{%") => Delimited::Improper,
        None => Delimited::Constant,
    }
}

impl JsonataTemplate {
    /// Compiles a template.
    ///
    /// Fails with an error for every invalid text, in the order they are written.
    pub(crate) fn compile(
        source: &Value,
        expressions: &mut JsonataExpressions,
    ) -> Result<Self, Vec<JsonataTemplateError>> {
        if !nests_within(source, MAX_NESTING) {
            return Err(vec![JsonataTemplateError {
                pointer: String::new(),
                start: 0,
                problem: JsonataTemplateProblem::TooDeep,
            }]);
        }
        let mut compiler = Compiler {
            pointer: String::new(),
            expressions,
            errors: Vec::new(),
        };
        let root = compiler.node(source);
        if compiler.errors.is_empty() {
            Ok(Self {
                source: Box::new(source.clone()),
                root,
            })
        } else {
            Err(compiler.errors)
        }
    }

    /// The template as written.
    pub fn source(&self) -> &Value {
        &self.source
    }

    /// The expression, if the whole template is one.
    #[cfg(test)]
    pub(crate) fn as_expression(&self) -> Option<&JsonataExpression> {
        match &self.root {
            Node::Expression(expression) => Some(expression),
            _ => None,
        }
    }

    /// All expressions with the JSON Pointers to them, in the order they are written.
    #[cfg(test)]
    pub(crate) fn expressions(&self) -> Vec<(String, &JsonataExpression)> {
        let mut found = Vec::new();
        self.root.collect(&mut String::new(), &mut found);
        found
    }

    /// The member of the template with this name, if it is an expression.
    pub(crate) fn member(&self, name: &str) -> Option<&JsonataExpression> {
        let Node::Object(members) = &self.root else { return None };
        members.iter().find_map(|(member, node)| match node {
            Node::Expression(expression) if **member == *name => Some(expression),
            _ => None,
        })
    }

    /// Computes the template's value for a field: each expression is replaced by its value. Members keep their order.
    ///
    /// Fails with the first expression that has no value, or if the field does not accept the value; `location` is
    /// AWS's name for the field, such as `Output`.
    pub(crate) fn evaluate(
        &self,
        location: &Location<'_>,
        expected: Expected,
        bindings: &JsonataBindings<'_>,
    ) -> Result<Piece, JsonataError> {
        match &self.root {
            Node::Expression(expression) => expression.evaluate_piece(location, expected, bindings),
            root => root.evaluate(location, bindings),
        }
    }

    /// Like [`evaluate`](Self::evaluate), but returns the members one by one; empty if the template is not an object.
    pub(crate) fn evaluate_members(
        &self,
        location: &Location<'_>,
        bindings: &JsonataBindings<'_>,
    ) -> Result<Members, JsonataError> {
        match &self.root {
            Node::Object(members) => members
                .iter()
                .map(|(name, member)| {
                    let value = member.evaluate(&Location::Member(location, name), bindings)?;
                    Ok((Arc::clone(name), value))
                })
                .collect(),
            Node::Constant(Value::Object(members)) => Ok(members
                .iter()
                .map(|(name, value)| (name.as_str().into(), Piece::Own(value.clone())))
                .collect()),
            _ => Ok(Box::default()),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Node {
    Constant(Value),
    Expression(JsonataExpression),
    Array(Vec<Node>),
    Object(Vec<(Arc<str>, Node)>),
}

impl Node {
    /// Recursion goes no deeper than [`MAX_NESTING`].
    fn evaluate(&self, location: &Location<'_>, bindings: &JsonataBindings<'_>) -> Result<Piece, JsonataError> {
        match self {
            Self::Constant(value) => Ok(Piece::Own(value.clone())),
            Self::Expression(expression) => expression.evaluate_piece(location, Expected::Any, bindings),
            Self::Array(items) => {
                let items = items.iter().enumerate();
                let items = items.map(|(index, item)| item.evaluate(&Location::Item(location, index), bindings));
                Ok(array(items.collect::<Result<_, _>>()?))
            }
            Self::Object(members) => {
                let mut values = Map::with_capacity(members.len());
                let mut shared = Vec::new();
                for (name, member) in members {
                    let value = match member.evaluate(&Location::Member(location, name), bindings)? {
                        Piece::Own(value) => value,
                        Piece::Shared(payload) => {
                            shared.push((name.to_string(), payload));
                            Value::Null
                        }
                    };
                    values.insert(name.to_string(), value);
                }
                Ok(if shared.is_empty() {
                    Piece::Own(Value::Object(values))
                } else {
                    Piece::Shared(Payload::object(values, shared))
                })
            }
        }
    }

    #[cfg(test)]
    fn collect<'n>(&'n self, pointer: &mut String, found: &mut Vec<(String, &'n JsonataExpression)>) {
        match self {
            Self::Constant(_) => {}
            Self::Expression(expression) => found.push((pointer.clone(), expression)),
            Self::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    below(pointer, &index.to_string(), |pointer| item.collect(pointer, found));
                }
            }
            Self::Object(members) => {
                for (name, member) in members {
                    below(pointer, name, |pointer| member.collect(pointer, found));
                }
            }
        }
    }
}

fn array(items: Vec<Piece>) -> Piece {
    let mut shared = Vec::new();
    let own = items.into_iter().enumerate().map(|(index, item)| match item {
        Piece::Own(value) => value,
        Piece::Shared(payload) => {
            shared.push((index, payload));
            Value::Null
        }
    });
    let own: Vec<Value> = own.collect();
    if shared.is_empty() {
        Piece::Own(Value::Array(own))
    } else {
        Piece::Shared(Payload::array(own, shared))
    }
}

struct Compiler<'e> {
    pointer: String,
    expressions: &'e mut JsonataExpressions,
    errors: Vec<JsonataTemplateError>,
}

impl Compiler<'_> {
    fn node(&mut self, value: &Value) -> Node {
        let node = match value {
            Value::String(text) => return self.text(text),
            Value::Array(items) => {
                let items = items.iter().enumerate();
                Node::Array(
                    items
                        .map(|(index, item)| self.member(&index.to_string(), item))
                        .collect(),
                )
            }
            Value::Object(members) => Node::Object(
                members
                    .iter()
                    .map(|(name, member)| (name.as_str().into(), self.member(name, member)))
                    .collect(),
            ),
            scalar => return Node::Constant(scalar.clone()),
        };
        // Without expressions, a node is its own value.
        let is_constant = match &node {
            Node::Array(items) => items.iter().all(|item| matches!(item, Node::Constant(_))),
            Node::Object(members) => members.iter().all(|(_, member)| matches!(member, Node::Constant(_))),
            _ => false,
        };
        if is_constant {
            Node::Constant(value.clone())
        } else {
            node
        }
    }

    fn member(&mut self, name: &str, value: &Value) -> Node {
        let mut pointer = std::mem::take(&mut self.pointer);
        let node = below(&mut pointer, name, |pointer| {
            self.pointer = std::mem::take(pointer);
            let node = self.node(value);
            *pointer = std::mem::take(&mut self.pointer);
            node
        });
        self.pointer = pointer;
        node
    }

    fn text(&mut self, text: &str) -> Node {
        let problem = match delimited(text) {
            Delimited::Constant => return Node::Constant(text.into()),
            Delimited::Improper => JsonataTemplateProblem::Delimiters,
            Delimited::Expression(expression) => match self.expressions.parse(expression) {
                Ok(expression) => return Node::Expression(expression),
                Err(error) => JsonataTemplateProblem::Syntax(error),
            },
        };
        self.errors.push(JsonataTemplateError {
            pointer: self.pointer.clone(),
            start: "{%".len(),
            problem,
        });
        Node::Constant(Value::Null)
    }
}

/// Runs a function with a name added to a JSON Pointer, and then removes the name.
fn below<T>(pointer: &mut String, name: &str, run: impl FnOnce(&mut String) -> T) -> T {
    let length = pointer.len();
    pointer.push('/');
    pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
    let result = run(pointer);
    pointer.truncate(length);
    result
}
