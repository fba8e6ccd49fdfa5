//! Random records: a store in SQLite answers as one in memory does.

use asl_engine::store::{ExecutionStore, Filter, HistoryRecord, MemoryStore, Record, Retention, SqliteStore, Start};
use chrono::Duration;
use proptest::prelude::*;
use proptest::sample::select;

use crate::folder::Folder;
use crate::records;

/// What is done to both stores.
#[derive(Debug, Clone)]
enum Step {
    Commit(Vec<Record>),
    Remove(Retention, usize),
}

fn step() -> impl Strategy<Value = Step> {
    let retention = (proptest::option::of(0..30_u64), proptest::option::of(0..4_u64));
    let retention = retention.prop_map(|(seconds, most)| Retention {
        ended_before: seconds.map(records::seconds),
        most,
    });
    prop_oneof![
        9 => prop::collection::vec(record(), 1..5).prop_map(Step::Commit),
        1 => (retention, 1..40_usize).prop_map(|(retention, rows)| Step::Remove(retention, rows)),
    ]
}

/// Of few executions, so that records meet.
fn record() -> impl Strategy<Value = Record> {
    let execution = || 1..7_u64;
    let fingerprint = || select(vec!["f1", "f2"]);
    let text = || select(vec!["", "{}", "é\u{0}'", "long long long"]);
    let time =
        || (0..30_u64, 0..2_000_i64).prop_map(|(time, nanos)| records::seconds(time) + Duration::nanoseconds(nanos));
    let status = select(vec!["SUCCEEDED", "FAILED", "ABORTED", "MOVING"]);
    let name = select(vec!["a", "ab", "B", "b%", ""]);
    let ids = || (1..4_u64, 0..3_u64).prop_map(|(first, more)| first..=first + more);
    let start = (execution(), 1..9_u64, fingerprint(), name, 0..2_u64, time(), text());
    let start = start.prop_map(|(number, arn, fingerprint, name, machine, time, text)| {
        Record::Start(Box::new(Start {
            arn: format!("arn-{arn}"),
            definition: fingerprint.to_owned(),
            name: name.to_owned(),
            state_machine_arn: format!("machine-{machine}"),
            time,
            input: text.to_owned(),
            ..records::start(number)
        }))
    });
    let child = (select(vec!["Each:1", "Other:2"]), select(vec!["a", "b", "c"]), ids());
    let child = child.prop_map(|(map_run, child, ids)| records::child(map_run, child, ids));
    let map_run = (execution(), select(vec!["Each:1", "Other:2"]), text());
    let document = (
        select(vec!["k", "l"]),
        select(vec!["1", "2", "é"]),
        proptest::option::of(text()),
    );
    prop_oneof![
        1 => fingerprint().prop_map(records::definition),
        4 => start,
        3 => (execution(), 1..3_u64, text()).prop_map(|(execution, number, text)| records::entered(execution, number, text)),
        2 => (execution(), 0..3_u64).prop_map(|(execution, entry)| records::snapped(execution, entry)),
        2 => (execution(), ids()).prop_map(|(execution, ids)| records::recorded(execution, ids)),
        2 => (execution(), prop::collection::vec(child, 0..3))
            .prop_map(|(execution, children)| records::children(execution, children)),
        1 => map_run.prop_map(|(execution, map_run, text)| records::map_run(execution, map_run, text)),
        3 => (execution(), status, time()).prop_map(|(execution, status, time)| records::ended(execution, status, time)),
        1 => (execution(), time()).prop_map(|(execution, time)| records::redriven(execution, time)),
        1 => (execution(), any::<bool>()).prop_map(|(execution, has_arrived)| records::moved(execution, has_arrived)),
        1 => document.prop_map(|(kind, key, text)| records::document(kind, key, text)),
    ]
}

/// Makes the numbers of entries and events higher. They rise by less than what one commit may have, so that some are
/// still those of others before.
fn move_on(record: &mut Record, later: u64) {
    match record {
        Record::Entry { entry, .. } => entry.number += later,
        Record::Snapshot { snapshot, .. } => snapshot.entry += later,
        Record::History { events, .. } => {
            let moved = events.records().unwrap().into_iter();
            *events = moved
                .map(|event| HistoryRecord {
                    id: event.id + 2 * later,
                    ..event
                })
                .collect();
        }
        _ => {}
    }
}

fn filter() -> impl Strategy<Value = Filter> {
    use proptest::option::of;

    let time = || of((0..30_u64).prop_map(records::seconds));
    let status = of(select(vec!["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "MOVED"]));
    let prefix = of(select(vec!["", "a", "b%", "b"]));
    let parts = (
        status,
        of(0..2_u64),
        prefix,
        time(),
        time(),
        of(0..8_u64),
        any::<bool>(),
    );
    parts.prop_map(|(status, machine, prefix, from, before, after, oldest_first)| Filter {
        status: status.map(str::to_owned),
        state_machine_arn: machine.map(|machine| format!("machine-{machine}")),
        name_prefix: prefix.map(str::to_owned),
        started_from: from,
        started_before: before,
        after,
        oldest_first,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn sqlite_answers_as_memory_does(
        steps in prop::collection::vec(step(), 1..30),
        filters in prop::collection::vec((filter(), 0..6_usize), 6),
    ) {
        let folder = Folder::new("random-records");
        let sqlite = SqliteStore::open(folder.file("a.db")).unwrap();
        let memory = MemoryStore::new();
        // Most of what follows is about a definition.
        for store in [&sqlite as &dyn ExecutionStore, &memory] {
            store.commit(&[records::definition("f1"), records::definition("f2")]).unwrap();
        }
        for (later, step) in (0..).zip(steps) {
            match step {
                Step::Commit(mut records) => {
                    for record in &mut records {
                        move_on(record, later);
                    }
                    let kinds = [&sqlite as &dyn ExecutionStore, &memory]
                        .map(|store| store.commit(&records).map_err(|error| error.kind()));
                    prop_assert_eq!(kinds[0], kinds[1], "{:?}", records);
                }
                Step::Remove(retention, rows) => {
                    // The steps differ, what is left in the end does not.
                    for store in [&sqlite as &dyn ExecutionStore, &memory] {
                        while store.remove_closed(&retention, rows).unwrap() > 0 {}
                    }
                }
            }
        }
        prop_assert_eq!(answers(&sqlite, &filters), answers(&memory, &filters));
        sqlite.check().unwrap();
        drop(sqlite);
        let sqlite = SqliteStore::open(folder.file("a.db")).unwrap();
        prop_assert_eq!(answers(&sqlite, &filters), answers(&memory, &filters));
    }
}

/// All that a store can be asked.
fn answers(store: &dyn ExecutionStore, filters: &[(Filter, usize)]) -> Vec<String> {
    let mut answers = vec![format!("last number {}", store.last_number().unwrap())];
    for (filter, most) in filters {
        answers.push(format!("{filter:?} {:?}", store.executions(filter, *most).unwrap()));
    }
    for number in 1..9 {
        answers.push(format!("{:?}", store.execution(&format!("arn-{number}")).unwrap()));
        answers.push(format!("{:?}", store.journal(number).unwrap()));
        answers.push(format!("{:?}", store.history(number, number / 3, 4).unwrap()));
        answers.push(format!("{:?}", store.map_runs(number).unwrap()));
        for map_run in ["Each:1", "Other:2"] {
            let arn = records::child(map_run, "", 1..=1).map_run_arn;
            answers.push(format!("{:?}", store.children(number, &arn, 0, 9).unwrap()));
            answers.push(format!("{:?}", store.children(number, &arn, 1, 1).unwrap()));
        }
    }
    for name in ["f1", "f2", "k", "l"] {
        answers.push(format!("{:?}", store.definition(name).unwrap()));
        answers.push(format!("{:?}", store.documents(name).unwrap()));
    }
    answers
}

#[test]
fn times_are_rounded_down_by_both() {
    let folder = Folder::new("rounded");
    let sqlite = SqliteStore::open(folder.file("a.db")).unwrap();
    let time = records::seconds(1) + Duration::nanoseconds(999);
    let start = Start {
        time,
        ..records::start(1)
    };
    let records = [records::definition("f1"), Record::Start(Box::new(start))];
    let from = Filter {
        started_from: Some(time),
        ..Filter::default()
    };
    for store in [&sqlite as &dyn ExecutionStore, &MemoryStore::new()] {
        store.commit(&records).unwrap();
        let found = store.executions(&from, 9).unwrap();
        assert_eq!(found[0].start.time, records::seconds(1));
    }
}
