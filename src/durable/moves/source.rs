//! The executions of a store that may go, and what belongs to them.

use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use super::parcel::ORIGIN;
use crate::definition::IntegrationPattern;
use crate::durable::CHILDREN_AT_ONCE;
use crate::durable::place::Place;
use crate::execution::{Execution, Program, Task};
use crate::runtime::name_of_child;
use crate::services::step_functions::{Action, Operation, StartExecution};
use crate::store::{
    End, ExecutionStore, Filter, Replayed, Start, StoreError, StoreErrorKind, StoredExecution, StoredOrigin, replay,
};

/// How many executions are read at once.
const PAGE: usize = 500;

/// A store, as it is read for a move.
pub(super) struct Source<'s> {
    pub(super) store: &'s dyn ExecutionStore,
    /// By their fingerprints.
    programs: HashMap<String, Arc<Program>>,
    /// The ARNs of executions that go on anywhere, by the attempts of tasks that have started them.
    started: HashMap<Arc<str>, String>,
}

/// An execution that may go.
pub(super) struct Candidate {
    pub(super) number: u64,
    pub(super) arn: String,
    pub(super) name: String,
    /// Whether an earlier move has begun to move it.
    pub(super) is_moving: bool,
    pub(super) origin: StoredOrigin,
    /// The name of its state machine.
    pub(super) machine: String,
    /// Where it goes on.
    pub(super) place: Place,
    /// What tells its start in the cluster from others.
    pub(super) start_origin: String,
    /// The ARNs of executions that one of its tasks waits for.
    pub(super) awaits: Vec<String>,
    pub(super) tokens: Vec<String>,
    /// Why it has to stay.
    pub(super) refusal: Option<String>,
}

/// An execution that a task has started, or finds by its name.
pub(super) enum Child {
    /// It goes on, in the store or where it was moved.
    Running { child: StoredExecution, is_own: bool },
    /// The task has started it, and it has ended.
    Ended(StoredExecution),
    /// Another has started it, and it has ended.
    Foreign(StoredExecution),
}

impl<'s> Source<'s> {
    pub(super) fn new(store: &'s dyn ExecutionStore) -> Self {
        Self {
            store,
            programs: HashMap::new(),
            started: HashMap::new(),
        }
    }

    /// All executions that run or are on their way, the oldest first.
    pub(super) fn candidates(&mut self, cluster: &[String]) -> Result<Vec<Candidate>, StoreError> {
        let mut running = Vec::new();
        for status in ["RUNNING", End::MOVING, End::MOVED] {
            let mut filter = Filter {
                status: Some(status.to_owned()),
                oldest_first: true,
                ..Filter::default()
            };
            loop {
                let page = self.store.executions(&filter, PAGE)?;
                let Some(last) = page.last() else { break };
                filter.after = Some(last.start.number);
                for execution in page {
                    if let Some(attempt) = execution.start.origin()?.started_by {
                        self.started.insert(attempt, execution.start.arn.clone());
                    }
                    if status != End::MOVED {
                        running.push(execution);
                    }
                }
            }
        }
        running.sort_by_key(|execution| execution.start.number);
        running
            .into_iter()
            .map(|execution| self.candidate(execution, cluster))
            .collect()
    }

    fn candidate(&mut self, execution: StoredExecution, cluster: &[String]) -> Result<Candidate, StoreError> {
        let mut candidate = Candidate {
            number: execution.start.number,
            is_moving: execution.end.is_some(),
            origin: execution.start.origin()?,
            machine: String::new(),
            place: place_of(&execution),
            start_origin: origin_of(&execution.start),
            awaits: Vec::new(),
            tokens: Vec::new(),
            refusal: None,
            arn: execution.start.arn,
            name: execution.start.name,
        };
        let looked_at = self.look_at(&mut candidate, cluster);
        match looked_at {
            Ok(()) => Ok(candidate),
            // Others can go.
            Err(error) if error.kind() == StoreErrorKind::Damaged => {
                candidate.refusal = Some(error.to_string());
                Ok(candidate)
            }
            Err(error) => Err(error),
        }
    }

    fn look_at(&mut self, candidate: &mut Candidate, cluster: &[String]) -> Result<(), StoreError> {
        let Replayed { mut execution, .. } = self.replayed(candidate.number)?;
        candidate.machine.clone_from(&execution.state_machine().name);
        if execution.is_in_map_run() {
            candidate.refusal = Some("a Map Run runs in it, and ends where it began".to_owned());
        }
        let tasks = execution.unanswered_tasks();
        candidate.tokens = tasks.iter().filter_map(|task| task.request.token.clone()).collect();
        for (task, child) in self.children(&execution, tasks)? {
            match child {
                Child::Running { child, is_own } => {
                    if is_own && !waits_for_end(&task) {
                        continue;
                    }
                    if let Some(place) = moved_elsewhere(&child, cluster) {
                        let arn = &child.start.arn;
                        candidate.refusal = Some(format!("it waits for `{arn}`, which was moved to {place}"));
                    }
                    candidate.awaits.push(child.start.arn);
                }
                Child::Foreign(child) => {
                    let name = child.start.arn;
                    candidate.refusal = Some(format!("its task asks for `{name}`, which has ended in the store"));
                }
                Child::Ended(_) => {}
            }
        }
        Ok(())
    }

    /// An execution as it goes on.
    pub(super) fn replayed(&mut self, number: u64) -> Result<Replayed, StoreError> {
        let damaged = |message: String| StoreError::new(StoreErrorKind::Damaged, message);
        let journal = self.store.journal(number)?;
        let journal = journal.ok_or_else(|| damaged(format!("the execution {number} has no journal")))?;
        let program = self.program(&journal.execution.start.definition)?;
        let mut replayed = replay(program, &journal, &Arc::default())?;
        let execution = &mut replayed.execution;
        let happened = execution.event_count();
        if !self.store.history(number, happened, 1)?.is_empty() {
            let message = format!("what went into the execution leads to {happened} events, and its history has more");
            return Err(damaged(message));
        }
        if !execution.is_running() {
            return Err(damaged(
                "the execution has ended, and its end is not written".to_owned(),
            ));
        }
        execution.separate_children(CHILDREN_AT_ONCE);
        Ok(replayed)
    }

    fn program(&mut self, fingerprint: &str) -> Result<Arc<Program>, StoreError> {
        if let Some(known) = self.programs.get(fingerprint) {
            return Ok(Arc::clone(known));
        }
        let definition = self.store.definition(fingerprint)?;
        let missing = || StoreError::new(StoreErrorKind::Damaged, "its definition is not in the store");
        let program = Arc::new(definition.ok_or_else(missing)?.program()?);
        self.programs.insert(fingerprint.to_owned(), Arc::clone(&program));
        Ok(program)
    }

    /// The executions that tasks have started or find by their names.
    pub(super) fn children(&self, execution: &Execution, tasks: Vec<Task>) -> Result<Vec<(Task, Child)>, StoreError> {
        let mut children = Vec::new();
        for task in tasks {
            let Some(operation) = Operation::of(&task.resource).filter(|operation| operation.starts_executions())
            else {
                continue;
            };
            if task.is_submitted && task.resource.pattern() == IntegrationPattern::WaitForTaskToken {
                // It waits for its token alone.
                continue;
            }
            let attempt = task.id.of_execution(execution.arn());
            let arn = match self.started.get(attempt.as_str()) {
                Some(arn) => arn.clone(),
                None => match StartExecution::read(&task.request.effective_input.to_value(), operation.style) {
                    Ok(request) => {
                        let name = request.name.unwrap_or_else(|| name_of_child(&attempt));
                        arn_of(&request.state_machine_arn, &name)
                    }
                    // The task fails, wherever it is done.
                    Err(_) => continue,
                },
            };
            let Some(child) = self.store.execution(&arn)? else {
                continue;
            };
            let is_own = child.start.origin()?.started_by.as_deref() == Some(&attempt);
            children.push((
                task,
                match &child.end {
                    Some(end) if end.is_elsewhere() => Child::Running { child, is_own },
                    None => Child::Running { child, is_own },
                    Some(_) if is_own => Child::Ended(child),
                    Some(_) => Child::Foreign(child),
                },
            ));
        }
        Ok(children)
    }
}

/// Where an execution goes on, as the mark of an earlier move says, or by its ARN.
fn place_of(StoredExecution { start, end, .. }: &StoredExecution) -> Place {
    let service = end.as_ref().and_then(|end| end.error.clone());
    let by_arn = Place::of_arn(&start.arn);
    match service {
        Some(service) if service != by_arn.service => Place {
            service,
            key: start.name.clone(),
        },
        _ => by_arn,
    }
}

/// What tells the start of an execution in a cluster from all others; the same whenever it is sent.
fn origin_of(start: &Start) -> String {
    let mut origin = ORIGIN.to_owned();
    // The secret of its tokens is among the options.
    for byte in Sha256::digest(format!("{} {}", start.arn, start.options)) {
        // Writing to a `String` cannot fail.
        let _ = write!(origin, "{byte:02x}");
    }
    origin
}

/// Whether a task that has started an execution waits for its end.
fn waits_for_end(task: &Task) -> bool {
    Operation::of(&task.resource).is_some_and(|operation| operation.action != Action::StartExecution)
}

/// Where an execution is, if that is another cluster than the one of these URLs.
pub(super) fn moved_elsewhere<'e>(execution: &'e StoredExecution, cluster: &[String]) -> Option<&'e str> {
    let end = execution.end.as_ref().filter(|end| end.is_elsewhere())?;
    let place = end.cause.as_deref().unwrap_or_default();
    let is_here = place.split([' ', ',']).any(|url| cluster.iter().any(|own| own == url));
    (!is_here).then_some(place)
}

/// The ARN of an execution of a state machine, whose ARN may have a version or an alias.
fn arn_of(state_machine_arn: &str, name: &str) -> String {
    let parts: Vec<_> = state_machine_arn.split(':').take(7).collect();
    let machine = parts.join(":").replacen(":stateMachine:", ":execution:", 1);
    format!("{machine}:{name}")
}
