//! State machines by the fingerprints of their definitions. One with a distributed Map is kept in the cluster, once, in an object of
//! its own, so that its child executions, of which there may be thousands, have its fingerprint alone in their journals.
//!
//! INVARIANT: a definition is read outside of journals, since it is the same whenever it is read. It is never removed: a redrive,
//! or a child execution that waits for a year, may need it.

use restate_sdk::endpoint::ContextInternal;
use restate_sdk::errors::{HandlerError, TerminalError};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::begun::Beginning;
use super::messages::Message;
use super::services::{Handler, Kind, handler};
use super::{RestateClient, names};
use crate::error::{Error, ErrorKind};
use crate::execution::Program;
use crate::store::{StoreError, StoredDefinition};

const KEEP: &str = "keep";
const READ: &str = "read";

const TEXT: &str = "definition";

/// A worker remembers programs whose definitions have so many bytes together, and the last one in any case.
const REMEMBERED: usize = 32 * 1024 * 1024;

/// What a worker knows of definitions.
pub(super) struct Definitions {
    client: Option<RestateClient>,
    known: Mutex<Known>,
    /// Held by the one who asks the cluster: the others find what it has got.
    asking: tokio::sync::Mutex<()>,
}

/// The programs that were used last, the latest first.
#[derive(Debug, Default)]
struct Known(VecDeque<Remembered>);

#[derive(Debug, Clone)]
struct Remembered {
    program: Arc<Program>,
    bytes: usize,
    /// Whether the cluster has its definition.
    is_kept: bool,
}

impl Known {
    fn find(&mut self, fingerprint: &str) -> Option<Remembered> {
        let place = self.0.iter().position(|known| known.program.id() == fingerprint)?;
        let found = self.0.remove(place)?;
        self.0.push_front(found.clone());
        Some(found)
    }

    fn remember(&mut self, new: Remembered) {
        self.0.retain(|known| known.program.id() != new.program.id());
        self.0.push_front(new);
        let mut bytes = 0;
        let mut is_within = |known: &Remembered| {
            bytes += known.bytes;
            bytes <= REMEMBERED
        };
        let within = self.0.iter().take_while(|known| is_within(known)).count();
        self.0.truncate(within.max(1));
    }
}

impl Definitions {
    pub(super) fn new(client: Option<RestateClient>) -> Self {
        Self {
            client,
            known: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
        }
    }

    /// The program of an execution.
    pub(super) async fn program(&self, beginning: &Beginning) -> Result<Arc<Program>, HandlerError> {
        let fingerprint = &beginning.fingerprint;
        if let Some(known) = self.known().find(fingerprint) {
            return Ok(known.program);
        }
        if let Some(text) = &beginning.definition {
            return Ok(self.read(fingerprint, text.clone(), false)?);
        }
        let _asking = self.asking.lock().await;
        if let Some(known) = self.known().find(fingerprint) {
            return Ok(known.program);
        }
        let at = (names::DEFINITIONS, fingerprint.as_str(), READ);
        let kept: Option<String> = self.client()?.call_object(at, &()).await?;
        let text = kept.ok_or_else(|| {
            let message = format!("the cluster has no definition of the fingerprint {fingerprint}");
            Error::new(ErrorKind::Cluster, message)
        })?;
        Ok(self.read(fingerprint, text, true)?)
    }

    /// Has the cluster keep the definition of a program.
    pub(super) async fn keep(&self, program: &Arc<Program>) -> Result<(), Error> {
        let is_kept = || self.known().find(program.id()).is_some_and(|known| known.is_kept);
        if is_kept() {
            return Ok(());
        }
        let _asking = self.asking.lock().await;
        if is_kept() {
            return Ok(());
        }
        let text = StoredDefinition::of(program).text;
        let bytes = text.len();
        let at = (names::DEFINITIONS, program.id(), KEEP);
        self.client()?.call_object::<()>(at, &text).await?;
        self.known().remember(Remembered {
            program: Arc::clone(program),
            bytes,
            is_kept: true,
        });
        Ok(())
    }

    fn read(&self, fingerprint: &str, text: String, is_kept: bool) -> Result<Arc<Program>, StoreError> {
        let bytes = text.len();
        let fingerprint = fingerprint.to_owned();
        let program = Arc::new(StoredDefinition { fingerprint, text }.program()?);
        self.known().remember(Remembered {
            program: Arc::clone(&program),
            bytes,
            is_kept,
        });
        Ok(program)
    }

    fn client(&self) -> Result<&RestateClient, Error> {
        self.client.as_ref().ok_or_else(|| {
            let message = "executions of distributed Maps need a client: give the worker one by `.client(…)`";
            Error::new(ErrorKind::Misconfigured, message)
        })
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The handlers of the service.
pub(super) fn handlers() -> Vec<Handler> {
    vec![handler(KEEP, Kind::Exclusive, keep), handler(READ, Kind::Shared, read)]
}

/// What is there already is the same.
async fn keep(context: ContextInternal) -> Result<(), TerminalError> {
    let (Message(text), _) = context.input::<Message<String>>().await;
    if context.get_keys().await?.is_empty() {
        context.set(TEXT, Message(text));
    }
    Ok(())
}

async fn read(context: ContextInternal) -> Result<Option<String>, TerminalError> {
    let (Message(()), _) = context.input::<Message<()>>().await;
    let text = context.get::<Message<String>>(TEXT).await?;
    Ok(text.map(|Message(text)| text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn remembered(number: usize, bytes: usize) -> Remembered {
        let end = json!({ "Type": "Succeed" });
        let definition = json!({ "Comment": number.to_string(), "StartAt": "S", "States": { "S": end } });
        let program = Program::compile(&definition.to_string().parse().unwrap());
        Remembered {
            program: Arc::new(program),
            bytes,
            is_kept: true,
        }
    }

    #[test]
    fn the_programs_used_last_are_remembered() {
        let all: Vec<_> = (0..4).map(|number| remembered(number, REMEMBERED / 3)).collect();
        let id = |number: usize| all[number].program.id().to_owned();
        let mut known = Known::default();
        for program in &all[..3] {
            known.remember(program.clone());
        }
        assert!(known.find(&id(0)).is_some());
        known.remember(all[3].clone());
        assert!(known.find(&id(1)).is_none());
        assert!([0, 2, 3].iter().all(|number| known.find(&id(*number)).is_some()));
        known.remember(remembered(4, REMEMBERED + 1));
        assert_eq!(known.0.len(), 1);
    }
}
