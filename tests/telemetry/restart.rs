//! Executions that go on in another process, as far as an interpreter that is dropped is one.

use asl_engine::handlers::TaskContext;
use asl_engine::runtime::StartRequest;
use asl_engine::store::SqliteStore;
use asl_engine::telemetry::trace_id;
use asl_engine::{Interpreter, StateMachine};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use crate::traces::machine;
use crate::tree::Traced;

const WORK: &str = "arn:aws:lambda:us-east-1:123456789012:function:Work";

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("asl-engine-telemetry-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn open(&self) -> SqliteStore {
        SqliteStore::open(self.0.join("executions.db")).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A Parallel in which one branch is over before the restart, and one has its task in flight.
fn order() -> StateMachine {
    machine(json!({ "StartAt": "Begin", "States": {
        "Begin": { "Type": "Pass", "Next": "Both" },
        "Both": { "Type": "Parallel", "Next": "Rest", "Branches": [
            { "StartAt": "Fast", "States": { "Fast": { "Type": "Pass", "End": true } } },
            { "StartAt": "First", "States": {
                "First": { "Type": "Pass", "Next": "Work" },
                "Work": { "Type": "Task", "Resource": WORK, "End": true }
            } }
        ] },
        "Rest": { "Type": "Pass", "End": true }
    }}))
}

/// The spans as the exporter of a process without a restart sees them.
async fn undisturbed(arn_name: &str) -> BTreeSet<(String, String, String)> {
    let traced = Traced::new();
    let interpreter = Interpreter::new()
        .task(WORK, |input: Value| async move { Ok(input) })
        .telemetry(&traced.telemetry);
    let request = StartRequest::default().name(arn_name);
    interpreter
        .start_with(&order(), json!({}), request)
        .unwrap()
        .outcome()
        .await;
    ids(&traced).into_iter().collect()
}

/// Name, id and parent of each span.
fn ids(traced: &Traced) -> Vec<(String, String, String)> {
    let spans = traced.spans();
    let one = |span: &opentelemetry_sdk::trace::SpanData| {
        (
            span.name.to_string(),
            span.span_context.span_id().to_string(),
            span.parent_span_id.to_string(),
        )
    };
    spans.iter().map(one).collect()
}

#[tokio::test]
async fn no_span_is_lost_or_exported_twice_over_a_restart_and_all_have_their_ids() {
    let folder = Folder::new("restart");
    let (before, after) = (Traced::new(), Traced::new());
    let never = Interpreter::new()
        .task(WORK, |_: Value| {
            std::future::pending::<Result<Value, asl_engine::TaskError>>()
        })
        .store(folder.open())
        .telemetry(&before.telemetry);
    let caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let request = StartRequest::default().name("order-7").trace_context(caller, None);
    let execution = never.start_with(&order(), json!({}), request).unwrap();
    let arn = execution.arn().to_owned();
    while before.spans().len() < 4 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    never.shutdown(Duration::ZERO).await;
    drop((never, execution));

    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let again = Interpreter::new()
        .task(WORK, move |input: Value, context: TaskContext| {
            let _ = tell.send(context.traceparent());
            async move { Ok(input) }
        })
        .store(folder.open())
        .telemetry(&after.telemetry);
    assert_eq!(again.resume().await.unwrap().executions, 1);
    again.execution(&arn).unwrap().outcome().await;
    let handed = told.recv().await.unwrap().unwrap();

    let (first, second) = (ids(&before), ids(&after));
    let names = |ids: &[(String, String, String)]| ids.iter().map(|(name, ..)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&first), ["Begin", "Fast", "Both branch", "First"]);
    assert_eq!(
        names(&second),
        ["Work", "Work", "Both branch", "Both", "Rest", "StateMachine"]
    );
    let all: BTreeSet<_> = first.iter().chain(&second).cloned().collect();
    assert_eq!(all, undisturbed("order-7").await);
    // The attempt that was in flight keeps its id, and the start of the process before.
    let spans = after.spans();
    let attempt = &spans[0];
    assert_eq!(
        handed,
        format!("00-{}-{}-01", trace_id(&arn), attempt.span_context.span_id())
    );
    let entered = before.spans().iter().map(|span| span.end_time).max().unwrap();
    assert!(attempt.start_time <= entered + Duration::from_millis(1), "{attempt:?}");
    // So does the caller.
    let root = spans.last().unwrap();
    assert_eq!(
        root.links.links[0].span_context.span_id().to_string(),
        "b7ad6b7169203331"
    );
    again.shutdown(Duration::ZERO).await;
}

/// Its journal has become a snapshot by then, which has the beginnings of spans in it.
#[tokio::test]
async fn a_snapshot_has_the_beginnings_of_spans() {
    let folder = Folder::new("snapshot");
    let (before, after) = (Traced::new(), Traced::new());
    let large = machine(json!({ "StartAt": "Each", "States": { "Each": {
        "Type": "Map", "End": true, "MaxConcurrency": 1, "ResultPath": null, "ItemProcessor": {
            "StartAt": "Work", "States": { "Work": { "Type": "Task", "Resource": WORK, "ResultPath": null, "End": true } }
        }
    } } }));
    let interpreter = Interpreter::new()
        .task(WORK, |item: u32| async move {
            if item == 9 {
                std::future::pending::<()>().await;
            }
            Ok("x".repeat(20_000))
        })
        .store(folder.open())
        .telemetry(&before.telemetry);
    let execution = interpreter
        .start(&large, json!([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]))
        .unwrap();
    let arn = execution.arn().to_owned();
    while before.spans().len() < 27 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let left_at = before.spans().iter().map(|span| span.end_time).max().unwrap();
    interpreter.shutdown(Duration::ZERO).await;
    drop((interpreter, execution));
    tokio::time::sleep(Duration::from_millis(20)).await;

    let interpreter = Interpreter::new()
        .task(WORK, |_: u32| async move { Ok(0) })
        .store(folder.open())
        .telemetry(&after.telemetry);
    assert_eq!(interpreter.resume().await.unwrap().executions, 1);
    assert_eq!(
        interpreter.execution(&arn).unwrap().outcome().await.status(),
        "SUCCEEDED"
    );
    let spans = after.spans();
    let names: Vec<_> = spans.iter().map(|span| &*span.name).collect();
    assert_eq!(names, ["Work", "Work", "Each iteration", "Each", "StateMachine"]);
    for span in &spans {
        assert!(span.start_time <= left_at + Duration::from_millis(1), "{span:?}");
    }
    interpreter.shutdown(Duration::ZERO).await;
}

#[tokio::test]
async fn telemetry_that_comes_later_sees_what_goes_on() {
    let folder = Folder::new("later");
    let without = Interpreter::new()
        .task(WORK, |_: Value| {
            std::future::pending::<Result<Value, asl_engine::TaskError>>()
        })
        .store(folder.open());
    let execution = without.start(&order(), json!({})).unwrap();
    let arn = execution.arn().to_owned();
    without.shutdown(Duration::ZERO).await;
    drop((without, execution));

    let traced = Traced::new();
    let with = Interpreter::new()
        .task(WORK, |input: Value| async move { Ok(input) })
        .store(folder.open())
        .telemetry(&traced.telemetry);
    with.resume().await.unwrap();
    assert_eq!(with.execution(&arn).unwrap().outcome().await.status(), "SUCCEEDED");
    assert_eq!(
        traced.tree(trace_id(&arn)),
        "StateMachine 0-0\n\
         \x20 Both 0-0\n\
         \x20   Both branch 0-0 branch.index=1\n\
         \x20     Work 0-0\n\
         \x20       Work 0-0 task.retry_count=0\n\
         \x20 Rest 0-0\n"
    );
    with.shutdown(Duration::ZERO).await;
}
