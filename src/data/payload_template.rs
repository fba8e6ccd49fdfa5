use serde_json::{Map, Value};
use thiserror::Error;

use super::{
    Budget, EvaluationError, Expression, MAX_NESTING, Payload, Piece, Scope, SyntaxError, java, json_size, nests_within,
};

/// A payload template: JSON whose `.$` fields are computed (ASL: "Payload Template").
///
/// `Parameters`, `ResultSelector`, `ItemSelector`, `Assign` and others hold one. At any depth of objects and arrays, a
/// field `name.$` becomes `name`, with the value of the path or intrinsic function call that it holds.
///
/// As on AWS, the output lists the static fields first, as declared, and then the computed ones in the order of a Java
/// `HashMap`.
///
/// ```
/// use asl_engine::data::PayloadTemplate;
/// use serde_json::json;
///
/// let template = json!({ "pizza.$": "$.order.pizza", "note": "$.is.a.text.here", "oven": { "id.$": "$$.Execution.Name" } });
/// assert!(PayloadTemplate::compile(&template).is_ok());
///
/// let errors = PayloadTemplate::compile(&json!({ "oven": { "id.$": "Execution.Name" } })).unwrap_err();
/// assert_eq!(errors[0].pointer, "/oven/id.$");
/// assert_eq!(
///     errors[0].to_string(),
///     "The value for the field 'id.$' must be a valid JSONPath or a valid intrinsic function call"
/// );
/// ```
#[derive(Clone, Debug)]
pub struct PayloadTemplate {
    root: Node,
    /// The bytes of the template's own text: the most that a result has besides the selected values.
    own_size: usize,
}

/// A field that makes a payload template invalid.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}", .problem.message(.field))]
#[non_exhaustive]
pub struct TemplateError {
    /// JSON Pointer, inside the template, to the value at fault.
    pub pointer: String,
    /// The field's name as written, such as `total.$`.
    pub field: String,
    /// What is wrong with it.
    pub problem: TemplateProblem,
}

/// What is wrong with a field of a payload template.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TemplateProblem {
    /// A `.$` field holds text that is neither a path nor an intrinsic function call.
    NotAPathOrIntrinsic(SyntaxError),
    /// A `.$` field holds a value that is not a string.
    NotAString,
    /// Another field of the object has the same name without `.$`.
    DuplicateField,
    /// The template nests more than [`MAX_NESTING`] levels deep.
    TooDeep,
}

impl PayloadTemplate {
    /// Compiles a template.
    ///
    /// Fails with an error for every invalid field, in the order they are written.
    pub fn compile(template: &Value) -> Result<Self, Vec<TemplateError>> {
        Self::compile_with(template, &mut Expression::parse)
    }

    /// Like [`compile`](Self::compile), with `parse` parsing the expressions.
    pub(crate) fn compile_with(
        template: &Value,
        parse: &mut dyn FnMut(&str) -> Result<Expression, SyntaxError>,
    ) -> Result<Self, Vec<TemplateError>> {
        if !nests_within(template, MAX_NESTING) {
            return Err(vec![TemplateError {
                pointer: String::new(),
                field: String::new(),
                problem: TemplateProblem::TooDeep,
            }]);
        }
        let mut compiler = Compiler {
            parse,
            path: Vec::new(),
            errors: Vec::new(),
        };
        let root = compiler.node(template);
        if compiler.errors.is_empty() {
            Ok(Self {
                root,
                own_size: json_size(template),
            })
        } else {
            Err(compiler.errors)
        }
    }

    /// Computes the template's value.
    ///
    /// Fails if a path finds nothing, a function rejects its arguments, or the value exceeds the crate's bounds.
    pub(crate) fn evaluate(&self, scope: &Scope<'_>, budget: &Budget) -> Result<Payload, EvaluationError> {
        let spent_before = budget.spent_bytes();
        let bound = |budget: &Budget| self.own_size.saturating_add(budget.spent_bytes() - spent_before);
        // Nearly all templates are objects. Their members are built in place, without a move.
        let built = match &self.root {
            Node::Object(object) => object.evaluate(scope, 1, budget)?,
            root => root.evaluate(scope, 0, budget)?,
        };
        Ok(match built {
            Piece::Own(value) => Payload::with_bound(value, bound(budget)),
            Piece::Shared(payload) => payload,
        })
    }

    /// Whether the template has no computed fields, so that its value is the template itself.
    pub fn is_static(&self) -> bool {
        matches!(self.root, Node::Static(_))
    }
}

impl TemplateProblem {
    fn message(&self, field: &str) -> String {
        match self {
            Self::NotAPathOrIntrinsic(_) | Self::NotAString => {
                format!("The value for the field '{field}' must be a valid JSONPath or a valid intrinsic function call")
            }
            Self::DuplicateField => {
                format!("the field `{field}` is there twice once `.$` is taken off")
            }
            Self::TooDeep => format!("the template nests deeper than {MAX_NESTING} levels"),
        }
    }
}

#[derive(Clone, Debug)]
enum Node {
    Static(Value),
    Array(Vec<Node>),
    Object(ObjectNode),
}

/// An object: the static members as declared, then the computed ones.
#[derive(Clone, Debug)]
struct ObjectNode {
    /// The object without its computed values. A copy of it hashes no name again.
    outline: Map<String, Value>,
    /// How each member gets its value.
    members: Vec<Member>,
}

#[derive(Clone, Debug)]
enum Member {
    /// It has its value in the outline.
    Static,
    /// A value that nests computed ones.
    Nested(Node),
    Computed(ComputedField),
}

#[derive(Clone, Debug)]
struct ComputedField {
    /// The field's name as written.
    field: String,
    expression: Expression,
}

impl Node {
    fn evaluate(&self, scope: &Scope<'_>, depth: usize, budget: &Budget) -> Result<Piece, EvaluationError> {
        match self {
            Self::Static(value) => Ok(Piece::Own(value.clone())),
            Self::Array(items) => array(items, scope, depth + 1, budget),
            Self::Object(object) => object.evaluate(scope, depth + 1, budget),
        }
    }

    fn is_static(&self) -> bool {
        matches!(self, Self::Static(_))
    }
}

impl ObjectNode {
    /// `depth` levels are around its members.
    fn evaluate(&self, scope: &Scope<'_>, depth: usize, budget: &Budget) -> Result<Piece, EvaluationError> {
        let mut object = self.outline.clone();
        let mut shared = Vec::new();
        for ((name, place), member) in object.iter_mut().zip(&self.members) {
            let part = match member {
                Member::Static => None,
                Member::Nested(node) => match node.evaluate(scope, depth, budget)? {
                    Piece::Own(value) => {
                        *place = value;
                        None
                    }
                    Piece::Shared(part) => Some(part),
                },
                Member::Computed(field) => field.fill(place, scope, depth, budget)?,
            };
            shared.extend(part.map(|part| (name.clone(), part)));
        }
        Ok(if shared.is_empty() {
            Piece::Own(Value::Object(object))
        } else {
            Piece::Shared(Payload::object(object, shared))
        })
    }
}

fn array(items: &[Node], scope: &Scope<'_>, depth: usize, budget: &Budget) -> Result<Piece, EvaluationError> {
    let mut values = Vec::with_capacity(items.len());
    let mut shared = Vec::new();
    for item in items {
        values.push(match item.evaluate(scope, depth, budget)? {
            Piece::Own(value) => value,
            Piece::Shared(payload) => {
                shared.push((values.len(), payload));
                Value::Null
            }
        });
    }
    Ok(if shared.is_empty() {
        Piece::Own(Value::Array(values))
    } else {
        Piece::Shared(Payload::array(values, shared))
    })
}

impl ComputedField {
    /// Puts the field's value into its place, or returns the large part of the data that is to be shared there.
    #[inline]
    fn fill(
        &self,
        place: &mut Value,
        scope: &Scope<'_>,
        depth: usize,
        budget: &Budget,
    ) -> Result<Option<Payload>, EvaluationError> {
        let exceeded = |exceeded| EvaluationError::exceeded(exceeded, &self.field);
        if let Expression::Path(path) = &self.expression
            && let Some(part) = path.shared(scope)
        {
            budget
                .spend_measured(part.nesting().into(), part.bound(), depth)
                .map_err(exceeded)?;
            return Ok(Some(part));
        }
        let value = self.expression.evaluate(&self.field, scope, budget)?;
        budget.spend(&value, depth).map_err(exceeded)?;
        *place = value.into_owned();
        Ok(None)
    }
}

struct Compiler<'p> {
    parse: &'p mut dyn FnMut(&str) -> Result<Expression, SyntaxError>,
    /// The path to the current value, as the tokens of a JSON Pointer.
    path: Vec<String>,
    errors: Vec<TemplateError>,
}

impl Compiler<'_> {
    fn node(&mut self, template: &Value) -> Node {
        match template {
            Value::Array(items) => self.array(template, items),
            Value::Object(members) => self.object(template, members),
            _ => Node::Static(template.clone()),
        }
    }

    fn array(&mut self, template: &Value, items: &[Value]) -> Node {
        let nodes: Vec<Node> = items
            .iter()
            .enumerate()
            .map(|(index, item)| self.below(index.to_string(), item))
            .collect();
        if nodes.iter().all(Node::is_static) {
            Node::Static(template.clone())
        } else {
            Node::Array(nodes)
        }
    }

    fn object(&mut self, template: &Value, members: &Map<String, Value>) -> Node {
        let mut outline = Map::new();
        let mut nodes = Vec::new();
        let mut computed = Vec::new();
        for (field, value) in members {
            match computed_name(field) {
                None => {
                    let member = match self.below(field.clone(), value) {
                        Node::Static(value) => {
                            outline.insert(field.clone(), value);
                            Member::Static
                        }
                        node => {
                            outline.insert(field.clone(), Value::Null);
                            Member::Nested(node)
                        }
                    };
                    nodes.push(member);
                }
                Some(name) if members.contains_key(name) => {
                    self.refuse(field, TemplateProblem::DuplicateField);
                }
                Some(name) => computed.extend(self.computed_field(field, value).map(|field| (name, field))),
            }
        }
        if computed.is_empty() && nodes.iter().all(|member| matches!(member, Member::Static)) {
            return Node::Static(template.clone());
        }
        for (name, field) in java::hash_map_order(computed, |(name, _)| java::string_hash(name)) {
            outline.insert(name.to_owned(), Value::Null);
            nodes.push(Member::Computed(field));
        }
        Node::Object(ObjectNode {
            outline,
            members: nodes,
        })
    }

    fn computed_field(&mut self, field: &str, value: &Value) -> Option<ComputedField> {
        let problem = match value {
            Value::String(text) => match (self.parse)(text) {
                Ok(expression) => {
                    return Some(ComputedField {
                        field: field.to_owned(),
                        expression,
                    });
                }
                Err(error) => TemplateProblem::NotAPathOrIntrinsic(error),
            },
            _ => TemplateProblem::NotAString,
        };
        self.refuse(field, problem);
        None
    }

    fn below(&mut self, token: String, value: &Value) -> Node {
        self.path.push(token);
        let node = self.node(value);
        self.path.pop();
        node
    }

    fn refuse(&mut self, field: &str, problem: TemplateProblem) {
        let tokens = self.path.iter().map(String::as_str).chain([field]);
        let mut pointer = String::new();
        for token in tokens {
            pointer.push('/');
            pointer.push_str(&token.replace('~', "~0").replace('/', "~1"));
        }
        self.errors.push(TemplateError {
            pointer,
            field: field.to_owned(),
            problem,
        });
    }
}

/// A computed field's name without `.$`; `None` for a static field. A field named just `.$` is static.
fn computed_name(field: &str) -> Option<&str> {
    field.strip_suffix(".$").filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests;
