//! Descriptions of state machines.

use serde_json::Value;

use super::{ARN, includes_data};
use crate::server::arn::{Qualifier, StateMachineArn};
use crate::server::registry::does_not_exist;
use crate::server::request::Request;
use crate::server::state_machine::type_name;
use crate::server::{Service, seconds};
use crate::services::step_functions::StepFunctionsError;

impl Service {
    /// `DescribeStateMachine`: the current state machine, or one of its versions.
    pub(in crate::server) fn describe_state_machine(&self, request: &Value) -> Result<Value, StepFunctionsError> {
        let mut request = Request::of(request, &["stateMachineArn", "includedData"])?;
        let arn = request.required_text("stateMachineArn", ARN);
        let is_whole = includes_data(&mut request);
        request.check()?;
        let arn = StateMachineArn::parse(arn)?;
        let mut registry = self.registry();
        let machine = registry.state_machine(&arn)?;
        let version = match arn.qualifier {
            None => None,
            Some(Qualifier::Version(number)) => Some(machine.version(number).ok_or_else(|| does_not_exist(arn.text))?),
            Some(Qualifier::Alias(_)) => return Err(does_not_exist(arn.text)),
        };
        let revision = version.map_or(&machine.current, |version| &version.revision);
        let mut answer = revision.describe(&machine.context.name, is_whole);
        let mut set = |member: &str, value: Value| drop(answer.insert(member.to_owned(), value));
        set("stateMachineArn", arn.text.into());
        set("status", machine.status().into());
        set("type", type_name(machine.workflow_type).into());
        set(
            "creationDate",
            seconds(version.map_or(machine.created, |version| version.created)),
        );
        if let Some(description) = version.and_then(|version| version.description.as_deref()) {
            set("description", description.into());
        }
        Ok(answer.into())
    }

    /// `DescribeStateMachineForExecution`: the state machine at the start of the execution.
    pub(in crate::server) async fn describe_state_machine_for_execution(
        &self,
        request: &Value,
    ) -> Result<Value, StepFunctionsError> {
        let mut request = Request::of(request, &["executionArn", "includedData"])?;
        let arn = request.required_text("executionArn", ARN);
        let is_whole = includes_data(&mut request);
        request.check()?;
        let execution = self.execution(arn).await?;
        let state_machine_arn = execution.facts().state_machine_arn;
        let name = state_machine_arn.rsplit(':').next().unwrap_or_default();
        let revision = self.revision_of(&execution).await?;
        let mut answer = revision.describe(name, is_whole);
        answer.insert("stateMachineArn".to_owned(), state_machine_arn.into());
        answer.insert("updateDate".to_owned(), seconds(revision.date));
        Ok(answer.into())
    }
}
