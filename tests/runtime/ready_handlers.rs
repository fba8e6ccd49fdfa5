//! Handlers that are ready at once, which take no tokio task of their own.

use asl_engine::handlers::TaskContext;
use asl_engine::{Interpreter, StateMachine, TaskError};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

const WORK: &str = "arn:aws:lambda:us-east-1:123456789012:function:Work";
const CALLBACK: &str = "arn:aws:states:::sqs:sendMessage.waitForTaskToken";

fn machine(definition: Value) -> StateMachine {
    definition.to_string().parse().unwrap()
}

fn counting_to(n: u32) -> StateMachine {
    machine(json!({ "StartAt": "Work", "States": {
        "Work": { "Type": "Task", "Resource": WORK, "Next": "More?" },
        "More?": {
            "Type": "Choice", "Default": "Done",
            "Choices": [{ "Variable": "$", "NumericLessThan": n, "Next": "Work" }]
        },
        "Done": { "Type": "Succeed" }
    }}))
}

#[tokio::test]
async fn a_long_chain_of_them_gives_other_executions_their_turns() {
    let interpreter = Interpreter::new().task(WORK, |n: u32| async move { Ok(n + 1) });
    let long = interpreter.start(&counting_to(1_000), 0).unwrap();
    let short = interpreter.start(&counting_to(3), 0).unwrap();
    assert_eq!(short.output::<u32>().await.unwrap(), 3);
    assert_eq!(long.status(), "RUNNING");
    assert_eq!(long.output::<u32>().await.unwrap(), 1_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_branches_of_a_parallel_all_come_to_their_ends() {
    let branch = |name: &str| {
        let second = format!("{name}2");
        json!({ "StartAt": name, "States": {
            name: { "Type": "Task", "Resource": WORK, "Next": second },
            second: { "Type": "Task", "Resource": WORK, "End": true }
        }})
    };
    let branches = [branch("A"), branch("B"), branch("C")];
    let parallel =
        json!({ "StartAt": "P", "States": { "P": { "Type": "Parallel", "Branches": branches, "End": true } } });
    let program: Arc<_> = (&machine(parallel)).into();
    let interpreter = Interpreter::new().task(WORK, |n: u32| async move { Ok(n + 1) });
    for _ in 0..100 {
        let run = interpreter.run::<Vec<u32>>(Arc::clone(&program), 0);
        assert_eq!(run.await.unwrap(), [2, 2, 2]);
    }
}

/// The handler's tokio task is cancelled with the answer, so another one does what follows.
#[tokio::test]
async fn one_may_answer_its_own_task_by_token() {
    static INTERPRETER: OnceLock<Interpreter> = OnceLock::new();
    let interpreter = Interpreter::new().task(WORK, |n: u32| async move { Ok(n + 1) }).task(
        CALLBACK,
        |_: Value, context: TaskContext| async move {
            let token = context.request.token.as_deref().unwrap_or_default();
            INTERPRETER.get().unwrap().send_task_success(token, json!(7)).unwrap();
            Ok(())
        },
    );
    let interpreter = INTERPRETER.get_or_init(|| interpreter);
    let callback = json!({
        "Type": "Task", "Resource": CALLBACK, "Next": "Work",
        "Parameters": { "MessageBody": { "token.$": "$$.Task.Token" }, "QueueUrl": "q" }
    });
    let mut second = callback.clone();
    second["Next"] = json!("End");
    let machine = machine(json!({ "StartAt": "First", "States": {
        "First": callback,
        "Work": { "Type": "Task", "Resource": WORK, "Next": "Second" },
        "Second": second,
        "End": { "Type": "Task", "Resource": WORK, "End": true }
    }}));
    assert_eq!(interpreter.run::<u32>(&machine, json!({})).await.unwrap(), 8);
    assert_eq!(interpreter.running(), 0);
}

#[tokio::test(start_paused = true)]
async fn one_that_waits_after_a_ready_one_is_cancelled_by_its_timeout() {
    static DROPPED: AtomicBool = AtomicBool::new(false);
    struct Dropped;
    impl Drop for Dropped {
        fn drop(&mut self) {
            DROPPED.store(true, Ordering::SeqCst);
        }
    }
    let interpreter = Interpreter::new().task(WORK, |n: u32| async move {
        if n == 1 {
            let _dropped = Dropped;
            std::future::pending::<()>().await;
        }
        Ok(n + 1)
    });
    let machine = machine(json!({ "StartAt": "Ready", "States": {
        "Ready": { "Type": "Task", "Resource": WORK, "Next": "Waits" },
        "Waits": {
            "Type": "Task", "Resource": WORK, "TimeoutSeconds": 5, "End": true,
            "Catch": [{ "ErrorEquals": ["States.Timeout"], "Next": "Late" }]
        },
        "Late": { "Type": "Pass", "Result": "late", "End": true }
    }}));
    assert_eq!(interpreter.run::<String>(&machine, 0).await.unwrap(), "late");
    tokio::task::yield_now().await;
    assert!(DROPPED.load(Ordering::SeqCst));
}

#[tokio::test]
async fn one_that_panics_after_a_ready_one_fails_its_task() {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let interpreter = Interpreter::new().task(WORK, |n: u32| async move {
        CALLS.fetch_add(1, Ordering::SeqCst);
        assert_ne!(n, 1, "not one");
        Ok::<_, TaskError>(n + 1)
    });
    let error = interpreter.run::<u32>(&counting_to(9), 0).await.unwrap_err();
    assert!(error.to_string().contains("not one"), "{error}");
    assert_eq!(CALLS.load(Ordering::SeqCst), 2);
}

/// The ids of the tokio tasks that handlers work in, the caller's last.
async fn tokio_tasks(interpreter: &Interpreter, seen: &Mutex<Vec<tokio::task::Id>>, n: u32) -> Vec<tokio::task::Id> {
    interpreter.run::<u32>(&counting_to(n), 0).await.unwrap();
    let mut seen = std::mem::take(&mut *seen.lock().unwrap());
    seen.push(tokio::task::id());
    seen
}

fn noting() -> (Arc<Interpreter>, Arc<Mutex<Vec<tokio::task::Id>>>) {
    let seen = Arc::<Mutex<Vec<_>>>::default();
    let noted = Arc::clone(&seen);
    let interpreter = Interpreter::new().task(WORK, move |n: u32| {
        noted.lock().unwrap().push(tokio::task::id());
        async move { Ok(n + 1) }
    });
    (Arc::new(interpreter), seen)
}

#[tokio::test]
async fn on_one_thread_the_caller_of_run_does_a_few_itself() {
    let (interpreter, seen) = noting();
    let caller = tokio::spawn(async move {
        let few = tokio_tasks(&interpreter, &seen, 3).await;
        (few, tokio_tasks(&interpreter, &seen, 100).await)
    });
    let (few, many) = caller.await.unwrap();
    assert!(few.iter().all(|id| *id == few[0]), "{few:?}");
    // The execution goes on without its caller after a few tasks.
    assert_eq!(many[0], few[0]);
    assert_ne!(many[99], few[0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_several_threads_they_have_a_tokio_task_of_their_own() {
    let (interpreter, seen) = noting();
    let caller = tokio::spawn(async move { tokio_tasks(&interpreter, &seen, 3).await });
    let mut ids = caller.await.unwrap();
    let caller = ids.pop().unwrap();
    assert!(!ids.contains(&caller));
}

#[tokio::test]
async fn executions_that_run_each_other_take_no_stack() {
    static INTERPRETER: OnceLock<Interpreter> = OnceLock::new();
    let interpreter = Interpreter::new().task(WORK, |n: u32| async move {
        match n {
            0 => Ok(0),
            n => Ok(INTERPRETER.get().unwrap().run::<u32>(&counting_to(0), n - 1).await? + 1),
        }
    });
    let interpreter = INTERPRETER.get_or_init(|| interpreter);
    assert_eq!(interpreter.run::<u32>(&counting_to(0), 5_000).await.unwrap(), 5_000);
}
