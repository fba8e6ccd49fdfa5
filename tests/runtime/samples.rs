//! The samples that need more than handlers: workers, and machines that start machines.

use asl_engine::history::ErrorOutput;
use asl_engine::{Interpreter, StateMachine};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const ACTIVITY: &str = include_str!("../../asl-samples/activity.asl.json");
const ORDER: &str = include_str!("../../asl-samples/order.asl.json");
const SHIPMENT: &str = include_str!("../../asl-samples/shipment.asl.json");

/// Bakes for nine minutes, but for the first pizza, which it burns.
async fn bake(kitchen: Arc<Interpreter>) -> Result<(), asl_engine::Error> {
    let mut is_first = true;
    while let Some(task) = kitchen.get_activity_task("Bake", "oven-1").await? {
        if std::mem::take(&mut is_first) {
            let burnt = ErrorOutput {
                error: Some("Burnt".into()),
                cause: None,
            };
            kitchen.send_task_failure(&task.token, burnt)?;
            continue;
        }
        for _ in 0..9 {
            sleep(Duration::from_mins(1)).await;
            kitchen.send_task_heartbeat(&task.token)?;
        }
        kitchen.send_task_success(&task.token, json!({ "minutes": 9 }))?;
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_worker_bakes() {
    let machine: StateMachine = ACTIVITY.parse().unwrap();
    let kitchen = Arc::new(Interpreter::new().activity("Bake"));
    let worker = tokio::spawn(bake(Arc::clone(&kitchen)));
    let started = Instant::now();
    let output: Value = kitchen.run(&machine, json!({ "pizza": "funghi" })).await.unwrap();
    assert_eq!(output, json!({ "pizza": "funghi", "baked": { "minutes": 9 } }));
    assert_eq!(started.elapsed().as_secs(), 1 + 9 * 60);
    // Nobody orders any more: the worker has waited for a minute and goes home.
    worker.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_order_is_shipped_by_another_machine() {
    let order: StateMachine = ORDER.parse().unwrap();
    let shipment: StateMachine = SHIPMENT.parse().unwrap();
    let interpreter = Interpreter::new().state_machine("Shipment", &shipment);
    let started = Instant::now();
    let input = json!({ "order": { "id": 7, "kilograms": 2 } });
    let output: Value = interpreter.run(&order, input).await.unwrap();
    assert_eq!(output["shipped"]["parcel"], "parcel-7");
    assert_eq!(started.elapsed().as_secs(), 3600);
    let input = json!({ "order": { "id": 7, "kilograms": 31 } });
    let error = interpreter.run::<Value>(&order, input).await.unwrap_err();
    let ErrorOutput { error, cause } = error.output().unwrap().clone();
    assert_eq!(
        (error.as_deref(), cause.as_deref()),
        (Some("TooHeavy"), Some("a parcel weighs 30 kg at the most"))
    );
}
