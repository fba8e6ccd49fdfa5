//! What waits for the ends of executions.

use std::sync::{Arc, Mutex, PoisonError};

use asl_engine::Outcome;
use tokio::task::JoinSet;

use super::kitchen::Pizza;
use super::order_handler::OrderHandler;

/// One task for each order in the oven.
pub(crate) struct Watchers {
    order_handler: Arc<OrderHandler>,
    tasks: Mutex<JoinSet<()>>,
}

impl Watchers {
    pub(crate) fn new(order_handler: Arc<OrderHandler>) -> Self {
        Self {
            order_handler,
            tasks: Mutex::default(),
        }
    }

    /// Interrupts the order of an execution that ends otherwise than with its last event. One that succeeds has only put that
    /// event: what if it is not delivered, is a matter of the bus.
    pub(crate) fn watch(&self, pizza: Pizza, connection_id: String) {
        let order_handler = Arc::clone(&self.order_handler);
        self.spawn(async move {
            let outcome = pizza.outcome().await;
            if matches!(outcome, Outcome::Succeeded { .. }) {
                return;
            }
            tracing::info!(connection_id, ?outcome, "an order is interrupted");
            order_handler.insist_on_interrupting(connection_id).await;
        });
    }

    /// Frees a connection for which no execution was started.
    pub(crate) fn withdraw(&self, connection_id: String) {
        let order_handler = Arc::clone(&self.order_handler);
        self.spawn(async move { order_handler.withdraw(connection_id).await });
    }

    /// Ends all of them: executions that a closing bar leaves to the next one are not interrupted.
    pub(crate) async fn close(&self) {
        let mut tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        tasks.shutdown().await;
    }

    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(work);
    }
}
