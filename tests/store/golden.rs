//! Stores that earlier releases wrote are read for ever.
//!
//! `golden/format-N.db` was written by the last release of format N, and is never written again:
//! `cargo test --all-features --test store -- --ignored writes_the_golden_store` writes that of the present format if it is
//! not there.

use std::fs;
use std::path::{Path, PathBuf};

use asl_engine::store::{Document, ExecutionStore, Filter, MemoryStore, SqliteStore};

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
    store.back_up(golden(1)).unwrap();
}

#[test]
fn format_1() {
    let folder = Folder::new("golden");
    let path = folder.file("a.db");
    fs::copy(golden(1), &path).unwrap();
    let expected = MemoryStore::new();
    expected.commit(&records::one_of_everything()).unwrap();
    are_equal(&SqliteStore::open_read_only(&path).unwrap(), &expected);

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
