//! The shop's own functions, by which the state machine does its work. Each may be called again after a crash, with the same
//! attempt of its task, and does nothing twice.

use asl_engine::handlers::TaskContext;
use asl_engine::{Interpreter, TaskError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::order::Item;
use super::payments::{Charge, Payments};
use super::tables::Tables;

#[derive(Deserialize)]
struct PriceOrder {
    items: Vec<Item>,
}

#[derive(Serialize)]
struct Price {
    cents: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReserveStock {
    order_id: String,
    items: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ChargeCard {
    order_id: String,
    card: String,
    cents: u32,
}

/// What undoes something of an order.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Undo {
    order_id: String,
}

/// Registers the functions.
pub(crate) fn register(interpreter: Interpreter, tables: &Tables) -> Interpreter {
    let payments = Payments::new(tables.clone());
    let (price, reserve, release) = (tables.clone(), tables.clone(), tables.clone());
    let (charge, refund) = (payments.clone(), payments);
    interpreter
        .function("PriceOrder", move |order| price_order(price.clone(), order))
        .function("ReserveStock", move |order| reserve_stock(reserve.clone(), order))
        .function("ReleaseStock", move |order| release_stock(release.clone(), order))
        .function("ChargeCard", move |order, task| {
            charge_card(charge.clone(), order, task)
        })
        .function("RefundCard", move |order| refund_card(refund.clone(), order))
}

async fn price_order(tables: Tables, order: PriceOrder) -> Result<Price, TaskError> {
    let price = tables.change(move |tables| {
        let mut cents = 0_u32;
        for Item { sku, quantity } in &order.items {
            let Some(price) = tables.price(sku)? else {
                let cause = format!("the shop has no `{sku}`");
                return Err(TaskError::new("UnknownProduct", cause));
            };
            cents = cents.saturating_add(price.saturating_mul(*quantity));
        }
        Ok(Price { cents })
    });
    price.await
}

/// Reserves everything or nothing.
async fn reserve_stock(tables: Tables, order: ReserveStock) -> Result<Value, TaskError> {
    let reserved = tables.change(move |tables| {
        // The process ended before the answer was written.
        if tables.has_reservations(&order.order_id)? {
            return Ok(json!({}));
        }
        for Item { sku, quantity } in &order.items {
            let available = tables.available(sku)?;
            if available < *quantity {
                let cause = format!("{quantity} `{sku}` were ordered, and the shop has {available}");
                return Err(TaskError::new("OutOfStock", cause));
            }
            tables.reserve(&order.order_id, sku, *quantity)?;
        }
        Ok(json!({}))
    });
    reserved.await
}

async fn release_stock(tables: Tables, order: Undo) -> Result<Value, TaskError> {
    tables.change(move |tables| tables.release(&order.order_id)).await?;
    Ok(json!({}))
}

/// Charges once however often the attempt is given to this function. A retry is another attempt: the state machine makes one
/// only after an error that has charged nothing.
async fn charge_card(payments: Payments, order: ChargeCard, task: TaskContext) -> Result<Value, TaskError> {
    let charge = Charge {
        idempotency_key: task.attempt_id(),
        reference: order.order_id,
        card: order.card,
        cents: order.cents,
    };
    let id = payments.charge(charge).await?;
    Ok(json!({ "id": id }))
}

async fn refund_card(payments: Payments, order: Undo) -> Result<Value, TaskError> {
    payments.refund(order.order_id).await?;
    Ok(json!({}))
}
