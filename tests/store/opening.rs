//! Opening: what is no store is refused in a clear sentence, and left as it is.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};

use asl_engine::store::StoreErrorKind::{Damaged, InUse, NewerFormat, Unavailable};
use asl_engine::store::{ExecutionStore, SqliteStore, StoreError, StoreErrorKind};
use rusqlite::Connection;

use crate::child;
use crate::folder::Folder;
use crate::records;

/// Opens a file in both ways, and checks the error and that no file in its folder has changed.
fn is_refused(folder: &Folder, name: &str, kind: StoreErrorKind, sentence: &str) {
    for open in [SqliteStore::open, SqliteStore::open_read_only] {
        is_refused_by(open, folder, name, kind, sentence);
    }
}

fn is_refused_by(
    open: fn(PathBuf) -> Result<SqliteStore, StoreError>,
    folder: &Folder,
    name: &str,
    kind: StoreErrorKind,
    sentence: &str,
) {
    let before = files(&folder.file(""));
    let error = open(folder.file(name)).expect_err(sentence);
    let told = error.to_string();
    assert!(told.contains(sentence) && told.contains(name), "{told}");
    assert_eq!(error.kind(), kind, "{told}");
    let after = files(&folder.file(""));
    assert!(before == after, "{told}: {:?} became {:?}", before.keys(), after.keys());
}

/// The files of a folder with their bytes, without lock files.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let files = files.filter(|file| file.file_type().unwrap().is_file());
    let files = files.filter(|file| file.path().extension().is_none_or(|extension| extension != "lock"));
    let read = |file: fs::DirEntry| (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap());
    files.map(read).collect()
}

#[test]
fn a_file_that_is_no_store() {
    let folder = Folder::new("no-store");
    fs::write(folder.file("letter.txt"), "dear aunt, ".repeat(500)).unwrap();
    is_refused(
        &folder,
        "letter.txt",
        Damaged,
        "the file is no store: it is not one of SQLite",
    );
    fs::write(folder.file("short.db"), b"SQLite format 3\0 and no more").unwrap();
    is_refused(&folder, "short.db", Damaged, "the file ends within its first page");
    fs::create_dir(folder.file("folder.db")).unwrap();
    is_refused(&folder, "folder.db", Damaged, "it is a folder");
    is_refused(&folder, "missing/executions.db", Unavailable, "it cannot be opened");
}

#[test]
fn a_database_of_another_program() {
    let folder = Folder::new("another-program");
    let make = |name: &str, journal_mode: &str| {
        let other = Connection::open(folder.file(name)).unwrap();
        let sql = format!(
            "PRAGMA journal_mode = {journal_mode}; CREATE TABLE executions (a); INSERT INTO executions VALUES (1)"
        );
        other.execute_batch(&sql).unwrap();
        other
    };
    drop(make("delete.db", "DELETE"));
    is_refused(&folder, "delete.db", Damaged, "a SQLite database of another program");
    drop(make("wal.db", "WAL"));
    is_refused(&folder, "wal.db", Damaged, "a SQLite database of another program");
    // As after a crash: with what SQLite has not copied into it yet.
    let open = make("open.db", "WAL");
    fs::copy(folder.file("open.db"), folder.file("crashed.db")).unwrap();
    fs::copy(folder.file("open.db-wal"), folder.file("crashed.db-wal")).unwrap();
    drop(open);
    is_refused(&folder, "crashed.db", Damaged, "a SQLite database of another program");
}

#[test]
fn a_store_with_something_missing() {
    let folder = Folder::new("missing-parts");
    let changes = [
        (
            "table.db",
            "DROP VIEW child_execution_history; DROP TABLE child_batches",
        ),
        ("column.db", "ALTER TABLE starts RENAME COLUMN options TO choices"),
        ("totals.db", "DROP TABLE totals"),
    ];
    for (name, change) in changes {
        make(&folder, name);
        Connection::open(folder.file(name))
            .unwrap()
            .execute_batch(change)
            .unwrap();
        is_refused_by(
            SqliteStore::open,
            &folder,
            name,
            Damaged,
            "the file is damaged: no such",
        );
    }
}

fn make(folder: &Folder, name: &str) {
    let store = SqliteStore::open(folder.file(name)).unwrap();
    store.commit(&records::one_of_everything()).unwrap();
}

#[test]
fn a_store_of_a_newer_release() {
    let folder = Folder::new("newer");
    make(&folder, "new.db");
    let newer = Connection::open(folder.file("new.db")).unwrap();
    newer.execute_batch("PRAGMA user_version = 7").unwrap();
    drop(newer);
    is_refused(
        &folder,
        "new.db",
        NewerFormat,
        "it has format 7, and this release knows formats up to 2",
    );
}

#[test]
fn an_empty_file_becomes_a_store() {
    let folder = Folder::new("empty");
    fs::write(folder.file("a.db"), "").unwrap();
    is_unavailable_for_reading(&folder, "a.db");
    make(&folder, "a.db");
    let store = SqliteStore::open(folder.file("a.db")).unwrap();
    assert_eq!(store.last_number().unwrap(), 3);
    is_unavailable_for_reading(&folder, "b.db");
    assert!(!folder.file("b.db").exists());
}

fn is_unavailable_for_reading(folder: &Folder, name: &str) {
    let error = SqliteStore::open_read_only(folder.file(name)).unwrap_err();
    assert_eq!(error.kind(), Unavailable);
    assert!(error.to_string().ends_with("no store is there"), "{error}");
}

#[test]
fn a_second_owner_is_told_by_which_name_ever() {
    let folder = Folder::new("two-owners");
    make(&folder, "a.db");
    let store = SqliteStore::open(folder.file("a.db")).unwrap();
    std::os::unix::fs::symlink(folder.file("a.db"), folder.file("b.db")).unwrap();
    let own = format!("it is in use by process {}", std::process::id());
    for name in ["a.db", "b.db"] {
        let error = SqliteStore::open(folder.file(name)).unwrap_err();
        assert_eq!(error.kind(), InUse);
        assert!(error.to_string().ends_with(&own), "{error}");
    }
    // A process of its own is told the same.
    let told = child::run(child::command("open", &folder.file("a.db")));
    assert!(told.contains("InUse") && told.contains(&own), "{told}");
    drop(store);
    let told = child::run(child::command("open", &folder.file("a.db")));
    assert!(told.contains("opened"), "{told}");
}

#[test]
fn it_is_read_while_its_owner_writes() {
    let folder = Folder::new("readers");
    let owner = SqliteStore::open(folder.file("a.db")).unwrap();
    let reader = SqliteStore::open_read_only(folder.file("a.db")).unwrap();
    owner.commit(&records::one_of_everything()).unwrap();
    assert_eq!(reader.journal(1).unwrap(), owner.journal(1).unwrap());
    let error = reader.commit(&[records::started(4)]).unwrap_err();
    assert_eq!(error.kind(), Unavailable);
    assert!(error.to_string().ends_with("it was opened for reading"), "{error}");
    let error = reader
        .remove_closed(&asl_engine::store::Retention::default(), 1)
        .unwrap_err();
    assert_eq!(error.kind(), Unavailable);
    // Without an owner too.
    drop(owner);
    assert_eq!(reader.last_number().unwrap(), 3);
}

#[test]
fn a_file_that_may_only_be_read() {
    let folder = Folder::new("read-only-file");
    make(&folder, "a.db");
    fs::remove_file(folder.file("a.db.lock")).unwrap();
    let set_mode = |name: &str, mode| fs::set_permissions(folder.file(name), fs::Permissions::from_mode(mode)).unwrap();
    set_mode("", 0o777);
    set_mode("a.db", 0o444);
    let mut command = child::command("open", &folder.file("a.db"));
    // Root may write every file.
    let is_root = fs::OpenOptions::new().append(true).open(folder.file("a.db")).is_ok();
    if is_root {
        command.uid(NOBODY);
    }
    let told = child::run(command);
    assert!(
        told.contains("Unavailable: store `") && told.contains("the file may only be read"),
        "{told}"
    );
}

/// The user id of nobody.
const NOBODY: u32 = 65_534;

#[test]
fn another_program_that_writes_is_waited_for() {
    let folder = Folder::new("waits");
    let store = SqliteStore::open(folder.file("a.db")).unwrap();
    let other = Connection::open(folder.file("a.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    std::thread::scope(|scope| {
        let commit = scope.spawn(|| store.commit(&records::one_of_everything()));
        std::thread::sleep(std::time::Duration::from_millis(200));
        other.execute_batch("ROLLBACK").unwrap();
        commit.join().unwrap().unwrap();
    });
}
