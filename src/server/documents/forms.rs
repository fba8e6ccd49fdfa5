//! The forms of documents. Members may be added with a default; nothing else changes without a new format.

use chrono::{DateTime, Utc};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
#[cfg(feature = "restate")]
use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;

use super::missing;
use crate::data::StateMachineContext;
use crate::definition::WorkflowType;
use crate::server::activity::Activity;
use crate::server::state_machine::{Alias, Route, StateMachine, Version, type_name};
use crate::services::step_functions::{Configuration, Definition, Revision};
use crate::store::{StoreError, StoreErrorKind};

#[derive(Clone, Serialize, Deserialize)]
pub(in crate::server) struct StateMachineForm {
    name: String,
    created: DateTime<Utc>,
    current: u64,
    last_version: u64,
    versions: Vec<VersionForm>,
    last_alias: u64,
    /// The oldest first.
    aliases: Vec<AliasForm>,
    tags: IndexMap<String, String>,
    /// `publish` and `versionDescription` at its creation.
    created_with: (bool, Option<String>),
    is_deleting: bool,
}

#[derive(Clone, Serialize, Deserialize)]
struct VersionForm {
    number: u64,
    revision: u64,
    description: Option<String>,
    created: DateTime<Utc>,
}

#[derive(Clone, Serialize, Deserialize)]
struct AliasForm {
    number: u64,
    name: String,
    description: Option<String>,
    /// Versions with their weights.
    routes: Vec<(u64, u64)>,
    created: DateTime<Utc>,
    updated: DateTime<Utc>,
}

#[derive(Serialize, Deserialize)]
pub(in crate::server) struct RevisionForm {
    id: Option<String>,
    /// The key of its definition.
    pub(in crate::server) definition: String,
    /// The fingerprint under which executions have the definition.
    pub(in crate::server) program: String,
    role_arn: Arc<str>,
    logging: Value,
    tracing: Value,
    encryption: Value,
    date: DateTime<Utc>,
}

#[derive(Serialize, Deserialize)]
pub(in crate::server) struct DefinitionForm {
    r#type: String,
    text: String,
}

#[derive(Serialize, Deserialize)]
pub(in crate::server) struct ActivityForm {
    name: String,
    created: DateTime<Utc>,
    encryption: Value,
    tags: IndexMap<String, String>,
}

impl StateMachineForm {
    pub(in crate::server) fn of(machine: &StateMachine) -> Self {
        let versions = machine.versions.iter().map(|(number, version)| VersionForm {
            number: *number,
            revision: version.revision.number,
            description: version.description.clone(),
            created: version.created,
        });
        let aliases = machine.aliases.iter().map(|(name, alias)| AliasForm {
            number: alias.number,
            name: name.clone(),
            description: alias.description.clone(),
            routes: alias.routes.iter().map(|route| (route.version, route.weight)).collect(),
            created: alias.created,
            updated: alias.updated,
        });
        Self {
            name: machine.context.name.clone(),
            created: machine.created,
            current: machine.current.number,
            last_version: machine.last_version,
            versions: versions.collect(),
            last_alias: machine.last_alias,
            aliases: aliases.collect(),
            tags: machine.tags.clone(),
            created_with: machine.created_with.clone(),
            is_deleting: machine.is_deleting,
        }
    }

    /// The numbers of its revisions.
    pub(in crate::server) fn revisions(&self) -> impl Iterator<Item = u64> {
        let versions = self.versions.iter().map(|version| version.revision);
        versions.chain([self.current])
    }

    /// The same with other numbers of its revisions.
    #[cfg(feature = "restate")]
    pub(in crate::server) fn renumbered(&self, revisions: &BTreeMap<u64, u64>) -> Self {
        let mut form = self.clone();
        let numbers = form.versions.iter_mut().map(|version| &mut version.revision);
        for number in numbers.chain([&mut form.current]) {
            if let Some(other) = revisions.get(number) {
                *number = *other;
            }
        }
        form
    }

    pub(in crate::server) fn state_machine(
        self,
        arn: &str,
        revisions: &HashMap<u64, Arc<Revision>>,
    ) -> Result<StateMachine, StoreError> {
        let revision = |number: u64| {
            let known = revisions.get(&number).cloned();
            known.ok_or_else(|| missing(&format!("the revision {number}")))
        };
        let context = StateMachineContext {
            id: arn.to_owned(),
            name: self.name,
        };
        let mut machine = StateMachine::new(Arc::new(context), revision(self.current)?, self.created_with);
        machine.created = self.created;
        for version in self.versions {
            let restored = Version {
                arn: format!("{arn}:{}", version.number).into(),
                revision: revision(version.revision)?,
                description: version.description,
                created: version.created,
            };
            machine.versions.insert(version.number, restored);
        }
        for alias in self.aliases {
            let routes = alias.routes.into_iter();
            let restored = Alias {
                number: alias.number,
                arn: format!("{arn}:{}", alias.name).into(),
                description: alias.description,
                routes: routes.map(|(version, weight)| Route { version, weight }).collect(),
                created: alias.created,
                updated: alias.updated,
            };
            machine.aliases.insert(alias.name, restored);
        }
        machine.last_version = self.last_version;
        machine.last_alias = self.last_alias;
        machine.tags = self.tags;
        machine.is_deleting = self.is_deleting;
        Ok(machine)
    }
}

impl RevisionForm {
    pub(in crate::server) fn of(revision: &Revision, definition: String) -> Self {
        Self {
            id: revision.id.clone(),
            definition,
            program: revision.definition.program.id().to_owned(),
            role_arn: Arc::clone(&revision.role_arn),
            logging: revision.configuration.logging.clone(),
            tracing: revision.configuration.tracing.clone(),
            encryption: revision.configuration.encryption.clone(),
            date: revision.date,
        }
    }

    pub(in crate::server) fn revision(self, number: u64, definition: Arc<Definition>) -> Revision {
        Revision {
            number,
            id: self.id,
            definition,
            role_arn: self.role_arn,
            configuration: Configuration {
                logging: self.logging,
                tracing: self.tracing,
                encryption: self.encryption,
            },
            date: self.date,
        }
    }
}

impl DefinitionForm {
    pub(in crate::server) fn of(definition: &Definition) -> Self {
        Self {
            r#type: type_name(definition.program.machine().workflow_type).to_owned(),
            text: definition.text.clone(),
        }
    }

    /// Errors if this release refuses it.
    pub(in crate::server) fn definition(&self) -> Result<Arc<Definition>, StoreError> {
        let workflow_type = match self.r#type.as_str() {
            "STANDARD" => Some(WorkflowType::Standard),
            "EXPRESS" => Some(WorkflowType::Express),
            _ => None,
        };
        let damaged = |problem: &str| {
            let message = format!("a definition cannot be read from the store: {problem}");
            StoreError::new(StoreErrorKind::Damaged, message)
        };
        let workflow_type =
            workflow_type.ok_or_else(|| damaged(&format!("there is no workflow type `{}`", self.r#type)))?;
        Definition::of(&self.text, workflow_type).map_err(|refused| damaged(refused.message()))
    }
}

impl ActivityForm {
    pub(in crate::server) fn of(activity: &Activity) -> Self {
        Self {
            name: activity.name.clone(),
            created: activity.created,
            encryption: activity.encryption.clone(),
            tags: activity.tags.clone(),
        }
    }

    pub(in crate::server) fn activity(self) -> Activity {
        Activity {
            name: self.name,
            created: self.created,
            encryption: self.encryption,
            tags: self.tags,
        }
    }
}
