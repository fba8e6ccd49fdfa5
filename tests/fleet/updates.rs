//! Map Runs that get new settings while they run.

use asl_engine::Interpreter;
use asl_engine::execution::{MapRunStatus, MapRunUpdate};
use asl_engine::server::StepFunctions;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::sleep;

use crate::maps::SLOW;
use crate::setup::Setup;

/// Two items fail, and the others take a day, one at a time.
fn definition() -> Value {
    let states = json!({
        "Choose": {
            "Type": "Choice", "Default": "Sleep", "Choices": [{ "Variable": "$", "StringEquals": "bad", "Next": "No" }]
        },
        "No": { "Type": "Fail", "Error": "No" },
        "Sleep": { "Type": "Wait", "Seconds": 86_400, "End": true }
    });
    json!({ "StartAt": "Each", "States": { "Each": {
        "Type": "Map", "MaxConcurrency": 1, "ToleratedFailureCount": 2, "End": true, "ItemProcessor": {
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" }, "StartAt": "Choose", "States": states
        }
    } } })
}

/// By either of two processes, as by one in memory.
pub(crate) async fn are_as_on_one_machine(apis: &[StepFunctions; 2]) {
    let here = StepFunctions::new(Interpreter::new());
    let known = updated(&[here.clone(), here]).await;
    assert_eq!(updated(apis).await, known);
}

/// What is told of a Map Run after each of its updates.
async fn updated([one, other]: &[StepFunctions; 2]) -> Vec<Value> {
    let role = "arn:aws:iam::123456789012:role/R";
    let create = json!({ "name": "Updated", "definition": definition().to_string(), "roleArn": role });
    let machine = one.call("CreateStateMachine", create).await.unwrap()["stateMachineArn"].clone();
    let start = json!({ "stateMachineArn": machine, "name": "one", "input": r#"["bad", "bad", "a", "b", "c"]"# });
    let execution = one.call("StartExecution", start).await.unwrap()["executionArn"].clone();
    let list = json!({ "executionArn": execution });
    let of = loop {
        let listed = one.call("ListMapRuns", list.clone()).await.unwrap();
        match &listed["mapRuns"][0]["mapRunArn"] {
            Value::Null => sleep(Duration::from_millis(20)).await,
            arn => break json!({ "mapRunArn": arn }),
        }
    };
    let described = async |running: u64| loop {
        let mut told = other.call("DescribeMapRun", of.clone()).await.unwrap();
        let counts = &told["executionCounts"];
        if (&counts["running"], counts["failed"].as_u64()) == (&json!(running), Some(2)) || told["status"] != "RUNNING"
        {
            let members = told.as_object_mut().unwrap();
            members.retain(|name, _| !name.ends_with("Date") && !name.ends_with("Arn"));
            break told;
        }
        sleep(Duration::from_millis(20)).await;
    };
    let update = async |settings: Value| {
        let mut update = of.clone();
        update
            .as_object_mut()
            .unwrap()
            .extend(settings.as_object().unwrap().clone());
        let updated = one.call("UpdateMapRun", update).await;
        // It is seen at once.
        let now = other.call("DescribeMapRun", of.clone()).await.unwrap();
        let told: Vec<_> = settings
            .as_object()
            .unwrap()
            .keys()
            .map(|name| now[name].clone())
            .collect();
        json!([updated.map_err(|error| error.code().to_owned()), told])
    };
    let mut told = vec![described(1).await];
    told.push(update(json!({ "maxConcurrency": 2 })).await);
    told.push(described(2).await);
    told.push(update(json!({ "toleratedFailurePercentage": 40.0, "maxConcurrency": 0 })).await);
    told.push(described(3).await);
    told.push(update(json!({ "toleratedFailurePercentage": 100.0, "toleratedFailureCount": 1 })).await);
    told.push(described(0).await);
    told.push(update(json!({ "toleratedFailureCount": 3 })).await);
    told
}

/// Also after the worker has died and has done it all again.
pub(crate) async fn outlive_a_worker(setup: &mut Setup) {
    let client = setup.client.clone();
    client.start(SLOW, "updated", &json!(["a", "b", "c"])).await.unwrap();
    let map_run = async || {
        loop {
            if let [run] = &client.map_runs(SLOW, "updated").await.unwrap()[..]
                && run.execution_counts.running > 0
            {
                break run.clone();
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    let arn = map_run().await.map_run_arn;
    let mut update = MapRunUpdate::new(arn);
    for tolerated in 2..5 {
        update.tolerated_failure_count = Some(tolerated);
        assert!(client.update_map_run(SLOW, "updated", &update).await.unwrap());
        setup.worker.kill();
        setup.worker.start();
        assert_eq!(map_run().await.tolerated_failure_count, tolerated);
    }
    let mut others = update.clone();
    others.map_run_arn = "arn:aws:states:us-east-1:123456789012:mapRun:Slow/Each:none".into();
    assert!(!client.update_map_run(SLOW, "updated", &others).await.unwrap());
    client
        .stop(SLOW, "updated", asl_engine::history::ErrorOutput::default())
        .await
        .unwrap();
    client.outcome(SLOW, "updated").await.unwrap();
    assert_eq!(
        client.map_runs(SLOW, "updated").await.unwrap()[0].status,
        MapRunStatus::Aborted
    );
    assert!(!client.update_map_run(SLOW, "updated", &update).await.unwrap());
    assert!(!client.update_map_run(SLOW, "none", &update).await.unwrap());
}
