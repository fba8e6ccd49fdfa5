//! The events of an execution as a stream.

use asl_engine::Interpreter;
use asl_engine::history::{HistoryEvent, HistoryLevel};
use asl_engine::runtime::Events;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

use crate::machine;

async fn ids(mut events: Events, pause: Duration) -> Vec<u64> {
    let mut ids = Vec::new();
    while let Some(event) = events.next().await {
        ids.push(event.id);
        tokio::time::sleep(pause).await;
    }
    ids
}

#[tokio::test(start_paused = true)]
async fn events_come_as_they_happen() {
    let wait = machine(json!({ "W": { "Type": "Wait", "Seconds": 60, "End": true } }));
    let interpreter = Interpreter::new();
    let mut events = interpreter.start(&wait, json!({})).unwrap().events();
    let started = tokio::time::Instant::now();
    let mut seen = Vec::new();
    while let Some(event) = events.next().await {
        seen.push((event.event_type(), started.elapsed().as_secs()));
    }
    assert_eq!(
        seen,
        [
            ("ExecutionStarted", 0),
            ("WaitStateEntered", 0),
            ("WaitStateExited", 60),
            ("ExecutionSucceeded", 60)
        ]
    );
    assert!(events.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn slow_readers_late_readers_and_many_readers_miss_nothing() {
    let wait = machine(json!({
        "A": { "Type": "Wait", "Seconds": 1, "Next": "B" },
        "B": { "Type": "Wait", "Seconds": 1, "End": true }
    }));
    let interpreter = Interpreter::new();
    let handle = interpreter.start(&wait, json!({})).unwrap();
    let mut readers = tokio::task::JoinSet::new();
    for seconds in [0, 0, 3, 3_600] {
        readers.spawn(ids(handle.events(), Duration::from_secs(seconds)));
    }
    let all: Vec<u64> = (1..=6).collect();
    for read in readers.join_all().await {
        assert_eq!(read, all);
    }
    assert_eq!(ids(handle.events(), Duration::ZERO).await, all);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_on_other_threads_miss_nothing() {
    let states: serde_json::Map<_, _> = (0..1_000)
        .map(|i| {
            let next = if i == 999 {
                json!({ "Type": "Succeed" })
            } else {
                json!({ "Type": "Wait", "Seconds": 0, "Next": format!("S{}", i + 1) })
            };
            (format!("S{i}"), next)
        })
        .collect();
    let program = Arc::new(asl_engine::execution::Program::compile(&machine(states.into())));
    let interpreter = Interpreter::new();
    let mut readers = tokio::task::JoinSet::new();
    let handles: Vec<_> = (0..20)
        .map(|_| interpreter.start(Arc::clone(&program), json!({})).unwrap())
        .collect();
    for handle in &handles {
        readers.spawn(ids(handle.events(), Duration::ZERO));
    }
    for read in readers.join_all().await {
        assert_eq!(read, (1..=2_002).collect::<Vec<u64>>());
    }
}

#[tokio::test(start_paused = true)]
async fn the_stream_of_a_stopped_execution_ends_and_without_a_history_it_is_empty() {
    let wait = machine(json!({ "W": { "Type": "Wait", "Seconds": 60, "End": true } }));
    let interpreter = Interpreter::new();
    let handle = interpreter.start(&wait, json!({})).unwrap();
    let reader = tokio::spawn(ids(handle.events(), Duration::ZERO));
    tokio::time::sleep(Duration::from_secs(1)).await;
    handle.stop(None, None);
    assert_eq!(reader.await.unwrap(), [1, 2, 3]);

    let silent = Interpreter::new().history(HistoryLevel::Off);
    let handle = silent.start(&wait, json!({})).unwrap();
    assert!(handle.events().next().await.is_none());
    assert_eq!(handle.status(), "SUCCEEDED");
}

/// It is a `futures` stream, whose adaptors need no crate of ours.
#[tokio::test(start_paused = true)]
async fn it_is_a_stream() {
    fn polled<S: futures_core::Stream<Item = HistoryEvent> + Unpin + Send + 'static>(
        mut stream: S,
    ) -> impl Future<Output = Option<u64>> {
        std::future::poll_fn(move |context| {
            let event = std::pin::Pin::new(&mut stream).poll_next(context);
            event.map(|event| event.map(|event| event.id))
        })
    }
    let rest = machine(json!({ "Rest": { "Type": "Pass", "End": true } }));
    let handle = Interpreter::new().start(&rest, json!({})).unwrap();
    assert_eq!(polled(handle.events()).await, Some(1));
}
