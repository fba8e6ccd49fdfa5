//! Virtual time over a store: nothing is skipped before it is written.

use asl_engine::runtime::Clock;
use asl_engine::store::{MemoryStore, verify};
use asl_engine::{Interpreter, Simulation};
use chrono::DateTime;
use serde_json::{Value, json};

use crate::machine;
use crate::timeline::timeline;

#[tokio::test]
async fn a_run_over_a_store_is_the_one_of_a_simulation() {
    let task = |next: &str| json!({ "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:F", "Next": next });
    let wait = |seconds: u32, next: &str| json!({ "Type": "Wait", "Seconds": seconds, "Next": next });
    let last = json!({ "Type": "Wait", "Seconds": 60, "End": true });
    let orders = machine(json!({
        "Both": {
            "Type": "Parallel", "Next": "Year",
            "Branches": [
                { "StartAt": "A", "States": { "A": task("B"), "B": wait(10, "C"), "C": task("D"), "D": last } },
                { "StartAt": "E", "States": { "E": wait(5, "F"), "F": task("G"), "G": wait(5, "H"), "H": task("I"), "I": last } },
            ]
        },
        "Year": { "Type": "Wait", "Seconds": 31_536_000, "End": true },
    }));
    let mut simulation = Simulation::of(&orders);
    for state in ["A", "C", "F", "H"] {
        simulation = simulation.always(state, json!(1));
    }
    let simulated = simulation.run(json!({}));
    let start = DateTime::from_timestamp(1_750_000_000, 0).unwrap();
    for waiting_in_memory in [0, 10] {
        let store = MemoryStore::new();
        let interpreter = Interpreter::new()
            .waiting_in_memory(waiting_in_memory)
            .clock(Clock::virtual_time().starting_at(start))
            .function("F", |_: Value| async { Ok(1) })
            .store(store.clone())
            // It ends long ago.
            .keep_closed(None, None);
        let run = interpreter.start(&orders, json!({})).unwrap();
        assert_eq!(run.outcome().await.status(), "SUCCEEDED");
        assert_eq!(timeline(&run.history()), timeline(simulated.history()));
        verify(&store, run.arn()).unwrap();
    }
}
