//! What can be registered as a handler, and what becomes of its answers and errors.

use asl_engine::handlers::{Handler, TaskContext};
use asl_engine::{Interpreter, TaskError};
use serde_json::{Value, json};
use std::sync::Arc;

use crate::{CHARGE, one_task};

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
