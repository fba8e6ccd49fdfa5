//! What a cluster is sent of an execution.

use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

use super::parcel::{Part, Rest};
use super::source::{Child, Source};
use crate::definition::IntegrationPattern;
use crate::durable::begun::{Beginning, Begun};
use crate::durable::messages::{Events, Reported, StartedChild};
use crate::durable::remains::parts;
use crate::execution::{Event, Execution, Task};
use crate::services::step_functions::{Action, Description, Operation, StartExecution, started};
use crate::store::{
    ExecutionStore, HistoryRecords, Replayed, Start, StoreError, StoreErrorKind, StoredExecution, StoredMapRun,
    StoredSnapshot, written_text,
};

/// How many events are read at once.
const EVENTS: usize = 1_000;

/// So many bytes of events are one part, and the rest of a batch; so many Map Runs are.
const BYTES: usize = 4 * 1024 * 1024;
const MAP_RUNS: usize = 1_000;

impl Source<'_> {
    /// All parts of an execution, the same whenever they are made. `runs` are the invocations that run those for whose ends it
    /// waits, by their ARNs, and `revisions` the numbers that revisions have in the cluster.
    pub(super) fn pack(
        &mut self,
        number: u64,
        services: Option<BTreeSet<String>>,
        runs: &BTreeMap<String, String>,
        revisions: &BTreeMap<u64, u64>,
    ) -> Result<Vec<Part>, StoreError> {
        let Replayed { mut execution, .. } = self.replayed(number)?;
        let StoredExecution { start, end, .. } = self.stored(number)?;
        // When it was marked, after all that has happened to it.
        let now = end.map_or(start.time, |mark| mark.time);
        let tasks = execution.unanswered_tasks();
        let mut started = Vec::new();
        for (task, child) in self.children(&execution, tasks)? {
            match child {
                Child::Running { child, is_own: true } => {
                    let Start { arn, time, .. } = child.start;
                    let run = runs.get(&arn).cloned().unwrap_or_default();
                    let start_time = time;
                    started.push((task.id, StartedChild { arn, start_time, run }));
                }
                // It is found by its name.
                Child::Running { .. } => {}
                Child::Ended(child) => answer(&mut execution, &task, &child, now)?,
                Child::Foreign(_) => return Err(missing("an execution that its task asks for has ended")),
            }
        }
        let rest = Rest {
            begun: Begun {
                redrives_elsewhere: execution.context().redrive_count.unwrap_or_default(),
                ..self.begun(start, services, revisions)?
            },
            snapshot: StoredSnapshot::of(0, &execution.snapshot()).text,
            started,
        };
        let text = written_text(&rest);
        let mut all: Vec<Part> = parts(&text).map(|piece| Part::Rest(piece.to_owned())).collect();
        pack_history(self.store, number, &mut all)?;
        let map_runs = self.store.map_runs(number)?;
        let map_runs: Vec<_> = map_runs.iter().map(StoredMapRun::read).collect::<Result<_, _>>()?;
        all.extend(map_runs.chunks(MAP_RUNS).map(|some| Part::MapRuns(some.to_vec())));
        Ok(all)
    }

    fn stored(&self, number: u64) -> Result<StoredExecution, StoreError> {
        let journal = self.store.journal(number)?;
        Ok(journal.ok_or_else(|| missing("it has no journal"))?.execution)
    }

    fn begun(
        &self,
        mut start: Start,
        services: Option<BTreeSet<String>>,
        revisions: &BTreeMap<u64, u64>,
    ) -> Result<Begun, StoreError> {
        if let Some(revision) = start
            .request()?
            .and_then(|request| revisions.get(&request.revision).copied())
        {
            start.set_revision(revision)?;
        }
        let definition = self.store.definition(&start.definition)?;
        let definition = definition.ok_or_else(|| missing("its definition is not in the store"))?;
        Ok(Begun {
            beginning: Beginning {
                time: start.time,
                arn: start.arn,
                name: start.name,
                state_machine_arn: start.state_machine_arn,
                fingerprint: definition.fingerprint,
                definition: Some(definition.text),
                options: start.options,
                // The worker that takes it knows them.
                handled_activities: BTreeSet::new(),
            },
            input: start.input,
            services,
            child_of: None,
            // Its start was told where it was.
            reported: Some(Reported::default()),
            redrives_elsewhere: 0,
            started: Vec::new(),
        })
    }
}

/// Answers a task whose execution has ended, which was not told it.
fn answer(
    execution: &mut Execution,
    task: &Task,
    StoredExecution {
        start,
        end,
        redrive_count,
        ..
    }: &StoredExecution,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let (Some(operation), Some(end)) = (Operation::of(&task.resource), end) else {
        return Ok(());
    };
    let outcome = end.outcome()?;
    let begun = started(operation.style, &start.arn, start.time);
    let id = task.id;
    let is_submitted = matches!(operation.action, Action::RunExecution | Action::RunExecutionForJson);
    if is_submitted || task.resource.pattern() == IntegrationPattern::WaitForTaskToken {
        let output = begun.clone();
        execution.handle(now, Event::TaskSubmitted { task: id, output });
    }
    if task.resource.pattern() == IntegrationPattern::WaitForTaskToken {
        return Ok(());
    }
    let request = StartExecution::read(&task.request.effective_input.to_value(), operation.style);
    let input = request.map_or_else(|_| start.input.clone(), |request| request.input_text);
    let answered = if operation.action == Action::StartExecution {
        Ok(begun)
    } else {
        operation.ended(&Description {
            execution_arn: &start.arn,
            state_machine_arn: &start.state_machine_arn,
            name: &start.name,
            input: &input,
            start_date: start.time,
            stop_date: end.time,
            outcome: &outcome,
            redrive_count: *redrive_count,
        })
    };
    let event = match answered {
        Ok(raw_result) => Event::TaskSucceeded { task: id, raw_result },
        Err(error) => Event::TaskFailed {
            task: id,
            error: error.into(),
        },
    };
    execution.handle(now, event);
    Ok(())
}

fn pack_history(store: &dyn ExecutionStore, number: u64, all: &mut Vec<Part>) -> Result<(), StoreError> {
    let (mut after, mut bytes) = (0, 0);
    let mut part = Vec::new();
    let mut batch = HistoryRecords::default();
    loop {
        let page = store.history(number, after, EVENTS)?;
        for record in &page {
            after = record.id;
            batch.push(record);
            if batch.is_large() {
                bytes += flush(&mut batch, &mut part);
            }
            if bytes >= BYTES {
                bytes = 0;
                all.push(Part::History(std::mem::take(&mut part)));
            }
        }
        if page.is_empty() {
            break;
        }
    }
    flush(&mut batch, &mut part);
    if !part.is_empty() {
        all.push(Part::History(part));
    }
    Ok(())
}

/// Moves events into a part, and returns how many bytes they are.
fn flush(batch: &mut HistoryRecords, part: &mut Vec<(u64, Events)>) -> usize {
    let batch = std::mem::take(batch);
    let Some((first, _)) = batch.ids() else { return 0 };
    let events = Events {
        time: batch.time(),
        heads: batch.heads().to_owned(),
        details: batch.details().to_owned(),
    };
    let bytes = events.heads.len() + events.details.len();
    part.push((first, events));
    bytes
}

fn missing(what: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Damaged, format!("an execution cannot be moved: {what}"))
}
