//! The metrics.

use asl_engine::handlers::TaskContext;
use asl_engine::runtime::Clock;
use asl_engine::store::SqliteStore;
use asl_engine::telemetry::Telemetry;
use asl_engine::{Interpreter, TaskError};
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, Histogram, MetricData, ScopeMetrics};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use serde_json::{Value, json};
use std::collections::BTreeMap;

use crate::traces::machine;

const WORK: &str = "arn:aws:lambda:us-east-1:123456789012:function:Work";

/// Every metric that was exported last, with its unit, its attributes and its value: of a histogram, the count and the sum in
/// whole seconds.
fn last(exporter: &InMemoryMetricExporter) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let all_exports = exporter.get_finished_metrics().unwrap();
    for metric in all_exports
        .last()
        .unwrap()
        .scope_metrics()
        .flat_map(ScopeMetrics::metrics)
    {
        let attributes = |attributes: &mut dyn Iterator<Item = &opentelemetry::KeyValue>| {
            let mut texts: Vec<_> = attributes.map(|one| format!("{}={}", one.key, one.value)).collect();
            texts.sort();
            format!("{} {} {}", metric.name(), metric.unit(), texts.join(" "))
                .trim_end()
                .to_owned()
        };
        match metric.data() {
            AggregatedMetrics::F64(MetricData::Histogram(data)) => {
                for point in Histogram::data_points(data) {
                    let value = format!("{} in {:.0}", point.count(), point.sum());
                    all.insert(attributes(&mut point.attributes()), value);
                }
            }
            AggregatedMetrics::U64(MetricData::Sum(data)) => {
                for point in data.data_points() {
                    all.insert(attributes(&mut point.attributes()), point.value().to_string());
                }
            }
            AggregatedMetrics::U64(MetricData::Gauge(data)) => {
                for point in data.data_points() {
                    all.insert(attributes(&mut point.attributes()), point.value().to_string());
                }
            }
            AggregatedMetrics::I64(MetricData::Sum(data)) => {
                for point in data.data_points() {
                    all.insert(attributes(&mut point.attributes()), point.value().to_string());
                }
            }
            other => panic!("{}: {other:?}", metric.name()),
        }
    }
    all
}

fn metered() -> (Telemetry, InMemoryMetricExporter) {
    let exporter = InMemoryMetricExporter::default();
    let meters = SdkMeterProvider::builder()
        .with_reader(PeriodicReader::builder(exporter.clone()).build())
        .build();
    // Without a processor of spans: metrics alone.
    (Telemetry::builder().with_meter_provider(meters).build(), exporter)
}

#[tokio::test]
async fn executions_states_and_tasks_are_counted_and_timed() {
    let (telemetry, from) = metered();
    let interpreter = Interpreter::new()
        .task(WORK, |input: Value, context: TaskContext| async move {
            match context.retry_count {
                0 => Err(TaskError::new("Busy", "")),
                _ => Ok(input),
            }
        })
        .clock(Clock::virtual_time())
        .telemetry(&telemetry);
    let order = machine(json!({ "StartAt": "Work", "States": {
        "Work": { "Type": "Task", "Resource": WORK, "Next": "Wait",
            "Retry": [{ "ErrorEquals": ["Busy"], "IntervalSeconds": 2 }] },
        "Wait": { "Type": "Wait", "Seconds": 30, "End": true }
    }}));
    for _ in 0..3 {
        interpreter.start(&order, json!({})).unwrap().outcome().await;
    }
    let stopped = interpreter.start(&order, json!({})).unwrap();
    stopped.stop(None, None);
    stopped.outcome().await;
    let waits =
        machine(json!({ "StartAt": "Wait", "States": { "Wait": { "Type": "Wait", "Seconds": 9, "End": true } } }));
    let slow = Interpreter::new().telemetry(&telemetry);
    let _running = slow.start(&waits, json!({})).unwrap();
    telemetry.force_flush().unwrap();

    let of = "aws.step_functions.state_machine.arn=arn:aws:states:us-east-1:123456789012:stateMachine:StateMachine";
    let exported = last(&from);
    let get = |name: &str| exported.get(name).map(String::as_str);
    assert_eq!(get(&format!("asl.execution.started {{execution}} {of}")), Some("5"));
    assert_eq!(get("asl.execution.running {execution}"), Some("1"));
    let ended = |status: &str| format!("asl.execution.ended {{execution}} asl.execution.status={status} {of}");
    assert_eq!(
        (get(&ended("SUCCEEDED")), get(&ended("ABORTED"))),
        (Some("3"), Some("1"))
    );
    assert_eq!(
        get(&format!("asl.execution.duration s asl.execution.status=SUCCEEDED {of}")),
        Some("3 in 96")
    );
    // Three times Work, its retry and Wait; what was stopped had entered Work; the last one waits.
    assert_eq!(get("asl.state.transitions {transition}"), Some("11"));
    assert_eq!(
        get("asl.task.duration s asl.task.resource_type=lambda error.type=Busy"),
        Some("3 in 0")
    );
    assert_eq!(get("asl.task.duration s asl.task.resource_type=lambda"), Some("3 in 0"));
    assert_eq!(get("asl.timer.lag s"), Some("6 in 0"));
    assert_eq!(exported.len(), 10, "{exported:#?}");
}

#[tokio::test]
async fn the_queue_of_a_store_is_a_gauge() {
    let (telemetry, from) = metered();
    let folder = std::env::temp_dir().join(format!("asl-engine-metrics-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let store = SqliteStore::open(folder.join("executions.db")).unwrap();
    let interpreter = Interpreter::new().store(store).telemetry(&telemetry);
    let rest = machine(json!({ "StartAt": "Rest", "States": { "Rest": { "Type": "Pass", "End": true } } }));
    interpreter.start(&rest, json!({})).unwrap().outcome().await;
    telemetry.force_flush().unwrap();
    assert_eq!(last(&from)["asl.store.queue.length {batch}"], "0");
    interpreter.shutdown(std::time::Duration::ZERO).await;
    std::fs::remove_dir_all(folder).unwrap();
}
