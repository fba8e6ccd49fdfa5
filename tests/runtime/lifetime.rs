//! Starts, ends and shutdowns: of executions, interpreters and runtimes.

use asl_engine::execution::Program;
use asl_engine::runtime::{ExecutionHandle, StartRequest};
use asl_engine::{ErrorKind, Interpreter, StateMachine};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, LazyLock, Mutex};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

use crate::{CHARGE, Dropped, machine, one_task};

fn wait() -> StateMachine {
    machine(json!({ "W": { "Type": "Wait", "SecondsPath": "$", "End": true } }))
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn shutdown_waits_for_its_grace_and_stops_what_is_left() {
    let wait = machine(json!({ "W": { "Type": "Wait", "SecondsPath": "$", "End": true } }));
    let interpreter = Interpreter::new();
    let short = interpreter.start(&wait, json!(2)).unwrap();
    let long = interpreter.start(&wait, json!(200)).unwrap();
    assert_eq!(interpreter.shutdown(Duration::from_secs(10)).await, 1);
    assert_eq!((short.status(), long.status()), ("SUCCEEDED", "ABORTED"));
    assert_eq!(
        interpreter.start(&wait, json!(1)).unwrap_err().kind(),
        ErrorKind::ShutDown
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shutdown_waits_until_cancelled_handlers_are_dropped() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&dropped);
    let interpreter = Interpreter::new().task(CHARGE, move |is_short: bool| {
        let guard = Dropped(Arc::clone(&counter));
        async move {
            let _guard = guard;
            if is_short {
                return Ok(());
            }
            std::future::pending().await
        }
    });
    let charge = Arc::new(Program::compile(&one_task(json!({}))));
    let start = |is_short| interpreter.start(Arc::clone(&charge), json!(is_short)).unwrap();
    let handles: Vec<_> = (0..1_000).map(|i| start(i % 4 == 0)).collect();
    let aborted = interpreter.shutdown(Duration::from_millis(200)).await;
    assert_eq!(dropped.load(Ordering::SeqCst), 1_000);
    let of_status = |status| handles.iter().filter(|handle| handle.status() == status).count();
    assert_eq!((of_status("ABORTED"), of_status("SUCCEEDED")), (750, 250));
    assert_eq!(aborted, 750);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn shutdown_leaves_a_blocking_handler_behind() {
    let (release, blocked) = std::sync::mpsc::channel::<()>();
    let blocked = Mutex::new(blocked);
    let interpreter = Arc::new(Interpreter::new().task(CHARGE, move |_: Value| {
        let ended = blocked.lock().unwrap().recv();
        async move { Ok(ended.is_ok()) }
    }));
    let handle = interpreter.start(&one_task(json!({})), json!({})).unwrap();
    // On another thread: the handler blocks the only worker.
    let closing = Arc::clone(&interpreter);
    let aborted = std::thread::spawn(move || runtime().block_on(closing.shutdown(Duration::ZERO)));
    assert_eq!(aborted.join().unwrap(), 1);
    assert_eq!(handle.status(), "ABORTED");
    drop(release);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_before_the_first_start_counts() {
    let interpreter = Interpreter::new();
    assert_eq!(interpreter.shutdown(Duration::ZERO).await, 0);
    assert_eq!(
        interpreter.start(&wait(), json!(1)).unwrap_err().kind(),
        ErrorKind::ShutDown
    );
}

#[tokio::test]
async fn of_many_starts_of_one_name_at_once_one_runs() {
    let machine = Arc::new(asl_engine::execution::Program::compile(&wait()));
    let runtime = tokio::runtime::Handle::current();
    let interpreter = Interpreter::new();
    for round in 0..50 {
        let name = format!("round-{round}");
        let barrier = Barrier::new(4);
        let started = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        let _entered = runtime.enter();
                        barrier.wait();
                        let request = StartRequest::default().name(&name);
                        interpreter
                            .start_with(Arc::clone(&machine), json!(3600), request)
                            .is_ok()
                    })
                })
                .collect();
            let ran = threads.into_iter().map(|thread| thread.join().unwrap());
            ran.filter(|ran| *ran).count()
        });
        assert_eq!(started, 1, "{name}");
    }
    assert_eq!(interpreter.running(), 50);
}

#[tokio::test]
async fn a_start_that_races_the_shutdown_is_refused_or_stopped() {
    let machine = Arc::new(asl_engine::execution::Program::compile(&wait()));
    let runtime = tokio::runtime::Handle::current();
    for _ in 0..50 {
        let interpreter = Interpreter::new();
        let started: Vec<ExecutionHandle> = std::thread::scope(|scope| {
            let starting = scope.spawn(|| {
                let _entered = runtime.enter();
                let start = || interpreter.start(Arc::clone(&machine), json!(3600)).ok();
                std::iter::from_fn(start).collect()
            });
            let closing = scope.spawn(|| self::runtime().block_on(interpreter.shutdown(Duration::ZERO)));
            closing.join().unwrap();
            starting.join().unwrap()
        });
        assert!(started.iter().all(|handle| handle.status() == "ABORTED"));
        assert_eq!(interpreter.running(), 0);
    }
}

#[test]
fn one_interpreter_serves_one_runtime_after_another() {
    static INTERPRETER: LazyLock<Interpreter> = LazyLock::new(|| {
        Interpreter::new().task(CHARGE, |order: Value| async move {
            tokio::time::sleep(Duration::from_millis(1)).await;
            Ok(order)
        })
    });
    let charge = machine(json!({
        "W": { "Type": "Wait", "Seconds": 0, "Next": "Charge" },
        "Charge": { "Type": "Task", "Resource": CHARGE, "End": true }
    }));
    for order in 0..3 {
        let (short, long) = runtime().block_on(async {
            let long = INTERPRETER.start(&wait(), json!(3600)).unwrap();
            (INTERPRETER.run::<Value>(&charge, json!(order)).await.unwrap(), long)
        });
        assert_eq!(short, json!(order));
        // What the runtime left unfinished has ended with it.
        let outcome = runtime().block_on(long.outcome());
        assert_eq!(
            outcome.error().and_then(|error| error.cause.as_deref()),
            Some("the tokio runtime that it ran in was shut down")
        );
        assert_eq!(INTERPRETER.running(), 0);
    }
}

/// A start without a timer around it, and its error.
fn refusal_of_a_start(interpreter: &Interpreter) -> (ErrorKind, String) {
    let error = interpreter.start(&wait(), json!(1)).unwrap_err();
    (error.kind(), error.to_string())
}

#[test]
fn a_runtime_without_a_timer_is_refused() {
    let interpreter = Interpreter::new().activity("Bake");
    let (kind, message) = refusal_of_a_start(&interpreter);
    assert_eq!(kind, ErrorKind::NoTimer);
    assert!(
        message.starts_with("there is no tokio runtime here; call this inside"),
        "{message}"
    );

    let without_timer = Builder::new_current_thread().build().unwrap();
    without_timer.block_on(async {
        let (kind, message) = refusal_of_a_start(&interpreter);
        assert_eq!(kind, ErrorKind::NoTimer);
        assert!(
            message.ends_with("built with `enable_time` or `enable_all`"),
            "{message}"
        );
        let polled = interpreter.get_activity_task("Bake", None).await;
        assert_eq!(polled.unwrap_err().kind(), ErrorKind::NoTimer);
    });
    let fits = runtime().block_on(async { interpreter.start(&wait(), json!(1)).is_ok() });
    assert!(fits);
}

#[tokio::test]
async fn mistakes_in_the_options_are_told_at_the_start() {
    let one = |_: Value| async { Ok(1) };
    let two = |_: Value| async { Ok(2) };
    let started = Interpreter::new();
    started.run::<Value>(&wait(), json!(0)).await.unwrap();
    for (interpreter, mistake) in [
        (
            Interpreter::new().function("A", one).function("A", two),
            "two handlers are registered for `arn:aws:lambda:*:*:function:A`, of which one would never be called",
        ),
        (
            Interpreter::new()
                .task(CHARGE, one)
                .task("arn:*", one)
                .task(CHARGE, two)
                .activity("B"),
            &format!("two handlers are registered for `{CHARGE}`, of which one would never be called"),
        ),
        (
            Interpreter::new()
                .state_machine("Ship", &wait())
                .state_machine("Ship", &wait()),
            "two state machines are registered as `Ship`",
        ),
        (
            started.function("A", one),
            "an option or handler was added after the interpreter was first used",
        ),
    ] {
        let (kind, message) = refusal_of_a_start(&interpreter);
        assert_eq!((kind, &*message), (ErrorKind::Misconfigured, mistake));
    }
}

#[test]
fn two_runtimes_at_once_run_their_own_executions() {
    let interpreter = Interpreter::new();
    let (first, second) = (runtime(), runtime());
    let left = first.block_on(async { interpreter.start(&wait(), json!(3600)).unwrap() });
    let kept = second.block_on(async { interpreter.start(&wait(), json!(-1)) });
    assert_eq!(second.block_on(kept.unwrap().outcome()).status(), "FAILED");
    let kept = second.block_on(async { interpreter.start(&wait(), json!(3600)).unwrap() });
    drop(first);
    assert_eq!((left.status(), kept.status()), ("ABORTED", "RUNNING"));
}

/// On the only thread there is, each holds the others up for no longer than an expression may take.
#[cfg(feature = "jsonata")]
#[tokio::test]
async fn hostile_expressions_hold_nobody_up() {
    let endless = "{% ($f := function($n) { $f($n + 1) }; $f(0)) %}";
    let hostile = machine(json!({
        "P": { "Type": "Pass", "QueryLanguage": "JSONata", "Output": endless, "End": true }
    }));
    let waits = machine(json!({ "W": { "Type": "Wait", "Seconds": 0, "End": true } }));
    let interpreter = Interpreter::new();
    let held: Vec<_> = (0..3)
        .map(|_| interpreter.start(&hostile, json!({})).unwrap())
        .collect();
    let soon = Duration::from_secs(30);
    let output: Value = tokio::time::timeout(soon, interpreter.run(&waits, json!(7)))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(output, json!(7));
    for execution in held {
        let outcome = tokio::time::timeout(soon, execution.outcome()).await.unwrap();
        assert_eq!(outcome.status(), "FAILED");
    }
}
