//! Creates, updates, deletes and lists state machines.

use serde_json::{Map, Value, json};
use std::sync::Arc;

use super::{ARN, DESCRIPTION, NAME, TOKEN, check_name, only_arn, tags};
use crate::data::StateMachineContext;
use crate::definition::WorkflowType;
use crate::runtime::Refusal;
use crate::server::arn::{Qualifier, StateMachineArn, check_role};
use crate::server::change::Change;
use crate::server::page::Page;
use crate::server::registry::{MOST_STATE_MACHINES, Registry, does_not_exist};
use crate::server::request::Request;
use crate::server::state_machine::StateMachine;
use crate::server::{Service, empty, seconds};
use crate::services::step_functions::{Configuration, Definition, Revision, StepFunctionsError};

const DEFINITION: std::ops::RangeInclusive<usize> = 1..=1_048_576;

/// The request of `CreateStateMachine`.
struct Create {
    revision: Arc<Revision>,
    created_with: (bool, Option<String>),
}

impl Service {
    /// `CreateStateMachine`: the same request again returns the existing state machine.
    pub(in crate::server) async fn create_state_machine(
        self: &Arc<Self>,
        request: &Value,
    ) -> Result<Value, StepFunctionsError> {
        let mut members = vec![
            "name",
            "definition",
            "roleArn",
            "type",
            "tags",
            "publish",
            "versionDescription",
        ];
        members.extend(Configuration::MEMBERS);
        let mut request = Request::of(request, &members)?;
        let name = request.required_text("name", NAME);
        let definition = request.required_data("definition", DEFINITION);
        let role_arn = request.required_text("roleArn", ARN);
        let workflow_type = match request.one_of("type", &["STANDARD", "EXPRESS"]) {
            Some("EXPRESS") => WorkflowType::Express,
            _ => WorkflowType::Standard,
        };
        let created_with = published(&mut request);
        let tags = tags::read(&mut request);
        request.check()?;
        check_name(name)?;
        check_role(role_arn)?;
        check_publishing(&created_with)?;
        let tags = tags?;
        let configuration = Configuration::default().read(&request)?;
        let definition = Definition::of(definition, workflow_type)?;
        let (region, account) = self.interpreter.place();
        let context = Arc::new(StateMachineContext::new(region, account, name));
        let mut draft = self.draft().await;
        // Its number is new as long as nobody writes before this draft does.
        let revision = Arc::new(Revision {
            number: self.next_revision(),
            id: None,
            definition,
            role_arn: role_arn.into(),
            configuration,
            date: self.interpreter.now(),
        });
        let create = Create { revision, created_with };
        let known = create.known(&mut self.registry(), &context.id)?;
        let is_new = known.is_none();
        let mut machine = known.unwrap_or_else(|| {
            let revision = Arc::clone(&create.revision);
            draft.add(Change::Revision {
                revision: Arc::clone(&revision),
                has_known_definition: false,
            });
            let machine = StateMachine::new(context, revision, create.created_with.clone());
            StateMachine { tags, ..machine }
        });
        let mut answer = Map::new();
        answer.insert("stateMachineArn".to_owned(), machine.arn().into());
        answer.insert("creationDate".to_owned(), seconds(machine.created));
        let count = machine.versions.len();
        publish(&mut machine, &create.created_with, create.revision.date, &mut answer)?;
        if is_new || machine.versions.len() > count {
            draft.add(Change::StateMachine(Box::new(machine)));
        }
        draft.commit().await?;
        Ok(answer.into())
    }

    /// `UpdateStateMachine`: an update that changes nothing makes no new revision.
    pub(in crate::server) async fn update_state_machine(
        self: &Arc<Self>,
        request: &Value,
    ) -> Result<Value, StepFunctionsError> {
        let mut members = vec![
            "stateMachineArn",
            "definition",
            "roleArn",
            "publish",
            "versionDescription",
        ];
        members.extend(Configuration::MEMBERS);
        let mut request = Request::of(request, &members)?;
        let arn = request.required_text("stateMachineArn", ARN);
        let definition = request.data("definition", DEFINITION);
        let role_arn = request.text("roleArn", ARN);
        let published = published(&mut request);
        request.check()?;
        // AWS says so of every version, also of one that exists.
        if matches!(StateMachineArn::parse(arn)?.qualifier, Some(Qualifier::Version(_))) {
            return Err(does_not_exist(arn));
        }
        let arn = StateMachineArn::parse_unqualified(arn)?;
        check_publishing(&published)?;
        let changes = ["definition", "roleArn"].into_iter().chain(Configuration::MEMBERS);
        if changes.into_iter().all(|member| request.value(member).is_none()) {
            return Err(StepFunctionsError::new(
                "MissingRequiredParameter",
                "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified",
            ));
        }
        if let Some(role_arn) = role_arn {
            check_role(role_arn)?;
        }
        let current = {
            let mut registry = self.registry();
            Arc::clone(&existing(&mut registry, &arn)?.current)
        };
        // Without the lock: loading a long definition takes a while.
        let definition = match definition {
            Some(text) if text != current.definition.text => Definition::of(text, current.workflow_type())?,
            _ => Arc::clone(&current.definition),
        };
        let now = self.interpreter.now();
        let mut draft = self.draft().await;
        let (mut machine, id) = {
            let mut registry = self.registry();
            let id = registry.random.uuid();
            (existing(&mut registry, &arn)?.clone(), id)
        };
        let next = Revision {
            number: self.next_revision(),
            id: Some(id),
            definition,
            role_arn: role_arn.map_or_else(|| Arc::clone(&current.role_arn), Into::into),
            configuration: current.configuration.clone().read(&request)?,
            date: now,
        };
        if !Arc::ptr_eq(&machine.current, &current) {
            return Err(StepFunctionsError::conflict(
                "The state machine was updated by another request meanwhile.",
            ));
        }
        let is_changed = !next.is_same(&current);
        if is_changed {
            machine.current = Arc::new(next);
            draft.add(Change::Revision {
                revision: Arc::clone(&machine.current),
                has_known_definition: Arc::ptr_eq(&machine.current.definition, &current.definition),
            });
        }
        let mut answer = Map::new();
        answer.insert("updateDate".to_owned(), seconds(machine.current.date));
        if let Some(id) = &machine.current.id {
            answer.insert("revisionId".to_owned(), id.as_str().into());
        }
        let count = machine.versions.len();
        publish(&mut machine, &published, now, &mut answer)?;
        if is_changed || machine.versions.len() > count {
            draft.add(Change::StateMachine(Box::new(machine)));
        }
        draft.commit().await?;
        Ok(answer.into())
    }

    /// `DeleteStateMachine`: succeeds if there is no such state machine.
    pub(in crate::server) async fn delete_state_machine(
        self: &Arc<Self>,
        request: &Value,
    ) -> Result<Value, StepFunctionsError> {
        let arn = StateMachineArn::parse_unqualified(only_arn(request, "stateMachineArn")?)?;
        let mut draft = self.draft().await;
        {
            let registry = self.registry();
            if let Some(machine) = registry.state_machines.get(arn.text) {
                let deleted = StateMachine {
                    is_deleting: true,
                    ..machine.clone()
                };
                draft.add(if registry.any_running(arn.text) {
                    Change::StateMachine(Box::new(deleted))
                } else {
                    Change::NoStateMachine(arn.text.to_owned())
                });
            }
        }
        draft.commit().await?;
        Ok(empty())
    }

    /// `ListStateMachines`, sorted by name.
    pub(in crate::server) fn list_state_machines(&self, request: &Value) -> Result<Value, StepFunctionsError> {
        let mut request = Request::of(request, &["maxResults", "nextToken"])?;
        let page = Page::read(&mut request, TOKEN);
        request.check()?;
        let mut registry = self.registry();
        registry.forget_all_deleted();
        let machines = registry.state_machines.values();
        page.of(
            "stateMachines",
            "ListStateMachines",
            machines.map(|machine| (machine.context.name.clone(), machine.list_item())),
        )
    }
}

impl Create {
    /// The existing state machine that the request describes. Errors if another of its name exists, or if there are too
    /// many.
    fn known(&self, registry: &mut Registry, arn: &str) -> Result<Option<StateMachine>, StepFunctionsError> {
        registry.forget_deleted(arn);
        let Some(machine) = registry.state_machines.get(arn) else {
            if registry.state_machines.len() >= MOST_STATE_MACHINES {
                let message = format!("there are {MOST_STATE_MACHINES} state machines already, which is the most");
                return Err(StepFunctionsError::new("StateMachineLimitExceeded", message));
            }
            return Ok(None);
        };
        if machine.is_deleting {
            return Err(StepFunctionsError::state_machine_deleting(arn));
        }
        if !self.is_of(machine) {
            let message = format!("State Machine Already Exists: '{arn}'");
            return Err(StepFunctionsError::new("StateMachineAlreadyExists", message));
        }
        Ok(Some(machine.clone()))
    }

    /// Whether the request describes the existing state machine; role and tags do not count.
    fn is_of(&self, machine: &StateMachine) -> bool {
        let (revision, current) = (&self.revision, &machine.current);
        revision.definition.text == current.definition.text
            && revision.configuration == current.configuration
            && revision.workflow_type() == machine.workflow_type
            && self.created_with == machine.created_with
    }
}

/// `publish` and `versionDescription`.
fn published(request: &mut Request<'_>) -> (bool, Option<String>) {
    let publish = request.boolean("publish").unwrap_or(false);
    let description = request.text("versionDescription", DESCRIPTION);
    (publish, description.map(str::to_owned))
}

fn check_publishing((publish, description): &(bool, Option<String>)) -> Result<(), StepFunctionsError> {
    if description.is_some() && !publish {
        return Err(StepFunctionsError::validation(
            "Version description can only be set when publish is true",
        ));
    }
    Ok(())
}

fn publish(
    machine: &mut StateMachine,
    (publish, description): &(bool, Option<String>),
    now: chrono::DateTime<chrono::Utc>,
    answer: &mut Map<String, Value>,
) -> Result<(), StepFunctionsError> {
    if *publish {
        let version = machine.publish(description.as_deref(), now)?;
        answer.insert("stateMachineVersionArn".to_owned(), json!(*version.arn));
    }
    Ok(())
}

/// The state machine of an ARN, unless it is being deleted.
pub(super) fn existing<'s>(
    registry: &'s mut Registry,
    arn: &StateMachineArn<'_>,
) -> Result<&'s StateMachine, StepFunctionsError> {
    let machine = registry.state_machine(arn)?;
    if machine.is_deleting {
        return Err(StepFunctionsError::state_machine_deleting(arn.text));
    }
    Ok(machine)
}

impl From<Refusal> for StepFunctionsError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Api(error) => error,
            Refusal::Driver(error) => StepFunctionsError::internal(error.to_string()),
        }
    }
}
