//! What a customer orders, and what a warehouse tells.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

const MOST_ITEMS: usize = 20;
const MOST_PIECES: u32 = 1_000;

/// An order as the customer gives it, and the input of its execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the members of the input")]
pub(crate) struct Order {
    /// Chosen by the client, so that it can send an order again whose answer was lost.
    pub(crate) order_id: String,
    pub(crate) customer: String,
    /// A token of the payment service, never the number of a card: it is in the history.
    pub(crate) card: String,
    pub(crate) items: Vec<Item>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Item {
    pub(crate) sku: String,
    pub(crate) quantity: u32,
}

/// What the warehouse says when it hands the parcel over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shipment {
    pub(crate) parcel: String,
}

impl Order {
    /// Errors with a sentence for the client.
    pub(crate) fn check(&self) -> Result<(), String> {
        if !is_id(&self.order_id) {
            return Err("`orderId` has 1 to 64 letters, digits, `-` and `_`".to_owned());
        }
        text("customer", &self.customer, 254)?;
        text("card", &self.card, 64)?;
        if self.items.is_empty() || self.items.len() > MOST_ITEMS {
            return Err(format!("`items` has 1 to {MOST_ITEMS} items"));
        }
        let mut skus = HashSet::new();
        for Item { sku, quantity } in &self.items {
            text("sku", sku, 64)?;
            if *quantity == 0 || *quantity > MOST_PIECES {
                return Err(format!("the `quantity` of `{sku}` is from 1 to {MOST_PIECES}"));
            }
            if !skus.insert(sku) {
                return Err(format!("`{sku}` is there twice"));
            }
        }
        Ok(())
    }
}

impl Shipment {
    pub(crate) fn check(&self) -> Result<(), String> {
        text("parcel", &self.parcel, 64)
    }
}

/// Whether a text can be the id of an order, and so the name of an execution.
pub(crate) fn is_id(text: &str) -> bool {
    let is_of_ids = |letter: u8| letter.is_ascii_alphanumeric() || letter == b'-' || letter == b'_';
    (1..=64).contains(&text.len()) && text.bytes().all(is_of_ids)
}

fn text(field: &str, text: &str, most: usize) -> Result<(), String> {
    let length = text.chars().count();
    if length == 0 || length > most || text.chars().any(char::is_control) {
        return Err(format!("`{field}` is a line of 1 to {most} characters"));
    }
    Ok(())
}
