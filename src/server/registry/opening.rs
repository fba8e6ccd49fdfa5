//! Reads back what a store has.

use chrono::{DateTime, Utc};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Registry;
use crate::error::{Error, ErrorKind};
use crate::runtime::Interpreter;
use crate::server::documents::{
    ACTIVITY, ActivityForm, DEFINITION, REDRIVE_TOKENS, REVISION, RevisionForm, STATE_MACHINE, StateMachineForm,
    document, no_redrive_tokens, read_definition,
};
use crate::services::step_functions::{Definition, RedriveTokens, Revision};
use crate::store::{ExecutionStore, Record, StoreError, StoreErrorKind, read_text};

impl Registry {
    /// Fills an empty registry with what the store of an interpreter has, and removes from there what nothing needs any
    /// more. Returns the highest number of a revision.
    ///
    /// Errors if the store or a document cannot be read: then nothing is removed.
    pub(in crate::server) fn open(&mut self, interpreter: &Interpreter) -> Result<u64, Error> {
        let Some(documents) = interpreter.documents()? else {
            return Ok(0);
        };
        let unreadable = |error: StoreError| Error::new(ErrorKind::Store, error.to_string());
        let mut reading = Reading {
            store: documents.store(),
            definitions: HashMap::new(),
            revisions: HashMap::new(),
            obsolete: Vec::new(),
        };
        let last_revision = reading.read(self).map_err(unreadable)?;
        reading.read_tokens(self, interpreter.now()).map_err(unreadable)?;
        let obsolete = reading.obsolete;
        if !obsolete.is_empty() {
            documents.write_in_time(obsolete);
        }
        for arn in self.activities.keys() {
            interpreter.create_activity(arn);
        }
        self.documents = Some(documents);
        // Those whose last execution has ended meanwhile.
        self.forget_all_deleted();
        Ok(last_revision)
    }
}

struct Reading<'s> {
    store: &'s dyn ExecutionStore,
    /// By their keys.
    definitions: HashMap<String, Arc<Definition>>,
    /// By their numbers.
    revisions: HashMap<u64, Arc<Revision>>,
    /// Removes documents that nothing needs.
    obsolete: Vec<Record>,
}

impl Reading<'_> {
    fn read(&mut self, registry: &mut Registry) -> Result<u64, StoreError> {
        for found in self.store.documents(ACTIVITY)? {
            let form: ActivityForm = read_text(&found.text, &format!("the activity `{}`", found.key))?;
            registry.activities.insert(found.key, form.activity());
        }
        let mut machines = Vec::new();
        // The revisions of state machines, with whose they are.
        let mut needed = HashMap::new();
        for found in self.store.documents(STATE_MACHINE)? {
            let form: StateMachineForm = read_text(&found.text, &format!("the state machine `{}`", found.key))?;
            needed.extend(form.revisions().map(|number| (number, found.key.clone())));
            machines.push((found.key, form));
        }
        let last_revision = self.read_revisions(&needed)?;
        for (arn, form) in machines {
            let machine = form.state_machine(&arn, &self.revisions)?;
            registry.state_machines.insert(arn, machine);
        }
        Ok(last_revision)
    }

    /// Reads the revisions that state machines have. Others are for executions alone.
    fn read_revisions(&mut self, needed: &HashMap<u64, String>) -> Result<u64, StoreError> {
        let mut last = 0;
        let (mut kept, mut dropped) = (HashSet::new(), HashSet::new());
        for found in self.store.documents(REVISION)? {
            let what = format!("the revision {}", found.key);
            let number = found.key.parse().map_err(|_| {
                StoreError::new(
                    StoreErrorKind::Damaged,
                    format!("{what} is in the store, and is no number"),
                )
            })?;
            last = last.max(number);
            let form: RevisionForm = read_text(&found.text, &what)?;
            if let Some(arn) = needed.get(&number) {
                kept.insert(form.definition.clone());
                let definition = self.definition(&form.definition).map_err(|error| {
                    let message = format!("the state machine `{arn}` cannot be opened: {error}");
                    StoreError::new(error.kind(), message)
                })?;
                self.revisions
                    .insert(number, Arc::new(form.revision(number, definition)));
            } else if self.store.definition(&form.program)?.is_some() {
                kept.insert(form.definition);
            } else {
                // A definition goes with the last of its executions.
                dropped.insert(form.definition);
                self.obsolete.push(document(REVISION, &found.key, None));
            }
        }
        let unused = dropped.difference(&kept);
        self.obsolete.extend(unused.map(|key| document(DEFINITION, key, None)));
        Ok(last)
    }

    fn definition(&mut self, key: &str) -> Result<Arc<Definition>, StoreError> {
        if let Some(known) = self.definitions.get(key) {
            return Ok(Arc::clone(known));
        }
        let read = read_definition(&self.store, key)?;
        self.definitions.insert(key.to_owned(), Arc::clone(&read));
        Ok(read)
    }

    fn read_tokens(&mut self, registry: &mut Registry, now: DateTime<Utc>) -> Result<(), StoreError> {
        for found in self.store.documents(REDRIVE_TOKENS)? {
            let what = format!("the client tokens of the execution `{}`", found.key);
            let tokens: RedriveTokens = read_text(&found.text, &what)?;
            registry.redrives.set(found.key, tokens);
        }
        let old = registry.redrives.forget_old(now);
        self.obsolete.extend(old.iter().map(|arn| no_redrive_tokens(arn)));
        Ok(())
    }
}
