//! The rows that a change reads and writes, until it is written as a whole.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{DynamoDb, Read, Table, Write};
use crate::server::tables::TablesError;

/// The rows of a change.
pub(in super::super) struct Rows<'d> {
    database: &'d DynamoDb,
    rows: RefCell<BTreeMap<(Table, String), Row>>,
}

/// A row that the change has to do with.
#[derive(Debug, Clone)]
struct Row {
    /// The version that was read; `None` if it was not there.
    version: Option<u64>,
    /// The row as the change has left it.
    now: Option<Value>,
    is_changed: bool,
}

impl<'d> Rows<'d> {
    pub(super) fn new(database: &'d DynamoDb) -> Self {
        Self {
            database,
            rows: RefCell::default(),
        }
    }

    /// Writes the change.
    pub(in super::super) fn commit(self) -> Result<(), TablesError> {
        let rows = self.rows.into_inner();
        if !rows.values().any(|row| row.is_changed) {
            return Ok(());
        }
        let writes = rows.into_iter().filter_map(|(key, row)| {
            let write = match (row.is_changed, row.now) {
                (false, _) => Write::Check,
                (true, Some(now)) => Write::Put(now),
                (true, None) if row.version.is_some() => Write::Delete,
                // It was made and removed within the change.
                (true, None) => return None,
            };
            Some((key, (row.version, write)))
        });
        self.database.write(&writes.collect())
    }

    pub(super) fn get<T: DeserializeOwned>(&self, table: Table, id: &str) -> Result<Option<T>, TablesError> {
        let now = self.row(table, id)?.now;
        Ok(now.map(serde_json::from_value).transpose()?)
    }

    pub(super) fn put(&self, table: Table, id: &str, row: &impl Serialize) -> Result<(), TablesError> {
        self.set(table, id, Some(serde_json::to_value(row)?))
    }

    pub(super) fn remove(&self, table: Table, id: &str) -> Result<(), TablesError> {
        self.set(table, id, None)
    }

    /// The rows whose ids begin so, by the rest of their ids in its order, with what the change has made of them.
    pub(super) fn all<T: DeserializeOwned>(&self, table: Table, prefix: &str) -> Result<Vec<(String, T)>, TablesError> {
        let mut found = BTreeMap::new();
        for Read { id, row, .. } in self.database.scan(table, prefix)? {
            found.insert(id, row);
        }
        for ((_, id), row) in self
            .rows
            .borrow()
            .iter()
            .filter(|((of, id), _)| *of == table && id.starts_with(prefix))
        {
            match &row.now {
                Some(now) => found.insert(id.clone(), now.clone()),
                None => found.remove(id),
            };
        }
        let rows = found.into_iter().map(|(id, row)| {
            let rest = id.strip_prefix(prefix).unwrap_or(&id).to_owned();
            Ok((rest, serde_json::from_value(row)?))
        });
        rows.collect()
    }

    fn set(&self, table: Table, id: &str, now: Option<Value>) -> Result<(), TablesError> {
        let row = self.row(table, id)?;
        // What is not changed is not written.
        let is_changed = row.is_changed || row.now != now;
        let row = Row { now, is_changed, ..row };
        self.rows.borrow_mut().insert((table, id.to_owned()), row);
        Ok(())
    }

    fn row(&self, table: Table, id: &str) -> Result<Row, TablesError> {
        let key = (table, id.to_owned());
        if let Some(known) = self.rows.borrow().get(&key) {
            return Ok(known.clone());
        }
        let read = self.database.get(table, id)?;
        let (version, now) = read.map(|Read { version, row, .. }| (version, row)).unzip();
        let row = Row {
            version,
            now,
            is_changed: false,
        };
        self.rows.borrow_mut().insert(key, row.clone());
        Ok(row)
    }
}
