//! The views for people, as they look through `sqlite3`.

use asl_engine::store::{ExecutionStore, SqliteStore};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};

use crate::folder::Folder;
use crate::records;

/// The rows of a query, each as texts separated by `|`, as `sqlite3` prints them.
fn rows(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).unwrap();
    let columns = statement.column_count();
    let row = |row: &rusqlite::Row<'_>| {
        let cells = (0..columns).map(|column| match row.get(column).unwrap() {
            Value::Null => String::new(),
            Value::Integer(number) => number.to_string(),
            Value::Text(text) => text,
            other => panic!("{other:?}"),
        });
        Ok(cells.collect::<Vec<_>>().join("|"))
    };
    statement.query_map([], row).unwrap().map(Result::unwrap).collect()
}

#[test]
fn each_has_its_columns_and_rows() {
    let folder = Folder::new("views");
    let store = SqliteStore::open(folder.file("a.db")).unwrap();
    store.commit(&records::one_of_everything()).unwrap();
    // While its owner has it open.
    let connection = Connection::open_with_flags(folder.file("a.db"), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();

    let sql =
        "SELECT status, number, name, definition, start_time, stop_time, redrive_count, redrive_time, input, output,
               error, cause FROM executions_by_status";
    let expected = [
        r#"FAILED|3|order-3|f1|2026-01-01T00:00:03.000Z|2026-01-01T00:00:23.000Z|1|2026-01-01T00:00:22.000Z|{"order":3}||Oven.Cold|no wood"#,
        r#"RUNNING|1|order-1|f1|2026-01-01T00:00:01.000Z||0||{"order":1}|||"#,
        r#"SUCCEEDED|2|order-2|f1|2026-01-01T00:00:02.000Z|2026-01-01T00:00:20.000Z|0||{"order":2}|[1,2]||"#,
    ];
    assert_eq!(rows(&connection, sql), expected);
    let arns = rows(
        &connection,
        "SELECT arn, state_machine_arn FROM executions_by_status WHERE number = 1",
    );
    let arn = "arn:aws:states:us-east-1:123456789012";
    assert_eq!(
        arns,
        [format!("{arn}:execution:Orders:order-1|{arn}:stateMachine:Orders")]
    );

    let sql = "SELECT number, name, start_time, redrive_count, input, journal_entries FROM running_executions";
    let expected = [r#"1|order-1|2026-01-01T00:00:01.000Z|0|{"order":1}|1"#];
    assert_eq!(rows(&connection, sql), expected);

    let sql = "SELECT execution, name, id, previous_event_id, time, type, details ->> '$.name' FROM execution_history
               WHERE execution = 3";
    let expected = [
        "3|order-3|1|0|2026-01-01T00:00:01.000Z|PassStateEntered|S1",
        "3|order-3|2|1|2026-01-01T00:00:02.000Z|PassStateEntered|S2",
    ];
    assert_eq!(rows(&connection, sql), expected);

    let sql = "SELECT execution, substr(child_execution_arn, -3), id, type FROM child_execution_history";
    let expected = [
        "1|1:b|1|PassStateEntered",
        "1|1:b|2|PassStateEntered",
        "1|1:a|1|PassStateEntered",
        "1|1:a|2|PassStateEntered",
        "1|1:a|3|PassStateEntered",
    ];
    assert_eq!(rows(&connection, sql), expected);

    let sql = "SELECT status, executions FROM execution_counts";
    assert_eq!(rows(&connection, sql), ["FAILED|1", "RUNNING|1", "SUCCEEDED|1"]);
}
