use serde_json::Value;

use super::{ContextScope, Random, VariableScope};

/// The data that paths, payload templates and intrinsic functions read while they are evaluated.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    /// The document that `$` names: a state's raw or effective input, or its result.
    pub(crate) input: &'a Value,
    /// The context object that `$$` names.
    pub(crate) context: &'a dyn ContextScope,
    /// The variables that `$name` names.
    pub(crate) variables: &'a dyn VariableScope,
    /// The generator behind `States.UUID` and unseeded `States.MathRandom`.
    pub(crate) random: &'a Random,
}
