//! Which executions of a store are meant.

use super::Failure;
use super::stores::{self, failed};
use crate::store::{ExecutionStore, Filter, StoredExecution};

/// How many executions are read from a store at once.
const PAGE: usize = 500;

/// Goes through all executions that a filter lets through.
pub(super) fn each(
    store: &dyn ExecutionStore,
    mut filter: Filter,
    mut visit: impl FnMut(StoredExecution) -> Result<(), Failure>,
) -> Result<(), Failure> {
    loop {
        let page = store.executions(&filter, PAGE).map_err(|error| failed(&error))?;
        let Some(last) = page.last() else { return Ok(()) };
        filter.after = Some(last.start.number);
        let is_last = page.len() < PAGE;
        page.into_iter().try_for_each(&mut visit)?;
        if is_last {
            return Ok(());
        }
    }
}

/// All executions that run.
pub(super) fn running() -> Filter {
    Filter {
        status: Some("RUNNING".to_owned()),
        oldest_first: true,
        ..Filter::default()
    }
}

/// The execution of a name or an ARN.
pub(super) fn one(store: &dyn ExecutionStore, file: &str, meant: &str) -> Result<StoredExecution, Failure> {
    let mut found: Vec<StoredExecution> = Vec::new();
    if meant.starts_with("arn:") {
        found.extend(store.execution(meant).map_err(|error| failed(&error))?);
    } else {
        let filter = Filter {
            name_prefix: Some(meant.to_owned()),
            ..Filter::default()
        };
        each(store, filter, |execution| {
            let is_known = |known: &StoredExecution| known.start.arn == execution.start.arn;
            if execution.start.name == meant && !found.iter().any(is_known) {
                found.push(execution);
            }
            Ok(())
        })?;
    }
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (Some(execution), None) => Ok(execution),
        (Some(first), Some(second)) => {
            let others = [first, second].into_iter().chain(found);
            let arns: Vec<_> = others.map(|execution| format!("`{}`", execution.start.arn)).collect();
            Err(
                Failure::new(format!("`{file}` has {} executions `{meant}`", arns.len()))
                    .help(format!("choose one by its ARN: {}", arns.join(", "))),
            )
        }
        (None, _) => Err(Failure::new(format!("`{file}` has no execution `{meant}`"))
            .help(format!("`{}` shows what is there", stores::listing(file)))),
    }
}
