//! Publishes, deletes and lists versions.

use serde_json::{Value, json};
use std::sync::Arc;

use super::state_machines::existing;
use super::{ARN, DESCRIPTION, TOKEN, only_arn};
use crate::server::arn::{Qualifier, StateMachineArn};
use crate::server::change::Change;
use crate::server::page::{Page, descending};
use crate::server::request::Request;
use crate::server::state_machine::version_number;
use crate::server::{Service, empty, seconds};
use crate::services::step_functions::StepFunctionsError;

/// The name of the first revision, which has no id.
const INITIAL: &str = "INITIAL";

impl Service {
    /// `PublishStateMachineVersion`: publishing a revision again returns its version.
    pub(in crate::server) async fn publish_state_machine_version(
        self: &Arc<Self>,
        request: &Value,
    ) -> Result<Value, StepFunctionsError> {
        let mut request = Request::of(request, &["stateMachineArn", "revisionId", "description"])?;
        let arn = request.required_text("stateMachineArn", ARN);
        let revision_id = request.text("revisionId", 1..=256);
        let description = request.text("description", DESCRIPTION);
        request.check()?;
        let arn = StateMachineArn::parse_unqualified(arn)?;
        let now = self.interpreter.now();
        let mut draft = self.draft().await;
        let mut machine = existing(&mut self.registry(), &arn)?.clone();
        let current = machine.current.id.as_deref().unwrap_or(INITIAL);
        if let Some(wanted) = revision_id.filter(|wanted| *wanted != current) {
            return Err(StepFunctionsError::conflict(format!(
                "Failed to publish the State Machine version for revision {wanted}. The current State Machine revision is \
                 {current}."
            )));
        }
        let count = machine.versions.len();
        let version = machine.publish(description, now)?;
        let answer = json!({ "creationDate": seconds(version.created), "stateMachineVersionArn": *version.arn });
        if machine.versions.len() > count {
            draft.add(Change::StateMachine(Box::new(machine)));
        }
        draft.commit().await?;
        Ok(answer)
    }

    /// `DeleteStateMachineVersion`: refused while an alias uses the version; succeeds if there is no such version.
    pub(in crate::server) async fn delete_state_machine_version(
        self: &Arc<Self>,
        request: &Value,
    ) -> Result<Value, StepFunctionsError> {
        let arn = StateMachineArn::parse(only_arn(request, "stateMachineVersionArn")?)?;
        let Some(Qualifier::Version(number)) = arn.qualifier else {
            let problem = format!("Not the ARN of a state machine version: {}", arn.text);
            return Err(StepFunctionsError::invalid_arn(&problem));
        };
        let mut draft = self.draft().await;
        let machine = self.registry().state_machine(&arn).ok().cloned();
        let Some((mut machine, number)) = machine.zip(version_number(number)) else {
            return Ok(empty());
        };
        let aliases = machine.aliases.iter().filter(|(_, alias)| alias.leads_to(number));
        let aliases: Vec<&str> = aliases.map(|(name, _)| name.as_str()).collect();
        if !aliases.is_empty() {
            return Err(StepFunctionsError::conflict(format!(
                "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this \
                 version: [{}]",
                aliases.join(", ")
            )));
        }
        if machine.versions.remove(&number).is_some() {
            draft.add(Change::StateMachine(Box::new(machine)));
        }
        draft.commit().await?;
        Ok(empty())
    }

    /// `ListStateMachineVersions`, the latest first.
    pub(in crate::server) fn list_state_machine_versions(&self, request: &Value) -> Result<Value, StepFunctionsError> {
        let mut request = Request::of(request, &["stateMachineArn", "maxResults", "nextToken"])?;
        let arn = request.required_text("stateMachineArn", ARN);
        let page = Page::read(&mut request, TOKEN);
        request.check()?;
        let arn = StateMachineArn::parse_unqualified(arn)?;
        let mut registry = self.registry();
        let versions = registry.state_machine(&arn)?.versions.iter().rev();
        let items = versions.map(|(number, version)| {
            let item = json!({ "creationDate": seconds(version.created), "stateMachineVersionArn": *version.arn });
            (descending(*number), item)
        });
        page.of("stateMachineVersions", &format!("versions of {}", arn.text), items)
    }
}
