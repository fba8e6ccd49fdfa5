//! Opening a file: nothing is written to one that is no store of this release, and nothing to one that is in use.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, Error, ErrorCode, OpenFlags};

use super::super::{StoreError, StoreErrorKind};
use super::failure::Failure;
use super::format_1;
use super::schema::{APPLICATION_ID, CHECKS, CHECKS_OF_BATCHES, CREATE, FORMAT};

/// Enough for every statement that this folder has.
const STATEMENTS: usize = 128;

/// How long a statement waits for another program, such as `sqlite3`, that writes.
const PATIENCE: Duration = Duration::from_secs(5);

/// The path of a store without symbolic links, so that every name of one file leads to the same lock. The file need not
/// be there yet.
pub(super) fn real_path(path: &Path) -> Result<PathBuf, StoreError> {
    let unavailable = |error: std::io::Error| {
        let sentence = format!("store `{}`: it cannot be opened: {error}", path.display());
        StoreError::new(StoreErrorKind::Unavailable, sentence).caused_by(error)
    };
    match fs::canonicalize(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let folder = match path.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => folder,
                _ => Path::new("."),
            };
            let name = path.file_name().unwrap_or_default();
            Ok(fs::canonicalize(folder).map_err(unavailable)?.join(name))
        }
        real => real.map_err(unavailable),
    }
}

/// Whether a file is there that may be a store of this release. Reads its first bytes only: SQLite itself would leave files
/// beside it, and change those of a program that crashed.
pub(super) fn has_store(path: &Path) -> Result<bool, Failure> {
    let io = |error: std::io::Error| Failure::Store(StoreErrorKind::Unavailable, format!("it cannot be read: {error}"));
    if path.is_dir() {
        return Err(Failure::damaged("it is a folder, not a file"));
    }
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        file => file.map_err(io)?,
    };
    let length = file.metadata().map_err(io)?.len();
    let mut header = Vec::new();
    file.take(100).read_to_end(&mut header).map_err(io)?;
    if header.is_empty() {
        return Ok(false);
    }
    if !header.starts_with(b"SQLite format 3\0") {
        return Err(Failure::damaged(
            "the file is no store: it is not one of SQLite, or its start is damaged",
        ));
    }
    let number = |at: usize| {
        let bytes = header.get(at..at + 4)?.first_chunk()?;
        Some(u32::from_be_bytes(*bytes))
    };
    let (Some(format), Some(application_id)) = (number(60), number(68)) else {
        return Err(Failure::damaged("the file ends within its first page"));
    };
    if application_id != APPLICATION_ID {
        return Err(Failure::damaged(
            "the file is no store, but a SQLite database of another program",
        ));
    }
    if format > FORMAT {
        let sentence = format!("it has format {format}, and this release knows formats up to {FORMAT}");
        return Err(Failure::Store(StoreErrorKind::NewerFormat, sentence));
    }
    // SQLite takes what is missing of the last page for zeros. What it has not copied yet may be longer than the file.
    let pages = number(28).unwrap_or(0);
    let whole = page_size(&header) * u64::from(pages);
    let has_wal = fs::metadata(path_with(path, "-wal")).is_ok_and(|wal| wal.len() > 0);
    if length < whole && !has_wal {
        let sentence = format!("the file is damaged: it ends after {length} of {whole} bytes");
        return Err(Failure::damaged(sentence));
    }
    Ok(true)
}

fn page_size(header: &[u8]) -> u64 {
    let bytes = header.get(16..18).and_then(|bytes| bytes.first_chunk());
    match bytes.map(|bytes| u16::from_be_bytes(*bytes)) {
        // It has two bytes only.
        Some(1) => 65_536,
        size => u64::from(size.unwrap_or(0)),
    }
}

/// The lock of a store, until this is dropped, at the latest until the process ends.
pub(super) struct Lock(File);

impl Drop for Lock {
    /// Closing the file is not enough: a process that is being started holds a copy of it until its program is loaded.
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// Locks the file `NAME.lock` beside a store.
///
/// A lock on the store itself would keep `sqlite3` and backups out.
pub(super) fn lock(path: &Path) -> Result<Lock, Failure> {
    let unavailable = |error: std::io::Error| {
        let sentence = format!("its lock file cannot be opened: {error}");
        Failure::Store(StoreErrorKind::Unavailable, sentence)
    };
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".lock");
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path.with_file_name(name))
        .map_err(unavailable)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut owner = String::new();
            let sentence = match file.read_to_string(&mut owner) {
                Ok(1..) => format!("it is in use by process {}", owner.trim_end()),
                _ => "it is in use by another process".to_owned(),
            };
            return Err(Failure::Store(StoreErrorKind::InUse, sentence));
        }
        Err(TryLockError::Error(error)) => return Err(unavailable(error)),
    }
    // For the sentence above alone: a full disk is no reason to fail.
    if file.set_len(0).is_ok() && file.rewind().is_ok() {
        let _ = writeln!(file, "{}", process::id());
    }
    Ok(Lock(file))
}

/// The connection that writes; makes the tables of a new store.
pub(super) fn writer(path: &Path, max_bytes: Option<u64>) -> Result<Connection, Failure> {
    let had_wal = path_with(path, "-wal").exists();
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
    if connection.is_readonly("main")? {
        return Err(Failure::Store(
            StoreErrorKind::Unavailable,
            "the file may only be read".to_owned(),
        ));
    }
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // SQLite knows: of a process that was killed while it made the tables, it has undone what was there of them.
    let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
    if pages == 0 {
        create(&connection)?;
    } else if let Err(failure) = check(&connection) {
        if had_wal {
            // What is in the file beside it stays there, for who repairs it.
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        }
        return Err(failure);
    }
    let mode: String = connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if mode != "wal" {
        return Err(Failure::Store(
            StoreErrorKind::Unavailable,
            format!("SQLite stays in mode `{mode}` here"),
        ));
    }
    if format(&connection)? == 1 {
        format_1::upgrade(&connection)?;
    }
    // Fewer and longer checkpoints: a page that many commits have changed is copied once.
    connection.pragma_update(None, "wal_autocheckpoint", 4000)?;
    // In KiB, where positive numbers are pages.
    connection.pragma_update(None, "cache_size", -16_000)?;
    // What a long read has made it grow to is given back.
    connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    if let Some(bytes) = max_bytes {
        limit(&connection, bytes)?;
    }
    Ok(connection)
}

fn create(connection: &Connection) -> Result<(), Failure> {
    let tables = CREATE.concat();
    // All in one transaction: after a crash the file is a store or empty.
    connection.execute_batch(&format!(
        "BEGIN IMMEDIATE; {tables} PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {FORMAT}; COMMIT;"
    ))?;
    Ok(())
}

fn format(connection: &Connection) -> Result<u32, Failure> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

fn check(connection: &Connection) -> Result<(), Failure> {
    let of_events = match format(connection)? {
        1 => format_1::CHECKS,
        _ => CHECKS_OF_BATCHES,
    };
    for sql in CHECKS.iter().chain(of_events) {
        match connection.query_row(sql, [], |_| Ok(())) {
            Ok(()) | Err(Error::QueryReturnedNoRows) => {}
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::Unknown) => {
                return Err(Failure::damaged(format!("the file is damaged: {error}")));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn limit(connection: &Connection, bytes: u64) -> Result<(), Failure> {
    let page_size: i64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
    let pages = i64::try_from(bytes).unwrap_or(i64::MAX) / page_size.max(1);
    connection.pragma_update_and_check(None, "max_page_count", pages.clamp(1, 0xffff_fffe), |_| Ok(()))?;
    Ok(())
}

/// A connection that reads.
pub(super) fn reader(path: &Path) -> Result<Connection, Failure> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    if format(&connection)? == 1 {
        format_1::read_as_format_2(&connection)?;
    }
    Ok(connection)
}

/// A connection that reads, where nobody else may have opened the file.
pub(super) fn lone_reader(path: &Path) -> Result<Connection, Failure> {
    let connection = reader(path)?;
    check(&connection)?;
    Ok(connection)
}

fn open(path: &Path, flags: OpenFlags) -> Result<Connection, Failure> {
    // Each connection has one user at a time, and a path is no URI.
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(PATIENCE)?;
    // Else SQLite prepares a statement anew whenever its parameters change, as the right partial index could be another one then.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

fn path_with(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_ends_where_a_starting_process_holds_its_file() {
        let path = std::env::temp_dir().join(format!("asl-lock-{}", process::id()));
        let first = lock(&path).unwrap();
        let of_the_other_process = first.0.try_clone().unwrap();
        assert!(lock(&path).is_err());
        drop(first);
        assert!(lock(&path).is_ok());
        drop(of_the_other_process);
        fs::remove_file(path_with(&path, ".lock")).unwrap();
    }
}
