//! Stores that earlier releases wrote are read for ever.
//!
//! `golden/format-N.db` was written by the last release of format N, and is never written again:
//! `cargo test --all-features --test store -- --ignored writes_the_golden_store` writes that of the present format if it is
//! not there.

use std::fs;
use std::path::{Path, PathBuf};

use asl_engine::store::{Document, ExecutionStore, Filter, MemoryStore, SqliteStore, StoreErrorKind};
use rusqlite::Connection;

use crate::folder::Folder;
use crate::records;

fn golden(format: u32) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/store/golden");
    folder.join(format!("format-{format}.db"))
}

#[test]
#[ignore = "writes a file of this repository"]
fn writes_the_golden_store() {
    let folder = Folder::new("new-golden");
    let store = SqliteStore::open(folder.file("a.db")).unwrap();
    store.commit(&records::one_of_everything()).unwrap();
    // `back_up` refuses to write over a file.
    store.back_up(golden(2)).unwrap();
}

#[test]
fn format_1() {
    is_read_and_written(1);
}

#[test]
fn format_2() {
    is_read_and_written(2);
}

fn is_read_and_written(format: u32) {
    let folder = Folder::new(&format!("golden-{format}"));
    let path = folder.file("a.db");
    fs::copy(golden(format), &path).unwrap();
    let expected = MemoryStore::new();
    expected.commit(&records::one_of_everything()).unwrap();
    are_equal(&SqliteStore::open_read_only(&path).unwrap(), &expected);
    assert_eq!(format_of(&path), format, "reading has changed it");

    let store = SqliteStore::open(&path).unwrap();
    are_equal(&store, &expected);
    let further = [
        records::started(4),
        records::entered(1, 3, "three"),
        records::recorded(1, 5..=6),
        records::children(1, vec![records::child("Each:1", "b", 3..=3)]),
        records::ended(1, "SUCCEEDED", records::seconds(30)),
        records::document("activity", "Cook", None),
    ];
    store.commit(&further).unwrap();
    expected.commit(&further).unwrap();
    are_equal(&store, &expected);
    store.check().unwrap();
    assert_eq!(format_of(&path), 2);
    let repeated = [records::entered(1, 2, "two"), records::recorded(1, 4..=4)];
    for record in repeated {
        let error = store.commit(&[record]).unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Refused, "{error}");
    }
}

#[test]
fn an_upgrade_that_fails_leaves_format_1_as_it_is() {
    let folder = Folder::new("golden-full");
    let path = folder.file("a.db");
    fs::copy(golden(1), &path).unwrap();
    let before = fs::read(&path).unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = SqliteStore::open(&path).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}");
    drop(other);
    assert_eq!(fs::read(&path).unwrap(), before);
    SqliteStore::open(&path).unwrap();
}

fn format_of(path: &Path) -> u32 {
    let connection = Connection::open(path).unwrap();
    let format = connection.pragma_query_value(None, "user_version", |row| row.get(0));
    format.unwrap()
}

fn are_equal(store: &SqliteStore, expected: &MemoryStore) {
    assert_eq!(store.last_number().unwrap(), expected.last_number().unwrap());
    let all = Filter::default();
    assert_eq!(
        store.executions(&all, 9).unwrap(),
        expected.executions(&all, 9).unwrap()
    );
    for number in 1..=expected.last_number().unwrap() {
        assert_eq!(store.journal(number).unwrap(), expected.journal(number).unwrap());
        assert_eq!(
            store.history(number, 0, 99).unwrap(),
            expected.history(number, 0, 99).unwrap()
        );
        let map_runs = expected.map_runs(number).unwrap();
        assert_eq!(store.map_runs(number).unwrap(), map_runs);
        for map_run in map_runs {
            let children = |store: &dyn ExecutionStore| store.children(number, &map_run.arn, 0, 99).unwrap();
            assert_eq!(children(store), children(expected));
        }
    }
    assert_eq!(store.definition("f1").unwrap(), expected.definition("f1").unwrap());
    let documents = |store: &dyn ExecutionStore| {
        let kinds = ["activity", "stateMachine"].map(|kind| store.documents(kind).unwrap());
        kinds.into_iter().flatten().collect::<Vec<Document>>()
    };
    assert_eq!(documents(store), documents(expected));
}
