use asl_engine::{Interpreter, TaskError};
use std::rc::Rc;

async fn charge(order: u32) -> Result<u32, TaskError> {
    let shared = Rc::new(order);
    std::future::ready(()).await;
    Ok(*shared)
}

fn main() {
    let _ = Interpreter::new().task("arn:aws:lambda:*:*:function:Charge", charge);
}
