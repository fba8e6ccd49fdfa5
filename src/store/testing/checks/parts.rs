//! The parts of an execution, and documents.

use super::super::super::{End, Record, Retention, StoreErrorKind, StoredExecution};
use super::super::{Failure, Stores, ensure_equal, sample};

pub(super) fn journal(stores: &Stores<'_>) -> Result<(), Failure> {
    let store = stores.open()?;
    store.commit(&[
        sample::definition(sample::FINGERPRINT),
        sample::started(1),
        sample::started(2),
        sample::entered(1, 1),
        sample::entered(2, 1),
    ])?;
    // Numbers whose order is not that of their texts.
    for number in 2..=11 {
        store.commit(&[sample::entered(1, number)])?;
    }
    let read = |number| {
        let journal = store.journal(number)?;
        let journal = journal.ok_or_else(|| Failure(format!("no journal of execution {number}")))?;
        ensure_equal(&journal.execution, &sample::running(number), "the execution")?;
        Ok::<_, Failure>((journal.snapshot, journal.entries))
    };
    let all = (1..=11).map(sample::entry).collect();
    ensure_equal(&read(1)?, &(None, all), "the journal without a snapshot")?;

    store.commit(&[sample::snapped(1, 9)])?;
    let rest = vec![sample::entry(10), sample::entry(11)];
    ensure_equal(
        &read(1)?,
        &(Some(sample::snapshot(9)), rest),
        "the journal after a snapshot",
    )?;
    store.commit(&[sample::entered(1, 12), sample::snapped(1, 12), sample::entered(1, 13)])?;
    let rest = vec![sample::entry(13)];
    ensure_equal(
        &read(1)?,
        &(Some(sample::snapshot(12)), rest),
        "the journal after the next one",
    )?;
    ensure_equal(
        &read(2)?,
        &(None, vec![sample::entry(1)]),
        "the journal of another execution",
    )
}

pub(super) fn ends(stores: &Stores<'_>) -> Result<(), Failure> {
    let store = stores.open()?;
    let mut expected = sample::running(1);
    let arn = expected.start.arn.clone();
    store.commit(&[sample::definition(sample::FINGERPRINT), sample::started(1)])?;
    let check = |expected: &StoredExecution, when| {
        ensure_equal(&store.execution(&arn)?.as_ref(), &Some(expected), when)?;
        let journal = store.journal(1)?.map(|journal| journal.execution);
        ensure_equal(&journal.as_ref(), &Some(expected), when)
    };
    check(&expected, "after its start")?;

    store.commit(&[sample::ended(1, "FAILED", sample::time(5))])?;
    expected.end = Some(sample::end("FAILED", sample::time(5)));
    check(&expected, "after its end")?;

    for (count, time) in [(1, sample::time(6)), (2, sample::time(8))] {
        store.commit(&[Record::Redrive { execution: 1, time }])?;
        expected.end = None;
        expected.redrive_count = count;
        expected.redrive_time = Some(time);
        check(&expected, "after a redrive")?;

        store.commit(&[sample::ended(1, "SUCCEEDED", time)])?;
        expected.end = Some(sample::end("SUCCEEDED", time));
        check(&expected, "after its end after a redrive")?;
    }
    // Within one commit too.
    let redrive = Record::Redrive {
        execution: 1,
        time: sample::time(10),
    };
    store.commit(&[redrive, sample::ended(1, "ABORTED", sample::time(11))])?;
    expected.end = Some(sample::end("ABORTED", sample::time(11)));
    expected.redrive_count = 3;
    expected.redrive_time = Some(sample::time(10));
    check(&expected, "after a redrive and an end in one commit")
}

pub(super) fn moves(stores: &Stores<'_>) -> Result<(), Failure> {
    let store = stores.open()?;
    let refused = |record: Record, what: &str| match store.commit(&[record]) {
        Err(error) if error.kind() == StoreErrorKind::Refused => Ok(()),
        other => Err(Failure(format!("{what} gives {other:?}"))),
    };
    let moved = |has_arrived| Record::Move {
        execution: 1,
        has_arrived,
    };
    let mut expected = sample::running(1);
    let arn = expected.start.arn.clone();
    store.commit(&[sample::definition(sample::FINGERPRINT), sample::started(1)])?;
    refused(moved(true), "the arrival of an execution that runs")?;
    for has_arrived in [false, true] {
        store.commit(&[sample::ended(1, End::MOVING, sample::time(5))])?;
        expected.end = Some(sample::end(End::MOVING, sample::time(5)));
        ensure_equal(&store.execution(&arn)?.as_ref(), &Some(&expected), "on its way")?;
        let everything = Retention {
            most: Some(0),
            ..Retention::default()
        };
        ensure_equal(&store.remove_closed(&everything, 100)?, &0, "what is removed of it")?;
        let redrive = Record::Redrive {
            execution: 1,
            time: sample::time(6),
        };
        refused(redrive, "a redrive on its way")?;
        store.commit(&[moved(has_arrived)])?;
        expected.end = has_arrived.then(|| sample::end(End::MOVED, sample::time(5)));
        ensure_equal(&store.execution(&arn)?.as_ref(), &Some(&expected), "afterwards")?;
    }
    refused(moved(false), "the return of an execution that has arrived")
}

pub(super) fn history(stores: &Stores<'_>) -> Result<(), Failure> {
    let store = stores.open()?;
    store.commit(&[
        sample::definition(sample::FINGERPRINT),
        sample::started(1),
        sample::started(2),
        sample::recorded(1, 1..=5),
        sample::recorded(2, 1..=1),
    ])?;
    store.commit(&[sample::recorded(1, 6..=6), sample::recorded(1, 7..=12)])?;
    let events = |ids: std::ops::RangeInclusive<u64>| ids.map(sample::event).collect::<Vec<_>>();
    ensure_equal(&store.history(1, 0, 100)?, &events(1..=12), "all events")?;
    ensure_equal(&store.history(1, 0, 5)?, &events(1..=5), "the first five")?;
    ensure_equal(&store.history(1, 5, 5)?, &events(6..=10), "the next five")?;
    ensure_equal(&store.history(1, 10, 5)?, &events(11..=12), "the last ones")?;
    ensure_equal(&store.history(1, 12, 5)?, &vec![], "what is after them")?;
    ensure_equal(&store.history(1, u64::MAX, 5)?, &vec![], "what is after the highest id")?;
    ensure_equal(&store.history(1, 0, 0)?, &vec![], "no events")?;
    ensure_equal(
        &store.history(2, 0, usize::MAX)?,
        &events(1..=1),
        "the events of another execution",
    )
}

pub(super) fn map_runs(stores: &Stores<'_>) -> Result<(), Failure> {
    let store = stores.open()?;
    let other = "arn:aws:states:us-east-1:123456789012:mapRun:A/First:0";
    let write = |children, map_run| {
        let children = Record::Children { execution: 1, children };
        store.commit(&[children, Record::MapRun { execution: 1, map_run }])
    };
    store.commit(&[sample::definition(sample::FINGERPRINT), sample::started(1)])?;
    write(
        vec![
            sample::child(sample::MAP_RUN, 0, 1..=2),
            sample::child(sample::MAP_RUN, 1, 1..=1),
        ],
        sample::map_run(sample::MAP_RUN, "begun"),
    )?;
    write(
        vec![sample::child(other, 0, 1..=1), sample::child(sample::MAP_RUN, 2, 1..=1)],
        sample::map_run(other, "begun too"),
    )?;
    write(
        vec![
            sample::child(sample::MAP_RUN, 0, 3..=4),
            sample::child(sample::MAP_RUN, 1, 2..=3),
        ],
        sample::map_run(sample::MAP_RUN, "done"),
    )?;
    let expected = vec![
        sample::map_run(sample::MAP_RUN, "done"),
        sample::map_run(other, "begun too"),
    ];
    ensure_equal(&store.map_runs(1)?, &expected, "the Map Runs")?;
    ensure_equal(&store.map_runs(2)?, &vec![], "the Map Runs of another execution")?;

    let children = [
        sample::child(sample::MAP_RUN, 0, 1..=4),
        sample::child(sample::MAP_RUN, 1, 1..=3),
        sample::child(sample::MAP_RUN, 2, 1..=1),
    ];
    for (from, most) in [(0, 9), (0, 2), (1, 1), (2, 5), (3, 5), (0, 0), (usize::MAX, 1)] {
        let expected: Vec<_> = children.iter().skip(from).take(most).cloned().collect();
        let found = store.children(1, sample::MAP_RUN, from, most)?;
        ensure_equal(
            &found,
            &expected,
            &format!("{most} child executions from index {from} on"),
        )?;
    }
    let found = store.children(1, other, 0, 9)?;
    ensure_equal(
        &found,
        &vec![sample::child(other, 0, 1..=1)],
        "those of the other Map Run",
    )?;
    ensure_equal(
        &store.children(1, "unknown", 0, 9)?,
        &vec![],
        "those of an unknown Map Run",
    )
}

pub(super) fn definitions(stores: &Stores<'_>) -> Result<(), Failure> {
    let store = stores.open()?;
    let definition = sample::definition(sample::FINGERPRINT);
    store.commit(&[definition.clone(), definition.clone(), sample::started(1)])?;
    store.commit(&[definition, sample::started(2)])?;
    let found = store.definition(sample::FINGERPRINT)?.map(Record::Definition);
    ensure_equal(&found, &Some(sample::definition(sample::FINGERPRINT)), "the definition")
}

pub(super) fn documents(stores: &Stores<'_>) -> Result<(), Failure> {
    let store = stores.open()?;
    let read = |kind| {
        let documents = store.documents(kind)?;
        let parts = |document: super::super::super::Document| format!("{}={}", document.key, document.text);
        Ok::<_, Failure>(documents.into_iter().map(parts).collect::<Vec<_>>().join(" "))
    };
    store.commit(&[
        sample::document("a", "é", Some("1")),
        sample::document("a", "z", Some("2")),
        sample::document("a", "B", Some("3")),
        sample::document("b", "z", Some("4")),
        sample::document("a", "10", Some("5")),
        sample::document("a", "9", Some("6")),
    ])?;
    ensure_equal(
        &read("a")?,
        &"10=5 9=6 B=3 z=2 é=1".to_owned(),
        "the documents of a kind",
    )?;
    store.commit(&[
        sample::document("a", "z", Some("7")),
        sample::document("a", "10", None),
        sample::document("a", "unknown", None),
        sample::document("a", "B", None),
        sample::document("a", "B", Some("8")),
    ])?;
    ensure_equal(&read("a")?, &"9=6 B=8 z=7 é=1".to_owned(), "them after changes")?;
    ensure_equal(&read("b")?, &"z=4".to_owned(), "the documents of another kind")?;
    for (kind, key, text) in [
        ("a", "z", Some("7")),
        ("b", "z", Some("4")),
        ("a", "10", None),
        ("b", "B", None),
        ("c", "z", None),
    ] {
        let found = store.document(kind, key)?.map(|document| (document.key, document.text));
        let expected = text.map(|text| (key.to_owned(), text.to_owned()));
        ensure_equal(&found, &expected, &format!("the document {key} of kind {kind}"))?;
    }
    Ok(())
}
