//! Filters and pages of executions.

use super::super::super::{ExecutionStore, Filter, Record, Start};
use super::super::{Failure, Stores, ensure_equal, sample};

/// A filter, made of one that lets all through, and the numbers of the executions that it lets through.
struct Case {
    about: &'static str,
    filter: fn(&mut Filter),
    expected: &'static [u64],
}

const CASES: &[Case] = &[
    Case {
        about: "all",
        filter: |_| {},
        expected: &[6, 5, 4, 3, 2, 1],
    },
    Case {
        about: "all, the oldest first",
        filter: |filter| filter.oldest_first = true,
        expected: &[1, 2, 3, 4, 5, 6],
    },
    Case {
        about: "those that run",
        filter: |filter| filter.status = Some("RUNNING".to_owned()),
        expected: &[6, 4, 1],
    },
    Case {
        about: "those that failed",
        filter: |filter| filter.status = Some("FAILED".to_owned()),
        expected: &[5, 2],
    },
    Case {
        about: "those of an unknown status",
        filter: |filter| filter.status = Some("REMOVED".to_owned()),
        expected: &[],
    },
    Case {
        about: "those of a state machine",
        filter: |filter| filter.state_machine_arn = Some("machine-1".to_owned()),
        expected: &[5, 3, 1],
    },
    Case {
        about: "those of an unknown state machine",
        filter: |filter| filter.state_machine_arn = Some("machine".to_owned()),
        expected: &[],
    },
    Case {
        about: "those whose names have a prefix",
        filter: |filter| filter.name_prefix = Some("a%".to_owned()),
        expected: &[4, 3],
    },
    Case {
        about: "those whose names have the highest prefix",
        filter: |filter| filter.name_prefix = Some("\u{10ffff}".to_owned()),
        expected: &[6],
    },
    Case {
        about: "those whose names have the empty prefix",
        filter: |filter| filter.name_prefix = Some(String::new()),
        expected: &[6, 5, 4, 3, 2, 1],
    },
    Case {
        about: "those of a time",
        filter: |filter| {
            filter.started_from = Some(sample::seconds(2));
            filter.started_before = Some(sample::seconds(5));
        },
        expected: &[4, 3, 2],
    },
    Case {
        about: "those after a number",
        filter: |filter| filter.after = Some(3),
        expected: &[2, 1],
    },
    Case {
        about: "those after a number, the oldest first",
        filter: |filter| {
            filter.after = Some(3);
            filter.oldest_first = true;
        },
        expected: &[4, 5, 6],
    },
    Case {
        about: "those for which all of it holds",
        filter: |filter| {
            *filter = Filter {
                status: Some("RUNNING".to_owned()),
                state_machine_arn: Some("machine-0".to_owned()),
                name_prefix: Some("a".to_owned()),
                started_from: Some(sample::seconds(1)),
                started_before: Some(sample::seconds(9)),
                after: Some(6),
                oldest_first: false,
            }
        },
        expected: &[4],
    },
];

pub(super) fn filters(stores: &Stores<'_>) -> Result<(), Failure> {
    let store = stores.open()?;
    fill(&*store)?;
    for case in CASES {
        let mut filter = Filter::default();
        (case.filter)(&mut filter);
        ensure_equal(&numbers(&*store, &filter, 100)?, &case.expected.to_vec(), case.about)?;
    }
    Ok(())
}

/// Six executions of two state machines with names in no order; the second, third and fifth have ended.
fn fill(store: &dyn ExecutionStore) -> Result<(), Failure> {
    let names = ["A%", "ab", "a%", "a%b", "b", "\u{10ffff}"];
    let start = |(number, name): (u64, &str)| {
        Record::Start(Box::new(Start {
            name: name.to_owned(),
            state_machine_arn: format!("machine-{}", number % 2),
            ..sample::start(number)
        }))
    };
    let mut records = vec![sample::definition(sample::FINGERPRINT)];
    records.extend((1..).zip(names).map(start));
    records.extend([
        sample::ended(2, "FAILED", sample::seconds(10)),
        sample::ended(3, "SUCCEEDED", sample::seconds(9)),
        sample::ended(5, "FAILED", sample::seconds(11)),
    ]);
    Ok(store.commit(&records)?)
}

fn numbers(store: &dyn ExecutionStore, filter: &Filter, most: usize) -> Result<Vec<u64>, Failure> {
    let executions = store.executions(filter, most)?;
    Ok(executions.iter().map(|execution| execution.start.number).collect())
}

pub(super) fn pages(stores: &Stores<'_>) -> Result<(), Failure> {
    const EXECUTIONS: u64 = 250;

    let store = stores.open()?;
    let mut records = vec![sample::definition(sample::FINGERPRINT)];
    records.extend((1..=EXECUTIONS).map(sample::started));
    let finished = (1..=EXECUTIONS).filter(|number| number % 2 == 0);
    records.extend(finished.map(|number| sample::ended(number, "SUCCEEDED", sample::seconds(number))));
    store.commit(&records)?;
    for oldest_first in [true, false] {
        for status in [None, Some("RUNNING")] {
            let mut filter = Filter {
                status: status.map(str::to_owned),
                oldest_first,
                ..Filter::default()
            };
            let mut found = Vec::new();
            loop {
                let page = numbers(&*store, &filter, 40)?;
                let Some(last) = page.last() else { break };
                filter.after = Some(*last);
                found.extend(page);
            }
            let mut expected: Vec<_> = (1..=EXECUTIONS).collect();
            expected.retain(|number| status.is_none() || number % 2 == 1);
            if !oldest_first {
                expected.reverse();
            }
            ensure_equal(&found, &expected, "the numbers on all pages")?;
        }
    }
    ensure_equal(&numbers(&*store, &Filter::default(), 0)?, &vec![], "a page of none")?;
    let all = numbers(&*store, &Filter::default(), usize::MAX)?.len() as u64;
    ensure_equal(&all, &EXECUTIONS, "the executions on a page of any size")
}
