//! The state machines that executions can start, by name or ARN.

use std::collections::HashMap;
use std::sync::Arc;

#[cfg(feature = "runtime")]
use super::Revision;
use super::StepFunctionsError;
use crate::data::StateMachineContext;
use crate::execution::Program;

/// Registered state machines.
#[derive(Debug, Clone, Default)]
pub(crate) struct StateMachines(HashMap<String, Arc<Program>>);

/// The state machine of an ARN.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) program: Arc<Program>,
    /// Its name and its ARN, without version or alias.
    pub(crate) state_machine: Arc<StateMachineContext>,
    /// Its revision, if it was created while the driver runs.
    #[cfg(feature = "runtime")]
    pub(crate) deployment: Option<Deployment>,
}

/// The revision of a state machine that an ARN leads to.
#[cfg(feature = "runtime")]
#[derive(Debug, Clone)]
pub(crate) struct Deployment {
    pub(crate) revision: Arc<Revision>,
    /// The requested version, or the version of an alias.
    pub(crate) version_arn: Option<Arc<str>>,
    /// The requested alias.
    pub(crate) alias_arn: Option<Arc<str>>,
}

impl StateMachines {
    /// Registers a state machine by its ARN, or by its name for any region and account. Registering the same name again
    /// replaces it; returns whether the name was new.
    pub(crate) fn register(&mut self, name: String, program: Arc<Program>) -> bool {
        self.0.insert(name, program).is_none()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every state machine with the ARN or name of its registration.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Arc<Program>)> {
        self.0.iter().map(|(name, program)| (name.as_str(), program))
    }

    /// The state machine of an ARN, which may end in a version or alias: a registration with it takes precedence, and
    /// an unqualified one serves all versions and aliases.
    pub(crate) fn resolve(&self, arn: &str) -> Result<Target, StepFunctionsError> {
        let parts: Vec<&str> = arn.split(':').collect();
        let ["arn", _, "states", _, _, kind, name, qualifier @ ..] = parts.as_slice() else {
            return Err(StepFunctionsError::invalid_arn(&format!("Invalid ARN prefix: {arn}")));
        };
        if *kind != "stateMachine" {
            let problem = format!("Resource type not valid in this context: {kind}");
            return Err(StepFunctionsError::invalid_arn(&problem));
        }
        let unqualified = match qualifier {
            [] => arn,
            [qualifier] => arn.get(..arn.len() - qualifier.len() - 1).unwrap_or(arn),
            _ => return Err(StepFunctionsError::invalid_arn(&format!("Invalid ARN prefix: {arn}"))),
        };
        let found = [arn, unqualified, name].into_iter().find_map(|name| self.0.get(name));
        let program = found.ok_or_else(|| StepFunctionsError::state_machine_does_not_exist(arn))?;
        Ok(Target {
            program: Arc::clone(program),
            state_machine: Arc::new(StateMachineContext {
                id: unqualified.to_owned(),
                name: (*name).to_owned(),
            }),
            #[cfg(feature = "runtime")]
            deployment: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Style;
    use super::*;
    use crate::StateMachine;

    const ARN: &str = "arn:aws:states:us-east-1:1:stateMachine:Child";

    fn machines(names: &[&str]) -> StateMachines {
        let mut machines = StateMachines::default();
        for name in names {
            let definition =
                format!(r#"{{ "Comment": "{name}", "StartAt": "S", "States": {{ "S": {{ "Type": "Succeed" }} }} }}"#);
            let machine: StateMachine = definition.parse().unwrap();
            machines.register((*name).to_owned(), Arc::new(Program::compile(&machine)));
        }
        machines
    }

    /// The name and ARN of the found machine.
    fn found(names: &[&str], arn: &str) -> Result<(String, String), String> {
        let target = machines(names).resolve(arn);
        let target = target.map_err(|error| error.in_style(Style::Sdk).error().to_owned())?;
        assert_eq!(target.state_machine.name, "Child");
        let registered = target.program.machine().comment.clone().unwrap();
        Ok((registered, target.state_machine.id.clone()))
    }

    #[test]
    fn the_most_exact_name_goes_first() {
        let version = format!("{ARN}:3");
        let of = |name: &str| Ok((name.to_owned(), ARN.to_owned()));
        assert_eq!(found(&["Child"], ARN), of("Child"));
        assert_eq!(found(&["Child", ARN], ARN), of(ARN));
        assert_eq!(found(&["Child", ARN], &version), of(ARN));
        assert_eq!(found(&["Child", ARN, &version], &version), of(&version));
        assert_eq!(found(&["Child", ARN, &version], &format!("{ARN}:4")), of(ARN));
    }

    #[test]
    fn what_is_not_there_does_not_exist() {
        let missing = Err("Sfn.StateMachineDoesNotExistException".to_owned());
        assert_eq!(found(&[], ARN), missing);
        assert_eq!(found(&["arn:aws:states:eu-west-1:1:stateMachine:Child"], ARN), missing);
        for arn in [
            "Child",
            "",
            "arn:aws:states:us-east-1:1:execution:Child:x",
            "arn:aws:states:us-east-1:1:stateMachine:Child:1:2",
        ] {
            assert_eq!(
                found(&["Child"], arn),
                Err("Sfn.InvalidArnException".to_owned()),
                "{arn}"
            );
        }
    }
}
