//! Distributed Maps in the interpreter.

use asl_engine::handlers::{LocalS3, TaskContext};
use asl_engine::{ErrorKind, Interpreter, StateMachine, TaskError};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, sleep};

use crate::machine;

/// A machine of one distributed Map, whose items go through one task.
fn baking(fields: Value, execution_type: &str) -> StateMachine {
    let mut map = json!({
        "Type": "Map", "Label": "Orders", "End": true,
        "ItemProcessor": {
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": execution_type },
            "StartAt": "Bake",
            "States": { "Bake": {
                "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:Bake", "End": true
            } }
        }
    });
    map.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    machine(json!({ "M": map }))
}

#[tokio::test(start_paused = true)]
async fn items_go_from_an_object_to_objects() {
    let machine = baking(
        json!({
            "ItemReader": {
                "Resource": "arn:aws:states:::s3:getObject",
                "Parameters": { "Bucket": "shop", "Key.$": "$.key" },
                "ReaderConfig": { "InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW" }
            },
            "ItemBatcher": { "MaxItemsPerBatch": 2 },
            "MaxConcurrency": 1,
            "ResultWriter": {
                "Resource": "arn:aws:states:::s3:putObject",
                "Parameters": { "Bucket": "shop", "Prefix": "baked" },
                "WriterConfig": { "Transformation": "FLATTEN", "OutputType": "JSONL" }
            }
        }),
        "EXPRESS",
    );
    let s3 = LocalS3::new();
    s3.put("shop", "orders.csv", "pizza\nfunghi\nmargherita\nmarinara\n");
    let bake = |batch: Value| async move {
        sleep(Duration::from_mins(1)).await;
        let pizzas = batch["Items"].as_array().unwrap().iter();
        Ok::<_, TaskError>(pizzas.map(|item| item["pizza"].clone()).collect::<Value>())
    };
    let interpreter = Interpreter::new().function("Bake", bake).s3(&s3);
    let begin = Instant::now();
    let handle = interpreter.start(&machine, json!({ "key": "orders.csv" })).unwrap();
    let output: Value = handle.output().await.unwrap();
    assert!(begin.elapsed() >= Duration::from_mins(2), "{:?}", begin.elapsed());

    let key = output["ResultWriterDetails"]["Key"].as_str().unwrap();
    let manifest: Value = serde_json::from_str(&s3.get("shop", key).unwrap()).unwrap();
    let written = manifest["ResultFiles"]["SUCCEEDED"][0]["Key"].as_str().unwrap();
    assert_eq!(
        s3.get("shop", written).unwrap(),
        "\"funghi\"\n\"margherita\"\n\"marinara\"\n"
    );
    assert_eq!(s3.keys("shop").len(), 3);
    let log = handle.map_runs();
    assert_eq!(log.map_runs()[0].execution_counts.succeeded, 2);
    let executions: Vec<_> = log.executions(&log.map_runs()[0].map_run_arn).collect();
    assert!(
        executions
            .iter()
            .all(|(arn, _)| arn.contains(":express:StateMachine/Orders:"))
    );
}

#[tokio::test(start_paused = true)]
async fn child_executions_run_at_once_under_arns_of_their_own() {
    let machine = baking(json!({}), "STANDARD");
    let arns: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    let seen = Arc::clone(&arns);
    let bake = move |_: Value, context: TaskContext| {
        let seen = Arc::clone(&seen);
        async move {
            seen.lock().unwrap().insert(context.execution_arn.to_string());
            sleep(Duration::from_mins(1)).await;
            Ok::<_, TaskError>(json!("baked"))
        }
    };
    let interpreter = Interpreter::new().function("Bake", bake);
    let begin = Instant::now();
    let output: Value = interpreter.run(&machine, json!(["a", "b", "c"])).await.unwrap();
    assert_eq!(output, json!(["baked", "baked", "baked"]));
    assert!(begin.elapsed() < Duration::from_secs(61), "{:?}", begin.elapsed());
    let arns = arns.lock().unwrap();
    assert_eq!(arns.len(), 3);
    assert!(arns.iter().all(|arn| arn.contains(":execution:StateMachine/Orders:")));
}

#[tokio::test(start_paused = true)]
async fn a_stopped_execution_aborts_its_child_executions() {
    struct CountDrop(Arc<AtomicUsize>);
    impl Drop for CountDrop {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let dropped = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&dropped);
    let bake = move |_: Value| {
        let guard = CountDrop(Arc::clone(&count));
        async move {
            let _guard = guard;
            std::future::pending::<()>().await;
            Ok::<_, TaskError>(json!(null))
        }
    };
    let interpreter = Interpreter::new().function("Bake", bake);
    let handle = interpreter
        .start(&baking(json!({}), "STANDARD"), json!([1, 2]))
        .unwrap();
    sleep(Duration::from_secs(1)).await;
    handle.stop(None, None);
    assert_eq!(handle.outcome().await.status(), "ABORTED");
    sleep(Duration::from_secs(1)).await;
    assert_eq!(
        dropped.load(Ordering::Relaxed),
        2,
        "the handlers go with their executions"
    );
    assert_eq!(handle.map_runs().map_runs()[0].item_counts.aborted, 2);
}

#[tokio::test(start_paused = true)]
async fn a_callback_reaches_a_child_execution() {
    let map = json!({
        "Type": "Map", "End": true,
        "ItemProcessor": {
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
            "StartAt": "Ask",
            "States": { "Ask": {
                "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
                "Parameters": { "QueueUrl": "q", "MessageBody": { "token.$": "$$.Task.Token", "order.$": "$" } },
                "End": true
            } }
        }
    });
    let tokens: Arc<Mutex<Vec<(String, Value)>>> = Arc::default();
    let seen = Arc::clone(&tokens);
    let send = move |message: Value| {
        let seen = Arc::clone(&seen);
        async move {
            let body = &message["MessageBody"];
            let token = body["token"].as_str().unwrap_or_default().to_owned();
            seen.lock().unwrap().push((token, body["order"].clone()));
            Ok::<_, TaskError>(json!({ "MessageId": "1" }))
        }
    };
    let interpreter = Interpreter::new().task("arn:aws:states:::sqs:sendMessage.waitForTaskToken", send);
    let handle = interpreter.start(&machine(json!({ "M": map })), json!([1, 2])).unwrap();
    sleep(Duration::from_secs(1)).await;
    let tokens = std::mem::take(&mut *tokens.lock().unwrap());
    assert_eq!(tokens.len(), 2);
    for (token, order) in tokens {
        interpreter
            .send_task_success(&token, json!({ "answered": order }))
            .unwrap();
    }
    let output: Value = handle.output().await.unwrap();
    assert_eq!(output, json!([{ "answered": 1 }, { "answered": 2 }]));
}

#[tokio::test]
async fn an_item_reader_without_an_s3_is_told_at_the_start() {
    let reader = json!({ "ItemReader": {
        "Resource": "arn:aws:states:::s3:getObject",
        "Parameters": { "Bucket": "b", "Key": "k" },
        "ReaderConfig": { "InputType": "JSON" }
    } });
    let bake = |_: Value| async { Ok::<_, TaskError>(json!(null)) };
    let interpreter = Interpreter::new().function("Bake", bake);
    let error = interpreter.start(&baking(reader, "STANDARD"), json!({})).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingHandler);
    assert_eq!(
        error.to_string(),
        "there is no S3 for the resource `arn:aws:states:::s3:getObject` of the state `M`; give one with \
         `.s3(&LocalS3::new())`, or register a handler with `.task(\"arn:aws:states:::s3:getObject\", …)`"
    );
}

#[tokio::test(start_paused = true)]
async fn executions_that_start_themselves_from_child_executions_come_to_an_end() {
    let start = json!({
        "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": { "StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:Self", "Input": [1] },
        "End": true
    });
    let map = json!({
        "Type": "Map", "End": true,
        "ItemProcessor": {
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
            "StartAt": "Start", "States": { "Start": start }
        }
    });
    let machine = machine(json!({ "M": map }));
    let interpreter = Interpreter::new().state_machine("Self", &machine);
    let outcome = interpreter.start(&machine, json!([1])).unwrap().outcome().await;
    assert_eq!(outcome.status(), "FAILED");
}
