//! The kitchen in this process: its executions are in the file of the tables, and go on when the bar opens again.

use std::sync::Arc;

use asl_engine::Interpreter;
use asl_engine::execution::Program;
use asl_engine::runtime::{ExecutionHandle, StartRequest};
use serde_json::Value;

use super::MACHINE_NAME;

/// How many pizzas are made at once.
const OVENS: usize = 10_000;

#[derive(Clone)]
pub(crate) struct Here {
    pub(crate) interpreter: Arc<Interpreter>,
    pub(crate) program: Arc<Program>,
}

impl Here {
    pub(super) fn has_room(&self) -> bool {
        self.interpreter.running() < OVENS
    }

    pub(super) async fn start(&self, order_id: String, input: Value) -> Result<ExecutionHandle, asl_engine::Error> {
        let request = StartRequest::default().state_machine_name(MACHINE_NAME).name(order_id);
        let program = Arc::clone(&self.program);
        self.interpreter.start_stored(program, input, request).await
    }
}
