//! `--virtual-time` beside `--rules`: what an event starts begins when it was put.

use serde_json::{Value, json};

use super::{Folder, Serve, text, wait_for};

fn arn(name: &str) -> String {
    format!("arn:aws:states:us-east-1:123456789012:stateMachine:{name}")
}

/// The one execution of a state machine, once it is there.
fn only(serve: &Serve, name: &str) -> Value {
    let listed = wait_for(|| {
        let list = json!({ "stateMachineArn": arn(name), "statusFilter": "SUCCEEDED" });
        let listed = serve.call("ListExecutions", &list).unwrap();
        listed["executions"].get(0).cloned()
    });
    serve.ended(&listed["executionArn"])
}

/// The time of the event that an execution has as its input, in seconds since 1970.
fn time_of_event(execution: &Value) -> Option<f64> {
    let event: Value = serde_json::from_str(execution["input"].as_str().unwrap()).unwrap();
    let time: chrono::DateTime<chrono::Utc> = event["time"].as_str().unwrap().parse().unwrap();
    u32::try_from(time.timestamp()).ok().map(f64::from)
}

#[test]
fn what_an_event_starts_begins_before_any_wait_is_skipped() {
    let folder = Folder::new("virtual-events");
    let target = |name: &str| json!([{ "Id": "start", "Arn": arn(name) }]);
    folder.write(
        "rules.json",
        json!({ "Rules": [
            { "Name": "placed", "EventPattern": { "source": ["shop"] }, "Targets": target("OfATask") },
            {
                "Name": "ended", "Targets": target("OfAnEnd"),
                "EventPattern": { "detail": { "stateMachineArn": [arn("First")], "status": ["SUCCEEDED"] } },
            },
        ] }),
    );
    let rules = folder.0.join("rules.json").display().to_string();
    let serve = Serve::start(&["--virtual-time", "--rules", &rules]);
    for name in ["First", "OfATask", "OfAnEnd"] {
        serve.create(name, &text("done"));
    }
    let put = json!({ "Type": "Task", "Resource": "arn:aws:states:::events:putEvents", "Next": "Start", "Parameters": {
        "Entries": [{ "Source": "shop", "DetailType": "Placed", "Detail": {} }],
    } });
    let start = json!({
        "Type": "Task", "Resource": "arn:aws:states:::states:startExecution", "Next": "Year",
        "Parameters": { "StateMachineArn": arn("First") },
    });
    let year = json!({ "Type": "Wait", "Seconds": 31_536_000, "End": true });
    let definition = json!({ "StartAt": "Put", "States": { "Put": put, "Start": start, "Year": year } });
    let orders = serve.create("Orders", &definition);
    let orders = serve.run(&orders, &json!({}));
    let took = |execution: &Value| execution["stopDate"].as_f64().unwrap() - execution["startDate"].as_f64().unwrap();
    assert!((took(&orders) - 31_536_000.0).abs() < 0.001, "{orders}");
    for name in ["OfATask", "OfAnEnd"] {
        let started = only(&serve, name);
        assert_eq!(started["startDate"], orders["startDate"], "{name}");
        // An event has whole seconds.
        assert_eq!(
            time_of_event(&started),
            orders["startDate"].as_f64().map(f64::floor),
            "{name}"
        );
    }
    // The times of the next one, a year later.
    let again = serve.run(&json!(arn("Orders")), &json!({}));
    assert!(again["startDate"].as_f64() >= orders["stopDate"].as_f64(), "{again}");
    let list = json!({ "stateMachineArn": arn("OfATask") });
    let listed = wait_for(|| {
        let listed = serve.call("ListExecutions", &list).unwrap()["executions"].clone();
        (listed.as_array().unwrap().len() == 2).then_some(listed)
    });
    assert_eq!(listed[0]["startDate"], again["startDate"]);
    let described = serve.ended(&listed[0]["executionArn"]);
    assert_eq!(time_of_event(&described), again["startDate"].as_f64().map(f64::floor));
}
