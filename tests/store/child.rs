//! What tests run in a process of its own: this test program, which runs the one test below.

use std::env;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use asl_engine::store::{ExecutionStore, SqliteStore};

use crate::records;

const ROLE: &str = "ASL_STORE_TEST_ROLE";
const PATH: &str = "ASL_STORE_TEST_PATH";

/// The command of a child process for a role.
pub(crate) fn command(role: &str, path: &Path) -> Command {
    with_role(Command::new(env::current_exe().unwrap()), role, path)
}

/// The same with a limit on the size of every file that it writes, in blocks of 512 bytes.
pub(crate) fn command_with_limit(role: &str, path: &Path, blocks: usize) -> Command {
    let mut shell = Command::new("sh");
    // Ignored, the signal becomes an error of the write. The limit is soft, so that it can be lifted.
    let script = format!("trap '' XFSZ; ulimit -S -f {blocks}; exec \"$0\" \"$@\"");
    shell.arg("-c").arg(script).arg(env::current_exe().unwrap());
    with_role(shell, role, path)
}

fn with_role(mut command: Command, role: &str, path: &Path) -> Command {
    command
        .args([
            "child::plays_its_role",
            "--exact",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(ROLE, role)
        .env(PATH, path);
    command
}

/// Runs a child process to its end, and returns what it printed.
pub(crate) fn run(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
#[ignore = "only in the child processes of other tests"]
fn plays_its_role() {
    let Ok(role) = env::var(ROLE) else {
        return;
    };
    let path = PathBuf::from(env::var_os(PATH).unwrap());
    match &*role {
        "open" => open(&path),
        "commit" => commit_for_ever(&path),
        "fill" => fill(&path),
        role => panic!("no role `{role}`"),
    }
}

fn open(path: &Path) {
    match SqliteStore::open(path) {
        Ok(_) => println!("opened"),
        Err(error) => println!("{:?}: {error}", error.kind()),
    }
}

/// Adds entries to execution 1 in commits of two records, and prints the number of each when it is acknowledged.
fn commit_for_ever(path: &Path) {
    let store = SqliteStore::open(path).unwrap();
    let mut out = io::stdout().lock();
    if store.last_number().unwrap() == 0 {
        store.commit(&[records::definition("f1"), records::started(1)]).unwrap();
    }
    let journal = store.journal(1).unwrap().unwrap();
    let snapped = journal.snapshot.map_or(0, |snapshot| snapshot.entry);
    let last = journal.entries.last().map_or(snapped, |entry| entry.number);
    writeln!(out, "\nfrom {last}").unwrap();
    for number in last + 1.. {
        let mut commit = vec![
            records::entered(1, number, &"e".repeat(200)),
            records::recorded(1, number..=number),
        ];
        if number.is_multiple_of(40) {
            commit.push(records::snapped(1, number));
        }
        store.commit(&commit).unwrap();
        writeln!(out, "{number}").unwrap();
        out.flush().unwrap();
    }
}

/// Commits until the disk is full, then tries the last commit again after each line of its input until it succeeds.
fn fill(path: &Path) {
    let store = SqliteStore::open(path).unwrap();
    store.commit(&[records::definition("f1"), records::started(1)]).unwrap();
    let mut lines = io::stdin().lines();
    for number in 1..=400 {
        let commit = [
            records::entered(1, number, &"e".repeat(5000)),
            records::recorded(1, number..=number),
        ];
        while let Err(error) = store.commit(&commit) {
            let entries = store.journal(1).unwrap().unwrap().entries.len();
            println!("\n{:?} after {entries}: {error}", error.kind());
            lines.next().unwrap().unwrap();
        }
    }
    println!("\ndone");
}
