//! The process that is killed: it starts what is not started yet, lets it go on, and ends when all has ended.

use asl_engine::handlers::TaskContext;
use asl_engine::runtime::{ExecutionHandle, StartRequest};
use asl_engine::store::{ExecutionStore, SqliteStore};
use asl_engine::{ErrorKind, Interpreter, StateMachine, TaskError};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How many executions a round has, besides those that they start.
pub(crate) const EXECUTIONS: usize = 1_000;

/// How often those are looked at that nobody has in hand.
const LOOK_AGAIN: Duration = Duration::from_millis(300);

/// A file to which every process of the round appends lines. A line that is written is there, also after a kill.
#[derive(Clone)]
struct Log(Arc<Mutex<File>>);

impl Log {
    fn open(folder: &Path, name: &str) -> Self {
        let file = OpenOptions::new().create(true).append(true).open(folder.join(name));
        Self(Arc::new(Mutex::new(file.unwrap())))
    }

    fn write(&self, line: &str) {
        let mut file = self.0.lock().unwrap();
        file.write_all(format!("{line}\n").as_bytes()).unwrap();
    }
}

pub(crate) fn work(folder: &Path) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let store = SqliteStore::open(folder.join("executions.db")).unwrap();
    runtime.block_on(run(store, folder, EXECUTIONS));
}

/// Runs so many executions to their ends, or lets them go on.
pub(crate) async fn run(store: impl ExecutionStore, folder: &Path, executions: usize) {
    let effects = Log::open(folder, "effects");
    let tokens = Log::open(folder, "tokens");
    let bar = Arc::new(interpreter(store, &effects, &tokens));
    let resumed = bar.resume().await.unwrap();
    assert!(resumed.waiting.is_empty(), "{resumed:?}");
    let answering = tokio::spawn(answer(
        Arc::clone(&bar),
        folder.join("tokens"),
        Log::open(folder, "answered"),
    ));
    let started = Log::open(folder, "started");
    let mut waiting = Vec::new();
    for number in 0..executions {
        let (bar, started) = (Arc::clone(&bar), started.clone());
        waiting.push(tokio::spawn(async move {
            let handle = start(&bar, number).await;
            started.write(handle.arn());
            if number % 2 == 0 {
                see_through(&handle).await;
                return;
            }
            // Nobody has it in hand, so it may wait in the store alone.
            let arn = handle.arn().to_owned();
            drop(handle);
            loop {
                tokio::time::sleep(LOOK_AGAIN).await;
                let handle = bar.execution(&arn).unwrap();
                if handle.status() != "RUNNING" {
                    return see_through(&handle).await;
                }
            }
        }));
    }
    for execution in waiting {
        execution.await.unwrap();
    }
    // Those that others have started.
    for handle in bar.executions() {
        handle.outcome().await;
    }
    answering.abort();
    bar.shutdown(Duration::ZERO).await;
}

async fn start(bar: &Interpreter, number: usize) -> ExecutionHandle {
    let machines = machines();
    let (name, machine) = &machines[number % machines.len()];
    let request = StartRequest::default()
        .name(format!("{name}-{number}"))
        .state_machine_name(*name);
    match bar
        .start_stored(machine, json!({ "number": number, "items": [1, 2, 3] }), request)
        .await
    {
        Ok(handle) => handle,
        Err(error) if error.kind() == ErrorKind::ExecutionAlreadyExists => {
            let arn = format!("arn:aws:states:us-east-1:123456789012:execution:{name}:{name}-{number}");
            bar.execution(&arn).unwrap()
        }
        Err(error) => panic!("{error}"),
    }
}

/// Waits for the end, and redrives what has failed, once.
async fn see_through(handle: &ExecutionHandle) {
    handle.outcome().await;
    if handle.status() == "FAILED" && handle.redrive_count() == 0 {
        handle.redrive().unwrap();
        handle.outcome().await;
    }
}

/// Answers the tokens that were sent out, and writes down which answers were accepted.
async fn answer(bar: Arc<Interpreter>, tokens: std::path::PathBuf, answered: Log) {
    let mut done = BTreeSet::new();
    loop {
        let sent = std::fs::read_to_string(&tokens).unwrap_or_default();
        for token in sent.lines() {
            if done.insert(token.to_owned()) && bar.send_task_success(token, json!({ "token": token })).is_ok() {
                answered.write(token);
            }
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn interpreter(store: impl ExecutionStore, effects: &Log, tokens: &Log) -> Interpreter {
    let (works, asks) = (effects.clone(), tokens.clone());
    // Every second process keeps nothing in memory that only waits.
    let most = if std::process::id().is_multiple_of(2) {
        0
    } else {
        10_000
    };
    Interpreter::new()
        .waiting_in_memory(most)
        .store(store)
        .state_machine("Child", &machine(&child()))
        .function("Work", move |_: Value, cx: TaskContext| {
            let works = works.clone();
            async move {
                let attempt = cx.attempt_id();
                let mut hash = DefaultHasher::new();
                attempt.hash(&mut hash);
                let fate = hash.finish();
                tokio::time::sleep(Duration::from_millis(fate % 40)).await;
                works.write(&attempt);
                match fate % 4 {
                    0 => Err(TaskError::new("Broken", attempt)),
                    _ => Ok(json!({ "attempt": attempt })),
                }
            }
        })
        .task(
            "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            move |message: Value| {
                let token = message["MessageBody"]["token"].as_str().unwrap().to_owned();
                asks.write(&token);
                async { Ok::<_, TaskError>(json!({})) }
            },
        )
}

fn machine(definition: &Value) -> StateMachine {
    definition.to_string().parse().unwrap()
}

/// The machines with their names.
fn machines() -> Vec<(&'static str, StateMachine)> {
    let work = |next: Value| {
        let mut task = json!({
            "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:Work",
            "Retry": [{ "ErrorEquals": ["Broken"], "IntervalSeconds": 1, "MaxAttempts": 9, "BackoffRate": 1 }]
        });
        task.as_object_mut().unwrap().extend(next.as_object().unwrap().clone());
        task
    };
    let graph = |states: Value| {
        let start = states.as_object().unwrap().keys().next().unwrap().clone();
        json!({ "StartAt": start, "States": states })
    };
    let last = || work(json!({ "End": true }));
    let wait = |seconds: u32| json!({ "Type": "Wait", "Seconds": seconds, "Next": "Then" });
    let map = |mode: &str| {
        let mut body = graph(json!({ "Each": last() }));
        body["ProcessorConfig"] = json!({ "Mode": mode });
        if mode == "DISTRIBUTED" {
            body["ProcessorConfig"]["ExecutionType"] = json!("STANDARD");
        }
        graph(json!({ "All": { "Type": "Map", "ItemsPath": "$.items", "ItemProcessor": body, "End": true } }))
    };
    let definitions = [
        (
            "Chain",
            graph(json!({ "First": work(json!({ "Next": "Rest" })), "Rest": wait(1), "Then": last() })),
        ),
        (
            "Fork",
            graph(json!({ "Both": {
            "Type": "Parallel", "End": true,
            "Branches": [graph(json!({ "Rest": wait(1), "Then": last() })), graph(json!({ "Right": last() }))]
        } })),
        ),
        ("Inline", map("INLINE")),
        ("Distributed", map("DISTRIBUTED")),
        (
            "Token",
            graph(json!({ "Ask": {
            "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Next": "Then",
            "Parameters": { "QueueUrl": "q", "MessageBody": { "token.$": "$$.Task.Token" } }
        }, "Then": last() })),
        ),
        (
            "Parent",
            graph(json!({ "Child": {
            "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "End": true,
            "Parameters": {
                "StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:Child",
                "Input.$": "$"
            }
        } })),
        ),
        // Fails the first time, and each time until it is redriven.
        (
            "Redriven",
            graph(json!({
                "Look": { "Type": "Choice", "Default": "Then", "Choices": [
                    { "Variable": "$$.Execution.RedriveCount", "NumericEquals": 0, "Next": "Fails" }
                ] },
                "Fails": { "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:Work",
                    "Parameters": { "never.$": "$.never" }, "End": true },
                "Then": last()
            })),
        ),
    ];
    definitions
        .iter()
        .map(|(name, definition)| (*name, machine(definition)))
        .collect()
}

fn child() -> Value {
    json!({ "StartAt": "Rest", "States": {
        "Rest": { "Type": "Wait", "Seconds": 1, "Next": "Work" },
        "Work": {
            "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:Work", "End": true,
            "Retry": [{ "ErrorEquals": ["Broken"], "IntervalSeconds": 1, "MaxAttempts": 9, "BackoffRate": 1 }]
        }
    } })
}
