//! What an interpreter knows of its store.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::{Retention, Writer};
use crate::execution::Program;
use crate::store::{ExecutionStore, StoreError, StoreErrorKind};

/// The writer to a store, once it is needed, and the programs that came from it.
#[derive(Debug, Default)]
pub(in crate::runtime) struct Stored {
    writer: Mutex<Option<Arc<Writer>>>,
    /// By the fingerprints of their definitions.
    programs: Mutex<HashMap<String, Weak<Program>>>,
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
        if let Some(known) = self.programs().get(id).and_then(Weak::upgrade) {
            return Ok(known);
        }
        let Some(definition) = store.definition(id)? else {
            let message = format!("the definition `{id}` is not in the store, though executions of it are");
            return Err(StoreError::new(StoreErrorKind::Damaged, message));
        };
        let program = Arc::new(definition.program()?);
        let mut programs = self.programs();
        programs.retain(|_, program| program.strong_count() > 0);
        programs.insert(id.to_owned(), Arc::downgrade(&program));
        Ok(program)
    }

    fn locked_writer(&self) -> MutexGuard<'_, Option<Arc<Writer>>> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn programs(&self) -> MutexGuard<'_, HashMap<String, Weak<Program>>> {
        self.programs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
