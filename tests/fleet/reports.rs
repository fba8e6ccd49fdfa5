//! What is told of executions of the API: status changes and logs, by the process that wants to.

use asl_engine::Interpreter;
use asl_engine::durable::RestateClient;
use asl_engine::handlers::event_bus::{
    EventBridge, EventBridgeError, LocalEventBus, PutEventsRequest, PutEventsResponse, RuleTarget,
};
use asl_engine::server::{Reports, StepFunctions};
use asl_engine::services::event_bridge::{Event, Rule};
use async_trait::async_trait;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

use crate::round::{PATIENCE, until_served};
use crate::setup::Setup;

/// Whether what is logged makes the worker panic.
static PANICS: AtomicBool = AtomicBool::new(false);

type Seen = Arc<Mutex<Vec<Value>>>;

/// Loses its first answers, as a process that dies does.
struct Forgetful {
    bus: LocalEventBus,
    puts: AtomicUsize,
}

#[async_trait]
impl EventBridge for Forgetful {
    async fn put_events(&self, request: PutEventsRequest) -> Result<PutEventsResponse, EventBridgeError> {
        let answer = self.bus.put_events(request).await;
        match self.puts.fetch_add(1, Ordering::Relaxed) {
            0 | 1 => Err(EventBridgeError::new("EventBridge.InternalException", "lost")),
            _ => answer,
        }
    }
}

/// Reports that are seen.
fn reports() -> (Reports, Seen, Seen) {
    let (events, records): (Seen, Seen) = Default::default();
    let (to, log) = (Arc::clone(&events), Arc::clone(&records));
    let take = RuleTarget::new("take", move |event: Event| {
        to.lock().unwrap().push(event.to_value());
        async { Ok(()) }
    });
    let rule = Rule::new("all", r#"{ "source": ["aws.states"] }"#.parse().unwrap());
    let bus = LocalEventBus::new().wait_for_targets().rule(rule, [take]);
    let bus = Arc::new(Forgetful {
        bus,
        puts: AtomicUsize::new(0),
    });
    let reports = Reports::new().status_changes(bus).logs(move |records| {
        assert!(!PANICS.load(Ordering::Relaxed), "on purpose");
        log.lock().unwrap().extend_from_slice(records);
    });
    (reports, events, records)
}

fn interpreter() -> Interpreter {
    Interpreter::new().function("Double", |n: i64| async move { Ok(2 * n) })
}

async fn served(client: &RestateClient, api: &StepFunctions) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(api.worker().unwrap().serve(listener, std::future::pending()));
    until_served(client, &url).await;
}

async fn create(api: &StepFunctions, name: &str, definition: &Value, others: Value) -> String {
    let mut request =
        json!({ "name": name, "definition": definition.to_string(), "roleArn": "arn:aws:iam::123456789012:role/R" });
    let others: serde_json::Map<_, _> = serde_json::from_value(others).unwrap();
    request.as_object_mut().unwrap().extend(others);
    let created = api.call("CreateStateMachine", request).await.unwrap();
    created["stateMachineArn"].as_str().unwrap().to_owned()
}

#[tokio::main]
pub(crate) async fn run(program: &Path) {
    let setup = Setup::start(program, "reports", 1).await;
    let client = setup.client.clone();
    let silent = StepFunctions::on_restate(interpreter(), client.clone()).unwrap();
    served(&client, &silent).await;
    // It begins when nobody tells, and ends when somebody does.
    let waits = json!({ "StartAt": "Rest", "States": { "Rest": { "Type": "Wait", "SecondsPath": "$", "End": true } } });
    let early = create(&silent, "Early", &waits, json!({})).await;
    let early = start(&silent, &early, "early", "6").await;
    let (reports, events, records) = reports();
    let telling = StepFunctions::on_restate_reporting(interpreter(), client.clone(), reports).unwrap();
    served(&client, &telling).await;
    // The one without reports takes over all that both can do.
    served(&client, &silent).await;
    // For so long a process goes by what it has seen.
    sleep(Duration::from_secs(1)).await;
    executions_are_told_as_by_one_process(&silent, &events, &records).await;
    let told = until(&events, 1, |event| event["detail"]["executionArn"] == early).await;
    assert!(
        told.iter().all(|event| event["detail"]["status"] == "SUCCEEDED"),
        "{told:?}"
    );
    // The first answers were lost, and what they are about was told again by the same event.
    let told = events.lock().unwrap().clone();
    assert_eq!(told.len(), by_id(&told).len() + 2);
    express_workflows_are_logged_alone(&silent, &events, &records).await;
    a_panic_of_a_worker_is_told(&setup, &silent, &records).await;
    setup.end();
}

async fn start(api: &StepFunctions, arn: &str, name: &str, input: &str) -> Value {
    let start = json!({ "stateMachineArn": arn, "name": name, "input": input });
    api.call("StartExecution", start).await.unwrap()["executionArn"].clone()
}

/// Waits until so many are seen.
async fn until(seen: &Seen, count: usize, is_meant: impl Fn(&Value) -> bool) -> Vec<Value> {
    let found = async {
        loop {
            let found: Vec<Value> = seen
                .lock()
                .unwrap()
                .iter()
                .filter(|one| is_meant(one))
                .cloned()
                .collect();
            if found.len() >= count {
                return found;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    let found = timeout(PATIENCE, found).await;
    found.unwrap_or_else(|_| panic!("less than {count} of {:#?}", seen.lock().unwrap()))
}

/// The details of events without their dates and order; one of an id that came twice once.
fn by_id(events: &[Value]) -> Vec<Value> {
    let by_id: BTreeMap<&str, &Value> = events
        .iter()
        .map(|event| (event["id"].as_str().unwrap(), event))
        .collect();
    let mut details: Vec<Value> = by_id.into_values().map(|event| event["detail"].clone()).collect();
    for detail in &mut details {
        for date in ["startDate", "stopDate", "redriveDate"] {
            detail[date] = json!(detail[date].is_u64());
        }
    }
    details.sort_by_key(ToString::to_string);
    details
}

async fn executions_are_told_as_by_one_process(there: &StepFunctions, events: &Seen, records: &Seen) {
    let (reports, events_here, records_here) = self::reports();
    let here = StepFunctions::reporting(interpreter(), reports);
    let function = "arn:aws:lambda:us-east-1:123456789012:function:Double";
    let double = json!({ "StartAt": "Double", "States": {
        "Double": { "Type": "Task", "Resource": function, "Next": "Child" },
        "Child": {
            "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync", "ResultPath": null, "End": true,
            "Parameters": {
                "StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:Child",
                "Name.$": "States.Format('child-of-{}', $$.Execution.Name)"
            }
        }
    } });
    let child = json!({ "StartAt": "P", "States": { "P": { "Type": "Pass", "End": true } } });
    let logging = json!({ "publish": true, "loggingConfiguration": {
        "level": "ALL", "includeExecutionData": true, "destinations": [{
            "cloudWatchLogsLogGroup": { "logGroupArn": "arn:aws:logs:us-east-1:1:log-group:g:*" }
        }]
    } });
    for api in [there, &here] {
        create(api, "Child", &child, json!({})).await;
        let arn = create(api, "Told", &double, logging.clone()).await;
        let version = format!("{arn}:1");
        start(api, &version, "good", " 21 ").await;
        let bad = start(api, &version, "bad", "\"no number\"").await;
        let of = json!({ "executionArn": bad });
        while api.call("DescribeExecution", of.clone()).await.unwrap()["status"] == "RUNNING" {
            sleep(Duration::from_millis(20)).await;
        }
        api.call("RedriveExecution", of).await.unwrap();
    }
    let is_meant = |event: &Value| {
        event["detail"]["executionArn"].as_str().unwrap().contains(":Told:")
            || event["detail"]["executionArn"].as_str().unwrap().contains(":Child:")
    };
    let mut told = Vec::new();
    let told_here = until(&events_here, 8, is_meant).await;
    while by_id(&told).len() < told_here.len() {
        told = until(events, told.len() + 1, is_meant).await;
    }
    assert_eq!(by_id(&told), by_id(&told_here));

    let without_times = |records: Vec<Value>| {
        let mut records: Vec<Value> = records
            .into_iter()
            .map(|mut record| {
                record["event_timestamp"].take();
                // When the child began and ended.
                if record["type"].as_str().is_some_and(|kind| kind.starts_with("Task")) {
                    record["details"].take();
                }
                record
            })
            .collect();
        records.sort_by_key(ToString::to_string);
        records
    };
    assert_eq!(
        without_times(logged(records).await),
        without_times(logged(&records_here).await)
    );
}

/// What is logged of the executions of a machine: three runs end.
async fn logged(records: &Seen) -> Vec<Value> {
    let is_meant = |record: &Value| record["execution_arn"].as_str().unwrap().contains(":Told:");
    let is_end = |record: &Value| {
        let kind = record["type"].as_str().unwrap();
        is_meant(record) && ["ExecutionSucceeded", "ExecutionFailed"].contains(&kind)
    };
    until(records, 3, is_end).await;
    until(records, 0, is_meant).await
}

/// It is told why, and tried again.
async fn a_panic_of_a_worker_is_told(setup: &Setup, api: &StepFunctions, records: &Seen) {
    PANICS.store(true, Ordering::Relaxed);
    let pass = json!({ "StartAt": "P", "States": { "P": { "Type": "Pass", "End": true } } });
    let arn = create(api, "Panics", &pass, json!({ "type": "EXPRESS" })).await;
    let start = json!({ "stateMachineArn": arn, "name": "one" });
    let ended = api.call("StartSyncExecution", start).await.unwrap();
    let sql = "SELECT last_failure FROM sys_invocation WHERE target_service_name = 'asl-log' AND retry_count > 1";
    let told = async {
        let query = json!({ "query": sql });
        let is_told = |told: &str| told.contains("the worker panicked: on purpose");
        while !is_told(&setup.cluster.administer("POST", "/query", &query).await) {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, told).await.unwrap();
    PANICS.store(false, Ordering::Relaxed);
    until(records, 4, |record| record["execution_arn"] == ended["executionArn"]).await;
}

async fn express_workflows_are_logged_alone(api: &StepFunctions, events: &Seen, records: &Seen) {
    let pass = json!({ "StartAt": "P", "States": { "P": { "Type": "Pass", "End": true } } });
    let arn = create(api, "Quick", &pass, json!({ "type": "EXPRESS" })).await;
    let start = json!({ "stateMachineArn": arn, "name": "one", "input": " 7 " });
    let ended = api.call("StartSyncExecution", start).await.unwrap();
    let logged = until(records, 4, |record| record["execution_arn"] == ended["executionArn"]).await;
    let types: Vec<_> = logged.iter().map(|record| record["type"].clone()).collect();
    assert_eq!(
        types,
        [
            "ExecutionStarted",
            "PassStateEntered",
            "PassStateExited",
            "ExecutionSucceeded"
        ]
    );
    assert_eq!(logged[0]["details"]["input"], " 7 ");
    let is_meant = |event: &&Value| event["detail"]["executionArn"] == ended["executionArn"];
    assert_eq!(events.lock().unwrap().iter().filter(is_meant).count(), 0);
}
