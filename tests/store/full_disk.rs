//! Disks without room.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use asl_engine::store::{ExecutionStore, Record, Retention, SqliteStore, StoreErrorKind};

use crate::child;
use crate::folder::Folder;
use crate::records;

#[test]
fn work_goes_on_when_there_is_room_again() {
    let folder = Folder::new("full");
    let store = SqliteStore::options()
        .max_bytes(400_000)
        .open(folder.file("a.db"))
        .unwrap();
    store.commit(&[records::definition("f1"), records::started(1)]).unwrap();
    let commit = |number: u64| {
        vec![
            records::definition("f1"),
            records::started(number),
            records::entered(number, 1, &"e".repeat(5000)),
            records::ended(number, "SUCCEEDED", records::seconds(number)),
        ]
    };
    let mut number = 2;
    let error = loop {
        match store.commit(&commit(number)) {
            Ok(()) => number += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}");
    assert!(error.to_string().contains("there is no room for more"), "{error}");
    assert!(number > 10, "{number}");
    for _ in 0..3 {
        assert!(store.commit(&commit(number)).is_err());
    }
    assert_eq!(
        store.last_number().unwrap(),
        number - 1,
        "nothing of a failed commit is there"
    );
    assert_eq!(store.journal(number).unwrap(), None);
    store.check().unwrap();
    // What is small may still have room.
    store.commit(&[records::document("kind", "key", None)]).unwrap();

    let most = Retention {
        most: Some(3),
        ..Retention::default()
    };
    while store.remove_closed(&most, 20).unwrap() > 0 {}
    for number in number..number + 5 {
        store.commit(&commit(number)).unwrap();
    }
    store.check().unwrap();
    assert!(std::fs::metadata(folder.file("a.db")).unwrap().len() <= 400_000);
}

#[test]
fn writes_that_end_in_their_middle_do_no_harm() {
    let folder = Folder::new("short-writes");
    let path = folder.file("a.db");
    let mut process = child::command_with_limit("fill", &path, 1500)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    let mut next = || {
        lines
            .by_ref()
            .find(|line| line.starts_with("Unavailable") || line == "done")
            .unwrap()
    };
    let mut again = process.stdin.take().unwrap();
    let first = next();
    assert!(
        first.starts_with("Unavailable after ") && !first.starts_with("Unavailable after 0"),
        "{first}"
    );
    writeln!(again).unwrap();
    assert_eq!(
        next(),
        first,
        "the second try fails in the same way, and no entry was added"
    );
    let pid = process.id().to_string();
    let lifted = Command::new("prlimit")
        .args(["--fsize=unlimited", "--pid", &pid])
        .status()
        .unwrap();
    assert!(lifted.success());
    writeln!(again).unwrap();
    assert_eq!(next(), "done", "it goes on without being opened again");
    assert!(process.wait().unwrap().success());

    let store = SqliteStore::open(&path).unwrap();
    store.check().unwrap();
    let numbers: Vec<_> = store
        .journal(1)
        .unwrap()
        .unwrap()
        .entries
        .iter()
        .map(|entry| entry.number)
        .collect();
    assert_eq!(numbers, (1..=400).collect::<Vec<_>>());
}

#[test]
fn a_record_that_is_too_large_is_refused_and_others_are_not() {
    let folder = Folder::new("too-large");
    let store = SqliteStore::open(folder.file("a.db")).unwrap();
    let beyond = Record::Redrive {
        execution: u64::MAX,
        time: records::seconds(1),
    };
    let error = store.commit(&[beyond]).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Refused, "{error}");
    store.commit(&records::one_of_everything()).unwrap();
}
