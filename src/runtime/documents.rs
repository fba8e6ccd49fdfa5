//! Documents of a service above, written beside the executions.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Context;
use tokio::runtime::Handle;

use super::Interpreter;
use super::journal::{Ack, Acks, Author, Batch, Fate, Writer};
use crate::error::Error;
use crate::store::{ExecutionStore, Record, StoreError};

/// The store of an interpreter, for the documents of a service above.
#[derive(Debug, Clone)]
pub(crate) struct Documents {
    writer: Arc<Writer>,
}

impl Interpreter {
    /// The documents beside the executions, if there is a store. Errors if it cannot be read.
    pub(crate) fn documents(&self) -> Result<Option<Documents>, Error> {
        let writer = self.shared().writer()?;
        Ok(writer.map(|writer| Documents { writer }))
    }

    /// Whether executions are in a store.
    pub(crate) fn has_store(&self) -> bool {
        self.settings.store.is_some()
    }
}

impl Documents {
    pub(crate) fn store(&self) -> &dyn ExecutionStore {
        &**self.writer.store()
    }

    /// Writes documents together, after all that was handed over before. If the store does not write now, nothing of them
    /// is written, and who waits is told.
    pub(crate) fn write(&self, records: Vec<Record>) -> Ack {
        self.hand_over(records, false)
    }

    /// The same, and tries again until the store writes.
    pub(crate) fn write_in_time(&self, records: Vec<Record>) {
        drop(self.hand_over(records, true));
    }

    fn hand_over(&self, records: Vec<Record>, is_patient: bool) -> Ack {
        let pending = Arc::new(Pending {
            acks: Acks::default(),
            is_withdrawn: AtomicBool::new(false),
            is_patient,
        });
        let ack = pending.acks.of(BATCH);
        self.writer.write(Batch {
            author: pending,
            number: BATCH,
            records,
            program: None,
        });
        ack
    }
}

/// The number of the one batch.
const BATCH: u64 = 1;

/// Documents that are to be written.
#[derive(Debug)]
struct Pending {
    acks: Acks,
    is_withdrawn: AtomicBool,
    is_patient: bool,
}

impl Pending {
    fn withdraw(&self, error: &Arc<StoreError>) {
        self.is_withdrawn.store(true, Ordering::Release);
        self.acks.close(Some(error));
    }
}

impl Author for Pending {
    fn written(&self, batch: u64) {
        self.acks.set_written(batch);
    }

    fn runtime(&self) -> Option<&Handle> {
        None
    }

    fn act(self: Arc<Self>, _context: &mut Context<'_>) {}

    fn delayed(&self, error: &Arc<StoreError>) -> Fate {
        if self.is_patient {
            return Fate::TryAgain;
        }
        self.withdraw(error);
        Fate::Withdrawn
    }

    fn refused(&self, error: &Arc<StoreError>) {
        self.withdraw(error);
    }

    fn left_unwritten(&self) {
        self.acks.close(None);
    }

    fn is_withdrawn(&self) -> bool {
        self.is_withdrawn.load(Ordering::Acquire)
    }
}
