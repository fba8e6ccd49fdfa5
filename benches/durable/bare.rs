//! SQLite by itself.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::Connection;

/// Writes rows of so many bytes in groups, as SQLite does by itself.
pub(crate) fn bare(path: &Path, rows: usize, group: usize, bytes: usize) -> Duration {
    let mut connection = Connection::open(path).unwrap();
    connection
        .execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT)",
        )
        .unwrap();
    let text = "x".repeat(bytes);
    let began = Instant::now();
    for _ in 0..rows.div_ceil(group) {
        let transaction = connection.transaction().unwrap();
        for _ in 0..group {
            let mut insert = transaction
                .prepare_cached("INSERT INTO rows (text) VALUES (?1)")
                .unwrap();
            insert.execute([&text]).unwrap();
        }
        transaction.commit().unwrap();
    }
    began.elapsed()
}
