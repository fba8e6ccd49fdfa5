//! Files that were cut or written over.

use std::fs;
use std::ops::Range;

use asl_engine::store::{ExecutionStore, Filter, SqliteStore, Start, StoreError, StoreErrorKind};

use crate::folder::Folder;
use crate::records;

/// A file of a store with some hundred events, closed.
fn whole(folder: &Folder) -> Vec<u8> {
    let path = folder.file("whole.db");
    let store = SqliteStore::open(&path).unwrap();
    store.commit(&records::one_of_everything()).unwrap();
    store.commit(&[records::recorded(1, 5..=400)]).unwrap();
    for number in 4..60 {
        store
            .commit(&[records::started(number), records::entered(number, 1, &"e".repeat(700))])
            .unwrap();
    }
    drop(store);
    fs::read(path).unwrap()
}

/// Everything that a store has, each answer as a text.
fn all(store: &SqliteStore) -> Result<Vec<String>, StoreError> {
    let executions = store.executions(&Filter::default(), usize::MAX)?;
    let mut all = vec![format!("{executions:?} {:?}", store.last_number()?)];
    for Start { number, arn, .. } in executions.into_iter().map(|execution| execution.start) {
        all.push(format!("{:?} {:?}", store.journal(number)?, store.execution(&arn)?));
        all.push(format!("{:?}", store.history(number, 0, usize::MAX)?));
        for map_run in store.map_runs(number)? {
            all.push(format!(
                "{map_run:?} {:?}",
                store.children(number, &map_run.arn, 0, 99)?
            ));
        }
    }
    all.push(format!(
        "{:?} {:?}",
        store.definition("f1")?,
        store.documents("activity")?
    ));
    Ok(all)
}

/// Opens damaged bytes and reads everything. The error, if there is one, is of a kind that stops an interpreter.
fn read(folder: &Folder, name: &str, bytes: &[u8]) -> Result<Vec<String>, StoreError> {
    let path = folder.file(name);
    fs::write(&path, bytes).unwrap();
    let read = SqliteStore::open(&path).and_then(|store| all(&store));
    if let Err(error) = &read {
        assert_eq!(error.kind(), StoreErrorKind::Damaged, "{name}: {error}");
        assert!(
            error.to_string().contains("damaged") || error.to_string().contains("the file"),
            "{error}"
        );
        assert!(
            fs::read(&path).unwrap() == bytes,
            "{name}: the file was changed: {error}"
        );
    }
    fs::remove_file(path).unwrap();
    read
}

/// Numbers that look random, the same in each run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, range: Range<usize>) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        range.start + usize::try_from(self.0 >> 11).unwrap() % range.len()
    }
}

#[test]
fn a_file_that_was_cut_is_never_taken_for_whole() {
    let folder = Folder::new("cut");
    let whole = whole(&folder);
    let mut numbers = Numbers(0x5eed);
    let mut lengths: Vec<_> = (0..60).map(|_| numbers.next(1..whole.len())).collect();
    // At the borders of pages too.
    lengths.extend((1..20).map(|page| page * 4096));
    for length in lengths {
        let found = read(&folder, &format!("cut-{length}.db"), &whole[..length]);
        assert!(found.is_err(), "a file of {length} of {} bytes is read", whole.len());
    }
}

#[test]
fn a_file_that_was_written_over_is_read_or_refused() {
    let folder = Folder::new("written-over");
    let whole = whole(&folder);
    let expected = read(&folder, "whole-again.db", &whole).unwrap();
    let mut numbers = Numbers(0xbad);
    let (mut refused, mut unharmed) = (0, 0);
    for round in 0..120 {
        let mut bytes = whole.clone();
        let at = numbers.next(0..bytes.len());
        let end = (at + [1, 16, 512, 4096][round % 4]).min(bytes.len());
        for byte in &mut bytes[at..end] {
            *byte = u8::try_from(numbers.next(0..256)).unwrap();
        }
        match read(&folder, &format!("over-{round}-{at}.db"), &bytes) {
            Ok(found) if found == expected => unharmed += 1,
            // Other letters in a text: neither SQLite nor the store can know.
            Ok(_) => {}
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 30 && unharmed > 10, "{refused} refused, {unharmed} unharmed");
}
