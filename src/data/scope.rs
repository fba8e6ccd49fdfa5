use serde_json::Value;

use super::{ContextScope, Random, VariableScope};

/// What paths, payload templates and intrinsic functions read while they are evaluated.
///
/// ```
/// use asl_engine::data::{
///     ContextObject, ExecutionContext, JsonPath, NoVariables, Random, Scope, StateContext, StateMachineContext,
/// };
/// # use serde_json::json;
/// # let start = chrono::DateTime::from_timestamp(1_735_787_045, 0).unwrap();
/// let input = json!({ "order": { "id": 7 } });
/// let execution = ExecutionContext {
///     id: "arn:aws:states:us-east-1:123456789012:execution:Bar:e1".into(),
///     input: input.clone().into(),
///     name: "e1".into(),
///     role_arn: "arn:aws:iam::123456789012:role/bar".into(),
///     start_time: start,
///     redrive_count: Some(0),
/// };
/// let state_machine = StateMachineContext { id: "arn:aws:states:us-east-1:123456789012:stateMachine:Bar".into(), name: "Bar".into() };
/// let context = ContextObject {
///     execution: &execution,
///     state_machine: &state_machine,
///     state: StateContext { name: "Bake", entered_time: start, retry_count: None },
///     task_token: None,
///     map_item: None,
/// };
/// let random = Random::seeded(1);
/// let scope = Scope { input: &input, context: &context, variables: &NoVariables, random: &random };
///
/// assert_eq!(*JsonPath::parse("$.order.id")?.evaluate(&scope)?, json!(7));
/// assert_eq!(*JsonPath::parse("$$.State.Name")?.evaluate(&scope)?, json!("Bake"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// The document that `$` names: a state's raw or filtered input, or its result.
    pub input: &'a Value,
    /// The context object that `$$` names.
    pub context: &'a dyn ContextScope,
    /// The variables that `$name` reads.
    pub variables: &'a dyn VariableScope,
    /// The generator behind `States.UUID` and unseeded `States.MathRandom`.
    pub random: &'a Random,
}
