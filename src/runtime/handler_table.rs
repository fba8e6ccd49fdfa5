//! The handlers of a program's resources, found once for all its executions.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, Weak};

use crate::definition::Resource;
use crate::execution::Program;
use crate::handlers::Handler;

/// The tables of so many programs are kept; others are made again at each start.
const PROGRAMS: usize = 16;

/// The handlers of one program's resources.
#[derive(Default)]
pub(super) struct HandlerTable {
    /// By address.
    served: Box<[Served]>,
    /// Whether nothing that the program needs is missing, nor can be missing later.
    is_met: AtomicBool,
}

struct Served {
    /// The resource's address, which is its own as long as the program lives.
    address: usize,
    handler: Option<Arc<dyn Handler>>,
}

impl HandlerTable {
    pub(super) fn new(program: &Program, find: impl Fn(&Resource) -> Option<Arc<dyn Handler>>) -> Self {
        let served = program.resources().map(|(_, resource)| Served {
            address: resource.address(),
            handler: find(resource),
        });
        let mut served: Vec<_> = served.collect();
        served.sort_unstable_by_key(|served| served.address);
        Self {
            served: served.into(),
            is_met: AtomicBool::new(false),
        }
    }

    /// The handler of one of the program's resources.
    pub(super) fn find(&self, resource: &Resource) -> Option<&Arc<dyn Handler>> {
        let address = resource.address();
        let place = self.served.binary_search_by_key(&address, |served| served.address);
        place.ok().and_then(|place| self.served.get(place)?.handler.as_ref())
    }

    /// Whether every resource has a handler. Otherwise some may be activities, which come and go.
    pub(super) fn is_complete(&self) -> bool {
        self.served.iter().all(|served| served.handler.is_some())
    }

    pub(super) fn is_met(&self) -> bool {
        self.is_met.load(Ordering::Relaxed)
    }

    pub(super) fn set_met(&self) {
        self.is_met.store(true, Ordering::Relaxed);
    }
}

impl fmt::Debug for HandlerTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandlerTable").finish_non_exhaustive()
    }
}

/// The tables of the programs that were started last.
#[derive(Debug, Default)]
pub(super) struct HandlerTables {
    // A weak pointer keeps the address, so no other program can have it.
    known: RwLock<VecDeque<(Weak<Program>, Arc<HandlerTable>)>>,
}

impl HandlerTables {
    pub(super) fn of(&self, program: &Arc<Program>, make: impl FnOnce() -> HandlerTable) -> Arc<HandlerTable> {
        let of_program = |known: &VecDeque<(Weak<Program>, Arc<HandlerTable>)>| {
            let found = known.iter().find(|(other, _)| other.as_ptr() == Arc::as_ptr(program));
            found.map(|(_, table)| Arc::clone(table))
        };
        let known = of_program(&self.known.read().unwrap_or_else(PoisonError::into_inner));
        if let Some(table) = known {
            return table;
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(table) = of_program(&known) {
            return table;
        }
        let table = Arc::new(make());
        known.truncate(PROGRAMS - 1);
        known.push_front((Arc::downgrade(program), Arc::clone(&table)));
        table
    }
}
