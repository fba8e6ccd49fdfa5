//! What can be registered as a handler, and what becomes of its answers and errors.

use asl_engine::definition::Resource;
use asl_engine::handlers::{Handler, IntoHandler, TaskContext};
use asl_engine::{ErrorKind, Interpreter, TaskError};
use serde_json::{Value, json};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::{CHARGE, machine, one_task};

struct Till(&'static str);

#[async_trait::async_trait]
impl Handler for Till {
    async fn call(&self, input: Value, _: TaskContext) -> Result<Value, TaskError> {
        Ok(json!([self.0, input]))
    }
}

async fn charge(order: u32) -> Result<(&'static str, u32), TaskError> {
    Ok(("function", order))
}

#[tokio::test(start_paused = true)]
async fn a_handler_goes_wherever_a_closure_goes_also_shared_and_boxed() {
    let boxed = |name| -> Box<dyn Handler> { Box::new(Till(name)) };
    let shared = |name| -> Arc<dyn Handler> { Arc::new(Till(name)) };
    for (interpreter, name) in [
        (Interpreter::new().task(CHARGE, Till("value")), "value"),
        (Interpreter::new().function("Charge", Till("named")), "named"),
        (Interpreter::new().handler(CHARGE, Arc::new(Till("arc"))), "arc"),
        (Interpreter::new().function("Charge", shared("dyn arc")), "dyn arc"),
        (Interpreter::new().handler(CHARGE, shared("dyn handler")), "dyn handler"),
        (Interpreter::new().task(CHARGE, boxed("box")), "box"),
        (Interpreter::new().handler(CHARGE, boxed("boxed")), "boxed"),
        (Interpreter::new().function("Charge", charge), "function"),
    ] {
        let output: Value = interpreter.run(&one_task(json!({})), json!(7)).await.unwrap();
        assert_eq!(output, json!([name, 7]));
    }
}

/// The error and cause that a task of this handler fails with.
async fn failure<M>(handler: impl IntoHandler<M>) -> (String, String) {
    let interpreter = Interpreter::new().task(CHARGE, handler);
    let error = interpreter
        .run::<Value>(&one_task(json!({})), json!(7))
        .await
        .unwrap_err();
    let output = error.output().unwrap().clone();
    (output.error.unwrap(), output.cause.unwrap())
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_no_json_fails_the_task() {
    let (error, cause) = failure(|_: Value| async { Ok([1.0, f64::NAN]) }).await;
    assert_eq!(error, "InvalidOutput");
    assert_eq!(
        cause,
        "the answer cannot be written as JSON: it holds NaN, which JSON does not have"
    );
}

#[tokio::test(start_paused = true)]
async fn an_input_that_is_no_json_is_refused() {
    let error = Interpreter::new()
        .task(CHARGE, charge)
        .start(&one_task(json!({})), f32::INFINITY);
    assert_eq!(error.unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_the_call_itself_fails_the_task_too() {
    struct Hasty;
    impl Handler for Hasty {
        fn call<'h, 'c>(
            &'h self,
            _: Value,
            _: TaskContext,
        ) -> Pin<Box<dyn Future<Output = Result<Value, TaskError>> + Send + 'c>>
        where
            'h: 'c,
        {
            panic!("too {}", "hasty")
        }
    }
    let (error, cause) = failure(Hasty).await;
    assert_eq!(
        (&*error, &*cause),
        ("States.TaskFailed", "the handler panicked: too hasty")
    );
}

#[tokio::test(start_paused = true)]
async fn retry_tells_foreign_errors_apart() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&calls);
    let interpreter = Interpreter::new().task(CHARGE, move |_: Value| {
        let call = counter.fetch_add(1, Ordering::SeqCst);
        async move {
            let kind = if call < 2 {
                io::ErrorKind::ConnectionRefused
            } else {
                io::ErrorKind::NotFound
            };
            Err::<(), _>(io::Error::new(kind, "no till"))?;
            Ok(())
        }
    });
    let retry = json!([{ "ErrorEquals": ["ConnectionRefused"], "MaxAttempts": 9 }]);
    let catch = json!([{ "ErrorEquals": ["NotFound"], "Next": "Sorry" }]);
    let machine = machine(json!({
        "Charge": { "Type": "Task", "Resource": CHARGE, "Retry": retry, "Catch": catch, "End": true },
        "Sorry": { "Type": "Pass", "End": true }
    }));
    let output: Value = interpreter.run(&machine, json!({})).await.unwrap();
    assert_eq!(output, json!({ "Error": "NotFound", "Cause": "no till" }));
    assert_eq!(calls.load(Ordering::SeqCst), 3);
}

/// Does the work of queues alone.
struct Queues;

#[async_trait::async_trait]
impl Handler for Queues {
    async fn call(&self, _: Value, _: TaskContext) -> Result<Value, TaskError> {
        Ok(json!("queued"))
    }

    fn refusal(&self, resource: &Resource) -> Option<String> {
        let is_queue = resource.arn().contains(":sqs:");
        (!is_queue).then(|| "queues alone are served".to_owned())
    }
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_a_handler_refuses_does_not_start() {
    let asks = |resource: &str| machine(json!({ "Ask": { "Type": "Task", "Resource": resource, "End": true } }));
    let interpreter = Interpreter::new().fallback(Arc::new(Queues));
    let queue = asks("arn:aws:states:::aws-sdk:sqs:sendMessage");
    assert_eq!(interpreter.run::<Value>(&queue, json!({})).await.unwrap(), "queued");
    let topic = asks("arn:aws:states:::sns:publish");
    let refused = interpreter.start(&topic, json!({})).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::MissingHandler);
    assert_eq!(
        refused.to_string(),
        "the resource `arn:aws:states:::sns:publish` of the state `Ask` has no handler: queues alone are served"
    );
    // Who could help goes before a reason.
    let events = asks("arn:aws:states:::events:putEvents");
    let refused = interpreter.start(&events, json!({})).unwrap_err();
    assert!(refused.to_string().contains("`.event_bridge("), "{refused}");
}
