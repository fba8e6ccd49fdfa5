//! The values of fields in JSONata states (specification, "JSONata"); for JSONPath states see `paths`.

use crate::data::{JsonataExpression, JsonataTemplate};

/// A field with a constant value, or an expression evaluated when the state runs.
#[derive(Debug, Clone)]
pub enum JsonataValue<T> {
    /// A constant, checked when the definition is loaded.
    Constant(T),
    /// `{% … %}`; type and range of its result are checked when it is evaluated.
    Expression(JsonataExpression),
}

/// `Output` and `Assign` of a JSONata state, Choice Rule or Catcher; both see the variables as they were on entry.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct JsonataExit {
    /// `Output`: computes the output. Default: the state's result, or its input if it has no result, or a Catcher's
    /// Error Output.
    pub output: Option<JsonataTemplate>,
    /// `Assign`: the variables it assigns.
    pub assign: Option<JsonataAssign>,
}

/// `Assign` in JSONata: an object whose fields name workflow variables.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct JsonataAssign {
    /// The names assigned, as declared.
    pub names: Vec<String>,
    /// Evaluates to an object of those names.
    pub template: JsonataTemplate,
}
