//! Processes that are killed while they commit.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use asl_engine::store::{ExecutionStore, Filter, SqliteStore};

use crate::child;
use crate::folder::Folder;

const KILLS: u64 = 20;

#[test]
fn all_that_was_acknowledged_is_there_and_nothing_after_a_gap() {
    let folder = Folder::new("killed");
    let path = folder.file("a.db");
    let mut acknowledged = 0;
    for kill in 0..KILLS {
        let mut process = child::command("commit", &path).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap())
            .lines()
            .map(Result::unwrap);
        let from = lines
            .by_ref()
            .find_map(|line| line.strip_prefix("from ").map(str::to_owned));
        let from: u64 = from.expect("the child process opened the store").parse().unwrap();
        assert!(from >= acknowledged, "{acknowledged} were acknowledged, {from} found");
        // Each at another place of a commit.
        thread::sleep(Duration::from_micros(kill * 1_700 % 23_000));
        process.kill().unwrap();
        process.wait().unwrap();
        acknowledged = lines.filter_map(|line| line.parse().ok()).last().unwrap_or(from);

        let store = SqliteStore::open(&path).unwrap();
        store.check().unwrap();
        let journal = store.journal(1).unwrap().unwrap();
        let first = journal.snapshot.map_or(0, |snapshot| snapshot.entry) + 1;
        let numbers: Vec<_> = journal.entries.iter().map(|entry| entry.number).collect();
        let last = first + numbers.len() as u64 - 1;
        assert_eq!(numbers, (first..=last).collect::<Vec<_>>());
        let ids: Vec<_> = store
            .history(1, 0, usize::MAX)
            .unwrap()
            .iter()
            .map(|event| event.id)
            .collect();
        assert_eq!(ids, (1..=last).collect::<Vec<_>>(), "a commit is there in part");
        // One commit may have been written and not told.
        assert!(
            (acknowledged..=acknowledged + 1).contains(&last),
            "{acknowledged} were acknowledged, {last} found"
        );
    }
    assert!(acknowledged > 0);
}

#[test]
fn a_store_that_was_being_made_can_be_made() {
    for delay in 0..12 {
        let folder = Folder::new("killed-at-first");
        let path = folder.file("a.db");
        let mut process = child::command("commit", &path).stdout(Stdio::null()).spawn().unwrap();
        while File::open(&path).is_err() {
            thread::sleep(Duration::from_micros(50));
        }
        thread::sleep(Duration::from_micros(delay * 900));
        process.kill().unwrap();
        process.wait().unwrap();
        let store = SqliteStore::open(&path).unwrap();
        store.check().unwrap();
        let executions = store.executions(&Filter::default(), 9).unwrap();
        assert_eq!(executions.len() as u64, store.last_number().unwrap());
    }
}
