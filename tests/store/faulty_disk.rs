//! Disks that fail below SQLite: system calls that answer with an error on purpose, and a file system without room.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use asl_engine::store::{ExecutionStore, SqliteStore};

use crate::child;
use crate::folder::Folder;

/// Whether a command works here.
fn works(command: &mut Command) -> bool {
    let output = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    output.is_ok_and(|status| status.success())
}

/// Lets a child process commit 400 entries. After each commit that fails, `repair` is called and it tries again. Returns
/// what it said of the failures.
fn fill(mut process: Child, repair: impl Fn()) -> Vec<String> {
    let mut again = process.stdin.take().unwrap();
    let mut failures = Vec::new();
    for line in BufReader::new(process.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        if line.starts_with("Unavailable") {
            failures.push(line);
            assert!(failures.len() < 100, "{failures:?}");
            repair();
            writeln!(again).unwrap();
        }
    }
    assert!(process.wait().unwrap().success());
    failures
}

#[track_caller]
fn check(path: &Path) {
    let store = SqliteStore::open(path).unwrap();
    store.check().unwrap();
    let entries = store.journal(1).unwrap().unwrap().entries;
    let numbers: Vec<_> = entries.iter().map(|entry| entry.number).collect();
    assert_eq!(numbers, (1..=400).collect::<Vec<_>>());
}

#[test]
fn syncs_and_writes_that_fail_undo_their_commit_alone() {
    let strace = || Command::new("strace");
    if !works(strace().args(["-f", "-qq", "-e", "trace=none", "true"])) {
        eprintln!("skipped: `strace`, which lets system calls fail, does not work here");
        return;
    }
    let folder = Folder::new("failing-calls");
    for (name, calls, fault) in [
        ("sync", "fsync,fdatasync", "error=EIO:when=60..64"),
        ("write", "pwrite64", "error=EIO:when=300..304"),
        ("room", "pwrite64", "error=ENOSPC:when=300..304"),
    ] {
        let path = folder.file(&format!("{name}.db"));
        let child = child::command("fill", &path);
        let mut command = strace();
        command.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={calls}")]);
        command.args(["-e", &format!("inject={calls}:{fault}")]);
        command.arg(child.get_program()).args(child.get_args());
        command.envs(child.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let failures = fill(process, || ());
        assert!(!failures.is_empty(), "{name}: nothing failed");
        let acknowledged = |line: &str| line.split(':').next().map(str::to_owned);
        // Readers never see an entry of a commit that failed.
        let first = failures.first().and_then(|line| acknowledged(line));
        let last = failures.last().and_then(|line| acknowledged(line));
        assert_eq!(first, last, "{name}: {failures:?}");
        check(&path);
    }
}

/// A small file system, unmounted at the end.
struct Mounted(PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_file_system_without_room_is_waited_for() {
    let folder = Folder::new("mounted");
    let place = folder.file("small");
    std::fs::create_dir(&place).unwrap();
    if !works(
        Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=16m", "tmpfs"])
            .arg(&place),
    ) {
        eprintln!("skipped: no file system can be mounted here");
        return;
    }
    let mounted = Mounted(place.clone());
    let ballast = place.join("ballast");
    std::fs::write(&ballast, vec![7; 15 << 20]).unwrap();
    let path = place.join("a.db");
    let mut command = child::command("fill", &path);
    let process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    // The first time it is still full.
    let tries = std::cell::Cell::new(0);
    let failures = fill(process, || {
        tries.set(tries.get() + 1);
        if tries.get() == 2 {
            std::fs::remove_file(&ballast).unwrap();
        }
    });
    assert_eq!(failures.len(), 2, "{failures:?}");
    assert_eq!(failures[0], failures[1], "nothing of a failed commit is there");
    check(&path);
    drop(mounted);
}
