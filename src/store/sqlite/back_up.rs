//! A copy of a store in use.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use rusqlite::{Connection, params};

use super::super::StoreErrorKind;
use super::failure::Failure;

/// Writes what a connection sees into a new file.
pub(super) fn back_up(connection: &Connection, to: &Path) -> Result<(), Failure> {
    if to.exists() {
        let sentence = format!("its copy `{}` is there already", to.display());
        return Err(Failure::Store(StoreErrorKind::Refused, sentence));
    }
    let mut name = to.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    // Under another name until it is whole and on disk.
    let part = to.with_file_name(name);
    let copied = copy(connection, &part).and_then(|()| {
        let named = sync(&part).and_then(|()| fs::rename(&part, to));
        named.map_err(|error| {
            Failure::Store(
                StoreErrorKind::Unavailable,
                format!("its copy cannot be written: {error}"),
            )
        })
    });
    if copied.is_err() {
        let _ = fs::remove_file(&part);
    }
    copied
}

fn copy(connection: &Connection, part: &Path) -> Result<(), Failure> {
    let Some(text) = part.to_str() else {
        return Err(Failure::refused(format!("`{}` is not UTF-8", part.display())));
    };
    // Left by a backup that was killed.
    let _ = fs::remove_file(part);
    connection.execute("VACUUM INTO ?1", params![text])?;
    Ok(())
}

/// SQLite does not wait for the disk there.
fn sync(part: &Path) -> io::Result<()> {
    File::open(part)?.sync_all()
}
