//! What is told of executions, over a bus and a log in memory.

use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

use super::Reports;
use crate::handlers::event_bus::{LocalEventBus, RuleTarget};
use crate::runtime::{Clock, Interpreter};
use crate::server::StepFunctions;
use crate::services::event_bridge::{Event, Rule};

const ARN: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:Orders";

type Seen = Arc<Mutex<Vec<Value>>>;

/// An API with a machine, and the events and log records that it tells of.
async fn api(definition: Value) -> (StepFunctions, Arc<LocalEventBus>, Seen, Seen) {
    let (events, records): (Seen, Seen) = Default::default();
    let (to, log) = (Arc::clone(&events), Arc::clone(&records));
    let take = RuleTarget::new("take", move |event: Event| {
        to.lock().unwrap().push(event.to_value());
        async { Ok(()) }
    });
    let take = take.ordered_by(|_| String::new());
    let rule = Rule::new("all", r#"{ "source": ["aws.states"] }"#.parse().unwrap());
    let bus = Arc::new(LocalEventBus::new().rule(rule, [take]));
    let reports = Reports::new()
        .status_changes(Arc::<LocalEventBus>::clone(&bus))
        .logs(move |records| log.lock().unwrap().extend_from_slice(records));
    let api = StepFunctions::reporting(Interpreter::new(), reports);
    let create = json!({
        "name": "Orders", "definition": definition.to_string(), "roleArn": "arn:aws:iam::123456789012:role/Orders",
        "publish": true,
        "loggingConfiguration": { "level": "FATAL", "destinations": [{
            "cloudWatchLogsLogGroup": { "logGroupArn": "arn:aws:logs:us-east-1:1:log-group:g:*" },
        }] },
    });
    api.call("CreateStateMachine", create).await.unwrap();
    (api, bus, events, records)
}

async fn told(api: &StepFunctions, bus: &LocalEventBus, seen: &Seen) -> Vec<Value> {
    api.reported().await;
    bus.idle().await;
    std::mem::take(&mut seen.lock().unwrap())
}

fn rest() -> Value {
    json!({ "StartAt": "Rest", "States": { "Rest": { "Type": "Wait", "SecondsPath": "$", "End": true } } })
}

#[tokio::test(start_paused = true)]
async fn a_start_and_an_end_are_told() {
    let (api, bus, events, _) = api(rest()).await;
    let start = json!({ "stateMachineArn": format!("{ARN}:1"), "name": "a", "input": " 0 " });
    api.call("StartExecution", start).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let events = told(&api, &bus, &events).await;
    let statuses: Vec<_> = events.iter().map(|event| &event["detail"]["status"]).collect();
    assert_eq!(statuses, ["RUNNING", "SUCCEEDED"]);
    let arn = ARN.replace(":stateMachine:", ":execution:");
    assert_eq!(events[0]["detail-type"], "Step Functions Execution Status Change");
    assert_eq!(events[0]["resources"], json!([format!("{arn}:a")]));
    let mut detail = events[1]["detail"].clone();
    for date in ["startDate", "stopDate"] {
        assert!(detail[date].take().is_u64(), "{date}");
    }
    assert_eq!(
        detail,
        json!({
            "executionArn": format!("{arn}:a"), "stateMachineArn": ARN, "name": "a", "status": "SUCCEEDED",
            "startDate": null, "stopDate": null, "input": " 0 ", "output": "0",
            "stateMachineVersionArn": format!("{ARN}:1"), "stateMachineAliasArn": null,
            "redriveCount": 0, "redriveDate": null, "redriveStatus": "NOT_REDRIVABLE",
            "redriveStatusReason": "Execution is SUCCEEDED and cannot be redriven",
            "inputDetails": { "included": true }, "outputDetails": { "included": true },
            "error": null, "cause": null,
        })
    );
    let running = &events[0]["detail"];
    assert_eq!(running["stopDate"], json!(null));
    assert_eq!(running["outputDetails"], json!(null));
    assert_eq!(
        running["redriveStatusReason"],
        "Execution is RUNNING and cannot be redriven"
    );
}

#[tokio::test(start_paused = true)]
async fn a_stop_and_a_redrive_are_told_and_logged_once_each() {
    let (api, bus, events, records) = api(rest()).await;
    let start = json!({ "stateMachineArn": ARN, "name": "a", "input": "9" });
    let started = api.call("StartExecution", start.clone()).await.unwrap();
    // The running execution itself is the answer.
    api.call("StartExecution", start).await.unwrap();
    for _ in 0..2 {
        let stop = json!({ "executionArn": started["executionArn"], "error": "Enough", "cause": "too long" });
        api.call("StopExecution", stop).await.unwrap();
        let redrive = json!({ "executionArn": started["executionArn"] });
        api.call("RedriveExecution", redrive).await.unwrap();
    }
    let events = told(&api, &bus, &events).await;
    let seen: Vec<_> = events
        .iter()
        .map(|event| {
            let detail = &event["detail"];
            (
                detail["status"].as_str().unwrap(),
                &detail["error"],
                &detail["redriveStatus"],
            )
        })
        .collect();
    let (none, enough) = (&json!(null), &json!("Enough"));
    let running = ("RUNNING", none, &json!("NOT_REDRIVABLE"));
    assert_eq!(seen.len(), 5, "{seen:?}");
    assert_eq!((seen[0], seen[2], seen[4]), (running, running, running));
    assert_eq!((seen[1].0, seen[1].1), ("ABORTED", enough));
    assert_eq!((seen[3].0, seen[3].1), ("ABORTED", enough));
    let records = records.lock().unwrap();
    let logged: Vec<_> = records
        .iter()
        .map(|record| (&record["type"], &record["redrive_count"]))
        .collect();
    let aborted = &json!("ExecutionAborted");
    assert_eq!(logged, [(aborted, &json!("0")), (aborted, &json!("1"))]);
}

#[tokio::test(start_paused = true)]
async fn data_that_is_too_large_is_left_out() {
    let pass = json!({ "StartAt": "P", "States": { "P": { "Type": "Pass", "End": true } } });
    let (api, bus, events, _) = api(pass).await;
    for (size, included) in [
        (120_000, [true, true]),
        (130_000, [false, true]),
        (253_950, [false, false]),
    ] {
        let input = json!("x".repeat(size)).to_string();
        let start = json!({ "stateMachineArn": ARN, "input": input });
        api.call("StartExecution", start).await.unwrap();
        let events = told(&api, &bus, &events).await;
        let detail = &events[1]["detail"];
        for (member, included) in ["input", "output"].into_iter().zip(included) {
            assert_eq!(
                detail[format!("{member}Details")],
                json!({ "included": included }),
                "{member} of {size}"
            );
            assert_eq!(detail[member].is_string(), included);
        }
    }
}

/// AWS has no longer ones; here an execution may, and its event must not be too large for the bus.
#[tokio::test(start_paused = true)]
async fn a_long_error_and_cause_are_cut() {
    let fail = json!({ "StartAt": "F", "States": { "F": { "Type": "Fail", "ErrorPath": "$", "CausePath": "$" } } });
    let (api, bus, events, _) = api(fail).await;
    let input = json!("\u{e9}".repeat(130_000)).to_string();
    let start = json!({ "stateMachineArn": ARN, "input": input });
    api.call("StartExecution", start).await.unwrap();
    let events = told(&api, &bus, &events).await;
    let failed = &events[1]["detail"];
    assert_eq!(failed["status"], "FAILED");
    assert_eq!(failed["error"].as_str().unwrap().chars().count(), 256);
    assert_eq!(failed["cause"].as_str().unwrap().chars().count(), 32_768);
    assert_eq!(failed["inputDetails"], json!({ "included": false }));
}

/// What an execution was given is logged as it was given, as its history shows it.
#[tokio::test(start_paused = true)]
async fn the_input_is_logged_as_it_was_given() {
    let (api, _, _, records) = api(rest()).await;
    let update = json!({ "stateMachineArn": ARN, "loggingConfiguration": {
        "level": "ALL", "includeExecutionData": true, "destinations": [{
            "cloudWatchLogsLogGroup": { "logGroupArn": "arn:aws:logs:us-east-1:1:log-group:g:*" },
        }],
    } });
    api.call("UpdateStateMachine", update).await.unwrap();
    let start = json!({ "stateMachineArn": ARN, "input": " 0 " });
    api.call("StartExecution", start).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    api.reported().await;
    let records = records.lock().unwrap();
    let input = |record: &Value| record["details"]["input"].clone();
    assert_eq!(
        (&records[0]["type"], input(&records[0])),
        (&json!("ExecutionStarted"), json!(" 0 "))
    );
    assert_eq!(
        (&records[1]["type"], input(&records[1])),
        (&json!("WaitStateEntered"), json!("0"))
    );
}

/// An execution that the API did not start is not told of, and keeps no wait from being skipped.
#[tokio::test]
async fn what_the_api_did_not_start_does_not_stop_virtual_time() {
    let child = r#"{ "StartAt": "P", "States": { "P": { "Type": "Pass", "End": true } } }"#;
    let child: crate::StateMachine = child.parse().unwrap();
    let interpreter = Interpreter::new()
        .clock(Clock::virtual_time())
        .state_machine("Child", &child);
    let api = StepFunctions::reporting(interpreter, Reports::new().logs(|_| ()));
    let own = api.interpreter().start(&child, json!({})).unwrap();
    own.outcome().await;
    api.reported().await;
    let definition = json!({ "StartAt": "Start", "States": {
        "Start": {
            "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync", "Next": "Year",
            "Parameters": { "StateMachineArn": ARN.replace("Orders", "Child") },
        },
        "Year": { "Type": "Wait", "Seconds": 31_536_000, "End": true },
    } });
    let create = json!({ "name": "Orders", "definition": definition.to_string(), "roleArn": "arn:aws:iam::123456789012:role/Orders" });
    api.call("CreateStateMachine", create).await.unwrap();
    let start = json!({ "stateMachineArn": ARN });
    let started = api.call("StartExecution", start).await.unwrap();
    let describe = json!({ "executionArn": started["executionArn"] });
    let mut status = json!("RUNNING");
    for _ in 0..1_000 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        status = api.call("DescribeExecution", describe.clone()).await.unwrap()["status"].clone();
        if status != "RUNNING" {
            break;
        }
    }
    assert_eq!(status, "SUCCEEDED");
}
