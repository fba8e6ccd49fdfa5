//! Whether the oracle would see what it looks for: it is given rounds in which something was made wrong on purpose.

use asl_engine::store::{
    ChildEvents, Document, ExecutionStore, Filter, HistoryRecord, Journal, MemoryStore, Record, Retention, StoreError,
    StoredDefinition, StoredExecution, StoredMapRun,
};

use crate::oracle::{Logs, compare};
use crate::{Sum, bar};

/// How many executions the round has: one of each machine.
const EXECUTIONS: usize = 7;

/// A store that tells of executions and histories otherwise than they are.
#[derive(Debug, Clone)]
struct Doctored {
    below: MemoryStore,
    executions: fn(&mut Vec<StoredExecution>),
    history: fn(&mut Vec<HistoryRecord>),
}

/// Panics unless the oracle is content with a good round, and complains of each bad one.
pub(crate) fn check_oracle() {
    let folder = std::env::temp_dir().join(format!("asl-engine-oracle-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let store = MemoryStore::new();
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.enable_all().build().unwrap();
    runtime.block_on(bar::run(store.clone(), &folder, EXECUTIONS));
    let logs = Logs::read(&folder);
    std::fs::remove_dir_all(&folder).unwrap();

    let good = Doctored {
        below: store.clone(),
        executions: |_| {},
        history: |_| {},
    };
    expect(&good, &logs, (0, 0), None);

    let mut acknowledged = logs.clone();
    acknowledged.started.insert("arn:of:none".to_owned());
    expect(&good, &acknowledged, (1, 0), Some("was acknowledged and is not there"));
    let mut answered = logs.clone();
    answered.answered.insert("token of none".to_owned());
    expect(&good, &answered, (1, 0), Some("was accepted and is not there"));
    let mut idle = logs.clone();
    idle.effects.clear();
    expect(&good, &idle, (0, 0), Some("was answered by nobody"));

    let unfinished = Doctored {
        executions: |executions| {
            executions
                .iter_mut()
                .filter(|known| is_chain(known))
                .for_each(|chain| chain.end = None);
        },
        ..good.clone()
    };
    expect(&unfinished, &logs, (1, 0), Some("did not end"));
    let twice = Doctored {
        executions: |executions| executions.extend(executions.clone().into_iter().filter(is_chain)),
        ..good.clone()
    };
    expect(&twice, &logs, (0, 1), Some("was started 2 times"));
    let all_end_twice = Doctored {
        history: |history| history.extend(history.last().cloned()),
        ..good.clone()
    };
    let ended = good.executions(&Filter::default(), usize::MAX).unwrap().len();
    expect(&all_end_twice, &logs, (0, ended), Some("ended 2 times"));
    let gap = Doctored {
        history: |history| drop(history.remove(1)),
        ..good
    };
    expect(&gap, &logs, (0, 0), Some("of its history is missing"));
}

/// Whether it is the one execution of the machine `Chain`.
fn is_chain(execution: &StoredExecution) -> bool {
    execution.start.arn.contains(":Chain:")
}

fn expect(store: &Doctored, logs: &Logs, (lost, doubled): (usize, usize), problem: Option<&str>) {
    let mut sum = Sum::default();
    let problems = compare(store, logs, EXECUTIONS, &mut sum);
    assert_eq!((sum.lost, sum.doubled), (lost, doubled), "{problems:#?}");
    match problem {
        None => assert_eq!(problems, Vec::<String>::new()),
        Some(problem) => assert!(problems.iter().any(|found| found.contains(problem)), "{problems:#?}"),
    }
}

impl ExecutionStore for Doctored {
    fn commit(&self, records: &[Record]) -> Result<(), StoreError> {
        self.below.commit(records)
    }

    fn last_number(&self) -> Result<u64, StoreError> {
        self.below.last_number()
    }

    fn execution(&self, arn: &str) -> Result<Option<StoredExecution>, StoreError> {
        self.below.execution(arn)
    }

    fn executions(&self, filter: &Filter, most: usize) -> Result<Vec<StoredExecution>, StoreError> {
        let mut executions = self.below.executions(filter, most)?;
        (self.executions)(&mut executions);
        Ok(executions)
    }

    fn journal(&self, number: u64) -> Result<Option<Journal>, StoreError> {
        self.below.journal(number)
    }

    fn history(&self, number: u64, after: u64, most: usize) -> Result<Vec<HistoryRecord>, StoreError> {
        let mut history = self.below.history(number, 0, usize::MAX)?;
        (self.history)(&mut history);
        let after = usize::try_from(after).unwrap();
        Ok(history.into_iter().skip(after).take(most).collect())
    }

    fn map_runs(&self, number: u64) -> Result<Vec<StoredMapRun>, StoreError> {
        self.below.map_runs(number)
    }

    fn children(&self, number: u64, arn: &str, from: usize, most: usize) -> Result<Vec<ChildEvents>, StoreError> {
        self.below.children(number, arn, from, most)
    }

    fn definition(&self, fingerprint: &str) -> Result<Option<StoredDefinition>, StoreError> {
        self.below.definition(fingerprint)
    }

    fn documents(&self, kind: &str) -> Result<Vec<Document>, StoreError> {
        self.below.documents(kind)
    }

    fn remove_closed(&self, retention: &Retention, rows: usize) -> Result<usize, StoreError> {
        self.below.remove_closed(retention, rows)
    }
}
