//! The tables of a store in SQLite, format 1.
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
//! * A group commit has events of many executions. `journal` and `history` take them in the order of their arrival, so that
//!   one commit fills few pages, and find them by an index of small entries. Keyed by execution and number, every event
//!   goes to a page of its own: that wrote four to six times as many bytes, and half to a third as many events a second.
//! * What listings look at is in `executions`; texts of any size are apart in `starts` and `ends`, so that an execution that
//!   ends does not write its input again.
//! * There is no index of names. Random names cost each start two pages, one in the index of ARNs and one here: 15.8 KB
//!   written for each start in groups of 100, instead of 9.1. A search by prefix reads executions in the order of their
//!   numbers, until its page is full.
//! * ARNs of state machines and fingerprints of definitions are long and few: each is there once, by an integer.

/// `ASLe`: tells a store from other SQLite files.
pub(super) const APPLICATION_ID: u32 = 0x4153_4c65;

/// The format that this release writes, as `PRAGMA user_version`.
pub(super) const FORMAT: u32 = 1;

/// What creates the tables.
pub(super) const CREATE: &str = "
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

-- The events that went into executions since their snapshots.
CREATE TABLE journal (
    position INTEGER PRIMARY KEY,
    execution INTEGER NOT NULL REFERENCES executions,
    number INTEGER NOT NULL,
    text TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX journal_by_execution ON journal (execution, number);

-- The events that came out of them.
CREATE TABLE history (
    position INTEGER PRIMARY KEY,
    execution INTEGER NOT NULL REFERENCES executions,
    id INTEGER NOT NULL,
    previous_event_id INTEGER NOT NULL,
    time INTEGER NOT NULL,
    type TEXT NOT NULL,
    details TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX history_by_execution ON history (execution, id);

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

CREATE TABLE child_history (
    position INTEGER PRIMARY KEY,
    child_execution INTEGER NOT NULL REFERENCES child_executions,
    id INTEGER NOT NULL,
    previous_event_id INTEGER NOT NULL,
    time INTEGER NOT NULL,
    type TEXT NOT NULL,
    details TEXT NOT NULL
) STRICT;
CREATE INDEX child_history_by_child_execution ON child_history (child_execution);

-- State machines, activities and the like of a service above.
CREATE TABLE documents (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    text TEXT NOT NULL,
    UNIQUE (kind, key)
) STRICT;

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
    (SELECT count(*) FROM journal j WHERE j.execution = e.number) AS journal_entries
FROM executions e
JOIN state_machines m ON m.id = e.state_machine
JOIN starts s ON s.execution = e.number
WHERE e.status = 'RUNNING'
ORDER BY e.number;

CREATE VIEW execution_history AS
SELECT e.number AS execution, e.name, h.id, h.previous_event_id,
    strftime('%Y-%m-%dT%H:%M:%fZ', h.time / 1e6, 'unixepoch') AS time, h.type, h.details
FROM executions e
JOIN history h ON h.execution = e.number
WHERE e.status <> 'REMOVED'
ORDER BY e.number, h.id;

CREATE VIEW child_execution_history AS
SELECT e.number AS execution, e.name, r.arn AS map_run_arn, c.arn AS child_execution_arn, h.id, h.previous_event_id,
    strftime('%Y-%m-%dT%H:%M:%fZ', h.time / 1e6, 'unixepoch') AS time, h.type, h.details
FROM executions e
JOIN map_runs r ON r.execution = e.number
JOIN child_executions c ON c.map_run = r.id
JOIN child_history h ON h.child_execution = c.id
WHERE e.status <> 'REMOVED'
ORDER BY e.number, r.id, c.id, h.position;

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
    "SELECT position, execution, number, text FROM journal LIMIT 1",
    "SELECT position, execution, id, previous_event_id, time, type, details FROM history LIMIT 1",
    "SELECT id, execution, arn, text FROM map_runs LIMIT 1",
    "SELECT id, map_run, arn FROM child_executions LIMIT 1",
    "SELECT position, child_execution, id, previous_event_id, time, type, details FROM child_history LIMIT 1",
    "SELECT id, kind, key, text FROM documents LIMIT 1",
];
