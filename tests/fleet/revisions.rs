//! Revisions of state machines that only executions have any more.

use asl_engine::Interpreter;
use asl_engine::durable::RestateClient;
use asl_engine::server::StepFunctions;
use serde_json::{Value, json};

fn definition(result: u64) -> String {
    json!({ "StartAt": "P", "States": { "P": { "Type": "Pass", "Result": result, "End": true } } }).to_string()
}

async fn update(api: &StepFunctions, arn: &Value, result: u64) {
    let update = json!({ "stateMachineArn": arn, "definition": definition(result) });
    api.call("UpdateStateMachine", update).await.unwrap();
}

/// They are read when they are asked for; a definition that comes back is known by none of the processes.
pub(crate) async fn are_read_again([one, other]: &[StepFunctions; 2], client: &RestateClient) {
    let role = "arn:aws:iam::123456789012:role/R";
    let create = json!({ "name": "Revised", "definition": definition(0), "roleArn": role });
    let machine = one.call("CreateStateMachine", create).await.unwrap()["stateMachineArn"].clone();
    let mut executions = Vec::new();
    // The last one is the first again.
    for result in [1, 2, 0] {
        let start = json!({ "stateMachineArn": machine });
        executions.push(one.call("StartExecution", start).await.unwrap()["executionArn"].clone());
        update(other, &machine, result).await;
    }
    let late = StepFunctions::on_restate(Interpreter::new(), client.clone()).unwrap();
    for api in [one, other, &late] {
        let of = json!({ "stateMachineArn": machine });
        let described = api.call("DescribeStateMachine", of).await.unwrap();
        assert_eq!(described["definition"], definition(0));
        for (execution, result) in executions.iter().zip(0..) {
            let of = json!({ "executionArn": execution });
            let machine = api.call("DescribeStateMachineForExecution", of).await.unwrap();
            assert_eq!(machine["definition"], definition(result));
        }
    }
}
