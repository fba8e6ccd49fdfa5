//! A state machine with its revisions, versions and aliases.

use chrono::{DateTime, Utc};
use indexmap::IndexMap;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

use super::seconds;
use crate::data::json::{NotJson, Source};
use crate::data::{Random, StateMachineContext};
use crate::definition::{Code, Diagnostic, InvalidDefinition, WorkflowType};
use crate::execution::Program;
use crate::loading::Loader;
use crate::services::step_functions::{Definition, Revision, StepFunctionsError};

/// AWS's quotas of one state machine.
const MOST_VERSIONS: usize = 1_000;
pub(super) const MOST_ALIASES: usize = 100;

#[derive(Debug, Clone)]
pub(super) struct Version {
    pub(super) arn: Arc<str>,
    pub(super) revision: Arc<Revision>,
    pub(super) description: Option<String>,
    pub(super) created: DateTime<Utc>,
}

#[derive(Debug, Clone)]
pub(super) struct Alias {
    /// The alias's number in the order of creation.
    pub(super) number: u64,
    pub(super) arn: Arc<str>,
    pub(super) description: Option<String>,
    /// One or two versions with their weights, which add up to 100.
    pub(super) routes: Vec<Route>,
    pub(super) created: DateTime<Utc>,
    pub(super) updated: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) version: u64,
    pub(super) weight: u64,
}

#[derive(Debug, Clone)]
pub(super) struct StateMachine {
    pub(super) context: Arc<StateMachineContext>,
    pub(super) workflow_type: WorkflowType,
    pub(super) created: DateTime<Utc>,
    pub(super) current: Arc<Revision>,
    /// The versions by number.
    pub(super) versions: BTreeMap<u64, Version>,
    /// The number of the latest published version.
    pub(super) last_version: u64,
    /// The number of aliases ever created.
    pub(super) last_alias: u64,
    /// The aliases, the oldest first.
    pub(super) aliases: IndexMap<String, Alias>,
    pub(super) tags: IndexMap<String, String>,
    /// `publish` and `versionDescription` at its creation.
    pub(super) created_with: (bool, Option<String>),
    /// Whether it is deleted and waits for its executions to end.
    pub(super) is_deleting: bool,
}

impl Definition {
    /// Errors if the definition is invalid.
    pub(super) fn of(text: &str, workflow_type: WorkflowType) -> Result<Arc<Self>, StepFunctionsError> {
        let loader = Loader::new().workflow_type(workflow_type).verbatim();
        let machine = loader.parse(text).map_err(|refused| invalid(text, refused))?;
        Ok(Arc::new(Self {
            text: text.to_owned(),
            variable_references: loader.variable_references(text),
            program: Arc::new(Program::compile(&machine)),
        }))
    }
}

/// AWS's message for an invalid definition; a text that is not JSON is quoted.
fn invalid(text: &str, refused: InvalidDefinition) -> StepFunctionsError {
    let is_json = |diagnostic: &Diagnostic| diagnostic.code != Code::InvalidJsonDescription;
    let problem = if refused.diagnostics().iter().all(is_json) {
        None
    } else {
        NotJson::of_syntax(text)
    };
    match problem {
        None => refused.into(),
        Some(not_json) => {
            let problem = not_json.message(Source::Quoted);
            let code = Code::InvalidJsonDescription;
            let message = format!("Invalid State Machine Definition: '{code}: {problem}'");
            StepFunctionsError::new("InvalidDefinition", message)
        }
    }
}

impl Revision {
    pub(super) fn workflow_type(&self) -> WorkflowType {
        self.definition.program.machine().workflow_type
    }

    /// Whether it has the same content as another.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.definition.text == other.definition.text
            && self.role_arn == other.role_arn
            && self.configuration == other.configuration
    }

    /// The members shared by all descriptions of a state machine. `METADATA_ONLY` leaves out the definition.
    pub(super) fn describe(&self, name: &str, is_whole: bool) -> Map<String, Value> {
        let mut members = Map::new();
        let mut set = |member: &str, value: Value| drop(members.insert(member.to_owned(), value));
        set("name", name.into());
        if is_whole {
            set("definition", self.definition.text.as_str().into());
        }
        set("roleArn", (*self.role_arn).into());
        set("loggingConfiguration", self.configuration.logging.clone());
        set("tracingConfiguration", self.configuration.tracing.clone());
        set("encryptionConfiguration", self.configuration.encryption.clone());
        if let Some(id) = &self.id {
            set("revisionId", id.as_str().into());
        }
        let references = &self.definition.variable_references;
        if is_whole && !references.is_empty() {
            set("variableReferences", json!(references));
        }
        members
    }
}

impl StateMachine {
    pub(super) fn new(
        context: Arc<StateMachineContext>,
        revision: Arc<Revision>,
        created_with: (bool, Option<String>),
    ) -> Self {
        Self {
            context,
            workflow_type: revision.workflow_type(),
            created: revision.date,
            current: revision,
            versions: BTreeMap::new(),
            last_version: 0,
            last_alias: 0,
            aliases: IndexMap::new(),
            tags: IndexMap::new(),
            created_with,
            is_deleting: false,
        }
    }

    pub(super) fn arn(&self) -> &str {
        &self.context.id
    }

    /// Publishes the current revision, or returns its version if it is already published.
    pub(super) fn publish(
        &mut self,
        description: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<&Version, StepFunctionsError> {
        let known = self.version_of(&self.current);
        let number = match known {
            Some(number) => number,
            None if self.versions.len() >= MOST_VERSIONS => {
                return Err(StepFunctionsError::quota_exceeded(
                    "versions of the state machine",
                    MOST_VERSIONS,
                ));
            }
            None => {
                self.last_version += 1;
                self.last_version
            }
        };
        Ok(self.versions.entry(number).or_insert_with(|| Version {
            arn: format!("{}:{number}", self.context.id).into(),
            revision: Arc::clone(&self.current),
            description: description.map(str::to_owned),
            created: now,
        }))
    }

    /// The version number of a revision.
    fn version_of(&self, revision: &Arc<Revision>) -> Option<u64> {
        let mut versions = self.versions.iter();
        let found = versions.find(|(_, version)| Arc::ptr_eq(&version.revision, revision));
        found.map(|(number, _)| *number)
    }

    /// The version for a number in an ARN.
    pub(super) fn version(&self, number: &str) -> Option<&Version> {
        self.versions.get(&version_number(number)?)
    }

    /// The members of a list of state machines.
    pub(super) fn list_item(&self) -> Value {
        json!({
            "stateMachineArn": self.arn(),
            "name": self.context.name,
            "type": type_name(self.workflow_type),
            "creationDate": seconds(self.created),
        })
    }

    pub(super) fn status(&self) -> &'static str {
        if self.is_deleting { "DELETING" } else { "ACTIVE" }
    }
}

impl Alias {
    /// Picks the version for an execution at random by weight.
    pub(super) fn route(&self, random: &Random) -> Option<u64> {
        let mut draw = random.below(100);
        for route in &self.routes {
            if draw < route.weight {
                return Some(route.version);
            }
            draw -= route.weight;
        }
        None
    }

    pub(super) fn leads_to(&self, version: u64) -> bool {
        self.routes.iter().any(|route| route.version == version)
    }
}

/// Parses a number in AWS's notation.
pub(super) fn version_number(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

pub(super) fn type_name(workflow_type: WorkflowType) -> &'static str {
    match workflow_type {
        WorkflowType::Standard => "STANDARD",
        WorkflowType::Express => "EXPRESS",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_taken_as_often_as_their_weights_say() {
        let route = |version, weight| Route { version, weight };
        let alias = |routes| Alias {
            number: 1,
            arn: "arn".into(),
            description: None,
            routes,
            created: DateTime::UNIX_EPOCH,
            updated: DateTime::UNIX_EPOCH,
        };
        let random = Random::seeded(7);
        let split = alias(vec![route(1, 90), route(2, 10)]);
        let second = (0..1000).filter(|_| split.route(&random) == Some(2)).count();
        assert!((60..140).contains(&second), "{second}");
        let whole = alias(vec![route(3, 0), route(4, 100)]);
        assert!((0..1000).all(|_| whole.route(&random) == Some(4)));
    }

    #[test]
    fn a_version_is_written_in_one_way() {
        assert_eq!(version_number("10"), Some(10));
        for text in ["01", "+1", "", "1.0", "99999999999999999999"] {
            assert_eq!(version_number(text), None, "{text}");
        }
    }
}
