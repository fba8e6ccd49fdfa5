//! Tests for stores, and a store that fails on purpose.
//!
//! A store of your own passes [`conformance`] before an interpreter is given it:
//!
//! ```
//! use std::cell::RefCell;
//! use std::collections::HashMap;
//!
//! use asl_engine::store::{MemoryStore, testing};
//!
//! # fn main() {
//! let stores: RefCell<HashMap<String, MemoryStore>> = RefCell::default();
//! testing::conformance(|name| {
//!     let mut stores = stores.borrow_mut();
//!     let store = stores.entry(name.to_owned()).or_default();
//!     store.open()
//! });
//! # }
//! ```
//!
//! [`FaultyStore`] is for the other side: what a program does when its store fails.

mod checks;
mod faulty;
pub(in crate::store) mod sample;

pub use faulty::FaultyStore;

use super::{ExecutionStore, StoreError};

/// Checks that a store keeps the promises of [`ExecutionStore`].
///
/// `open` opens the store of a name: a new one without content the first time, later the same one again, which was dropped
/// meanwhile. Where it was not dropped, `open` says that it is [`InUse`](super::StoreErrorKind::InUse). A store over a server makes
/// a schema or a database of each name.
///
/// # Panics
///
/// If a check fails, with all that failed: what each is about, and what was found instead.
pub fn conformance<S: ExecutionStore>(open: impl Fn(&str) -> Result<S, StoreError>) {
    let open = |name: &str| Ok(Box::new(open(name)?) as Box<dyn ExecutionStore>);
    let mut failures = Vec::new();
    for check in checks::CHECKS {
        let stores = Stores {
            open: &open,
            name: check.name,
        };
        if let Err(Failure(found)) = (check.run)(&stores) {
            failures.push(format!("\n* {}: {found}", check.about));
        }
    }
    let (failed, all) = (failures.len(), checks::CHECKS.len());
    assert!(
        failed == 0,
        "{failed} of {all} checks of the store failed:{}",
        failures.concat()
    );
}

/// The store of one check.
struct Stores<'a> {
    open: &'a dyn Fn(&str) -> Opened,
    name: &'static str,
}

type Opened = Result<Box<dyn ExecutionStore>, StoreError>;

impl Stores<'_> {
    fn open(&self) -> Opened {
        (self.open)(self.name)
    }
}

/// What was found instead.
struct Failure(String);

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self(format!("an error of kind {:?}: {error}", error.kind()))
    }
}

fn ensure(holds: bool, otherwise: &str) -> Result<(), Failure> {
    if holds {
        Ok(())
    } else {
        Err(Failure(otherwise.to_owned()))
    }
}

fn ensure_equal<T: PartialEq + std::fmt::Debug>(found: &T, expected: &T, of: &str) -> Result<(), Failure> {
    ensure(
        found == expected,
        &format!("{of}\n  expected {expected:.300?}\n  found    {found:.300?}"),
    )
}
