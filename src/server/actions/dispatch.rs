//! From the name of an action to what answers it.

use serde_json::Value;
use std::sync::Arc;

use super::definitions::validate_state_machine_definition;
use crate::server::Service;
use crate::services::step_functions::StepFunctionsError;

impl Service {
    /// The answer to an action of the API.
    pub(in crate::server) async fn act(
        self: &Arc<Self>,
        action: &str,
        request: &Value,
    ) -> Result<Value, StepFunctionsError> {
        match action {
            "CreateActivity" => self.create_activity(request).await,
            "CreateStateMachine" => self.create_state_machine(request).await,
            "CreateStateMachineAlias" => self.create_state_machine_alias(request).await,
            "DeleteActivity" => self.delete_activity(request).await,
            "DeleteStateMachine" => self.delete_state_machine(request).await,
            "DeleteStateMachineAlias" => self.delete_state_machine_alias(request).await,
            "DeleteStateMachineVersion" => self.delete_state_machine_version(request).await,
            "DescribeActivity" => self.describe_activity(request),
            "DescribeExecution" => self.describe_execution(request).await,
            "DescribeMapRun" => self.describe_map_run(request).await,
            "DescribeStateMachine" => self.describe_state_machine(request),
            "DescribeStateMachineAlias" => self.describe_state_machine_alias(request),
            "DescribeStateMachineForExecution" => self.describe_state_machine_for_execution(request).await,
            "GetActivityTask" => self.take_activity_task(request).await,
            "GetExecutionHistory" => self.execution_history(request).await,
            "ListActivities" => self.list_activities(request),
            "ListExecutions" => self.list_executions(request).await,
            "ListMapRuns" => self.list_map_runs(request).await,
            "ListStateMachineAliases" => self.list_state_machine_aliases(request),
            "ListStateMachines" => self.list_state_machines(request),
            "ListStateMachineVersions" => self.list_state_machine_versions(request),
            "ListTagsForResource" => self.list_tags_for_resource(request),
            "PublishStateMachineVersion" => self.publish_state_machine_version(request).await,
            "RedriveExecution" => self.redrive_execution(request).await,
            "SendTaskFailure" => self.send_task_failure(request).await,
            "SendTaskHeartbeat" => self.send_task_heartbeat(request).await,
            "SendTaskSuccess" => self.send_task_success(request).await,
            "StartExecution" => self.start_execution(request, true).await,
            "StartSyncExecution" => self.start_sync_execution(request).await,
            "StopExecution" => self.stop_execution(request).await,
            "TagResource" => self.tag_resource(request).await,
            "TestState" => self.test_state(request),
            "UntagResource" => self.untag_resource(request).await,
            "UpdateMapRun" => self.update_map_run(request).await,
            "UpdateStateMachine" => self.update_state_machine(request).await,
            "UpdateStateMachineAlias" => self.update_state_machine_alias(request).await,
            "ValidateStateMachineDefinition" => validate_state_machine_definition(request),
            _ => Err(StepFunctionsError::new(
                "UnknownOperationException",
                "Step Functions has no such action",
            )),
        }
    }
}
