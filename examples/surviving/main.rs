//! An order that goes on where it was when its process was killed.
//!
//! ```text
//! cargo run -p surviving            # takes an order; kill it while the dough rises, with `kill -9` or the power switch
//! cargo run -p surviving            # goes on with the order
//! ```
//!
//! The executions are in `surviving.db`, or in another file: `cargo run -p surviving -- FILE`. `asl executions list
//! --store surviving.db` looks into it.

use std::error::Error;
use std::io::{self, Write as _};

use asl_engine::handlers::TaskContext;
use asl_engine::store::SqliteStore;
use asl_engine::{Interpreter, StateMachine, TaskError};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args().nth(1).unwrap_or_else(|| "surviving.db".to_owned());
    let pizza: StateMachine = include_str!("pizza.asl.json").parse()?;
    let bar = Interpreter::new()
        .store(SqliteStore::open(file)?)
        .function("Knead", work)
        .function("Bake", work);

    // Before anything else: what ran when the last process ended runs again.
    let resumed = bar.resume().await?;
    let order = match bar.executions().pop() {
        Some(order) => order,
        None => bar.start(&pizza, json!({ "pizza": "margherita" }))?,
    };
    let verb = if resumed.executions > 0 { "goes on" } else { "starts" };
    writeln!(io::stdout(), "{} {verb}", order.arn())?;

    // The whole history: an event is shown once it is on the disk.
    let mut events = order.events();
    while let Some(event) = events.next().await {
        writeln!(io::stdout(), "{:>3} {}", event.id, event.event_type())?;
    }
    writeln!(io::stdout(), "{}", order.status())?;
    bar.shutdown(std::time::Duration::ZERO).await;
    Ok(())
}

/// Takes a second. If the process ends meanwhile, the next one calls it again, with the same id of the attempt: a payment
/// service would take that for its idempotency key.
async fn work(order: Value, task: TaskContext) -> Result<Value, TaskError> {
    writeln!(io::stdout(), "    {} works, attempt {}", task.state, task.attempt_id()).map_err(TaskError::from)?;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    Ok(order)
}
