//! What a store in SQLite costs, beside bare SQLite in the same run: `cargo bench --features store --bench store`.
//!
//! Bare SQLite writes the same records into a table of two columns, with the same settings: that is the rate of the disk and
//! of SQLite's commit. Read the ratios; rounds of both alternate, and the better of three counts.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark measures time and fails by panicking"
)]

mod records;

use std::path::Path;
use std::time::{Duration, Instant};

use asl_engine::store::{ExecutionStore, Filter, Retention, SqliteStore};
use rusqlite::{Connection, TransactionBehavior};

use crate::records::Load;

/// Records in a group commit.
const GROUP: usize = 100;

/// Bytes in a record.
const BYTES: usize = 1024;

fn main() {
    // `cargo test --benches` only looks whether it runs.
    let is_measured = std::env::args().any(|argument| argument == "--bench");
    let (time, executions) = if is_measured {
        (Duration::from_secs(2), 100_000)
    } else {
        (Duration::from_millis(5), 300)
    };
    let folder = std::env::temp_dir().join(format!("asl-store-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    commits(&folder, time);
    reads(&folder, time, executions);
    std::fs::remove_dir_all(folder).unwrap();
}

fn commits(folder: &Path, time: Duration) {
    println!("| records of {BYTES} bytes | bare SQLite | store | store / bare |");
    println!("|---|--:|--:|--:|");
    for (name, group) in [("one a commit", 1), ("groups of 100", GROUP)] {
        let (mut bare, mut store) = (0.0_f64, 0.0_f64);
        for round in 0..3 {
            bare = bare.max(bare_rate(&folder.join(format!("bare-{group}-{round}.db")), group, time));
            store = store.max(store_rate(
                &folder.join(format!("store-{group}-{round}.db")),
                group,
                time,
            ));
        }
        println!("| {name} | {bare:.0}/s | {store:.0}/s | {:.2} |", store / bare);
    }
}

/// How many records a second bare SQLite writes.
fn bare_rate(path: &Path, group: usize, time: Duration) -> f64 {
    let mut connection = Connection::open(path).unwrap();
    let settings = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;
                    CREATE TABLE records (id INTEGER PRIMARY KEY, text TEXT NOT NULL)";
    connection.execute_batch(settings).unwrap();
    let text = "e".repeat(BYTES);
    rate(time, group, || {
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .unwrap();
        for _ in 0..group {
            let sql = "INSERT INTO records (text) VALUES (?1)";
            transaction.prepare_cached(sql).unwrap().execute([&text]).unwrap();
        }
        transaction.commit().unwrap();
    })
}

/// How many entries a second the store writes, of a thousand executions at once.
fn store_rate(path: &Path, group: usize, time: Duration) -> f64 {
    let store = SqliteStore::open(path).unwrap();
    let mut load = Load::new(1000);
    store.commit(&load.starts(1000)).unwrap();
    let text = "e".repeat(BYTES);
    rate(time, group, || store.commit(&load.entries(group, &text)).unwrap())
}

/// How many records a second, of commits of a group each.
fn rate(time: Duration, group: usize, mut commit: impl FnMut()) -> f64 {
    let begin = Instant::now();
    let mut commits = 0_u32;
    while begin.elapsed() < time || commits == 0 {
        commit();
        commits += 1;
    }
    f64::from(commits) * f64::from(u32::try_from(group).unwrap()) / begin.elapsed().as_secs_f64()
}

fn reads(folder: &Path, time: Duration, executions: u64) {
    let path = folder.join("reads.db");
    let store = SqliteStore::open(&path).unwrap();
    let mut load = Load::new(executions);

    println!("\n| {executions} executions | |");
    println!("|---|--:|");
    let begin = Instant::now();
    for _ in 0..executions / 100 {
        store.commit(&load.starts(100)).unwrap();
    }
    let seconds = begin.elapsed().as_secs_f64();
    let rate = f64::from(u32::try_from(executions).unwrap()) / seconds;
    println!("| started in groups of 100 | {rate:.0}/s |");
    let begin = Instant::now();
    for number in (1..=executions / 2).step_by(100) {
        store.commit(&load.ends(number..=number + 99)).unwrap();
    }
    let seconds = begin.elapsed().as_secs_f64();
    let rate = f64::from(u32::try_from(executions).unwrap()) / 2.0 / seconds;
    println!("| ended in groups of 100 | {rate:.0}/s |");
    store.commit(&[load.history(1, 5000)]).unwrap();

    let filter = |change: fn(&mut Filter)| {
        let mut filter = Filter::default();
        change(&mut filter);
        filter
    };
    let listings = [
        ("the newest 100", filter(|_| {})),
        ("100 from the middle", filter(|filter| filter.after = Some(150))),
        (
            "100 that run",
            filter(|filter| filter.status = Some("RUNNING".to_owned())),
        ),
        (
            "100 of a state machine",
            filter(|filter| filter.state_machine_arn = Some(records::STATE_MACHINE.to_owned())),
        ),
        (
            "those with a rare prefix",
            filter(|filter| filter.name_prefix = Some("order-77".to_owned())),
        ),
        (
            "none, of an unknown status",
            filter(|filter| filter.status = Some("TIMED_OUT".to_owned())),
        ),
    ];
    for (name, filter) in listings {
        print_time(name, time, || {
            store.executions(&filter, 100).unwrap();
        });
    }
    print_time("1,000 events of a history", time, || {
        assert_eq!(store.history(1, 2000, 1000).unwrap().len(), 1000);
    });
    let mut number = 0;
    print_time("a journal", time, || {
        number = number % executions + 1;
        store.journal(number).unwrap().unwrap();
    });
    drop(store);
    let begin = Instant::now();
    let store = SqliteStore::open(&path).unwrap();
    println!("| open | {:.2} ms |", begin.elapsed().as_secs_f64() * 1e3);

    let all = Retention {
        most: Some(0),
        ..Retention::default()
    };
    let (begin, mut rows, mut longest) = (Instant::now(), 0, Duration::ZERO);
    loop {
        let step = Instant::now();
        let removed = store.remove_closed(&all, 1000).unwrap();
        longest = longest.max(step.elapsed());
        rows += removed;
        if removed == 0 {
            break;
        }
    }
    let rate = f64::from(u32::try_from(rows).unwrap()) / begin.elapsed().as_secs_f64();
    println!(
        "| rows removed in steps of 1,000, the longest {:.1} ms | {rate:.0}/s |",
        longest.as_secs_f64() * 1e3
    );
}

fn print_time(name: &str, time: Duration, mut read: impl FnMut()) {
    let begin = Instant::now();
    let mut reads = 0_u32;
    while begin.elapsed() < time / 4 || reads == 0 {
        read();
        reads += 1;
    }
    println!(
        "| {name} | {:.3} ms |",
        begin.elapsed().as_secs_f64() * 1e3 / f64::from(reads)
    );
}
