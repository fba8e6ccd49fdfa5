//! Removing executions that have ended.

use super::super::super::{ExecutionStore, Filter, Record, Retention, Start};
use super::super::{Failure, Stores, ensure, ensure_equal, sample};

/// More steps than any store may take.
const STEPS: usize = 10_000;

pub(super) fn retention(stores: &Stores<'_>) -> Result<(), Failure> {
    let store = stores.open()?;
    let mut records = vec![sample::definition(sample::FINGERPRINT)];
    records.extend((1..=8).map(sample::started));
    // They end in another order than they started; 7 and 8 run.
    records.extend((1..=6).map(|number| sample::ended(number, "SUCCEEDED", sample::seconds(100 - number))));
    store.commit(&records)?;

    remove_all(&*store, &Retention::default(), 100)?;
    check(&*store, &[1, 2, 3, 4, 5, 6, 7, 8], "after removing by no rule")?;
    let ended_before = Retention {
        ended_before: Some(sample::seconds(95)),
        ..Retention::default()
    };
    remove_all(&*store, &ended_before, 100)?;
    check(
        &*store,
        &[1, 2, 3, 4, 5, 7, 8],
        "after removing what ended before 5 did",
    )?;
    let most = |most| Retention {
        most: Some(most),
        ..Retention::default()
    };
    remove_all(&*store, &most(3), 100)?;
    check(&*store, &[1, 2, 3, 7, 8], "after removing all but three that ended")?;

    // A redriven execution has not ended.
    let redrive = Record::Redrive {
        execution: 3,
        time: sample::seconds(200),
    };
    store.commit(&[redrive])?;
    remove_all(&*store, &most(1), 100)?;
    check(
        &*store,
        &[1, 3, 7, 8],
        "after a redrive, and removing all but one that ended",
    )?;
    store.commit(&[sample::ended(3, "FAILED", sample::seconds(201))])?;
    remove_all(&*store, &most(1), 100)?;
    check(&*store, &[3, 7, 8], "after its second end")?;
    remove_all(&*store, &most(0), 100)?;
    check(&*store, &[7, 8], "after removing all that ended")
}

fn check(store: &dyn ExecutionStore, expected: &[u64], when: &str) -> Result<(), Failure> {
    let filter = Filter {
        oldest_first: true,
        ..Filter::default()
    };
    let executions = store.executions(&filter, 100)?;
    let found: Vec<_> = executions.iter().map(|execution| execution.start.number).collect();
    ensure_equal(&found, &expected.to_vec(), &format!("the executions {when}"))?;
    for number in 1..=8 {
        let found = store.execution(&sample::start(number).arn)?;
        let is_expected = expected.contains(&number) == found.is_some();
        ensure(
            is_expected,
            &format!("of execution {number} {when} is found by its ARN: {found:?}"),
        )?;
    }
    Ok(())
}

/// Removes until nothing is left to do, and returns how many rows.
fn remove_all(store: &dyn ExecutionStore, retention: &Retention, rows: usize) -> Result<usize, Failure> {
    let mut removed = 0;
    for _ in 0..STEPS {
        match store.remove_closed(retention, rows)? {
            0 => return Ok(removed),
            step => removed += step,
        }
    }
    Err(Failure(format!(
        "{STEPS} steps removed {removed} rows, and there is more to do"
    )))
}

pub(super) fn steps(stores: &Stores<'_>) -> Result<(), Failure> {
    let store = stores.open()?;
    let mut records = vec![sample::definition(sample::FINGERPRINT), sample::definition("other")];
    for number in 1..=3 {
        let definition = if number < 3 { sample::FINGERPRINT } else { "other" };
        let start = Start {
            definition: definition.to_owned(),
            ..sample::start(number)
        };
        records.extend([
            Record::Start(Box::new(start)),
            sample::snapped(number, 0),
            sample::entered(number, 1),
            sample::recorded(number, 1..=40),
            Record::Children {
                execution: number,
                children: (0..5)
                    .map(|index| sample::child(sample::MAP_RUN, index, 1..=10))
                    .collect(),
            },
            Record::MapRun {
                execution: number,
                map_run: sample::map_run(sample::MAP_RUN, "{}"),
            },
        ]);
    }
    records.extend([1, 2].map(|number| sample::ended(number, "FAILED", sample::seconds(9))));
    store.commit(&records)?;

    let all = Retention {
        most: Some(0),
        ..Retention::default()
    };
    let first = store.remove_closed(&all, 20)?;
    ensure(
        (1..=150).contains(&first),
        &format!("a step of about 20 rows removed {first}"),
    )?;
    let rest = remove_all(&*store, &all, 20)?;
    ensure(rest > 0, "one step of about 20 rows removed 200")?;
    check(&*store, &[3], "after removing")?;
    for number in [1, 2] {
        ensure_equal(&store.journal(number)?, &None, "the journal of a removed execution")?;
        ensure_equal(&store.history(number, 0, 99)?, &vec![], "its history")?;
        ensure_equal(&store.map_runs(number)?, &vec![], "its Map Runs")?;
        ensure_equal(
            &store.children(number, sample::MAP_RUN, 0, 9)?,
            &vec![],
            "its child executions",
        )?;
        let arn = sample::start(number).arn;
        ensure_equal(&store.execution(&arn)?, &None, "the execution of its ARN")?;
    }
    ensure_equal(
        &store.history(3, 0, 99)?.len(),
        &40,
        "the events of the execution that runs",
    )?;
    let children = store.children(3, sample::MAP_RUN, 0, 9)?;
    ensure_equal(&children.len(), &5, "the child executions of the execution that runs")?;
    ensure_equal(
        &store.definition(sample::FINGERPRINT)?,
        &None,
        "the definition of the removed executions",
    )?;
    let other = store.definition("other")?.map(Record::Definition);
    ensure_equal(
        &other,
        &Some(sample::definition("other")),
        "the definition of the execution that runs",
    )
}

pub(super) fn reuse(stores: &Stores<'_>) -> Result<(), Failure> {
    let store = stores.open()?;
    let definition = sample::definition(sample::FINGERPRINT);
    store.commit(&[
        definition.clone(),
        sample::started(7),
        sample::recorded(7, 1..=30),
        sample::ended(7, "SUCCEEDED", sample::seconds(9)),
    ])?;
    let all = Retention {
        most: Some(0),
        ..Retention::default()
    };
    // In part, or all of it.
    store.remove_closed(&all, 1)?;
    let arn = sample::start(7).arn;
    ensure_equal(&store.execution(&arn)?, &None, "the execution after the first step")?;
    ensure_equal(&store.history(7, 0, 99)?, &vec![], "its history then")?;
    ensure_equal(&store.journal(7)?, &None, "its journal then")?;
    check(&*store, &[], "then")?;
    let again = Start {
        number: 8,
        ..sample::start(7)
    };
    store.commit(&[definition, Record::Start(Box::new(again.clone()))])?;
    remove_all(&*store, &all, 1)?;
    let found = store.execution(&arn)?.map(|execution| execution.start);
    ensure_equal(&found, &Some(again), "the new execution of the same ARN")?;
    drop(store);
    let store = stores.open()?;
    ensure_equal(&store.last_number()?, &8, "the last number")?;
    store.commit(&[sample::ended(8, "SUCCEEDED", sample::seconds(9))])?;
    remove_all(&*store, &all, 100)?;
    drop(store);
    let store = stores.open()?;
    ensure_equal(&store.last_number()?, &8, "the last number when all is removed")
}
