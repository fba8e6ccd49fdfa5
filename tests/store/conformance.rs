//! The conformance tests over the stores of this crate.

use std::cell::RefCell;
use std::collections::HashMap;

use asl_engine::store::testing::{self, FaultyStore};
use asl_engine::store::{MemoryStore, SqliteStore};

use crate::folder::Folder;

#[test]
fn memory() {
    let stores: RefCell<HashMap<String, MemoryStore>> = RefCell::default();
    testing::conformance(|name| stores.borrow_mut().entry(name.to_owned()).or_default().open());
}

#[test]
fn sqlite() {
    let folder = Folder::new("conformance");
    testing::conformance(|name| SqliteStore::open(folder.file(name)));
}

#[test]
fn a_store_without_faults() {
    let folder = Folder::new("faulty-conformance");
    testing::conformance(|name| Ok(FaultyStore::new(SqliteStore::open(folder.file(name))?)));
}

#[test]
#[should_panic(expected = "a store has one owner at a time: it was opened a second time while it was open")]
fn finds_a_store_with_two_owners() {
    let stores: RefCell<HashMap<String, MemoryStore>> = RefCell::default();
    testing::conformance(|name| Ok(stores.borrow_mut().entry(name.to_owned()).or_default().clone()));
}
