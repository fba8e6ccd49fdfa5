//! Executions that go on after a restart.

mod reading;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use self::reading::{Journaled, Read, Revived, Waits};
use super::Interpreter;
use super::host::Host;
use super::journal::Writer;
use super::requirements;
use super::running::{Directory as _, New, Running};
use super::shared::Shared;
use crate::error::{Error, ErrorKind};
use crate::execution::{Program, TaskId};
use crate::store::{Filter, Journal};

/// After how many executions others have their turn.
const IN_A_ROW: usize = 500;

/// What came of [`Interpreter::resume`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resumed {
    /// How many executions go on.
    pub executions: usize,
    /// Those that cannot. They are left as they are: the next `resume` tries them again.
    pub waiting: Vec<Unresumed>,
}

/// An execution that cannot go on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unresumed {
    /// Its ARN.
    pub arn: String,
    /// Why, in a sentence.
    pub reason: String,
}

impl Interpreter {
    /// Lets all executions go on that ran when the last process with this store ended, however it ended.
    ///
    /// * Waits, retries and timeouts count on from when they began. What became due meanwhile happens now, in the order of
    ///   its times.
    /// * A task that was not answered is given to its handler again, under the same
    ///   [`attempt_id`](crate::handlers::TaskContext::attempt_id) and with the same task token. So a handler may see a task
    ///   twice, while every transition happens once.
    /// * A `.waitForTaskToken` task whose handler has returned waits on for its token; its handler is not called again.
    /// * Executions that tasks have started go on too, and their tasks find them.
    ///
    /// An execution whose handlers are missing is told in [`Resumed::waiting`] and stays in the store.
    ///
    /// Register all handlers before, and resume before tokens can be answered. Executions of this process go on
    /// undisturbed. Errors without a store, outside a tokio runtime with a timer, and if the store cannot be read.
    pub async fn resume(&self) -> Result<Resumed, Error> {
        self.check_options()?;
        let shared = self.shared();
        let Some(writer) = shared.writer()? else {
            let message = "there is no store to resume from; give the interpreter one with `.store(…)`";
            return Err(Error::new(ErrorKind::Misconfigured, message));
        };
        let mut resuming = Resuming {
            shared,
            host: shared.host()?,
            writer,
            met: HashMap::new(),
            resumed: Resumed::default(),
            executions: Vec::new(),
            children: Vec::new(),
            room: Arc::new(AtomicUsize::new(shared.paging.room())),
        };
        let read = resuming.read().await;
        // Those that were read go on, also if the others could not be.
        let resumed = resuming.go_on().await;
        read.map(|()| resumed)
    }
}

struct Resuming<'a> {
    shared: &'a Arc<Shared>,
    host: Arc<Host<Running>>,
    writer: Arc<Writer>,
    /// What is missing for the programs so far, by their definitions' fingerprints.
    met: HashMap<String, Result<Arc<Program>, String>>,
    resumed: Resumed,
    /// Those that go on, with the ticks of their deadlines.
    executions: Vec<(Option<i64>, GoesOn)>,
    /// The ARNs of those in the store alone that another execution waits for, with that and its task.
    children: Vec<(Arc<str>, Arc<str>, TaskId)>,
    /// How many more that only wait may be in memory.
    room: Arc<AtomicUsize>,
}

/// An execution that goes on.
enum GoesOn {
    Here(Arc<Running>),
    /// In the store alone, under this number.
    Stored(u64),
}

impl Resuming<'_> {
    /// Reads all executions that are not running here.
    async fn read(&mut self) -> Result<(), Error> {
        let filter = Filter {
            status: Some("RUNNING".to_owned()),
            oldest_first: true,
            ..Filter::default()
        };
        let mut ended_before = self.shared.ended_count();
        let mut pages = reading::Pages::new(self.writer.store(), filter);
        loop {
            // Before the next page is read.
            let ended = self.shared.ended_count();
            let Some(page) = pages.next().await? else { return Ok(()) };
            let journals = page.into_iter().filter_map(|journal| self.journaled(journal));
            let journals: Vec<_> = journals.collect();
            for read in reading::replay_all(journals, &self.shared.settings.limits, &self.room).await {
                if self.has_ended_since(ended_before, read.number) {
                    continue;
                }
                let arn = Arc::clone(&read.arn);
                if let Err(reason) = self.admit(read) {
                    self.refuse(arn.to_string(), reason);
                }
            }
            ended_before = ended;
            tokio::task::yield_now().await;
        }
    }

    /// Whether an execution ran here and has ended since so many had.
    fn has_ended_since(&self, ended: usize, number: u64) -> bool {
        let is_over = |journal: Option<Journal>| journal.is_none_or(|journal| journal.execution.end.is_some());
        self.shared.ended_count() != ended && self.writer.store().journal(number).is_ok_and(is_over)
    }

    fn refuse(&mut self, arn: String, reason: String) {
        self.resumed.waiting.push(Unresumed { arn, reason });
    }

    /// A journal with its program. `None` if the execution goes on already, or cannot.
    fn journaled(&mut self, journal: Journal) -> Option<Journaled> {
        let start = &journal.execution.start;
        if journal.execution.end.is_some() || self.shared.runs(&start.arn, start.number) {
            return None;
        }
        match self.program(&start.definition, &start.arn) {
            Ok(program) => Some(Journaled { journal, program }),
            Err(reason) => {
                self.refuse(journal.execution.start.arn, reason);
                None
            }
        }
    }

    /// Adds an execution to those that go on, unless another `resume` has done so.
    fn admit(&mut self, read: Read) -> Result<(), String> {
        let ticks = |deadline| self.host.clock.ticks_of(deadline);
        match read.revived? {
            Revived::Waits(Waits {
                deadline,
                tokens,
                awaited_by,
            }) => {
                let is_new = self
                    .shared
                    .admit_stored(&read.arn, read.number, &tokens, &self.host)
                    .map_err(|error| error.to_string())?;
                if is_new {
                    self.executions.push((deadline.map(ticks), GoesOn::Stored(read.number)));
                    let child = awaited_by.map(|(parent, task)| (read.arn, parent, task));
                    self.children.extend(child);
                }
            }
            Revived::Works(replayed) => {
                let new = New::replayed(Arc::clone(&self.writer), read.number, *replayed);
                let directory = Arc::<Shared>::clone(self.shared);
                let running = Running::resting(new, directory, Arc::clone(&self.host));
                match self.shared.admit(&running) {
                    Ok(()) => {
                        let deadline = running.next_deadline();
                        self.executions.push((deadline.map(ticks), GoesOn::Here(running)));
                    }
                    Err(error) if error.kind() == ErrorKind::ExecutionAlreadyExists => {}
                    Err(error) => return Err(error.to_string()),
                }
            }
        }
        Ok(())
    }

    /// The program of a definition, or what it lacks to run.
    fn program(&mut self, id: &str, arn: &str) -> Result<Arc<Program>, String> {
        if let Some(known) = self.met.get(id) {
            return known.clone();
        }
        let program = self
            .shared
            .stored
            .program(self.writer.store(), id)
            .map_err(|error| error.to_string());
        let program = program.and_then(|program| {
            if self.shared.has_catalogue() {
                // As at a start there: a task without a handler fails.
                return Ok(program);
            }
            let met = requirements::check(&program, self.shared, || arn.to_owned());
            met.map(|()| program).map_err(|error| error.to_string())
        });
        self.met.insert(id.to_owned(), program.clone());
        program
    }

    async fn go_on(mut self) -> Resumed {
        self.resumed.executions = self.executions.len();
        // The timer wakes in this order those whose times have passed.
        self.executions.sort_by_key(|(deadline, _)| *deadline);
        for (deadline, execution) in &self.executions {
            match execution {
                GoesOn::Here(running) => running.arm_again(),
                GoesOn::Stored(number) if deadline.is_some() => self.host.timer.wake_stored(*deadline, *number),
                GoesOn::Stored(_) => {}
            }
        }
        let here = std::mem::take(&mut self.executions)
            .into_iter()
            .filter_map(|(_, execution)| match execution {
                GoesOn::Here(running) => Some(running),
                GoesOn::Stored(_) => None,
            });
        let here: Vec<_> = here.collect();
        for (number, running) in here.iter().enumerate() {
            running.resume();
            if number % IN_A_ROW == IN_A_ROW - 1 {
                tokio::task::yield_now().await;
            }
        }
        // A child whose parent had cancelled its task, in the moment when the process ended.
        for running in &here {
            if let Some((parent, task)) = running.awaited_by()
                && self.is_orphan(parent, task)
            {
                running.stop();
            }
        }
        for (arn, parent, task) in &self.children {
            if self.is_orphan(parent, *task) {
                self.stop_stored(arn);
            }
        }
        for running in here {
            running.look_for_rest();
        }
        self.resumed
    }

    /// Whether an execution does not wait any more for the one that its task had started.
    fn is_orphan(&self, parent: &str, task: TaskId) -> bool {
        match self.shared.execution(parent) {
            Ok(Some(parent)) => !parent.still_wants(task),
            Ok(None) => self.shared.ended_execution(parent).is_some(),
            Err(error) => {
                tracing::error!(arn = parent, %error, "a running execution cannot be read from the store");
                false
            }
        }
    }

    fn stop_stored(&self, arn: &str) {
        match self.shared.execution(arn) {
            Ok(Some(running)) => running.stop(),
            // It has ended meanwhile.
            Ok(None) => {}
            Err(error) => {
                tracing::error!(arn, %error, "an execution that nobody waits for cannot be read from the store");
            }
        }
    }
}
