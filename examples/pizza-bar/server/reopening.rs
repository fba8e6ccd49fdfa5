//! What the last bar left: its orders go on.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use asl_engine::runtime::{Clock, ExecutionHandle};
use asl_engine::{Error, Interpreter};
use chrono::{DateTime, TimeDelta, Utc};

use super::kitchen::Pizza;
use super::tables::{KitchenTime, Tables, TablesError};
use super::watchers::Watchers;

/// The clock of the executions. As long as one of them runs, it goes on from one bar to the next, the time in between
/// included: their waits are written by it.
pub(crate) async fn clock(tables: &Tables, speed: f64) -> Result<Clock, TablesError> {
    let now = now();
    let started = tables
        .change(move |transaction| {
            let is_running = !transaction.all_running()?.is_empty();
            let last = transaction.kitchen_time()?.filter(|_| is_running);
            let kitchen = last.map_or(now, |last| last.at(now));
            transaction.put_kitchen_time(&KitchenTime {
                wall: now,
                kitchen,
                speed,
            })?;
            Ok(kitchen)
        })
        .await?;
    Ok(Clock::faster(speed).starting_at(started))
}

/// Lets all executions in this process go on, and marks as interrupted what cannot.
pub(crate) async fn resume(
    interpreter: &Interpreter,
    tables: &Tables,
    watchers: &Arc<Watchers>,
) -> Result<(), ResumeError> {
    let resumed = interpreter.resume().await?;
    for execution in &resumed.waiting {
        tracing::error!(execution.arn, execution.reason, "an order cannot go on");
    }
    let executions = interpreter.executions().into_iter();
    let pizzas = executions
        .filter(|execution| execution.ended().is_none())
        .map(|execution| (name(&execution), Pizza::Here(execution)))
        .collect();
    Ok(take_up(pizzas, tables, watchers).await?)
}

/// Follows what the cluster has, and marks as interrupted what it does not.
#[cfg(feature = "restate")]
pub(crate) async fn follow(
    cluster: &super::kitchen::cluster::Cluster,
    tables: &Tables,
    watchers: &Arc<Watchers>,
) -> Result<(), TablesError> {
    let running = tables.change(|transaction| transaction.all_running()).await?;
    let mut pizzas = HashMap::new();
    for (_, order_id) in running {
        if cluster.has(&order_id).await {
            pizzas.insert(order_id.clone(), Pizza::Cluster(Box::new(cluster.order(order_id))));
        }
    }
    take_up(pizzas, tables, watchers).await
}

/// Watches the orders that are made, and marks as interrupted what is not.
async fn take_up(
    mut pizzas: HashMap<String, Pizza>,
    tables: &Tables,
    watchers: &Arc<Watchers>,
) -> Result<(), TablesError> {
    let made: HashSet<String> = pizzas.keys().cloned().collect();
    let running = tables
        .change(move |transaction| {
            for (connection_id, order_id) in transaction.all_running()? {
                if made.contains(&order_id) {
                    continue;
                }
                transaction.remove_running(&connection_id)?;
                // An order that was about to begin: its customer got no answer.
                if transaction.order(&order_id)?.is_none() {
                    transaction.remove_token(&order_id)?;
                }
            }
            transaction.interrupt_all_but(&made)?;
            transaction.all_running()
        })
        .await?;
    for (connection_id, order_id) in running {
        if let Some(pizza) = pizzas.remove(&order_id) {
            watchers.watch(pizza, connection_id);
        }
    }
    Ok(())
}

/// Why what was left cannot be taken up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ResumeError {
    #[error("the executions cannot go on: {0}")]
    Interpreter(#[from] Error),
    #[error(transparent)]
    Tables(#[from] TablesError),
}

impl KitchenTime {
    fn at(&self, wall: DateTime<Utc>) -> DateTime<Utc> {
        let passed = (wall - self.wall).max(TimeDelta::zero());
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            reason = "a clock to the microsecond"
        )]
        let passed = (passed.num_microseconds().unwrap_or(i64::MAX) as f64 * self.speed) as i64;
        let kitchen = self.kitchen.checked_add_signed(TimeDelta::microseconds(passed));
        kitchen.unwrap_or(self.kitchen)
    }
}

/// The name of an execution is the last part of its ARN.
fn name(execution: &ExecutionHandle) -> String {
    let arn = execution.arn();
    arn.rsplit_once(':').map_or(arn, |(_, name)| name).to_owned()
}

#[expect(clippy::disallowed_methods, reason = "the time that the kitchen's clock is set by")]
fn now() -> DateTime<Utc> {
    Utc::now()
}
