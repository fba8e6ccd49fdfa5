//! What an interpreter knows of its store.

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::{Retention, Writer};
use crate::error::{Error, ErrorKind};
use crate::execution::{Limits, Program};
use crate::store::{self, ExecutionStore, Replayed, StoreError, StoreErrorKind};

/// The writer to a store, once it is needed, and the programs that came from it.
#[derive(Debug, Default)]
pub(in crate::runtime) struct Stored {
    writer: Mutex<Option<Arc<Writer>>>,
    programs: Mutex<Programs>,
}

/// How many programs are kept that perhaps no execution in memory has.
const KEPT: usize = 16;

#[derive(Debug, Default)]
struct Programs {
    /// By the fingerprints of their definitions.
    known: HashMap<String, Weak<Program>>,
    /// Those that were needed last: executions that come back one by one do not compile theirs each time.
    kept: VecDeque<Arc<Program>>,
}

impl Stored {
    /// The writer. Errors if the store cannot be read.
    pub(in crate::runtime) fn writer(
        &self,
        store: &Arc<dyn ExecutionStore>,
        retention: Retention,
    ) -> Result<Arc<Writer>, StoreError> {
        let mut writer = self.locked_writer();
        if let Some(writer) = &*writer {
            return Ok(Arc::clone(writer));
        }
        let started = Arc::new(Writer::start(Arc::clone(store), retention)?);
        Ok(Arc::clone(writer.insert(started)))
    }

    /// How many batches wait to be written, if something was ever written.
    #[cfg(feature = "otel")]
    pub(in crate::runtime) fn queue_length(&self) -> Option<usize> {
        self.locked_writer().as_ref().map(|writer| writer.queue_length())
    }

    /// Writes what has come so far, and nothing after it.
    pub(in crate::runtime) fn stop(&self) {
        let writer = self.locked_writer().clone();
        if let Some(writer) = writer {
            writer.stop();
        }
    }

    /// The program of a definition in the store.
    pub(in crate::runtime) fn program(
        &self,
        store: &Arc<dyn ExecutionStore>,
        id: &str,
    ) -> Result<Arc<Program>, StoreError> {
        if let Some(known) = self.programs().known.get(id).and_then(Weak::upgrade) {
            return Ok(known);
        }
        let Some(definition) = store.definition(id)? else {
            let message = format!("the definition `{id}` is not in the store, though executions of it are");
            return Err(StoreError::new(StoreErrorKind::Damaged, message));
        };
        let program = Arc::new(definition.program()?);
        self.keep(&program);
        Ok(program)
    }

    /// Notes a program of an execution that leaves the memory, or has come into it.
    pub(in crate::runtime) fn keep(&self, program: &Arc<Program>) {
        let mut programs = self.programs();
        if programs.kept.iter().any(|kept| Arc::ptr_eq(kept, program)) {
            return;
        }
        programs.known.retain(|_, known| known.strong_count() > 0);
        programs.known.insert(program.id().to_owned(), Arc::downgrade(program));
        programs.kept.push_back(Arc::clone(program));
        let oldest = (programs.kept.len() > KEPT).then(|| programs.kept.pop_front());
        drop(programs);
        drop(oldest);
    }

    fn locked_writer(&self) -> MutexGuard<'_, Option<Arc<Writer>>> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn programs(&self) -> MutexGuard<'_, Programs> {
        self.programs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An error of the store, for a caller.
pub(in crate::runtime) fn unreadable(error: StoreError) -> Error {
    Error::new(ErrorKind::Store, error.to_string())
}

/// Lets an execution happen again, as [`store::replay`] does; a panic is an error.
pub(in crate::runtime) fn replay(
    program: Arc<Program>,
    journal: &store::Journal,
    limits: &Arc<Limits>,
) -> Result<Replayed, StoreError> {
    let replayed = catch_unwind(AssertUnwindSafe(|| store::replay(program, journal, limits)));
    replayed.unwrap_or_else(|_| {
        let message = "the interpreter panicked while it continued the execution";
        Err(StoreError::new(StoreErrorKind::Damaged, message))
    })
}
