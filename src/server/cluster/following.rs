//! Reads what other processes have written.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Cluster, Documents};
use crate::server::Service;
use crate::server::documents::{
    ACTIVITY, ActivityForm, REDRIVE_TOKENS, REVISION, RevisionForm, STATE_MACHINE, StateMachineForm, read_definition,
};
use crate::server::redrives::Tokens;
use crate::server::registry::Registry;
use crate::services::step_functions::{Definition, Revision, StepFunctionsError};
use crate::store::{StoreError, read_text};

impl Service {
    /// Reads what is new, if there is something.
    pub(in crate::server) async fn follow(&self, cluster: &Cluster) -> Result<(), StepFunctionsError> {
        let changes = cluster.client.documents_after(&cluster.place, cluster.seen()).await?;
        let mut documents = cluster.documents();
        // Another call may have read the same, or more.
        if changes.version <= cluster.seen() && !changes.is_whole {
            return Ok(());
        }
        let mut named: Vec<(String, String)> = Vec::new();
        if changes.is_whole {
            named.extend(std::mem::take(&mut documents.0).into_keys());
        }
        for document in changes.documents {
            let name = (document.kind, document.key);
            match document.text {
                Some(text) => drop(documents.0.insert(name.clone(), text)),
                None => drop(documents.0.remove(&name)),
            }
            named.push(name);
        }
        let mut reading = Reading {
            documents: &documents,
            definitions: HashMap::new(),
        };
        let mut registry = self.registry();
        for (kind, key) in &named {
            match kind.as_str() {
                STATE_MACHINE => reading.state_machine(&mut registry, key)?,
                ACTIVITY => reading.activity(&mut registry, key)?,
                REDRIVE_TOKENS => reading.redrive_tokens(&mut registry, key)?,
                REVISION => {
                    let number = key.parse().unwrap_or_default();
                    self.last_revision.fetch_max(number, Ordering::Relaxed);
                }
                _ => {}
            }
        }
        cluster.seen.store(changes.version, Ordering::Release);
        Ok(())
    }

    /// A revision of a number, which no state machine may have any more.
    pub(in crate::server) fn revision_in(cluster: &Cluster, number: u64) -> Result<Arc<Revision>, StoreError> {
        crate::server::documents::read_revision(&*cluster.documents(), number)
    }
}

struct Reading<'d> {
    documents: &'d Documents,
    /// By their keys.
    definitions: HashMap<String, Arc<Definition>>,
}

impl Reading<'_> {
    fn state_machine(&mut self, registry: &mut Registry, arn: &str) -> Result<(), StoreError> {
        let Some(text) = self.text(STATE_MACHINE, arn) else {
            registry.state_machines.remove(arn);
            return Ok(());
        };
        let form: StateMachineForm = read_text(text, &format!("the state machine `{arn}`"))?;
        let mut revisions = HashMap::new();
        for number in form.revisions() {
            let revision = match registry.revision(arn, number) {
                Some(known) => known,
                None => self.revision(number)?,
            };
            revisions.insert(number, revision);
        }
        let machine = form.state_machine(arn, &revisions)?;
        registry.state_machines.insert(arn.to_owned(), machine);
        Ok(())
    }

    fn revision(&mut self, number: u64) -> Result<Arc<Revision>, StoreError> {
        let what = format!("the revision {number}");
        let text = self.text(REVISION, &number.to_string());
        let text = text.ok_or_else(|| crate::server::documents::missing(&what))?;
        let form: RevisionForm = read_text(text, &what)?;
        let key = form.definition.clone();
        let definition = match self.definitions.get(&key) {
            Some(known) => Arc::clone(known),
            None => read_definition(self.documents, &key)?,
        };
        self.definitions.insert(key, Arc::clone(&definition));
        Ok(Arc::new(form.revision(number, definition)))
    }

    fn activity(&self, registry: &mut Registry, arn: &str) -> Result<(), StoreError> {
        let Some(text) = self.text(ACTIVITY, arn) else {
            registry.activities.remove(arn);
            return Ok(());
        };
        let form: ActivityForm = read_text(text, &format!("the activity `{arn}`"))?;
        registry.activities.insert(arn.to_owned(), form.activity());
        Ok(())
    }

    fn redrive_tokens(&self, registry: &mut Registry, arn: &str) -> Result<(), StoreError> {
        let tokens: Tokens = match self.text(REDRIVE_TOKENS, arn) {
            Some(text) => read_text(text, &format!("the client tokens of the execution `{arn}`"))?,
            None => Tokens::default(),
        };
        registry.redrive_tokens.set(arn.to_owned(), tokens);
        Ok(())
    }

    fn text(&self, kind: &str, key: &str) -> Option<&str> {
        let text = self.documents.0.get(&(kind.to_owned(), key.to_owned()));
        text.map(String::as_str)
    }
}
