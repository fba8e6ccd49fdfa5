//! Everything that the API tells, for comparisons.

use asl_engine::server::StepFunctions;
use serde_json::{Value, json};

/// What was asked, and what was answered: an answer, or an error.
pub(super) type Told = Vec<(String, String)>;

const STATUSES: [&str; 5] = ["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"];

/// Asks for everything, in small pages. `executions` are asked for too, whether their state machines are there or not.
pub(super) async fn everything(api: &StepFunctions, executions: &[&str]) -> Told {
    let mut reader = Reader { api, told: Vec::new() };
    let mut all: Vec<String> = executions.iter().map(|arn| (*arn).to_owned()).collect();
    for arn in reader
        .list("ListStateMachines", json!({}), "stateMachines", "stateMachineArn")
        .await
    {
        all.extend(reader.state_machine(&arn).await);
    }
    all.sort();
    all.dedup();
    for arn in all {
        reader.execution(&arn).await;
    }
    for arn in reader
        .list("ListActivities", json!({}), "activities", "activityArn")
        .await
    {
        reader.ask("DescribeActivity", json!({ "activityArn": arn })).await;
        reader.ask("ListTagsForResource", json!({ "resourceArn": arn })).await;
    }
    reader.told
}

struct Reader<'a> {
    api: &'a StepFunctions,
    told: Told,
}

impl Reader<'_> {
    async fn ask(&mut self, action: &str, request: Value) -> Value {
        let asked = format!("{action} {request}");
        match self.api.call(action, request).await {
            Ok(answer) => {
                self.told.push((asked, answer.to_string()));
                answer
            }
            Err(error) => {
                self.told.push((asked, error.to_string()));
                Value::Null
            }
        }
    }

    /// All pages of a list; returns a member of each item.
    async fn list(&mut self, action: &str, request: Value, items: &str, member: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut request = request;
        request["maxResults"] = json!(2);
        loop {
            let page = self.ask(action, request.clone()).await;
            let of_page = page[items].as_array().into_iter().flatten();
            found.extend(of_page.map(|item| item[member].as_str().unwrap_or_default().to_owned()));
            let Some(token) = page.get("nextToken") else {
                return found;
            };
            request["nextToken"] = token.clone();
        }
    }

    /// Returns the ARNs of its executions.
    async fn state_machine(&mut self, arn: &str) -> Vec<String> {
        for data in ["ALL_DATA", "METADATA_ONLY"] {
            let request = json!({ "stateMachineArn": arn, "includedData": data });
            self.ask("DescribeStateMachine", request).await;
        }
        self.ask("ListTagsForResource", json!({ "resourceArn": arn })).await;
        let of_machine = json!({ "stateMachineArn": arn });
        let (versions, arns) = ("stateMachineVersions", "stateMachineVersionArn");
        let versions = self
            .list("ListStateMachineVersions", of_machine.clone(), versions, arns)
            .await;
        let (aliases, arns) = ("stateMachineAliases", "stateMachineAliasArn");
        let aliases = self
            .list("ListStateMachineAliases", of_machine.clone(), aliases, arns)
            .await;
        for version in &versions {
            self.ask("DescribeStateMachine", json!({ "stateMachineArn": version }))
                .await;
        }
        for alias in &aliases {
            let request = json!({ "stateMachineAliasArn": alias });
            self.ask("DescribeStateMachineAlias", request).await;
        }
        for qualified in versions.iter().chain(&aliases) {
            let request = json!({ "stateMachineArn": qualified });
            self.list("ListExecutions", request, "executions", "executionArn").await;
        }
        for filter in STATUSES {
            let request = json!({ "stateMachineArn": arn, "statusFilter": filter });
            self.list("ListExecutions", request, "executions", "executionArn").await;
        }
        for filter in ["REDRIVEN", "NOT_REDRIVEN"] {
            let request = json!({ "stateMachineArn": arn, "redriveFilter": filter });
            self.list("ListExecutions", request, "executions", "executionArn").await;
        }
        self.list("ListExecutions", of_machine, "executions", "executionArn")
            .await
    }

    async fn execution(&mut self, arn: &str) {
        for data in ["ALL_DATA", "METADATA_ONLY"] {
            let request = json!({ "executionArn": arn, "includedData": data });
            self.ask("DescribeExecution", request.clone()).await;
            self.ask("DescribeStateMachineForExecution", request).await;
        }
        for (is_reverse, with_data) in [(false, true), (true, true), (true, false)] {
            let request = json!({ "executionArn": arn, "reverseOrder": is_reverse, "includeExecutionData": with_data });
            self.list("GetExecutionHistory", request, "events", "type").await;
        }
        let request = json!({ "executionArn": arn });
        for map_run in self.list("ListMapRuns", request, "mapRuns", "mapRunArn").await {
            self.ask("DescribeMapRun", json!({ "mapRunArn": map_run })).await;
        }
    }
}

/// Says what differs, and not all that does not.
#[track_caller]
pub(super) fn assert_same(before: &Told, after: &Told, when: &str) {
    for (before, after) in before.iter().zip(after) {
        assert_eq!(before, after, "{when}");
    }
    assert_eq!(before.len(), after.len(), "{when}");
}
