//! SQLite's errors as a store's.

use std::path::Path;

use rusqlite::{Error, ErrorCode};

use super::super::{StoreError, StoreErrorKind};

/// What went wrong, before it is told of which file.
#[derive(Debug)]
pub(super) enum Failure {
    Sqlite(Error),
    Store(StoreErrorKind, String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Sqlite(error)
    }
}

impl Failure {
    pub(super) fn refused(sentence: String) -> Self {
        Self::Store(StoreErrorKind::Refused, sentence)
    }

    pub(super) fn damaged(sentence: impl Into<String>) -> Self {
        Self::Store(StoreErrorKind::Damaged, sentence.into())
    }

    /// The error for people.
    pub(super) fn of(self, path: &Path) -> StoreError {
        let path = path.display();
        match self {
            Self::Store(kind, sentence) => StoreError::new(kind, format!("store `{path}`: {sentence}")),
            Self::Sqlite(error) => {
                let (kind, sentence) = kind_and_sentence(&error);
                StoreError::new(kind, format!("store `{path}`: {sentence}: {error}")).caused_by(error)
            }
        }
    }
}

fn kind_and_sentence(error: &Error) -> (StoreErrorKind, &'static str) {
    use StoreErrorKind::{Damaged, Refused, Unavailable};

    match error {
        Error::SqliteFailure(failure, _) => match failure.code {
            ErrorCode::DiskFull => (Unavailable, "there is no room for more"),
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied => (Unavailable, "it cannot be written"),
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed => {
                (Unavailable, "another program holds it")
            }
            ErrorCode::CannotOpen => (Unavailable, "it cannot be opened"),
            ErrorCode::TooBig => (Refused, "a record is too large"),
            ErrorCode::ConstraintViolation => (Refused, "a record contradicts what is there"),
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::TypeMismatch => {
                (Damaged, "the file is damaged")
            }
            // A table or a column that is not there.
            ErrorCode::Unknown => (Damaged, "the file is no store, or damaged"),
            _ => (Unavailable, "it cannot be read or written"),
        },
        // What was read has another type, is no UTF-8, or is not there at all.
        _ => (Damaged, "the file is damaged"),
    }
}
