//! What a subscriber of `tracing` sees of executions, and what becomes of them when it panics.
//!
//! One subscriber serves all tests here: with several in one process, `tracing` may take one's disinterest for all's.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use asl_engine::handlers::TaskContext;
use asl_engine::runtime::StartRequest;
use asl_engine::{Interpreter, StateMachine, TaskError};
use serde_json::{Value, json};
use std::fmt::{self, Write as _};
use std::sync::{LazyLock, Mutex};
use tracing::field::{Field, Visit};
use tracing::span::Attributes;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

const CHARGE: &str = "arn:aws:lambda:us-east-1:123456789012:function:Charge";

/// Every span: its parent's name, its own, its fields.
static SPANS: LazyLock<Mutex<Vec<String>>> = LazyLock::new(|| {
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(Spans)).unwrap();
    Mutex::default()
});

/// Writes spans down, and panics at those of the state `Boom`.
struct Spans;

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Spans {
    fn on_new_span(&self, span: &Attributes<'_>, _: &tracing::Id, context: Context<'_, S>) {
        let parent = span.parent().and_then(|parent| context.metadata(parent));
        let parent = parent.map_or("", |parent| parent.name());
        let mut text = format!("{parent}/{}", span.metadata().name());
        span.record(&mut Fields(&mut text));
        assert!(!text.contains("state=Boom"), "boom");
        SPANS.lock().unwrap().push(text);
    }
}

struct Fields<'a>(&'a mut String);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_execution_is_a_span_and_each_attempt_is_one_in_it() {
    LazyLock::force(&SPANS);
    let machine: StateMachine = json!({ "StartAt": "Till", "States": { "Till": {
        "Type": "Task", "Resource": CHARGE, "Retry": [{ "ErrorEquals": ["Busy"] }], "End": true
    }}})
    .to_string()
    .parse()
    .unwrap();
    let interpreter = Interpreter::new().task(CHARGE, |_: Value, context: TaskContext| async move {
        match context.retry_count {
            0 => Err(TaskError::new("Busy", "try later")),
            _ => Ok(()),
        }
    });
    let request = StartRequest::default().name("order-7").state_machine_name("Orders");
    let handle = interpreter.start_with(&machine, json!({}), request).unwrap();
    assert_eq!(handle.outcome().await.status(), "SUCCEEDED");
    let place = "arn:aws:states:us-east-1:123456789012";
    let spans = SPANS.lock().unwrap();
    let spans = spans
        .iter()
        .filter(|span| span.contains("Orders") || span.contains("Till"));
    assert_eq!(
        spans.cloned().collect::<Vec<_>>(),
        [
            format!("/execution arn={place}:execution:Orders:order-7 state_machine=\"{place}:stateMachine:Orders\""),
            format!("execution/task state=Till resource={CHARGE} retry_count=0"),
            format!("execution/task state=Till resource={CHARGE} retry_count=1"),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_panic_at_a_deadline_ends_one_execution_and_no_other() {
    LazyLock::force(&SPANS);
    let start = |state: &str, seconds: u32| -> StateMachine {
        json!({ "StartAt": "W", "States": {
            "W": { "Type": "Wait", "Seconds": seconds, "Next": state },
            state: { "Type": "Task", "Resource": CHARGE, "End": true }
        }})
        .to_string()
        .parse()
        .unwrap()
    };
    let interpreter = Interpreter::new().task(CHARGE, |input: Value| async move { Ok(input) });
    let first = interpreter.start(&start("Boom", 1), json!({})).unwrap();
    let second = interpreter.start(&start("Fine", 2), json!({})).unwrap();
    let outcome = first.outcome().await;
    assert_eq!(
        outcome.error().and_then(|error| error.error.as_deref()),
        Some("States.Runtime")
    );
    assert_eq!(second.outcome().await.status(), "SUCCEEDED");
    assert_eq!(interpreter.running(), 0);
}

/// Under a store executions act once their events are written, many of them in one tokio task.
#[cfg(feature = "store")]
#[tokio::test]
async fn a_panic_while_an_execution_acts_ends_it_alone_and_only_in_this_process() {
    use asl_engine::store::{ExecutionStore as _, MemoryStore};

    LazyLock::force(&SPANS);
    let store = MemoryStore::new();
    let interpreter = Interpreter::new()
        .store(store.clone())
        .task(CHARGE, |input: Value| async move { Ok(input) });
    let work = |state: &str| -> StateMachine {
        let states = json!({ state: { "Type": "Task", "Resource": CHARGE, "End": true } });
        let machine = json!({ "StartAt": state, "States": states });
        machine.to_string().parse().unwrap()
    };
    let (boom, fine) = (work("Boom"), work("Fine"));
    let start = |machine| interpreter.start_stored(machine, json!({}), StartRequest::default());
    for _ in 0..10 {
        let (before, broken, after) = tokio::join!(start(&fine), start(&boom), start(&fine));
        let broken = broken.unwrap();
        let outcome = broken.outcome().await;
        let error = outcome.error().and_then(|error| error.error.as_deref());
        assert_eq!(error, Some("States.Runtime"));
        let stored = store.execution(broken.arn()).unwrap().unwrap();
        assert_eq!(stored.end, None, "the next process goes on with it");
        for other in [before, after] {
            assert_eq!(other.unwrap().outcome().await.status(), "SUCCEEDED");
        }
    }
    assert_eq!(interpreter.running(), 0);
}
