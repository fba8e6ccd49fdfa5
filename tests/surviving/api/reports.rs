//! What an API over a store tells of its executions, over restarts at whichever commit: the end of what goes on, once, and
//! nothing of what had ended.

use asl_engine::handlers::event_bus::{LocalEventBus, RuleTarget};
use asl_engine::server::{Reports, StepFunctions};
use asl_engine::services::event_bridge::{Event, Rule};
use asl_engine::store::{ExecutionStore, MemoryStore};
use asl_engine::{Interpreter, TaskError};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::{call, close, create, execution_arn, machine_arn, nap, task};

type Seen = Arc<Mutex<Vec<Value>>>;

/// An API, and the status changes and the log records that it tells of.
struct Telling {
    api: StepFunctions,
    bus: Arc<LocalEventBus>,
    changes: Seen,
    records: Seen,
}

async fn open(store: impl ExecutionStore) -> Telling {
    open_over(Interpreter::new().store(store)).await
}

async fn open_over(interpreter: Interpreter) -> Telling {
    let (changes, records): (Seen, Seen) = Default::default();
    let (to, log) = (Arc::clone(&changes), Arc::clone(&records));
    let take = RuleTarget::new("take", move |event: Event| {
        to.lock().unwrap().push(event.to_value());
        async { Ok(()) }
    });
    let rule = Rule::new("all", r#"{ "source": ["aws.states"] }"#.parse().unwrap());
    let bus = Arc::new(LocalEventBus::new().rule(rule, [take.ordered_by(|_| String::new())]));
    let reports = Reports::new()
        .status_changes(Arc::<LocalEventBus>::clone(&bus))
        .logs(move |records| log.lock().unwrap().extend_from_slice(records));
    let opened = StepFunctions::open_reporting(interpreter, reports).await;
    let (api, resumed) = opened.unwrap();
    assert_eq!(resumed.waiting, [], "everything goes on");
    Telling {
        api,
        bus,
        changes,
        records,
    }
}

impl Telling {
    /// The names and statuses of the executions that were told of.
    async fn changes(&self) -> Vec<(String, String)> {
        self.api.reported().await;
        self.bus.idle().await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let changes = std::mem::take(&mut *self.changes.lock().unwrap());
        let told = changes.iter().map(|event| &event["detail"]);
        told.map(|detail| (text(&detail["name"]), text(&detail["status"])))
            .collect()
    }

    /// The types of the log records by the names of their executions.
    fn records(&self) -> BTreeMap<String, Vec<String>> {
        let mut types: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for record in std::mem::take(&mut *self.records.lock().unwrap()) {
            let (_, name) = record["execution_arn"].as_str().unwrap().rsplit_once(':').unwrap();
            let of_execution = types.entry(name.to_owned()).or_default();
            of_execution.push(record["type"].as_str().unwrap().to_owned());
        }
        types
    }

    async fn start(&self, name: &str) {
        let start = json!({ "stateMachineArn": machine_arn("Naps"), "name": name });
        call(&self.api, "StartExecution", start).await;
    }

    async fn stop(&self, name: &str) {
        let stop = json!({ "executionArn": execution_arn(&format!("Naps:{name}")) });
        call(&self.api, "StopExecution", stop).await;
    }

    /// The names of the executions that run.
    async fn running(&self) -> Vec<String> {
        let list = json!({ "stateMachineArn": machine_arn("Naps"), "statusFilter": "RUNNING" });
        let Ok(listed) = self.api.call("ListExecutions", list).await else {
            // The machine is not there yet.
            return Vec::new();
        };
        let listed = listed["executions"].as_array().unwrap().iter();
        let mut names: Vec<_> = listed.map(|item| item["name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    }
}

fn naps() -> Value {
    let mut naps = create("Naps", &nap());
    naps["loggingConfiguration"] = json!({ "level": "ALL", "destinations": [{
        "cloudWatchLogsLogGroup": { "logGroupArn": "arn:aws:logs:us-east-1:1:log-group:g:*" },
    }] });
    naps
}

fn told(name: &str, status: &str) -> (String, String) {
    (name.to_owned(), status.to_owned())
}

/// Executions that run, have ended, and run again after a redrive.
async fn work(telling: &Telling) {
    call(&telling.api, "CreateStateMachine", naps()).await;
    for name in ["ended", "redriven", "running"] {
        telling.start(name).await;
    }
    telling.stop("ended").await;
    telling.stop("redriven").await;
    let redrive = json!({ "executionArn": execution_arn("Naps:redriven") });
    call(&telling.api, "RedriveExecution", redrive).await;
}

#[tokio::test]
async fn a_restart_tells_the_end_of_what_goes_on_once_and_nothing_again() {
    let store = MemoryStore::new();
    let first = open(store.clone()).await;
    work(&first).await;
    let mut before = first.changes().await;
    before.sort();
    assert_eq!(
        before,
        [
            told("ended", "ABORTED"),
            told("ended", "RUNNING"),
            told("redriven", "ABORTED"),
            told("redriven", "RUNNING"),
            told("redriven", "RUNNING"),
            told("running", "RUNNING"),
        ]
    );
    assert_eq!(first.records().into_keys().collect::<Vec<_>>(), ["ended", "redriven"]);
    let commits = store.commits();
    close(first.api).await;

    for commits in 0..=commits {
        let second = open(store.as_of(commits)).await;
        assert_eq!(second.changes().await, [], "{commits} commits");
        let running = second.running().await;
        for name in &running {
            second.stop(name).await;
        }
        let expected: Vec<_> = running.iter().map(|name| told(name, "ABORTED")).collect();
        assert_eq!(second.changes().await, expected, "{commits} commits");
        let records = second.records();
        assert_eq!(
            records.keys().cloned().collect::<Vec<_>>(),
            running,
            "{commits} commits"
        );
        for (name, types) in records {
            let describe = json!({ "executionArn": execution_arn(&format!("Naps:{name}")) });
            let redrives = call(&second.api, "DescribeExecution", describe).await["redriveCount"].clone();
            // What happened before a redrive was logged at the end before it.
            let since = if redrives == 0 {
                "ExecutionStarted"
            } else {
                "ExecutionRedriven"
            };
            assert_eq!(types.first().unwrap(), since, "{name} after {commits} commits");
            assert_eq!(
                types.last().unwrap(),
                "ExecutionAborted",
                "{name} after {commits} commits"
            );
        }
        close(second.api).await;
    }
}

/// An Express workflow goes on too, and nothing but its log shows what it did.
#[tokio::test]
async fn an_express_workflow_that_goes_on_is_logged_at_its_end() {
    let store = MemoryStore::new();
    let hangs = Interpreter::new().function("Bake", |_: Value| std::future::pending::<Result<(), TaskError>>());
    let first = open_over(hangs.store(store.clone())).await;
    let mut quick = create("Quick", &task("Bake"));
    quick["type"] = json!("EXPRESS");
    call(&first.api, "CreateStateMachine", quick.clone()).await;
    quick["name"] = json!("Quiet");
    quick["loggingConfiguration"] =
        json!({ "level": "OFF", "destinations": naps()["loggingConfiguration"]["destinations"] });
    call(&first.api, "CreateStateMachine", quick).await;
    for machine in ["Quiet", "Quick"] {
        let start = json!({ "stateMachineArn": machine_arn(machine), "input": "7" });
        call(&first.api, "StartExecution", start).await;
    }
    close(first.api).await;

    let works = Interpreter::new().function("Bake", |order: Value| async move { Ok(order) });
    let second = open_over(works.store(store)).await;
    while second.records.lock().unwrap().is_empty() || second.api.interpreter().running() > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(
        second.changes().await,
        [],
        "only a Standard workflow has status changes"
    );
    let records = second.records.lock().unwrap();
    let types: Vec<_> = records.iter().map(|record| record["type"].as_str().unwrap()).collect();
    assert_eq!(
        (types[0], *types.last().unwrap()),
        ("ExecutionStarted", "ExecutionSucceeded")
    );
    assert_eq!(records[0]["details"]["input"], "7");
    let is_quick = |record: &Value| record["execution_arn"].as_str().unwrap().contains(":express:Quick:");
    assert!(records.iter().all(is_quick), "{records:?}");
}

/// A start that was acknowledged is told of, also if the process ends at once.
#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledged_start_is_told_before_the_end() {
    for _ in 0..300 {
        let telling = open(MemoryStore::new()).await;
        call(&telling.api, "CreateStateMachine", naps()).await;
        telling.start("a").await;
        telling.api.interpreter().shutdown(Duration::ZERO).await;
        assert_eq!(telling.changes().await, [told("a", "RUNNING")]);
    }
}
