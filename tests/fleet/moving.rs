//! The executions that are moved: each stands at another kind of state, and what lets it stand there.

use asl_engine::handlers::TaskContext;
use asl_engine::history::HistoryEvent;
use asl_engine::runtime::{ExecutionHandle, StartRequest};
use asl_engine::store::MemoryStore;
use asl_engine::{Interpreter, Outcome, StateMachine, TaskError};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// So many child executions has the Map Run that begins after the move.
pub(crate) const CHILDREN: usize = 3;

/// The machines whose execution `one` stands in the store, and events that its history has then, with how many of each.
pub(crate) const STANDS: [(&str, &str, usize); 14] = [
    ("Resting", "WaitStateEntered", 1),
    ("Holding", "LambdaFunctionStarted", 1),
    ("Late", "LambdaFunctionStarted", 1),
    ("Again", "LambdaFunctionFailed", 1),
    ("Signing", "TaskSubmitted", 1),
    ("Posting", "TaskStarted", 1),
    ("Baking", "ActivityScheduled", 1),
    ("Kneading", "ActivityStarted", 1),
    ("Branching", "LambdaFunctionStarted", 1),
    ("Mapping", "LambdaFunctionStarted", 2),
    ("Nesting", "TaskSubmitted", 2),
    ("Spread", "MapRunStarted", 1),
    ("Twice", "LambdaFunctionStarted", 2),
    ("Later", "WaitStateEntered", 1),
];

/// How many attempts of each machine's tasks are in flight there.
pub(crate) const IN_FLIGHT: [(&str, usize); 6] = [
    ("Holding", 1),
    ("Late", 1),
    ("Posting", 1),
    ("Branching", 1),
    ("Mapping", 2),
    ("Child", 2),
];

/// The lines that are noted by then: those attempts, two of `Twice` and one of `Again`, `Signing` and the two items of `Spread`, and
/// three tokens.
pub(crate) const NOTED: usize = 8 + 2 + 1 + 1 + 2 + 3;

const OVEN: &str = "arn:aws:states:us-east-1:123456789012:activity:Stove";
const BOWL: &str = "arn:aws:states:us-east-1:123456789012:activity:Bowl";
const POST: &str = "arn:aws:states:::sns:publish.waitForTaskToken";

pub(crate) fn execution_arn(machine: &str, name: &str) -> String {
    format!("arn:aws:states:us-east-1:123456789012:execution:{machine}:{name}")
}

fn task(function: &str) -> Value {
    json!({ "Type": "Task", "Resource": format!("arn:aws:lambda:us-east-1:123456789012:function:{function}"), "End": true })
}

fn with(mut state: Value, fields: Value) -> Value {
    let Value::Object(fields) = fields else {
        panic!("fields")
    };
    state.as_object_mut().unwrap().extend(fields);
    state
}

fn one(state: &Value) -> Value {
    named("S", state)
}

/// A graph of one state.
fn named(name: &str, state: &Value) -> Value {
    json!({ "StartAt": name, "States": { name: state } })
}

fn starts(fields: Value) -> Value {
    let request = json!({
        "Type": "Task", "End": true, "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": { "StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:Child", "Input.$": "$" }
    });
    with(request, fields)
}

fn asks(of: &str) -> Value {
    json!({
        "Type": "Task", "Resource": POST, "HeartbeatSeconds": 600, "End": true,
        "Parameters": { "TopicArn": "t", "Message": { "of": of, "token.$": "$$.Task.Token" } }
    })
}

fn spread(items: usize) -> Value {
    let processor = json!({
        "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
        "StartAt": "Hold", "States": { "Hold": task("Hold") }
    });
    json!({ "Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": items, "ItemProcessor": processor, "End": true })
}

/// The machines by their names.
pub(crate) fn machines() -> Vec<(&'static str, StateMachine)> {
    let rest = |seconds: u32, next: &str| json!({ "Type": "Wait", "Seconds": seconds, "Next": next });
    let done = json!({ "Type": "Pass", "End": true });
    let branches = json!({ "Type": "Parallel", "End": true, "Branches": [
        named("Hold", &task("Hold")), { "StartAt": "W", "States": { "W": rest(5, "Done"), "Done": done } }
    ] });
    let nest = json!({ "Type": "Parallel", "End": true, "Branches": [
        named("First", &starts(json!({}))),
        named("Second", &starts(json!({ "Parameters": {
            "StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:Child", "Name": "named", "Input.$": "$"
        } })))
    ] });
    let each = json!({
        "Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 2, "ItemProcessor": named("Hold", &task("Hold")), "End": true
    });
    let again = with(
        task("Flaky"),
        json!({ "Retry": [{ "ErrorEquals": ["Busy"], "IntervalSeconds": 11, "MaxAttempts": 1 }] }),
    );
    let late = json!({ "TimeoutSeconds": 13, "Catch": [{ "ErrorEquals": ["States.Timeout"], "Next": "Done" }] });
    let late = with(task("Stuck"), late);
    let machine = |definition: Value| definition.to_string().parse::<StateMachine>().unwrap();
    let activity = |arn: &str| json!({ "Type": "Task", "Resource": arn, "End": true });
    let two = |first: &Value, second: &Value| json!({ "StartAt": "S", "States": { "S": first, "Done": second } });
    vec![
        ("Resting", machine(two(&rest(12, "Done"), &done))),
        ("Holding", machine(one(&task("Hold")))),
        ("Late", machine(two(&late, &done))),
        ("Again", machine(one(&again))),
        ("Signing", machine(one(&asks("Signing")))),
        ("Posting", machine(one(&asks("Posting")))),
        ("Baking", machine(one(&activity(OVEN)))),
        ("Kneading", machine(one(&activity(BOWL)))),
        ("Branching", machine(one(&branches))),
        ("Mapping", machine(one(&each))),
        ("Nesting", machine(one(&nest))),
        ("Spread", machine(one(&spread(2)))),
        ("Twice", machine(one(&task("Break")))),
        ("Later", machine(two(&rest(5, "Done"), &spread(CHILDREN)))),
    ]
}

/// With the machine that others start, and activities.
pub(crate) fn with_machines(interpreter: Interpreter) -> Interpreter {
    let child: StateMachine = one(&task("Hold")).to_string().parse().unwrap();
    interpreter.state_machine("Child", &child).activity(OVEN).activity(BOWL)
}

/// With what does the tasks: it tells of each attempt, and answers, or leaves that to another process.
pub(crate) fn with_steps(
    interpreter: Interpreter,
    tell: impl Fn(&str) + Clone + Send + Sync + 'static,
    answers: bool,
) -> Interpreter {
    let told = tell.clone();
    let attempt = move |context: &TaskContext| told(&format!("attempt {}", context.attempt_id()));
    let (held, stuck, flaky, broken) = (attempt.clone(), attempt.clone(), attempt.clone(), attempt.clone());
    let breaks = Arc::new(AtomicUsize::new(0));
    let interpreter = interpreter
        .function("Hold", move |input: Value, context: TaskContext| {
            held(&context);
            async move {
                if !answers {
                    std::future::pending::<()>().await;
                }
                Ok(json!({ "held": input }))
            }
        })
        .function("Stuck", move |_: Value, context: TaskContext| {
            stuck(&context);
            std::future::pending::<Result<Value, TaskError>>()
        })
        .function("Flaky", move |_: Value, context: TaskContext| {
            flaky(&context);
            let is_first = context.retry_count == 0;
            async move {
                if is_first {
                    Err(TaskError::new("Busy", "later"))
                } else {
                    Ok(json!("done"))
                }
            }
        })
        .function("Break", move |_: Value, context: TaskContext| {
            broken(&context);
            let breaks = breaks.fetch_add(1, Ordering::Relaxed);
            async move {
                if breaks > 0 && !answers {
                    std::future::pending::<()>().await;
                }
                Err::<Value, _>(TaskError::new("Broken", "the oven"))
            }
        });
    interpreter.task(POST, move |request: Value, context: TaskContext| {
        attempt(&context);
        let (of, token) = (&request["Message"]["of"], &request["Message"]["token"]);
        tell(&format!("token {} {}", of.as_str().unwrap(), token.as_str().unwrap()));
        let waits = !answers && of == "Posting";
        async move {
            if waits {
                std::future::pending::<()>().await;
            }
            Ok(json!({ "MessageId": "m" }))
        }
    })
}

/// Starts an execution of each machine, which come to where they stand if nobody answers.
pub(crate) async fn start_all(interpreter: &Interpreter) -> BTreeMap<&'static str, ExecutionHandle> {
    let mut handles = BTreeMap::new();
    for (name, machine) in machines() {
        let request = StartRequest::default().name("one").state_machine_name(name);
        let items: Vec<usize> = (0..if name == "Spread" { 2 } else { CHILDREN }).collect();
        let input = json!({ "of": name, "items": items });
        handles.insert(name, interpreter.start_with(&machine, input, request).unwrap());
    }
    let twice = &handles["Twice"];
    twice.outcome().await;
    twice.redrive().unwrap();
    handles
}

/// An execution of each machine on one machine, without a stop: how it ends, and its history.
pub(crate) async fn on_one_machine() -> BTreeMap<&'static str, (Outcome, Vec<HistoryEvent>)> {
    let (told, mut tells) = tokio::sync::mpsc::unbounded_channel();
    let tell = move |line: &str| drop(told.send(line.to_owned()));
    let interpreter = with_steps(with_machines(Interpreter::new()), tell, true);
    let interpreter = Arc::new(interpreter.store(MemoryStore::new()));
    let handles = start_all(&interpreter).await;
    for activity in [OVEN, BOWL] {
        let task = interpreter.get_activity_task(activity, "hands").await.unwrap().unwrap();
        interpreter.send_task_success(&task.token, json!("hot")).unwrap();
    }
    let answering = tokio::spawn({
        let interpreter = Arc::clone(&interpreter);
        async move {
            while let Some(line) = tells.recv().await {
                let Some((of, token)) = line.strip_prefix("token ").and_then(|line| line.split_once(' ')) else {
                    continue;
                };
                // It waits for its token once its message is sent.
                while !has_submitted(&interpreter, of) {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                interpreter.send_task_success(token, json!("signed")).unwrap();
            }
        }
    });
    let mut ends = BTreeMap::new();
    for (name, handle) in handles {
        let outcome = handle.outcome().await;
        ends.insert(name, (outcome, handle.history()));
    }
    answering.abort();
    ends
}

fn has_submitted(interpreter: &Interpreter, machine: &str) -> bool {
    let handle = interpreter.execution(&execution_arn(machine, "one"));
    handle.is_some_and(|handle| {
        handle
            .history()
            .iter()
            .any(|event| event.event_type() == "TaskSubmitted")
    })
}

/// A machine that waits for an execution that has no name of its own.
pub(crate) fn asking() -> StateMachine {
    one(&starts(json!({}))).to_string().parse().unwrap()
}

/// Takes the task of the kneading, and leaves it.
pub(crate) async fn take_one(interpreter: &Interpreter) -> String {
    interpreter
        .get_activity_task(BOWL, "hands")
        .await
        .unwrap()
        .unwrap()
        .token
}

/// Does the task that waits for somebody.
pub(crate) async fn bake(client: &asl_engine::durable::RestateClient) {
    let task = client.get_activity_task(OVEN, "hands").await.unwrap().unwrap();
    assert_eq!(task.input["of"], "Baking");
    client.send_task_success(&task.token, json!("hot")).await.unwrap();
}
