//! Commands over a store: how it is opened, and how they end before its executions do.

use std::io::{self, Write};
use tokio::runtime::{Builder, Runtime};

use super::failure::{Failure, reason};
use crate::store::{End, ExecutionStore as _, Filter, SqliteStore, StoreError, StoreErrorKind};

/// The exit codes that shells give to a process that SIGINT or SIGTERM has ended.
const INTERRUPTED: u8 = 130;
#[cfg(unix)]
pub(super) const TERMINATED: u8 = 143;

/// Opens a store for writing, or makes one.
pub(super) fn open(file: &str) -> Result<SqliteStore, Failure> {
    SqliteStore::open(file).map_err(|error| match error.kind() {
        StoreErrorKind::InUse => failed(&error).help(
            "one process at a time lets executions run; `asl executions list` and `show` read the store meanwhile",
        ),
        _ => failed(&error),
    })
}

/// Opens a store that is there for reading, also while another process owns it.
pub(super) fn open_read_only(file: &str) -> Result<SqliteStore, Failure> {
    SqliteStore::open_read_only(file).map_err(|error| failed(&error))
}

pub(super) fn failed(error: &StoreError) -> Failure {
    Failure::new(error.to_string())
}

/// The tokio runtime of a command.
pub(super) fn runtime() -> Result<Runtime, Failure> {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::new(format!("cannot start: {}", reason(&error))))
}

/// The command that lets the executions of a store go on.
pub(super) fn resuming(file: &str) -> String {
    format!("asl executions resume --store {}", quoted(file))
}

/// The command that lists the executions of a store.
pub(super) fn listing(file: &str) -> String {
    format!("asl executions list --store {}", quoted(file))
}

/// What shows an execution that is in the store already.
pub(super) fn shows(file: &str, name: Option<&str>) -> String {
    let name = quoted(name.unwrap_or_default());
    format!("`asl executions show --store {} {name}` shows it", quoted(file))
}

/// Tells of executions that a move has not finished: nobody runs them.
pub(super) fn tell_of_moving(store: &SqliteStore, file: &str) -> Result<(), Failure> {
    let filter = Filter {
        status: Some(End::MOVING.to_owned()),
        ..Filter::default()
    };
    let moving = store.executions(&filter, 1).map_err(|error| failed(&error))?;
    if let Some(place) = moving
        .first()
        .and_then(|execution| execution.end.as_ref()?.cause.as_ref())
    {
        let command = format!("asl executions move --store {}", quoted(file));
        tell(&format!(
            "executions are on their way to {place}: `{command} …` finishes that"
        ));
    }
    Ok(())
}

/// As a shell takes it.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:\\".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// Prints a line to standard error.
pub(super) fn tell(line: &str) {
    // A closed standard error is no reason to lose the exit code.
    let _ = writeln!(io::stderr(), "{line}");
}

/// Waits until the user (Ctrl-C) or the system tells the command to end, and returns its exit code; for ever if nobody is to
/// be `heard`, as the system then ends the command itself.
pub(super) async fn told_to_end(is_heard: bool) -> Result<u8, Failure> {
    if !is_heard {
        return std::future::pending().await;
    }
    signal()
        .await
        .map_err(|error| Failure::new(format!("signals cannot be received: {}", reason(&error))))
}

#[cfg(unix)]
async fn signal() -> io::Result<u8> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(tokio::select! {
        _ = interrupt.recv() => INTERRUPTED,
        _ = terminate.recv() => TERMINATED,
    })
}

#[cfg(not(unix))]
async fn signal() -> io::Result<u8> {
    tokio::signal::ctrl_c().await?;
    Ok(INTERRUPTED)
}
