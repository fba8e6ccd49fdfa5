//! Copies of a store in use.

use std::thread;

use asl_engine::store::{ExecutionStore, SqliteStore, StoreErrorKind};

use crate::folder::Folder;
use crate::records;

#[test]
fn a_copy_has_whole_commits() {
    let folder = Folder::new("back-up");
    let store = SqliteStore::open(folder.file("a.db")).unwrap();
    store.commit(&records::one_of_everything()).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in 1..=100 {
                let id = number * 2 + 3;
                store.commit(&[records::recorded(1, id..=id + 1)]).unwrap();
            }
        });
        for copy in 0..3 {
            store.back_up(folder.file(&format!("copy-{copy}.db"))).unwrap();
        }
    });
    for copy in 0..3 {
        let copy = SqliteStore::open(folder.file(&format!("copy-{copy}.db"))).unwrap();
        copy.check().unwrap();
        let events = copy.history(1, 0, 1000).unwrap().len();
        assert!(events >= 4 && events.is_multiple_of(2), "{events} events");
        assert_eq!(copy.journal(3).unwrap(), store.journal(3).unwrap());
        copy.commit(&[records::started(copy.last_number().unwrap() + 1)])
            .unwrap();
    }
}

#[test]
fn a_file_that_is_there_stays() {
    let folder = Folder::new("back-up-over");
    let store = SqliteStore::open(folder.file("a.db")).unwrap();
    std::fs::write(folder.file("letter.txt"), "dear").unwrap();
    let error = store.back_up(folder.file("letter.txt")).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Refused);
    assert!(error.to_string().ends_with("letter.txt` is there already"), "{error}");
    assert_eq!(std::fs::read(folder.file("letter.txt")).unwrap(), b"dear");

    let error = store.back_up(folder.file("no/folder.db")).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    store.commit(&[records::document("kind", "key", None)]).unwrap();
}
