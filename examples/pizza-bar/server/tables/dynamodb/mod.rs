//! The tables in `DynamoDB`: `--aws`.
//!
//! There are two of them, for sessions and for orders with what belongs to them. A row is a JSON value under its id, with a
//! version that every change of it counts up. A change reads what it needs, and is written by one `TransactWriteItems`, with the
//! condition that each row is still the one that was read: so it happens as a whole or not at all, as in SQLite.
//!
//! What is weaker than in SQLite:
//! * Rows that are found by looking through a table, such as the followers of an order, are as they are while it is looked
//!   through; nothing is held while the change is made. The tables belong to one bar, which makes one change at a time.
//! * A change of more than 100 rows, as after a restart with many orders, is written in parts.
//! * If AWS cannot be reached for several tries in a row, it may have made the last change without an answer. It is then made
//!   again: nothing is lost, and a status is noted once; but followers who are told when a status is noted may miss that one,
//!   and see it when they ask for the order.

mod attributes;
mod rows;
mod transaction;

use std::collections::BTreeMap;
use std::time::Duration;

use asl_engine::TaskError;
use asl_engine::handlers::aws::AwsServices;
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::time::sleep;
use uuid::Uuid;

use super::TablesError;
use attributes::{from_attribute, to_attribute};
pub(super) use rows::Rows;

/// How many items `TransactWriteItems` takes.
const LARGEST_CHANGE: usize = 100;

/// What may go well another time: names of errors without the `Exception` that some end with.
const PASSING: [&str; 8] = [
    "InternalServerError",
    "ProvisionedThroughputExceeded",
    "RequestLimitExceeded",
    "SdkClient",
    "Throttling",
    "TransactionCanceled",
    "TransactionConflict",
    "TransactionInProgress",
];

/// The tables of a bar.
#[derive(Debug, Clone)]
pub(super) struct DynamoDb {
    services: AwsServices,
    prefix: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Table {
    Sessions,
    Orders,
}

/// A row as it was read.
#[derive(Debug, Clone)]
pub(super) struct Read {
    pub(super) id: String,
    pub(super) version: u64,
    pub(super) row: Value,
}

/// What `TransactWriteItems` does about a row that had a version, or was not there.
#[derive(Debug)]
pub(super) enum Write {
    Check,
    Put(Value),
    Delete,
}

impl DynamoDb {
    /// Opens the tables whose names begin so, and makes those that are not there.
    pub(super) async fn open(services: AwsServices, prefix: String) -> Result<Self, TablesError> {
        let database = Self { services, prefix };
        for table in [Table::Sessions, Table::Orders] {
            database.open_table(table).await?;
        }
        // Nobody is connected to a bar that opens.
        let all = database.clone();
        tokio::task::spawn_blocking(move || all.delete_all(Table::Sessions))
            .await
            .unwrap_or(Err(TablesError::Closed))?;
        Ok(database)
    }

    /// The rows of a change that begins.
    pub(super) fn begin(&self) -> Rows<'_> {
        Rows::new(self)
    }

    fn name(&self, table: Table) -> String {
        format!("{}{table:?}", self.prefix)
    }

    async fn open_table(&self, table: Table) -> Result<(), TablesError> {
        const PAUSE: Duration = Duration::from_millis(500);

        let name = self.name(table);
        let describe = json!({ "TableName": name });
        let mut is_made = false;
        loop {
            match self.services.call("dynamodb", "describeTable", &describe).await {
                Ok(described) if described.pointer("/Table/TableStatus") == Some(&json!("ACTIVE")) => {
                    let key = json!([{ "AttributeName": "id", "KeyType": "HASH" }]);
                    if described.pointer("/Table/KeySchema") == Some(&key) {
                        return Ok(());
                    }
                    return Err(TablesError::Key(name));
                }
                Ok(_) => sleep(PAUSE).await,
                Err(error) if is(&error, "ResourceNotFound") && !is_made => {
                    let create = json!({
                        "TableName": name,
                        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
                        "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
                        "BillingMode": "PAY_PER_REQUEST",
                    });
                    let created = self.services.call("dynamodb", "createTable", &create).await;
                    created.map_err(|error| TablesError::NoTable {
                        name: name.clone(),
                        error,
                    })?;
                    is_made = true;
                }
                // A table that was made a moment ago need not be known everywhere.
                Err(error) if is(&error, "ResourceNotFound") => sleep(PAUSE).await,
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn delete_all(&self, table: Table) -> Result<(), TablesError> {
        let rows = self.scan(table, "")?.into_iter();
        let deletions = rows.map(|row| ((table, row.id), (Some(row.version), Write::Delete)));
        self.write(&deletions.collect())
    }

    /// The row of an id, as it is now.
    fn get(&self, table: Table, id: &str) -> Result<Option<Read>, TablesError> {
        let get = json!({
            "TableName": self.name(table), "Key": { "id": { "S": id } }, "ConsistentRead": true,
        });
        let answer = self.call("getItem", &get)?;
        answer.get("Item").filter(|item| !item.is_null()).map(read).transpose()
    }

    /// The rows whose ids begin so.
    fn scan(&self, table: Table, prefix: &str) -> Result<Vec<Read>, TablesError> {
        let mut scan = json!({ "TableName": self.name(table), "ConsistentRead": true });
        let members = scan.as_object_mut();
        if let Some(members) = members.filter(|_| !prefix.is_empty()) {
            members.insert("FilterExpression".to_owned(), json!("begins_with(id, :prefix)"));
            members.insert(
                "ExpressionAttributeValues".to_owned(),
                json!({ ":prefix": { "S": prefix } }),
            );
        }
        let mut rows = Vec::new();
        loop {
            let mut page = self.call("scan", &scan)?;
            let items = page.get("Items").and_then(Value::as_array);
            for item in items.into_iter().flatten() {
                rows.push(read(item)?);
            }
            let last = page
                .get_mut("LastEvaluatedKey")
                .map(Value::take)
                .filter(|last| !last.is_null());
            let (Some(last), Some(members)) = (last, scan.as_object_mut()) else {
                return Ok(rows);
            };
            members.insert("ExclusiveStartKey".to_owned(), last);
        }
    }

    /// Writes a change, if each row still has the version that was read.
    fn write(&self, writes: &BTreeMap<(Table, String), (Option<u64>, Write)>) -> Result<(), TablesError> {
        /// An answer that is lost is asked for again.
        const TRIES: usize = 3;
        const PAUSE: Duration = Duration::from_millis(200);

        let items: Vec<Value> = writes.iter().map(|(key, write)| self.item(key, write)).collect();
        for items in items.chunks(LARGEST_CHANGE) {
            let transact = json!({ "TransactItems": items, "ClientRequestToken": token() });
            let mut tries = 1;
            while let Err(error) = self.call("transactWriteItems", &transact) {
                let is_lost = matches!(&error, TablesError::Aws(error) if is(error, "SdkClient"));
                if !is_lost || tries == TRIES {
                    return Err(error);
                }
                tries += 1;
                Handle::current().block_on(sleep(PAUSE));
            }
        }
        Ok(())
    }

    fn item(&self, (table, id): &(Table, String), (version, write): &(Option<u64>, Write)) -> Value {
        let mut item = json!({ "TableName": self.name(*table) });
        let condition = match version {
            Some(version) => json!({
                "ConditionExpression": "version = :version",
                "ExpressionAttributeValues": { ":version": { "N": version.to_string() } },
            }),
            None => json!({ "ConditionExpression": "attribute_not_exists(id)" }),
        };
        let id = json!({ "S": id });
        let (kind, what) = match write {
            Write::Check => ("ConditionCheck", json!({ "Key": { "id": id } })),
            Write::Delete => ("Delete", json!({ "Key": { "id": id } })),
            Write::Put(row) => {
                let version = version.unwrap_or_default().wrapping_add(1);
                let item = json!({ "id": id, "version": { "N": version.to_string() }, "row": to_attribute(row) });
                ("Put", json!({ "Item": item }))
            }
        };
        for part in [condition, what] {
            if let (Some(item), Value::Object(members)) = (item.as_object_mut(), part) {
                item.extend(members);
            }
        }
        json!({ kind: item })
    }

    /// Calls `DynamoDB` from a thread that may be blocked.
    fn call(&self, action: &str, parameters: &Value) -> Result<Value, TablesError> {
        Ok(Handle::current().block_on(self.services.call("dynamodb", action, parameters))?)
    }
}

/// Whether an error may pass by itself.
pub(super) fn may_pass(error: &TaskError) -> bool {
    PASSING.iter().any(|name| is(error, name))
}

/// Whether an error of `DynamoDB` has a name, `Exception` apart.
fn is(error: &TaskError, name: &str) -> bool {
    let last = error.error().rsplit('.').next().unwrap_or_default();
    last.strip_suffix("Exception").unwrap_or(last) == name
}

fn read(item: &Value) -> Result<Read, TablesError> {
    let unreadable = || TablesError::Item(item.to_string());
    let version = item.pointer("/version/N").and_then(Value::as_str);
    Ok(Read {
        id: item
            .pointer("/id/S")
            .and_then(Value::as_str)
            .ok_or_else(unreadable)?
            .to_owned(),
        version: version
            .and_then(|version| version.parse().ok())
            .ok_or_else(unreadable)?,
        row: item.get("row").and_then(from_attribute).ok_or_else(unreadable)?,
    })
}

#[expect(clippy::disallowed_methods, reason = "each request has a token of its own")]
fn token() -> String {
    Uuid::new_v4().to_string()
}
