//! Lambda functions of a simulation, by their names.

use serde_json::Value;
use std::fmt;
use std::sync::Arc;

use super::{Answer, Call, Simulation, SimulationError};
use crate::TaskError;
use crate::definition::{Resource, ResourceKind};
use crate::execution::Program;
use crate::services::lambda::{FunctionName, Invocation, InvokedFunction, invoked_functions, is_invoke};

/// The functions, in the order of their registration.
#[derive(Clone, Default)]
pub(super) struct Functions(Vec<(String, Arc<FunctionFn>)>);

type FunctionFn = dyn Fn(&Call, &Value) -> Answer + Send + Sync;

impl Simulation {
    /// Registers a Lambda function, by its name or ARN: a function of the payload. It serves every task that invokes it,
    /// in any form: `arn:aws:states:::lambda:invoke` with the function's name, partial ARN or ARN, whose result is
    /// Lambda's response, and the function's ARN as the `Resource`. A name with a version or alias, such as
    /// `Charge:prod`, serves only that one, and `Charge:$LATEST` the invocations without one; a name alone serves all
    /// that have no function of their own.
    ///
    /// Scripts take precedence. The run is an error if no task can invoke the function; it need not be called.
    ///
    /// ```
    /// use asl_engine::{Simulation, StateMachine, TaskError};
    /// use serde_json::json;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let machine: StateMachine = std::fs::read_to_string("asl-samples/charge.asl.json")?.parse()?;
    /// let run = Simulation::of(&machine)
    ///     .function("Charge", |order| match order["id"].as_u64() {
    ///         Some(id) => Ok(json!({ "paid": id })),
    ///         None => Err(TaskError::new("NoId", "an order has an id")),
    ///     })
    ///     .run(json!({ "id": 7 }));
    /// assert_eq!(run.output(), Some(&json!({ "paid": 7 })));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn function(
        self,
        name: impl Into<String>,
        function: impl Fn(&Value) -> Result<Value, TaskError> + Send + Sync + 'static,
    ) -> Self {
        self.function_with(name, move |_, payload| function(payload).into())
    }

    /// The same by a function of the call and the payload; the result of its answer is the function's payload.
    pub(crate) fn function_with(
        mut self,
        name: impl Into<String>,
        function: impl Fn(&Call, &Value) -> Answer + Send + Sync + 'static,
    ) -> Self {
        self.functions.0.push((name.into(), Arc::new(function)));
        self
    }
}

impl Functions {
    /// Errors if a name is registered twice, or if no task of the programs can invoke it.
    pub(super) fn check(&self, programs: &[&Arc<Program>]) -> Result<(), SimulationError> {
        for (i, (name, _)) in self.0.iter().enumerate() {
            let function = name.clone();
            if self.0.iter().skip(i + 1).any(|(other, _)| other == name) {
                return Err(SimulationError::FunctionTwice { function });
            }
            if !programs.iter().any(|program| invokes(program, name)) {
                let known = invoked_names(programs.iter().map(|program| &***program));
                return Err(SimulationError::UnknownFunction { function, known });
            }
        }
        Ok(())
    }

    /// The answer of the function that a call invokes; `None` if it is not registered.
    pub(super) fn answer(&self, call: &Call) -> Option<Answer> {
        if self.0.is_empty() {
            return None;
        }
        let input = &call.request.effective_input;
        if *call.resource.kind() == ResourceKind::LambdaFunction {
            let function = self.find(&FunctionName::parse(call.resource.arn())?)?;
            return Some(function(call, input).of_function());
        }
        if !is_invoke(&call.resource) {
            return None;
        }
        match Invocation::read(input) {
            Ok(invocation) => {
                let function = self.find(invocation.function.as_ref()?)?;
                Some(function(call, &invocation.payload()).of_function())
            }
            Err(error) => Some(error.into()),
        }
    }

    /// The function registered for a version or alias goes before the one for all, then the one of a region and account.
    fn find(&self, invoked: &FunctionName<'_>) -> Option<&Arc<FunctionFn>> {
        let serving = self.0.iter().filter_map(|(name, function)| {
            let registered = FunctionName::parse(name)?;
            registered
                .serves(invoked)
                .then_some((registered.generality(), function))
        });
        serving
            .min_by_key(|(generality, _)| *generality)
            .map(|(_, function)| function)
    }
}

/// Whether a task of the program may invoke the function registered under `name`.
pub(crate) fn invokes(program: &Program, name: &str) -> bool {
    let Some(registered) = FunctionName::parse(name) else {
        return false;
    };
    let is_it = |InvokedFunction { function, .. }| function.is_none_or(|invoked| registered.serves(&invoked));
    invoked_functions(program).any(is_it)
}

/// The names of the functions that the tasks of the programs are known to invoke, each once.
pub(crate) fn invoked_names<'p>(programs: impl Iterator<Item = &'p Program>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for InvokedFunction { function, .. } in programs.flat_map(invoked_functions) {
        if let Some(function) = function
            && !names.iter().any(|name| name == function.name)
        {
            names.push(function.name.to_owned());
        }
    }
    names
}

/// Whether the function registered under a name serves all invocations that another one serves.
#[cfg(feature = "cli")]
pub(crate) fn serves_all_of(name: &str, other: &str) -> bool {
    match (FunctionName::parse(name), FunctionName::parse(other)) {
        (Some(name), Some(other)) => name.serves(&other) && name.generality() >= other.generality(),
        _ => false,
    }
}

/// Whether a task invokes the function of this name.
pub(crate) fn is_function_of(resource: &Resource, effective_input: &Value, name: &str) -> bool {
    let invoked = if *resource.kind() == ResourceKind::LambdaFunction {
        FunctionName::parse(resource.arn())
    } else if is_invoke(resource) {
        let text = |field: &str| effective_input.get(field).and_then(Value::as_str);
        let invocation = text("FunctionName").map(|name| Invocation::of(name, text("Qualifier")));
        invocation.and_then(|invocation| invocation.ok()?.function)
    } else {
        None
    };
    match (FunctionName::parse(name), invoked) {
        (Some(registered), Some(invoked)) => registered.serves(&invoked),
        _ => false,
    }
}

impl fmt::Debug for Functions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}
