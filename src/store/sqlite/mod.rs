//! A store in a file of SQLite.

mod back_up;
mod ended;
mod failure;
mod format_1;
mod known;
mod number;
mod open;
mod read;
mod remove;
mod schema;
mod write;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use self::ended::Ended;
use self::failure::Failure;
use self::known::Known;
use super::{
    ChildEvents, Document, ExecutionStore, Filter, HistoryRecord, Journal, Record, Retention, StoreError,
    StoreErrorKind, StoredDefinition, StoredExecution, StoredMapRun,
};

/// Connections for reading that are kept open.
const IDLE_READERS: usize = 4;

#[doc = include_str!("sqlite.md")]
pub struct SqliteStore {
    path: PathBuf,
    /// Connections for reading that nobody uses now.
    readers: Mutex<Vec<Connection>>,
    /// Empty if the file was opened for reading: another process may change it.
    ended: Mutex<Ended>,
    /// `None` if the file was opened for reading. Closed after the readers: the last connection tidies up.
    writer: Option<Mutex<(Connection, Known)>>,
    /// Given back at last.
    _lock: Option<open::Lock>,
}

/// How to open a [`SqliteStore`].
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct SqliteOptions {
    max_bytes: Option<u64>,
}

impl SqliteOptions {
    /// The largest size of the file in bytes, which is not limited otherwise. A commit that needs more fails as on a full
    /// disk, until something is removed. The file `NAME-wal` beside it does not count.
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = Some(bytes);
        self
    }

    /// Opens the store in a file, or makes a new one there.
    ///
    /// # Errors
    ///
    /// As [`SqliteStore::open`].
    pub fn open(self, path: impl AsRef<Path>) -> Result<SqliteStore, StoreError> {
        let path = open::real_path(path.as_ref())?;
        let opened = || {
            open::has_store(&path)?;
            let lock = open::lock(&path)?;
            Ok((lock, open::writer(&path, self.max_bytes)?))
        };
        let (lock, writer) = opened().map_err(|failure: Failure| failure.of(&path))?;
        Ok(SqliteStore {
            path,
            readers: Mutex::default(),
            ended: Mutex::default(),
            writer: Some(Mutex::new((writer, Known::default()))),
            _lock: Some(lock),
        })
    }
}

impl SqliteStore {
    /// Opens the store in a file, or makes a new one where there is no file or an empty one.
    ///
    /// ```
    /// use asl_engine::store::{ExecutionStore, SqliteStore};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = std::env::temp_dir().join(format!("asl-store-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    /// # let path = folder.join("executions.db");
    /// let store = SqliteStore::open(&path)?;
    /// assert_eq!(store.last_number()?, 0);
    ///
    /// let second = SqliteStore::open(&path);
    /// assert!(second.is_err_and(|error| error.to_string().contains("is in use by process")));
    /// # drop(store);
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`InUse`](StoreErrorKind::InUse) if another process, or this one, has it open;
    /// [`Damaged`](StoreErrorKind::Damaged) if the file is something else, or damaged where opening looks;
    /// [`NewerFormat`](StoreErrorKind::NewerFormat); [`Unavailable`](StoreErrorKind::Unavailable) if it cannot be written or
    /// its folder is not there. The file is left as it is.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::options().open(path)
    }

    /// Options for opening a store.
    pub fn options() -> SqliteOptions {
        SqliteOptions::default()
    }

    /// Opens the store in a file for reading, also while another process owns it. Commits are
    /// [`Unavailable`](StoreErrorKind::Unavailable).
    ///
    /// # Errors
    ///
    /// As [`SqliteStore::open`], but never [`InUse`](StoreErrorKind::InUse); `Unavailable` if no file is there.
    pub fn open_read_only(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = open::real_path(path.as_ref())?;
        let opened = || {
            if !open::has_store(&path)? {
                return Err(Failure::Store(
                    StoreErrorKind::Unavailable,
                    "no store is there".to_owned(),
                ));
            }
            open::lone_reader(&path)
        };
        let reader = opened().map_err(|failure| failure.of(&path))?;
        Ok(Self {
            path,
            readers: Mutex::new(vec![reader]),
            ended: Mutex::default(),
            writer: None,
            _lock: None,
        })
    }

    /// The path of its file, without symbolic links.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a copy of the store into a new file, as of now. Commits go on meanwhile; the file `NAME-wal` grows by what
    /// they write until the copy is done. The copy has no free pages.
    ///
    /// # Errors
    ///
    /// [`Refused`](StoreErrorKind::Refused) if a file is there already or the path is not UTF-8; those of reading and writing.
    pub fn back_up(&self, to: impl AsRef<Path>) -> Result<(), StoreError> {
        self.read(|connection| back_up::back_up(connection, to.as_ref()))
    }

    /// Reads the whole file, and checks that its tables and indexes are as they should be.
    ///
    /// Opening looks at the beginning of each table only. Neither sees a text in which other letters stand.
    ///
    /// # Errors
    ///
    /// [`Damaged`](StoreErrorKind::Damaged) with the first that was found.
    pub fn check(&self) -> Result<(), StoreError> {
        self.read(|connection| {
            let found: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
            if found == "ok" {
                Ok(())
            } else {
                Err(Failure::damaged(format!("the file is damaged: {found}")))
            }
        })
    }

    fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T, Failure>) -> Result<T, StoreError> {
        let connection = lock(&self.readers).pop();
        let answer = connection
            .map_or_else(|| open::reader(&self.path), Ok)
            .and_then(|connection| {
                let answer = read(&connection)?;
                let mut readers = lock(&self.readers);
                if readers.len() < IDLE_READERS {
                    readers.push(connection);
                }
                Ok(answer)
            });
        answer.map_err(|failure| failure.of(&self.path))
    }

    fn write<T>(&self, write: impl FnOnce(&mut Connection, &mut Known) -> Result<T, Failure>) -> Result<T, StoreError> {
        let written = match &self.writer {
            Some(writer) => {
                let (connection, known) = &mut *lock(writer);
                write(connection, known)
            }
            None => Err(Failure::Store(
                StoreErrorKind::Unavailable,
                "it was opened for reading".to_owned(),
            )),
        };
        written.map_err(|failure| failure.of(&self.path))
    }
}

/// A connection that was in use by a thread that panicked has rolled back, and can be used.
fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore")
            .field("path", &self.path)
            .field("is_read_only", &self.writer.is_none())
            .finish_non_exhaustive()
    }
}

impl ExecutionStore for SqliteStore {
    fn commit(&self, records: &[Record]) -> Result<(), StoreError> {
        let written = self.write(|connection, known| write::commit(connection, known, records));
        if records
            .iter()
            .any(|record| matches!(record, Record::Redrive { .. } | Record::Move { .. }))
        {
            lock(&self.ended).changed();
        }
        written
    }

    fn last_number(&self) -> Result<u64, StoreError> {
        self.read(read::last_number)
    }

    fn execution(&self, arn: &str) -> Result<Option<StoredExecution>, StoreError> {
        let known = lock(&self.ended).find(arn);
        let before = match known {
            Ok(found) => return Ok(Some(StoredExecution::clone(&found))),
            Err(before) => before,
        };
        let found = self.read(|connection| read::execution(connection, arn))?;
        if let (Some(execution), true) = (&found, self.writer.is_some()) {
            lock(&self.ended).keep(before, execution);
        }
        Ok(found)
    }

    fn executions(&self, filter: &Filter, most: usize) -> Result<Vec<StoredExecution>, StoreError> {
        self.read(|connection| read::executions(connection, filter, most))
    }

    fn journal(&self, number: u64) -> Result<Option<Journal>, StoreError> {
        self.read(|connection| read::journal(connection, number))
    }

    fn journals(&self, filter: &Filter, most: usize) -> Result<Vec<Journal>, StoreError> {
        self.read(|connection| read::journals(connection, filter, most))
    }

    fn history(&self, number: u64, after: u64, most: usize) -> Result<Vec<HistoryRecord>, StoreError> {
        self.read(|connection| read::history(connection, number, after, most))
    }

    fn map_runs(&self, number: u64) -> Result<Vec<StoredMapRun>, StoreError> {
        self.read(|connection| read::map_runs(connection, number))
    }

    fn children(
        &self,
        number: u64,
        map_run_arn: &str,
        from: usize,
        most: usize,
    ) -> Result<Vec<ChildEvents>, StoreError> {
        self.read(|connection| read::children(connection, number, map_run_arn, from, most))
    }

    fn definition(&self, fingerprint: &str) -> Result<Option<StoredDefinition>, StoreError> {
        self.read(|connection| read::definition(connection, fingerprint))
    }

    fn documents(&self, kind: &str) -> Result<Vec<Document>, StoreError> {
        self.read(|connection| read::documents(connection, kind))
    }

    fn document(&self, kind: &str, key: &str) -> Result<Option<Document>, StoreError> {
        self.read(|connection| read::document(connection, kind, key))
    }

    fn remove_closed(&self, retention: &Retention, rows: usize) -> Result<usize, StoreError> {
        let removed = self.write(|connection, known| {
            // Anything of it may go.
            *known = Known::default();
            remove::remove_closed(connection, retention, rows)
        });
        if !matches!(removed, Ok(0)) {
            lock(&self.ended).changed();
        }
        removed
    }
}
