//! Random calls: an API whose waiting executions are in the store alone answers as one that has all in memory.

use asl_engine::server::StepFunctions;
use asl_engine::store::{ExecutionStore as _, Filter, MemoryStore};
use asl_engine::{Interpreter, TaskError};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::reading::{Told, everything};
use super::{create, execution_arn, machine_arn, nap, task};

const CALLBACK: &str = "arn:aws:states:::sqs:sendMessage.waitForTaskToken";
const OVEN: &str = "arn:aws:states:us-east-1:123456789012:activity:Oven";

/// What differs between any two runs.
const MASKED: [&str; 10] = [
    "revisionId",
    "startDate",
    "stopDate",
    "redriveDate",
    "timestamp",
    "creationDate",
    "updateDate",
    "taskToken",
    "token",
    "nextToken",
];

/// What executions that are at rest wait for.
const AT_REST: [&str; 4] = [
    "WaitStateEntered",
    "TaskSubmitted",
    "ActivityScheduled",
    "ActivityStarted",
];

struct Api {
    store: MemoryStore,
    server: StepFunctions,
    /// The tokens that were handed out, by the state's input.
    tokens: Arc<Mutex<BTreeMap<String, String>>>,
}

impl Api {
    async fn open(waiting_in_memory: usize) -> Self {
        let store = MemoryStore::new();
        let tokens: Arc<Mutex<BTreeMap<String, String>>> = Arc::default();
        let outbox = Arc::clone(&tokens);
        let interpreter = Interpreter::new()
            .waiting_in_memory(waiting_in_memory)
            .store(store.clone())
            .function("Bake", |order: Value| async move {
                Ok::<_, TaskError>(json!({ "baked": order }))
            })
            .function("Burn", |_: Value| async {
                Err::<Value, _>(TaskError::new("Burnt", "too hot"))
            })
            .task(CALLBACK, move |message: Value| {
                let body = &message["MessageBody"];
                let (order, token) = (body["order"].to_string(), body["token"].as_str().unwrap().to_owned());
                outbox.lock().unwrap().insert(order, token);
                async { Ok::<_, TaskError>(json!({ "MessageId": "m" })) }
            });
        let (api, _) = StepFunctions::open(interpreter).await.unwrap();
        let ask = json!({ "Ask": {
            "Type": "Task", "Resource": CALLBACK, "TimeoutSeconds": 3600, "Next": "Nap",
            "Parameters": { "QueueUrl": "q", "MessageBody": { "token.$": "$$.Task.Token", "order.$": "$$.Execution.Name" } }
        }, "Nap": nap()["Nap"] });
        let oven = json!({ "Bake": { "Type": "Task", "Resource": OVEN, "HeartbeatSeconds": 3000, "End": true } });
        let machines = [
            ("Naps", nap()),
            ("Asks", ask),
            ("Oven", oven),
            ("Bakes", task("Bake")),
            ("Burns", task("Burn")),
        ];
        api.call("CreateActivity", json!({ "name": "Oven" })).await.unwrap();
        for (name, states) in machines {
            api.call("CreateStateMachine", create(name, &states)).await.unwrap();
        }
        Self {
            store,
            server: api,
            tokens,
        }
    }

    /// Waits until every execution has ended or waits for something.
    async fn rest(&self) {
        for execution in self.store.executions(&Filter::default(), usize::MAX).unwrap() {
            let number = execution.start.number;
            let rests = || {
                let now = self.store.journal(number).unwrap().unwrap().execution;
                let history = self.store.history(number, 0, usize::MAX).unwrap();
                now.end.is_some()
                    || history
                        .last()
                        .is_some_and(|last| AT_REST.contains(&last.event_type.as_str()))
            };
            while !rests() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            // The process learns of an end a moment after the store has it.
            let has_ended = self.store.journal(number).unwrap().unwrap().execution.end.is_some();
            let describe = json!({ "executionArn": execution.start.arn });
            while has_ended
                && self.server.call("DescribeExecution", describe.clone()).await.unwrap()["status"] == "RUNNING"
            {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    }

    /// An answer with the token of the execution of a name, or with one that never was.
    fn answered(&self, mut request: Value) -> Value {
        if let Some(order) = request.get("taskToken").map(Value::to_string) {
            let token = self.tokens.lock().unwrap().get(&order).cloned();
            request["taskToken"] = json!(token.unwrap_or_else(|| "none".to_owned()));
        }
        request
    }

    async fn call(&self, action: &str, request: &Value) -> String {
        let answer = self.server.call(action, self.answered(request.clone())).await;
        if let Ok(task) = &answer
            && let Some(token) = task["taskToken"].as_str()
        {
            // The input is the execution's name.
            let order = task["input"].as_str().unwrap().to_owned();
            self.tokens.lock().unwrap().insert(order, token.to_owned());
        }
        self.rest().await;
        match answer {
            Ok(answer) => masked(answer).to_string(),
            Err(error) => error.to_string(),
        }
    }
}

fn masked(mut value: Value) -> Value {
    match &mut value {
        Value::Object(members) => {
            for (name, member) in members {
                let inner = member.take();
                *member = if MASKED.contains(&name.as_str()) {
                    json!("*")
                } else {
                    masked(inner)
                };
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = masked(item.take())),
        Value::String(text) => {
            if let Ok(inner @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text) {
                *text = masked(inner).to_string();
            }
        }
        _ => {}
    }
    value
}

fn all_masked(told: Told) -> Told {
    let mask = |text: String| serde_json::from_str(&text).map_or(text.clone(), |value| masked(value).to_string());
    told.into_iter()
        .map(|(asked, answer)| {
            let (action, request) = asked.split_once(' ').unwrap();
            (format!("{action} {}", mask(request.to_owned())), mask(answer))
        })
        .collect()
}

/// An action with its request.
fn call() -> impl Strategy<Value = (&'static str, Value)> {
    let machine = prop::sample::select(vec!["Naps", "Asks", "Oven", "Bakes", "Burns"]);
    (0..11_u8, machine, 0..3_u8).prop_map(|(action, machine, number)| {
        let name = format!("{machine}-{number}");
        let execution = json!({ "executionArn": execution_arn(&format!("{machine}:{name}")) });
        let order = json!(name);
        match action {
            0..=3 => {
                let input = order.to_string();
                (
                    "StartExecution",
                    json!({ "stateMachineArn": machine_arn(machine), "name": name, "input": input }),
                )
            }
            4 => ("StopExecution", execution),
            5 => ("RedriveExecution", execution),
            6 => ("DescribeExecution", execution),
            7 => ("SendTaskHeartbeat", json!({ "taskToken": order })),
            8 => (
                "SendTaskSuccess",
                json!({ "taskToken": order, "output": "{ \"by\": 7 }" }),
            ),
            9 => ("SendTaskFailure", json!({ "taskToken": order, "error": "Cold" })),
            _ => ("GetExecutionHistory", execution),
        }
    })
}

async fn compare(calls: &[(&str, Value)]) {
    let (all, none) = (Api::open(10_000).await, Api::open(0).await);
    for (action, request) in calls {
        let told = (all.call(action, request).await, none.call(action, request).await);
        assert_eq!(told.0, told.1, "{action} {request}");
        let has_task = |api: &Api| {
            let executions = api.store.executions(&Filter::default(), usize::MAX).unwrap();
            let last = |number| api.store.history(number, 0, usize::MAX).unwrap().pop();
            let scheduled = executions.iter().filter_map(|execution| last(execution.start.number));
            scheduled.filter(|last| last.event_type == "ActivityScheduled").count()
        };
        // A worker takes every second task up.
        if has_task(&none) > 1 {
            let poll = json!({ "activityArn": OVEN, "workerName": "w" });
            let taken = (
                all.call("GetActivityTask", &poll).await,
                none.call("GetActivityTask", &poll).await,
            );
            assert_eq!(taken.0, taken.1);
        }
    }
    let told = (everything(&all.server, &[]).await, everything(&none.server, &[]).await);
    super::reading::assert_same(&all_masked(told.0), &all_masked(told.1), "at the end");
    for api in [all, none] {
        super::close(api.server).await;
    }
}

#[test]
fn an_api_answers_the_same_wherever_its_executions_wait() {
    let config = ProptestConfig {
        cases: 24,
        failure_persistence: None,
        max_shrink_iters: 200,
        ..ProptestConfig::default()
    };
    let mut runner = TestRunner::new(config);
    let ran = runner.run(&prop::collection::vec(call(), 40), |calls| {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_time().build().unwrap().block_on(compare(&calls));
        Ok(())
    });
    ran.unwrap();
}
