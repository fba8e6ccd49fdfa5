//! The tables of a store in SQLite, format 2.
//!
//! People look into the file with `sqlite3`, best through the views:
//!
//! | view | answers |
//! |---|---|
//! | `executions_by_status` | every execution, with input, output, error and cause |
//! | `running_executions` | what runs, the oldest first, with the number of journal entries since its snapshot |
//! | `execution_history` | the history events of every execution |
//! | `child_execution_history` | those of the child executions of Map Runs |
//! | `execution_counts` | how many executions a state machine has of each status |
//!
//! Why the tables are as they are:
//!
//! * A group commit has events of many executions. `batches` takes them in the order of their arrival, so that one commit
//!   fills few pages, and finds them by an index of small entries. Keyed by execution and number, every event goes to a page
//!   of its own: that wrote four to six times as many bytes, and half to a third as many events a second.
//! * What goes into an execution at once and what comes out of it is one row: an event into it leads to five or so out of
//!   it. A row and an index entry for each of them cost more than three times the time, and a commit of one execution
//!   alone wrote 4.7 pages instead of 2.5.
//! * `batches` has no foreign key, which would cost a look into `executions` for each row. The writer remembers up to which
//!   event an execution is written, so it knows that the execution is there.
//! * What listings look at is in `executions`; texts of any size are apart in `starts` and `ends`, so that an execution that
//!   ends does not write its input again.
//! * An execution that goes on elsewhere has `MOVING` or `MOVED` as its status, and where that is as its cause.
//! * There is no index of names. Random names cost each start two pages, one in the index of ARNs and one here: 15.8 KB
//!   written for each start in groups of 100, instead of 9.1. A search by prefix reads executions in the order of their
//!   numbers, until its page is full.
//! * ARNs of state machines and fingerprints of definitions are long and few: each is there once, by an integer.

/// `ASLe`: tells a store from other SQLite files.
pub(super) const APPLICATION_ID: u32 = 0x4153_4c65;

/// The format that this release writes, as `PRAGMA user_version`.
pub(super) const FORMAT: u32 = 2;

/// What creates a store.
pub(super) const CREATE: &[&str] = &[TABLES, BATCHES, VIEWS];

/// The tables that all formats have.
const TABLES: &str = "
-- One row. `closed` executions have ended, and are not being removed.
CREATE TABLE totals (
    last_number INTEGER NOT NULL,
    closed INTEGER NOT NULL
) STRICT;
INSERT INTO totals VALUES (0, 0);

CREATE TABLE definitions (
    id INTEGER PRIMARY KEY,
    fingerprint TEXT NOT NULL UNIQUE,
    text TEXT NOT NULL
) STRICT;

CREATE TABLE state_machines (
    id INTEGER PRIMARY KEY,
    arn TEXT NOT NULL UNIQUE
) STRICT;

-- Times are microseconds since 1970. The status is AWS's, or REMOVED while an execution is removed in steps.
CREATE TABLE executions (
    number INTEGER PRIMARY KEY,
    arn TEXT NOT NULL,
    name TEXT NOT NULL,
    state_machine INTEGER NOT NULL REFERENCES state_machines,
    definition INTEGER NOT NULL REFERENCES definitions,
    start_time INTEGER NOT NULL,
    status TEXT NOT NULL DEFAULT 'RUNNING',
    stop_time INTEGER,
    redrive_count INTEGER NOT NULL DEFAULT 0,
    redrive_time INTEGER
) STRICT;
CREATE UNIQUE INDEX executions_by_arn ON executions (arn) WHERE status <> 'REMOVED';
-- Each index ends with the number, as all indexes of SQLite do: listings come out in its order.
CREATE INDEX executions_by_status_index ON executions (status);
CREATE INDEX executions_by_state_machine ON executions (state_machine);
CREATE INDEX executions_by_definition ON executions (definition);
CREATE INDEX executions_by_stop_time ON executions (stop_time) WHERE stop_time IS NOT NULL;

CREATE TABLE starts (
    execution INTEGER PRIMARY KEY REFERENCES executions,
    input TEXT NOT NULL,
    options TEXT NOT NULL
) STRICT;

CREATE TABLE ends (
    execution INTEGER PRIMARY KEY REFERENCES executions,
    output TEXT,
    error TEXT,
    cause TEXT
) STRICT;

CREATE TABLE snapshots (
    execution INTEGER PRIMARY KEY REFERENCES executions,
    entry INTEGER NOT NULL,
    text TEXT NOT NULL
) STRICT;

-- The text is NULL until a Map Run's state is written; its child executions may be first.
CREATE TABLE map_runs (
    id INTEGER PRIMARY KEY,
    execution INTEGER NOT NULL REFERENCES executions,
    arn TEXT NOT NULL,
    text TEXT,
    UNIQUE (execution, arn)
) STRICT;

CREATE TABLE child_executions (
    id INTEGER PRIMARY KEY,
    map_run INTEGER NOT NULL REFERENCES map_runs,
    arn TEXT NOT NULL,
    UNIQUE (map_run, arn)
) STRICT;
CREATE INDEX child_executions_by_map_run ON child_executions (map_run);

-- State machines, activities and the like of a service above.
CREATE TABLE documents (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    text TEXT NOT NULL,
    UNIQUE (kind, key)
) STRICT;
";

/// The tables of events.
pub(super) const BATCHES: &str = "
-- What went into executions and what came out of them. `entry` is an event that went in, the text of the entry with
-- the number `last_entry`. `events` came out: a JSON array of [id, id of the event that caused it, microseconds after `time`,
-- type, where in `details` its details begin, how many bytes they are]. `last_event` and `last_entry` are the highest up to
-- this row, also where it has no events or no entry.
CREATE TABLE batches (
    position INTEGER PRIMARY KEY,
    execution INTEGER NOT NULL,
    last_event INTEGER NOT NULL,
    last_entry INTEGER NOT NULL,
    time INTEGER NOT NULL,
    entry TEXT,
    events TEXT,
    details TEXT
) STRICT;
CREATE UNIQUE INDEX batches_by_execution ON batches (execution, last_event, last_entry);

-- The events of child executions of Map Runs.
CREATE TABLE child_batches (
    position INTEGER PRIMARY KEY,
    child_execution INTEGER NOT NULL REFERENCES child_executions,
    time INTEGER NOT NULL,
    events TEXT NOT NULL,
    details TEXT NOT NULL
) STRICT;
CREATE INDEX child_batches_by_child_execution ON child_batches (child_execution);
";

/// The views for people.
pub(super) const VIEWS: &str = "
CREATE VIEW executions_by_status AS
SELECT e.status, e.number, e.name, e.arn, m.arn AS state_machine_arn, d.fingerprint AS definition,
    strftime('%Y-%m-%dT%H:%M:%fZ', e.start_time / 1e6, 'unixepoch') AS start_time,
    strftime('%Y-%m-%dT%H:%M:%fZ', e.stop_time / 1e6, 'unixepoch') AS stop_time,
    e.redrive_count,
    strftime('%Y-%m-%dT%H:%M:%fZ', e.redrive_time / 1e6, 'unixepoch') AS redrive_time,
    s.input, n.output, n.error, n.cause
FROM executions e
JOIN state_machines m ON m.id = e.state_machine
JOIN definitions d ON d.id = e.definition
JOIN starts s ON s.execution = e.number
LEFT JOIN ends n ON n.execution = e.number
WHERE e.status <> 'REMOVED'
ORDER BY e.status, e.number;

CREATE VIEW running_executions AS
SELECT e.number, e.name, e.arn, m.arn AS state_machine_arn,
    strftime('%Y-%m-%dT%H:%M:%fZ', e.start_time / 1e6, 'unixepoch') AS start_time,
    e.redrive_count, s.input,
    (SELECT count(*) FROM batches b WHERE b.execution = e.number AND b.entry IS NOT NULL
     AND b.last_entry > coalesce((SELECT s.entry FROM snapshots s WHERE s.execution = e.number), 0)) AS journal_entries
FROM executions e
JOIN state_machines m ON m.id = e.state_machine
JOIN starts s ON s.execution = e.number
WHERE e.status = 'RUNNING'
ORDER BY e.number;

CREATE VIEW execution_history AS
SELECT e.number AS execution, e.name, h.value ->> 0 AS id, h.value ->> 1 AS previous_event_id,
    strftime('%Y-%m-%dT%H:%M:%fZ', (b.time + (h.value ->> 2)) / 1e6, 'unixepoch') AS time, h.value ->> 3 AS type,
    CAST(substr(CAST(b.details AS BLOB), 1 + (h.value ->> 4), h.value ->> 5) AS TEXT) AS details
FROM executions e
JOIN batches b ON b.execution = e.number
JOIN json_each(b.events) h
WHERE e.status <> 'REMOVED'
ORDER BY e.number, b.last_event, b.last_entry, h.key;

CREATE VIEW child_execution_history AS
SELECT e.number AS execution, e.name, r.arn AS map_run_arn, c.arn AS child_execution_arn,
    h.value ->> 0 AS id, h.value ->> 1 AS previous_event_id,
    strftime('%Y-%m-%dT%H:%M:%fZ', (b.time + (h.value ->> 2)) / 1e6, 'unixepoch') AS time, h.value ->> 3 AS type,
    CAST(substr(CAST(b.details AS BLOB), 1 + (h.value ->> 4), h.value ->> 5) AS TEXT) AS details
FROM executions e
JOIN map_runs r ON r.execution = e.number
JOIN child_executions c ON c.map_run = r.id
JOIN child_batches b ON b.child_execution = c.id
JOIN json_each(b.events) h
WHERE e.status <> 'REMOVED'
ORDER BY e.number, r.id, c.id, b.position, h.key;

CREATE VIEW execution_counts AS
SELECT m.arn AS state_machine_arn, e.status, count(*) AS executions
FROM executions e
JOIN state_machines m ON m.id = e.state_machine
WHERE e.status <> 'REMOVED'
GROUP BY m.arn, e.status;
";

/// Reads a row of every table, with every column: fails where one is not there, or its first page is damaged.
pub(super) const CHECKS: &[&str] = &[
    "SELECT last_number, closed FROM totals LIMIT 1",
    "SELECT id, fingerprint, text FROM definitions LIMIT 1",
    "SELECT id, arn FROM state_machines LIMIT 1",
    "SELECT number, arn, name, state_machine, definition, start_time, status, stop_time, redrive_count, redrive_time
     FROM executions LIMIT 1",
    "SELECT execution, input, options FROM starts LIMIT 1",
    "SELECT execution, output, error, cause FROM ends LIMIT 1",
    "SELECT execution, entry, text FROM snapshots LIMIT 1",
    "SELECT id, execution, arn, text FROM map_runs LIMIT 1",
    "SELECT id, map_run, arn FROM child_executions LIMIT 1",
    "SELECT id, kind, key, text FROM documents LIMIT 1",
];

/// The same for the tables of events.
pub(super) const CHECKS_OF_BATCHES: &[&str] = &[
    "SELECT position, execution, last_event, last_entry, time, entry, events, details FROM batches LIMIT 1",
    "SELECT position, child_execution, time, events, details FROM child_batches LIMIT 1",
];
