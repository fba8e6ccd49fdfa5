//! Executions that go on after a restart.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::Interpreter;
use super::host::Host;
use super::journal::{Durable, Journal, Writer};
use super::requirements;
use super::running::{Directory as _, New, Origin, Running};
use super::shared::Shared;
use super::stored::unreadable;
use crate::error::{Error, ErrorKind};
use crate::execution::Program;
use crate::store::{Filter, StoredExecution, replay};

/// How many executions are read from the store at once.
const PAGE: usize = 500;

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
        };
        resuming.read().await?;
        Ok(resuming.go_on().await)
    }
}

struct Resuming<'a> {
    shared: &'a Arc<Shared>,
    host: Arc<Host<Running>>,
    writer: Arc<Writer>,
    /// What is missing for the programs so far, by their definitions' fingerprints.
    met: HashMap<String, Result<Arc<Program>, String>>,
    resumed: Resumed,
    executions: Vec<Arc<Running>>,
}

impl Resuming<'_> {
    /// Reads all executions that are not running here.
    async fn read(&mut self) -> Result<(), Error> {
        let mut filter = Filter {
            status: Some("RUNNING".to_owned()),
            oldest_first: true,
            ..Filter::default()
        };
        loop {
            let page = self.writer.store().executions(&filter, PAGE).map_err(unreadable)?;
            let Some(last) = page.last() else { return Ok(()) };
            filter.after = Some(last.start.number);
            for stored in page {
                if self.shared.execution(&stored.start.arn).is_some() {
                    continue;
                }
                match self.revive(&stored) {
                    Ok(running) => self.executions.extend(running),
                    Err(reason) => self.resumed.waiting.push(Unresumed {
                        arn: stored.start.arn,
                        reason,
                    }),
                }
            }
            tokio::task::yield_now().await;
        }
    }

    /// `None` if it has ended meanwhile, or goes on already.
    fn revive(&mut self, stored: &StoredExecution) -> Result<Option<Arc<Running>>, String> {
        let program = self.program(&stored.start.definition, &stored.start.arn)?;
        let number = stored.start.number;
        let journal = self.writer.store().journal(number).map_err(|error| error.to_string())?;
        let Some(journal) = journal else {
            return Err("it is not in the store any more".to_owned());
        };
        if journal.execution.end.is_some() {
            return Ok(None);
        }
        let replayed = catch_unwind(AssertUnwindSafe(|| {
            replay(program, &journal, &self.shared.settings.limits)
        }))
        .map_err(|_| "the interpreter panicked while it continued the execution".to_owned())?
        .map_err(|error| error.to_string())?;
        let durable = Durable::known(Arc::clone(&self.writer), number, replayed.origin.started_by.clone());
        let new = New {
            origin: Origin {
                lineage: replayed.origin.lineage,
                keeps_name: false,
            },
            durable: Some(Box::new(durable)),
            journal: Some(Box::new(Journal::continuing(&replayed, None))),
            execution: replayed.execution,
        };
        let directory = Arc::<Shared>::clone(self.shared);
        let running = Running::resting(new, directory, Arc::clone(&self.host));
        match self.shared.admit(&running) {
            Ok(()) => Ok(Some(running)),
            Err(error) if error.kind() == ErrorKind::ExecutionAlreadyExists => Ok(None),
            Err(error) => Err(error.to_string()),
        }
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
        self.executions.sort_by_cached_key(|running| running.next_deadline());
        for running in &self.executions {
            running.arm_again();
        }
        for (number, running) in self.executions.iter().enumerate() {
            running.resume();
            if number % PAGE == PAGE - 1 {
                tokio::task::yield_now().await;
            }
        }
        // A child whose parent had cancelled its task, in the moment when the process ended.
        for running in &self.executions {
            self.stop_orphan(running);
        }
        self.resumed
    }

    fn stop_orphan(&self, child: &Arc<Running>) {
        let Some((parent, task)) = child.awaited_by() else {
            return;
        };
        let wants = self.shared.execution(parent).map(|parent| parent.still_wants(task));
        let has_ended = || self.shared.ended_execution(parent).is_some();
        if wants.map_or_else(has_ended, |wants| !wants) {
            child.stop();
        }
    }
}
