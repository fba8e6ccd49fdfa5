//! What the fields of JSONata states hold (specification, "JSONata"); those of JSONPath states are in `paths`.

use crate::data::{JsonataExpression, JsonataTemplate};

/// A field that takes a value as it is, or an expression that makes it when the state runs.
#[derive(Debug, Clone)]
pub enum JsonataValue<T> {
    /// The value itself, checked when the definition is loaded.
    Constant(T),
    /// `{% … %}`; type and range of its result are checked when it is evaluated.
    Expression(JsonataExpression),
}

/// What a JSONata state, Choice Rule or Catcher leaves behind; both fields see the variables as they were on entry.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct JsonataExit {
    /// `Output`: makes the output; without it the state's result, or the state's input where it has none, or a Catcher's
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
