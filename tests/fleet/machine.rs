//! The state machine of these tests, and what does its tasks.

use asl_engine::execution::Limits;
use asl_engine::handlers::TaskContext;
use asl_engine::{Interpreter, StateMachine, TaskError};
use serde_json::{Value, json};
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

pub(crate) const NAME: &str = "Orders";

pub(crate) const NAP: &str = "Nap";
pub(crate) const LOOP: &str = "Loop";
pub(crate) const ODD: &str = "Odd";
pub(crate) const WIDE: &str = "Wide";
pub(crate) const ASK: &str = "Ask";
pub(crate) const JOB: &str = "Job";
pub(crate) const BAKE: &str = "Bake";
pub(crate) const RELEASED: &str = "Released";
pub(crate) const ADDED: &str = "Added";

/// Asks somebody, who answers by the token.
pub(crate) fn ask() -> StateMachine {
    let definition = json!({ "StartAt": "Ask", "States": { "Ask": {
        "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "HeartbeatSeconds": 2, "End": true,
        "Parameters": { "QueueUrl": "q", "MessageBody.$": "$$.Task.Token" }
    } } });
    definition.to_string().parse().unwrap()
}

/// Waits for a job that tells of itself.
pub(crate) fn job() -> StateMachine {
    let definition = json!({ "StartAt": "Job", "States": { "Job": {
        "Type": "Task", "Resource": "arn:aws:states:::codebuild:startBuild.sync", "HeartbeatSeconds": 2, "End": true,
        "Parameters": { "ProjectName": "p" }
    } } });
    definition.to_string().parse().unwrap()
}

pub(crate) const OVEN: &str = "arn:aws:states:us-east-1:123456789012:activity:Oven";

/// Waits for somebody who asks for work.
pub(crate) fn bake() -> StateMachine {
    let definition = json!({ "StartAt": "Bake", "States": { "Bake": {
        "Type": "Task", "Resource": OVEN, "TimeoutSecondsPath": "$.seconds", "End": true
    } } });
    definition.to_string().parse().unwrap()
}

/// Asks the worker for its release: before and after a wait, or once in the new release.
pub(crate) fn released(is_new: bool) -> StateMachine {
    let release = function("Release");
    let definition = if is_new {
        json!({ "StartAt": "Only", "States": {
            "Only": { "Type": "Task", "Resource": release, "ResultPath": "$.only", "End": true }
        } })
    } else {
        json!({ "StartAt": "First", "States": {
            "First": { "Type": "Task", "Resource": release, "ResultPath": "$.first", "Next": "Rest" },
            "Rest": { "Type": "Wait", "SecondsPath": "$.seconds", "Next": "Second" },
            "Second": { "Type": "Task", "Resource": release, "ResultPath": "$.second", "End": true }
        } })
    };
    definition.to_string().parse().unwrap()
}

/// What does its tasks.
pub(crate) fn with_release(interpreter: Interpreter, release: String) -> Interpreter {
    interpreter.function("Release", move |_: Value| {
        let release = release.clone();
        async move { Ok(release) }
    })
}

fn function(name: &str) -> String {
    format!("arn:aws:lambda:us-east-1:123456789012:function:{name}")
}

/// What does the tasks of both; tokens are written down.
pub(crate) fn with_others(
    interpreter: Interpreter,
    tell: impl Fn(&str) + Clone + Send + Sync + 'static,
) -> Interpreter {
    let interpreter = interpreter.task(
        "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        move |message: Value, context: TaskContext| {
            tell(&format!("token {}", message["MessageBody"].as_str().unwrap()));
            context.heartbeat();
            async { Ok(json!({ "MessageId": "m" })) }
        },
    );
    interpreter.task(
        "arn:aws:states:::codebuild:startBuild.sync",
        |_: Value, context: TaskContext| async move {
            context.submitted(json!({ "Build": { "Id": "b" } }));
            for _ in 0..3 {
                tokio::time::sleep(Duration::from_secs(1)).await;
                context.heartbeat();
            }
            Ok(json!({ "Build": { "BuildStatus": "SUCCEEDED" } }))
        },
    )
}

/// Waits for so many seconds.
pub(crate) fn nap() -> StateMachine {
    let nap = json!({ "Type": "Wait", "SecondsPath": "$.seconds", "End": true });
    json!({ "StartAt": "Nap", "States": { "Nap": nap } })
        .to_string()
        .parse()
        .unwrap()
}

/// One task, which is asked for an odd answer.
pub(crate) fn odd() -> StateMachine {
    let function = function("Answer");
    let definition =
        json!({ "StartAt": "T", "States": { "T": { "Type": "Task", "Resource": function, "End": true } } });
    definition.to_string().parse().unwrap()
}

/// Iterations whose history, of one step of the execution, is longer than a message of Restate may be.
pub(crate) fn wide() -> StateMachine {
    let definition = json!({ "StartAt": "Each", "States": { "Each": {
        "Type": "Map", "ItemsPath": "$.items", "ItemSelector": { "text.$": "$.text" }, "End": true,
        "ItemProcessor": { "StartAt": "P", "States": { "P": { "Type": "Pass", "Result": 0, "End": true } } }
    } } });
    definition.to_string().parse().unwrap()
}

/// What does its task.
pub(crate) fn with_odd_answers(interpreter: Interpreter) -> Interpreter {
    interpreter.function("Answer", |odd: String| async move {
        match &*odd {
            "large" => Ok(json!("x".repeat(40_000_000))),
            "deep" => Ok((0..10_000).fold(Value::Null, |inner, _| Value::Array(vec![inner]))),
            "panic" => panic!("on purpose"),
            "verbose" => Err(TaskError::new("Verbose", "x".repeat(40_000_000))),
            _ => Err(TaskError::new("Odd", odd)),
        }
    })
}

/// Counts to `$.steps`.
pub(crate) fn count() -> StateMachine {
    let function = function("Count");
    let definition = json!({
        "StartAt": "Count",
        "States": {
            "Count": { "Type": "Task", "Resource": function, "ResultPath": "$.n", "Next": "Enough" },
            "Enough": {
                "Type": "Choice", "Default": "Done",
                "Choices": [{ "Variable": "$.n", "NumericLessThanPath": "$.steps", "Next": "Count" }]
            },
            "Done": { "Type": "Succeed" }
        }
    });
    definition.to_string().parse().unwrap()
}

/// Tasks, a Wait, a task token, a Parallel, a Map, a Retry and a Catch.
pub(crate) fn machine() -> StateMachine {
    let definition = json!({
        "StartAt": "Charge",
        "States": {
            "Charge": {
                "Type": "Task", "Resource": function("Charge"), "ResultPath": "$.receipt",
                "Retry": [{ "ErrorEquals": ["Busy"], "IntervalSeconds": 1, "MaxAttempts": 2 }],
                "Next": "Rest"
            },
            "Rest": { "Type": "Wait", "Seconds": 1, "Next": "Sign" },
            "Sign": {
                "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "ResultPath": "$.signed",
                "Parameters": { "QueueUrl": "q", "MessageBody.$": "$$.Task.Token" }, "Next": "Both"
            },
            "Both": {
                "Type": "Parallel", "ResultPath": "$.both", "Next": "Each",
                "Branches": [
                    { "StartAt": "Bake", "States": { "Bake": { "Type": "Task", "Resource": function("Bake"), "End": true } } },
                    { "StartAt": "Cool", "States": { "Cool": { "Type": "Wait", "Seconds": 1, "End": true } } }
                ]
            },
            "Each": {
                "Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 2, "ResultPath": "$.packed", "Next": "Refuse",
                "ItemProcessor": {
                    "StartAt": "Pack",
                    "States": { "Pack": { "Type": "Task", "Resource": function("Pack"), "End": true } }
                }
            },
            "Refuse": {
                "Type": "Task", "Resource": function("Refuse"), "Next": "Never",
                "Catch": [{ "ErrorEquals": ["Refused"], "ResultPath": "$.refused", "Next": "Done" }]
            },
            "Never": { "Type": "Fail" },
            "Done": { "Type": "Succeed" }
        }
    });
    definition.to_string().parse().unwrap()
}

pub(crate) fn input(order: usize) -> Value {
    json!({ "order": order, "items": ["dough", "tomato", "cheese"] })
}

/// The answers of all functions; `Charge` is busy the first time, every second order.
pub(crate) fn work(function: &str, input: &Value, retry_count: u32) -> Result<Value, TaskError> {
    let is_busy = input["order"].as_u64().is_some_and(|order| order % 2 == 1);
    match function {
        "Charge" if is_busy && retry_count == 0 => Err(TaskError::new("Busy", "try later")),
        "Charge" => Ok(json!({ "paid": input["order"] })),
        "Bake" => Ok(json!("hot")),
        "Count" => Ok(json!(input["n"].as_u64().unwrap_or_default() + 1)),
        "Pack" => Ok(json!(format!("a box of {}", input.as_str().unwrap_or_default()))),
        _ => Err(TaskError::new("Refused", "nobody is at home")),
    }
}

/// An interpreter whose functions tell of each attempt before they answer. A history may have any number of events.
pub(crate) fn interpreter(tell: impl Fn(&str) + Clone + Send + Sync + 'static, takes: Duration) -> Interpreter {
    let names = ["Charge", "Bake", "Pack", "Refuse", "Count"];
    let mut limits = Limits::default();
    limits.history_events = None;
    names
        .into_iter()
        .fold(Interpreter::new().limits(limits), |interpreter, name| {
            let tell = tell.clone();
            interpreter.function(name, move |input: Value, context: TaskContext| {
                tell(&format!("{} {name}", context.attempt_id()));
                async move {
                    tokio::time::sleep(takes).await;
                    work(name, &input, context.retry_count)
                }
            })
        })
}

/// Adds a line to a file that other processes write too.
pub(crate) fn note(path: &Path, line: &str) {
    let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
    file.write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// The tokens that workers have noted.
pub(crate) fn tokens(effects: &Path) -> Vec<String> {
    let told = fs::read_to_string(effects).unwrap_or_default();
    let tokens = told.lines().filter_map(|line| line.strip_prefix("token "));
    tokens.map(str::to_owned).collect()
}

/// The first of them, as soon as there is one.
pub(crate) async fn token(effects: &Path) -> String {
    loop {
        if let Some(token) = tokens(effects).into_iter().next() {
            return token;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
