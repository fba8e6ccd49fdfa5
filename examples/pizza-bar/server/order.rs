//! What a customer orders, and the records of the two tables.

use std::fmt;

use asl_engine::websocket::RequestContext;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The status that the server itself gives: the execution failed, or could not go on, before the pizza was there.
pub(crate) const INTERRUPTED: &str = "interrupted";
/// The last status of the state machine.
pub(crate) const DELIVERED: &str = "order delivered";

const NAME_CHARACTERS: usize = 60;
const NOTES_CHARACTERS: usize = 200;
const QUANTITY: std::ops::RangeInclusive<u64> = 1..=10;

/// An order as the customer gives it; whatever else a message holds never gets here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OrderDetails {
    pub(crate) name: String,
    pub(crate) pizza: Pizza,
    pub(crate) size: Size,
    pub(crate) quantity: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) notes: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Pizza {
    Margherita,
    Marinara,
    Funghi,
    Diavola,
    Ortolana,
    QuattroFormaggi,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Size {
    Small,
    Medium,
    Large,
}

/// A row of the Sessions table: an open connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Session {
    pub(crate) connection_id: String,
    pub(crate) domain_name: String,
    pub(crate) stage: String,
    /// The order whose statuses the connection gets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) order_id: Option<String>,
}

/// A row of the Orders table. `connection_id` is the connection that ordered; it may be long gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the fields of the table")]
pub(crate) struct Order {
    #[serde(flatten)]
    pub(crate) details: OrderDetails,
    pub(crate) connection_id: String,
    pub(crate) order_id: String,
    pub(crate) domain_name: String,
    pub(crate) stage: String,
    pub(crate) status: String,
}

impl Session {
    /// The session of a connection that follows no order.
    pub(crate) fn of(context: &RequestContext) -> Self {
        Self {
            connection_id: context.connection_id.clone(),
            domain_name: context.domain_name.clone(),
            stage: context.stage.clone(),
            order_id: None,
        }
    }
}

impl fmt::Display for Pizza {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl Order {
    /// Whether nothing more will happen to it.
    pub(crate) fn is_finished(&self) -> bool {
        self.status == DELIVERED || self.status == INTERRUPTED
    }
}

impl OrderDetails {
    /// Reads the order of a message; what is wrong with it is told to the customer.
    pub(crate) fn parse(order: &Value) -> Result<Self, String> {
        let order = order.as_object().ok_or("`order` must be an object")?;
        if let Some(unknown) = order.keys().find(|key| !FIELDS.contains(&key.as_str())) {
            let shown: String = unknown.chars().take(40).collect();
            return Err(format!("`order` has no field `{shown}`; it has {}", FIELDS.join(", ")));
        }
        let name = text(order, "name", NAME_CHARACTERS, |c| !c.is_control())?.ok_or("`name` is missing")?;
        if name.is_empty() {
            return Err("`name` is empty".to_owned());
        }
        let quantity = order.get("quantity").ok_or("`quantity` is missing")?;
        Ok(Self {
            name,
            pizza: one_of(order, "pizza", MENU)?,
            size: one_of(order, "size", "small, medium, large")?,
            quantity: quantity
                .as_u64()
                .filter(|quantity| QUANTITY.contains(quantity))
                .ok_or("`quantity` must be a whole number from 1 to 10")?,
            notes: text(order, "notes", NOTES_CHARACTERS, |c| !c.is_control() || c == '\n')?
                .filter(|notes| !notes.is_empty()),
        })
    }
}

const FIELDS: [&str; 5] = ["name", "pizza", "size", "quantity", "notes"];
const MENU: &str = "margherita, marinara, funghi, diavola, ortolana, quattro-formaggi";

fn text(
    order: &Map<String, Value>,
    field: &str,
    longest: usize,
    allowed: fn(char) -> bool,
) -> Result<Option<String>, String> {
    let Some(value) = order.get(field) else { return Ok(None) };
    let value = value
        .as_str()
        .ok_or_else(|| format!("`{field}` must be a text"))?
        .trim();
    // A browser sends the line ends of a form as they are typed.
    let value = value.replace("\r\n", "\n");
    if value.chars().count() > longest {
        return Err(format!("`{field}` has more than {longest} characters"));
    }
    if !value.chars().all(allowed) {
        return Err(format!("`{field}` has control characters"));
    }
    Ok(Some(value))
}

fn one_of<T: DeserializeOwned>(order: &Map<String, Value>, field: &str, values: &str) -> Result<T, String> {
    let value = order.get(field).ok_or_else(|| format!("`{field}` is missing"))?;
    // serde also takes `{"small": null}` for `"small"`.
    let parsed = if value.is_string() {
        T::deserialize(value).ok()
    } else {
        None
    };
    parsed.ok_or_else(|| format!("`{field}` must be one of {values}"))
}
