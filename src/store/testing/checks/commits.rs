//! Commits as wholes.

use std::thread;

use chrono::Duration;

use super::super::super::{
    End, ExecutionStore, Filter, HistoryRecord, JournalEntry, Record, Start, StoreErrorKind, StoredDefinition,
    StoredSnapshot,
};
use super::super::{Failure, Stores, ensure, ensure_equal, sample};

pub(super) fn new_store(stores: &Stores<'_>) -> Result<(), Failure> {
    let store = stores.open()?;
    ensure_equal(&store.last_number()?, &0, "the last number")?;
    ensure_equal(&store.executions(&Filter::default(), 10)?, &vec![], "the executions")?;
    ensure_equal(&store.execution("arn")?, &None, "the execution of an unknown ARN")?;
    ensure_equal(&store.journal(1)?, &None, "the journal of execution 1")?;
    ensure_equal(&store.history(1, 0, 10)?, &vec![], "its history")?;
    ensure_equal(&store.definition("d")?, &None, "an unknown definition")?;
    ensure_equal(&store.documents("kind")?, &vec![], "the documents")?;
    Ok(store.commit(&[])?)
}

pub(super) fn texts(stores: &Stores<'_>) -> Result<(), Failure> {
    let store = stores.open()?;
    let long = "längst ".repeat(150_000);
    let odd = [
        "",
        " ",
        "'\"\\%_",
        "\u{0}\u{1}\n",
        "\u{feff}é𝄞\u{10ffff}",
        "NULL",
        "1e3",
        &long,
    ];
    for (number, text) in (1..).zip(odd) {
        let text = text.to_owned();
        let start = Start {
            arn: format!("arn {number} {text}"),
            name: text.clone(),
            state_machine_arn: text.clone(),
            definition: text.clone(),
            time: sample::time(-1) + Duration::nanoseconds(999),
            input: text.clone(),
            options: text.clone(),
            ..sample::start(number)
        };
        let end = End {
            output: Some(text.clone()),
            error: Some(text.clone()),
            cause: Some(text.clone()),
            ..sample::end("FAILED", sample::time(1))
        };
        let event = HistoryRecord {
            event_type: text.clone(),
            details: text.clone(),
            ..sample::event(1)
        };
        let snapshot = StoredSnapshot {
            entry: 0,
            text: text.clone(),
        };
        let entry = JournalEntry {
            number: 1,
            text: text.clone(),
        };
        let definition = StoredDefinition {
            fingerprint: text.clone(),
            text: text.clone(),
        };
        store.commit(&[
            Record::Definition(definition.clone()),
            Record::Start(Box::new(start.clone())),
            Record::Snapshot {
                execution: number,
                snapshot: snapshot.clone(),
            },
            Record::Entry {
                execution: number,
                entry: entry.clone(),
            },
            Record::History {
                execution: number,
                events: [event.clone()].into_iter().collect(),
            },
            Record::End {
                execution: number,
                end: Box::new(end.clone()),
            },
            sample::document(&text, &text, Some(&text)),
        ])?;
        let found = store.execution(&start.arn)?;
        let found = found.ok_or_else(|| Failure(format!("no execution `{:.50}`", start.arn)))?;
        let expected = Start {
            time: sample::time(-1),
            ..start
        };
        ensure_equal(&found.start, &expected, "the start")?;
        ensure_equal(&found.end, &Some(end), "the end")?;
        let journal = store.journal(number)?;
        let journal = journal.ok_or_else(|| Failure(format!("no journal of execution {number}")))?;
        ensure_equal(&journal.snapshot, &Some(snapshot), "the snapshot")?;
        ensure_equal(&journal.entries, &vec![entry], "the entries")?;
        ensure_equal(&store.history(number, 0, 2)?, &vec![event], "the history")?;
        ensure_equal(&store.definition(&text)?, &Some(definition), "the definition")?;
        let documents: Vec<_> = store.documents(&text)?;
        let documents: Vec<_> = documents.into_iter().map(|found| (found.key, found.text)).collect();
        ensure_equal(&documents, &vec![(text.clone(), text)], "the documents")?;
    }
    Ok(())
}

pub(super) fn all_or_nothing(stores: &Stores<'_>) -> Result<(), Failure> {
    let store = stores.open()?;
    store.commit(&[sample::definition(sample::FINGERPRINT), sample::started(1)])?;
    let good = vec![
        sample::definition("other"),
        sample::started(2),
        sample::entered(1, 1),
        sample::entered(2, 1),
        sample::recorded(1, 1..=3),
        sample::document("kind", "key", Some("text")),
        sample::ended(1, "SUCCEEDED", sample::seconds(9)),
    ];
    let mut refused = good.clone();
    refused.push(sample::started(1));
    is_refused(&*store, &refused, "a commit with a second execution 1 at its end")?;
    ensure_equal(&store.last_number()?, &1, "the last number after it")?;
    let running = vec![sample::running(1)];
    ensure_equal(
        &store.executions(&Filter::default(), 9)?,
        &running,
        "the executions after it",
    )?;
    ensure_equal(&store.history(1, 0, 9)?, &vec![], "the history after it")?;
    ensure_equal(&store.definition("other")?, &None, "its definition")?;
    ensure_equal(&store.documents("kind")?, &vec![], "its documents")?;
    let entries = store.journal(1)?.map(|journal| journal.entries);
    ensure_equal(&entries, &Some(vec![]), "its entries")?;

    store.commit(&good)?;
    ensure_equal(
        &store.last_number()?,
        &2,
        "the last number after the same without the second execution 1",
    )?;
    ensure_equal(&store.history(1, 0, 9)?.len(), &3, "the events then")
}

pub(super) fn contradictions(stores: &Stores<'_>) -> Result<(), Failure> {
    let store = stores.open()?;
    store.commit(&[
        sample::definition(sample::FINGERPRINT),
        sample::started(1),
        sample::entered(1, 1),
        sample::recorded(1, 1..=2),
        sample::started(2),
        sample::ended(2, "FAILED", sample::seconds(3)),
    ])?;
    let same_arn = Start {
        number: 3,
        ..sample::start(1)
    };
    let unknown_definition = Start {
        definition: "unknown".to_owned(),
        ..sample::start(3)
    };
    let children = Record::Children {
        execution: 9,
        children: vec![sample::child(sample::MAP_RUN, 0, 1..=1)],
    };
    let map_run = Record::MapRun {
        execution: 9,
        map_run: sample::map_run(sample::MAP_RUN, "{}"),
    };
    let redrive = |execution| Record::Redrive {
        execution,
        time: sample::seconds(9),
    };
    let contradictions = [
        ("a second execution of a number", sample::started(1)),
        ("a second execution of an ARN", Record::Start(Box::new(same_arn))),
        (
            "a start of an unknown definition",
            Record::Start(Box::new(unknown_definition)),
        ),
        ("a second entry of a number", sample::entered(1, 1)),
        ("an entry of an unknown execution", sample::entered(9, 1)),
        ("a snapshot of an unknown execution", sample::snapped(9, 0)),
        ("a second event of an id", sample::recorded(1, 2..=3)),
        ("an event of an unknown execution", sample::recorded(9, 1..=1)),
        ("a child execution of an unknown execution", children),
        ("a Map Run of an unknown execution", map_run),
        ("a second end", sample::ended(2, "SUCCEEDED", sample::seconds(4))),
        (
            "the end of an unknown execution",
            sample::ended(9, "FAILED", sample::seconds(4)),
        ),
        ("the redrive of a running execution", redrive(1)),
        ("the redrive of an unknown execution", redrive(9)),
    ];
    for (about, record) in contradictions {
        is_refused(&*store, &[record], about)?;
    }
    Ok(())
}

fn is_refused(store: &dyn ExecutionStore, records: &[Record], about: &str) -> Result<(), Failure> {
    match store.commit(records) {
        Err(error) if error.kind() == StoreErrorKind::Refused => Ok(()),
        Err(error) => Err(Failure(format!("{about} is {:?}, not Refused: {error}", error.kind()))),
        Ok(()) => Err(Failure(format!("{about} is accepted"))),
    }
}

pub(super) fn reopened(stores: &Stores<'_>) -> Result<(), Failure> {
    let store = stores.open()?;
    store.commit(&[
        sample::definition(sample::FINGERPRINT),
        sample::started(1),
        sample::snapped(1, 0),
        sample::entered(1, 1),
        sample::recorded(1, 1..=4),
        sample::document("kind", "key", Some("text")),
    ])?;
    let before = (store.journal(1)?, store.history(1, 0, 9)?, store.documents("kind")?);
    drop(store);
    let store = stores.open()?;
    let after = (store.journal(1)?, store.history(1, 0, 9)?, store.documents("kind")?);
    ensure_equal(&after, &before, "what is read")?;
    ensure_equal(&store.last_number()?, &1, "the last number")?;
    store.commit(&[sample::entered(1, 2)])?;
    let entries = store.journal(1)?.map(|journal| journal.entries.len());
    ensure_equal(&entries, &Some(2), "the number of entries after another one")
}

pub(super) fn owners(stores: &Stores<'_>) -> Result<(), Failure> {
    let store = stores.open()?;
    match stores.open() {
        Err(error) if error.kind() == StoreErrorKind::InUse => {}
        Err(error) => return Err(error.into()),
        Ok(_) => return Err(Failure("it was opened a second time while it was open".to_owned())),
    }
    store.commit(&[sample::document("kind", "key", Some("text"))])?;
    drop(store);
    let store = stores.open()?;
    ensure_equal(&store.documents("kind")?.len(), &1, "the documents for the next owner")
}

pub(super) fn readers(stores: &Stores<'_>) -> Result<(), Failure> {
    const COMMITS: u64 = 50;

    let store = stores.open()?;
    store.commit(&[sample::definition(sample::FINGERPRINT), sample::started(1)])?;
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for commit in 0..COMMITS {
                let first = commit * 3 + 1;
                store.commit(&[sample::recorded(1, first..=first + 2), sample::snapped(1, first)])?;
                let seen = store.history(1, first - 1, 9)?.len();
                ensure_equal(&seen, &3, "the events that the writer sees of its last commit")?;
            }
            Ok(())
        });
        let mut seen = 0;
        while !writer.is_finished() {
            let events = store.history(1, 0, usize::MAX)?.len();
            ensure(
                events % 3 == 0 && events >= seen,
                &format!("{events} events are seen after {seen} of commits of three"),
            )?;
            seen = events;
        }
        let panicked = |_| Failure("the writing thread panicked".to_owned());
        writer.join().map_err(panicked)?
    })
}
