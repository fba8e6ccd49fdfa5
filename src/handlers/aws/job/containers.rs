//! Whether a task of ECS that has stopped has failed.

use serde_json::{Value, json};

use crate::handlers::aws::call::Call;

/// Whether an essential container of it has failed, or it never started. Others may be killed when the essential ones have
/// ended.
pub(super) async fn failed(call: &Call, task: &Value) -> bool {
    if task.get("StopCode").and_then(Value::as_str) == Some("TaskFailedToStart") {
        return true;
    }
    let containers = items(task.get("Containers"));
    let has_failed = |container: &&Value| container.get("ExitCode").is_some_and(|code| code.as_i64() != Some(0));
    let failed: Vec<_> = containers.iter().filter(has_failed).collect();
    if failed.is_empty() || failed.len() == containers.len() {
        return !failed.is_empty();
    }
    // What is essential stands in the definition alone.
    let definition = task.get("TaskDefinitionArn").cloned().unwrap_or_default();
    let question = json!({ "TaskDefinition": definition });
    let described = call.ask("describeTaskDefinition", &question).await;
    let described = described.unwrap_or_default();
    let definitions = items(described.pointer("/TaskDefinition/ContainerDefinitions"));
    let is_essential = |container: &Value| {
        let mut definitions = definitions.iter();
        let definition = definitions.find(|definition| definition.get("Name") == container.get("Name"));
        definition.and_then(|definition| definition.get("Essential")) != Some(&Value::Bool(false))
    };
    failed.into_iter().any(is_essential)
}

fn items(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
