//! A store that fails on purpose fails as it was told.

use asl_engine::store::testing::FaultyStore;
use asl_engine::store::{ExecutionStore, MemoryStore, StoreErrorKind};

use crate::records::document;

/// Whether each of some commits succeeds; each writes a document with its number.
fn commits(store: &FaultyStore, numbers: std::ops::RangeInclusive<usize>) -> Vec<bool> {
    let commit = |number: usize| store.commit(&[document("n", &number.to_string(), Some(""))]).is_ok();
    numbers.map(commit).collect()
}

fn written(store: &MemoryStore) -> Vec<String> {
    store
        .documents("n")
        .unwrap()
        .into_iter()
        .map(|document| document.key)
        .collect()
}

#[test]
fn one_commit_or_all_from_one_on() {
    let memory = MemoryStore::new();
    let store = FaultyStore::new(memory.clone());
    store.fail_only(2, StoreErrorKind::Unavailable);
    assert_eq!(commits(&store, 1..=3), [true, false, true]);
    store.fail_from(5, StoreErrorKind::Refused);
    assert_eq!(commits(&store, 4..=6), [true, false, false]);
    assert_eq!(store.commit(&[]).unwrap_err().kind(), StoreErrorKind::Refused);
    assert_eq!(store.documents("n").unwrap().len(), 3, "reads work");
    store.recover();
    assert_eq!(commits(&store, 8..=8), [true]);
    assert_eq!(written(&memory), ["1", "3", "4", "8"]);
    assert_eq!(store.commits(), 8);
}

#[test]
fn a_crash_after_a_commit_is_told_to_nobody() {
    let memory = MemoryStore::new();
    let store = FaultyStore::new(memory.clone());
    store.crash_after(2);
    assert_eq!(commits(&store, 1..=3), [true, false, false]);
    assert_eq!(store.documents("n").unwrap_err().kind(), StoreErrorKind::Unavailable);
    assert_eq!(written(&memory), ["1", "2"]);
}
