//! `--rules` and `--log`.

use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use super::{Folder, Serve, asl, text, wait_for};

const PLACE: &str = "us-east-1:123456789012";

fn machine(name: &str) -> Value {
    json!(format!("arn:aws:states:{PLACE}:stateMachine:{name}"))
}

/// The lines of a log, once there are so many.
fn records(folder: &Folder, most: usize) -> Vec<Value> {
    wait_for(|| {
        let text = std::fs::read_to_string(folder.0.join("log.jsonl")).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        (lines.len() >= most).then_some(lines)
    })
}

fn serve(folder: &Folder, more: &[&str]) -> Serve {
    let file = |name: &str| Path::to_str(&folder.0.join(name)).unwrap().to_owned();
    let mut arguments = vec![
        "--rules".to_owned(),
        file("rules.yaml"),
        "--log".to_owned(),
        file("log.jsonl"),
    ];
    arguments.extend(more.iter().map(ToString::to_string));
    Serve::start(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

const RULES: &str = r#"
Rules:
  - Name: changes
    EventPattern: { source: [aws.states], detail: { stateMachineArn: [{ suffix: ":Orders" }] } }
    Targets:
      - { Id: log, Arn: "arn:aws:logs:us-east-1:123456789012:log-group:/aws/events/changes" }
  - Name: placed
    EventBusName: shop
    EventPattern: '{ "detail-type": ["Placed"] }'
    Targets:
      - Id: follow
        Arn: arn:aws:states:us-east-1:123456789012:stateMachine:Follow
        InputPath: $.detail
      - Id: mail
        Arn: arn:aws:lambda:us-east-1:123456789012:function:Mail
        InputTransformer:
          InputPathsMap: { id: $.detail.id }
          InputTemplate: '{ "text": "order <id>" }'
  - Name: off
    State: DISABLED
    EventPattern: { source: [{ exists: true }] }
    Targets:
      - { Id: log, Arn: "arn:aws:logs:us-east-1:123456789012:log-group:off" }
"#;

#[test]
fn events_of_tasks_and_status_changes_follow_the_rules() {
    let folder = Folder::new("rules");
    folder.write("rules.yaml", RULES);
    let mail = folder.0.join("mail.json");
    let serve = serve(&folder, &["--function", &format!("Mail=cat > {}", mail.display())]);
    serve.create("Follow", &text("followed"));
    let place = |resource: &str| {
        json!({
            "StartAt": "Place",
            "States": { "Place": {
                "Type": "Task", "Resource": resource, "End": true,
                "Parameters": { "Entries": [{
                    "Source": "shop", "DetailType": "Placed", "EventBusName": "shop", "Detail": { "id": 7 },
                }] },
            } },
        })
    };
    let orders = serve.create("Orders", &place("arn:aws:states:::events:putEvents"));
    let ended = serve.run(&orders, &json!({ "id": 7 }));
    assert_eq!(ended["status"], "SUCCEEDED", "{ended}");

    let changes = records(&folder, 2);
    let statuses: Vec<_> = changes.iter().map(|event| &event["detail"]["status"]).collect();
    assert_eq!(statuses, ["RUNNING", "SUCCEEDED"]);
    assert_eq!(changes[1]["resources"], json!([ended["executionArn"]]));
    assert_eq!(changes[1]["detail"]["input"], r#"{"id":7}"#);

    let followed = wait_for(|| {
        let list = json!({ "stateMachineArn": machine("Follow") });
        let listed = serve.call("ListExecutions", &list).unwrap();
        listed["executions"].get(0).cloned()
    });
    assert_eq!(serve.ended(&followed["executionArn"])["input"], r#"{"id":7}"#);
    let mail = wait_for(|| std::fs::read_to_string(&mail).ok().filter(|text| !text.is_empty()));
    assert_eq!(
        serde_json::from_str::<Value>(&mail).unwrap(),
        json!({ "text": "order 7" })
    );

    let by_sdk = serve.create("BySdk", &place("arn:aws:states:::aws-sdk:eventbridge:putEvents"));
    let ended = serve.run(&by_sdk, &json!({}));
    assert!(
        ended["output"]
            .as_str()
            .unwrap()
            .starts_with(r#"{"Entries":[{"EventId":"#),
        "{ended}"
    );
    let mut misspelt = place("arn:aws:states:::aws-sdk:eventbridge:putEvents");
    misspelt["States"]["Place"]["Parameters"]["Entries"][0]["EventBus"] = json!("shop");
    let ended = serve.run(&serve.create("Misspelt", &misspelt), &json!({}));
    assert!(
        ended["cause"]
            .as_str()
            .unwrap()
            .ends_with(r#"[The field "EventBus" is not supported by Step Functions]"#),
        "{ended}"
    );
    // At its end, what is on its way is still written.
    serve.terminate();
    assert_eq!(
        records(&folder, 2).len(),
        2,
        "the disabled rule wrote nothing, nor did other machines"
    );
}

#[test]
fn a_chain_of_executions_that_events_start_is_not_endless() {
    let folder = Folder::new("chain");
    folder.write(
        "rules.json",
        json!({ "Rules": [{
            "Name": "again", "EventPattern": { "detail": { "status": ["SUCCEEDED"] } },
            "Targets": [{ "Id": "again", "Arn": machine("Again") }],
        }] }),
    );
    let told = folder.0.join("told.txt");
    let rules = folder.0.join("rules.json");
    let mut command = asl(&["serve", "--port", "0", "--rules", Path::to_str(&rules).unwrap()]);
    let file = std::fs::File::create(&told).unwrap();
    let serve = Serve::with(&mut command, Stdio::from(file));
    let again = serve.create("Again", &text("again"));
    serve
        .call("StartExecution", &json!({ "stateMachineArn": again }))
        .unwrap();
    let told = wait_for(|| {
        let text = std::fs::read_to_string(&told).unwrap();
        text.lines()
            .find(|line| line.contains("does not reach"))
            .map(str::to_owned)
    });
    assert!(
        told.ends_with(
            "does not reach the target `again` of the rule `again`: EndlessChain: 16 executions have started one after the \
             other by events of the one before: is the chain endless?"
        ),
        "{told}"
    );
    std::thread::sleep(Duration::from_millis(200));
    let listed = serve
        .call("ListExecutions", &json!({ "stateMachineArn": again }))
        .unwrap();
    assert_eq!(listed["executions"].as_array().unwrap().len(), 17);
}

#[test]
fn express_workflows_write_their_logs() {
    let folder = Folder::new("logs");
    let log = folder.0.join("log.jsonl");
    let serve = Serve::start(&["--log", Path::to_str(&log).unwrap()]);
    let group = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/vendedlogs/states/Quiet:*";
    let create = |name: &str, definition: Value, logging: Option<Value>| {
        let mut request = json!({
            "name": name, "definition": definition.to_string(), "type": "EXPRESS",
            "roleArn": "arn:aws:iam::123456789012:role/Orders",
        });
        if let Some(logging) = logging {
            request["loggingConfiguration"] = logging;
        }
        serve.call("CreateStateMachine", &request).unwrap();
        let request = json!({ "stateMachineArn": machine(name), "input": "7" });
        serve.call("StartSyncExecution", &request).unwrap()["executionArn"].clone()
    };
    let logging = |level: &str, includes_data: bool| {
        json!({
            "level": level, "includeExecutionData": includes_data,
            "destinations": [{ "cloudWatchLogsLogGroup": { "logGroupArn": group } }],
        })
    };
    create("Off", text("x"), Some(logging("OFF", true)));
    create("Fine", text("x"), Some(logging("ERROR", true)));
    let failing = json!({ "StartAt": "Stop", "States": { "Stop": { "Type": "Fail", "Error": "Broke" } } });
    let failed = create("Failed", failing, Some(logging("FATAL", true)));
    let plain = create("Plain", text("x"), Some(logging("ALL", false)));
    let bare = create("Bare", text("x"), None);

    let records = records(&folder, 9);
    let seen: Vec<_> = records
        .iter()
        .map(|record| (&record["execution_arn"], record["type"].as_str().unwrap()))
        .collect();
    let whole = [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionSucceeded",
    ];
    let expected = [(&failed, "ExecutionFailed")].into_iter();
    let expected = expected
        .chain(whole.map(|kind| (&plain, kind)))
        .chain(whole.map(|kind| (&bare, kind)));
    assert_eq!(seen, expected.collect::<Vec<_>>());
    assert_eq!(records[2]["details"], json!({ "name": "Say" }));
    assert_eq!(records[6]["details"]["input"], "7");
    assert_eq!(records[6]["redrive_count"], "0");
}
