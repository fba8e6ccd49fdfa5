//! Reads what other processes have written.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::task::spawn_blocking;

use super::{Cluster, Documents, Following};
use crate::durable::Changes;
use crate::server::Service;
use crate::server::documents::{
    ACTIVITY, ActivityForm, DEFINITION, REVISION, RevisionForm, STATE_MACHINE, Source as _, StateMachineForm,
    definition_of, missing, read_revision,
};
use crate::server::registry::Registry;
use crate::services::step_functions::{Definition, Revision, StepFunctionsError};
use crate::store::{StoreError, read_text};

/// How often it is read again where a write was seen in part.
const TRIES: usize = 10;

/// A definition, or why it cannot be read.
type Parsed = Result<Arc<Definition>, StoreError>;

/// What has changed.
#[derive(Default)]
struct News {
    /// The ARNs of state machines, with their forms if they are there.
    state_machines: Vec<(String, Option<StateMachineForm>)>,
    activities: Vec<(String, Option<ActivityForm>)>,
    /// The revisions of those state machines that were not known, and the texts of their definitions by key.
    revisions: HashMap<u64, RevisionForm>,
    definitions: HashMap<String, String>,
}

impl Service {
    /// Reads all that was written before this call.
    pub(in crate::server) async fn follow(&self, cluster: &Cluster) -> Result<(), StepFunctionsError> {
        // A read that another call begins after this line shows all that this call has to see.
        let begun = cluster.reads.load(Ordering::Acquire);
        let mut following = cluster.following.lock().await;
        if following.last_read > begun {
            return Ok(());
        }
        let mut tries = 0;
        loop {
            let read = cluster.reads.fetch_add(1, Ordering::AcqRel) + 1;
            let seen = cluster.seen();
            let changes = cluster.client.documents_after(&cluster.place, seen).await?;
            if changes.version == seen && !changes.is_whole {
                following.last_read = read;
                cluster.note_read();
                return Ok(());
            }
            match self.apply(cluster, &mut following, changes).await {
                // It is seen as a whole a moment later.
                Err(_) if tries < TRIES => {
                    tries += 1;
                    tokio::time::sleep(super::PAUSE).await;
                }
                Err(error) => return Err(error.into()),
                // Only now it is good for others.
                Ok(()) => {
                    following.last_read = read;
                    cluster.note_read();
                    return Ok(());
                }
            }
        }
    }

    /// Takes changes over: all of them, or none.
    async fn apply(&self, cluster: &Cluster, following: &mut Following, changes: Changes) -> Result<(), StoreError> {
        let version = changes.version;
        let mut names: BTreeSet<(String, String)> = BTreeSet::new();
        if changes.is_whole {
            let registry = self.registry();
            let machines = registry
                .state_machines
                .keys()
                .map(|arn| (STATE_MACHINE.to_owned(), arn.clone()));
            names.extend(machines);
            names.extend(registry.activities.keys().map(|arn| (ACTIVITY.to_owned(), arn.clone())));
        }
        {
            let mut documents = cluster.documents();
            if changes.is_whole {
                names.extend(std::mem::take(&mut documents.0).into_keys());
            }
            for document in changes.documents {
                let name = (document.kind, document.key);
                match document.text {
                    Some(text) => drop(documents.0.insert(name.clone(), text)),
                    None => drop(documents.0.remove(&name)),
                }
                names.insert(name);
            }
            // What could not be taken over before is looked at again.
            names.append(&mut following.left);
        }
        let completed = self.complete(cluster, &names).await;
        let read = completed.and_then(|()| self.read_news(&cluster.documents(), &names));
        let news = read.inspect_err(|_| following.left.clone_from(&names))?;
        let definitions = news.definitions.clone();
        // Reading definitions takes a while; other calls go on meanwhile.
        let parsing = spawn_blocking(move || {
            let parsed = definitions.into_iter();
            parsed
                .map(|(key, text)| (key, definition_of(&text)))
                .collect::<HashMap<String, Parsed>>()
        });
        let parsed = parsing.await.unwrap_or_default();
        let shown = self.show_news(news, &parsed);
        shown.inspect_err(|_| following.left = names)?;
        cluster.documents().forget_revisions();
        cluster.seen.store(version, Ordering::Release);
        Ok(())
    }

    /// Reads the revisions and definitions that state machines have, and that have not changed now.
    async fn complete(&self, cluster: &Cluster, names: &BTreeSet<(String, String)>) -> Result<(), StoreError> {
        loop {
            let lacking = self.lacking(&cluster.documents(), names)?;
            let Some((kind, key)) = lacking else { return Ok(()) };
            let text = cluster.document(kind, &key).await?;
            cluster.documents().0.insert((kind.to_owned(), key), text);
        }
    }

    /// The first document that is lacking.
    fn lacking(
        &self,
        documents: &Documents,
        names: &BTreeSet<(String, String)>,
    ) -> Result<Option<(&'static str, String)>, StoreError> {
        let registry = self.registry();
        for (_, arn) in names.iter().filter(|(kind, _)| kind == STATE_MACHINE) {
            let Some(text) = documents.text(STATE_MACHINE, arn)? else {
                continue;
            };
            let form: StateMachineForm = read_text(&text, &format!("the state machine `{arn}`"))?;
            for number in form.revisions() {
                if registry.revision(arn, number).is_some() {
                    continue;
                }
                let key = number.to_string();
                let Some(text) = documents.text(REVISION, &key)? else {
                    return Ok(Some((REVISION, key)));
                };
                let form: RevisionForm = read_text(&text, &format!("the revision {number}"))?;
                if documents.text(DEFINITION, &form.definition)?.is_none() {
                    return Ok(Some((DEFINITION, form.definition)));
                }
            }
        }
        Ok(None)
    }

    fn read_news(&self, documents: &Documents, names: &BTreeSet<(String, String)>) -> Result<News, StoreError> {
        let registry = self.registry();
        let mut news = News::default();
        for (kind, key) in names {
            let text = documents.text(kind, key)?;
            match kind.as_str() {
                STATE_MACHINE => {
                    let what = format!("the state machine `{key}`");
                    let form: Option<StateMachineForm> = text.map(|text| read_text(&text, &what)).transpose()?;
                    for number in form.iter().flat_map(StateMachineForm::revisions) {
                        if registry.revision(key, number).is_none() {
                            news.add_revision(documents, number)?;
                        }
                    }
                    news.state_machines.push((key.clone(), form));
                }
                ACTIVITY => {
                    let what = format!("the activity `{key}`");
                    let form = text.map(|text| read_text(&text, &what)).transpose()?;
                    news.activities.push((key.clone(), form));
                }
                REVISION => {
                    let number = key.parse().unwrap_or_default();
                    self.last_revision.fetch_max(number, Ordering::Relaxed);
                }
                _ => {}
            }
        }
        Ok(news)
    }

    fn show_news(&self, news: News, parsed: &HashMap<String, Parsed>) -> Result<(), StoreError> {
        let mut revisions = HashMap::new();
        for (number, form) in news.revisions {
            let definition = match parsed.get(&form.definition) {
                Some(Ok(definition)) => Arc::clone(definition),
                Some(Err(error)) => return Err(StoreError::new(error.kind(), error.to_string())),
                None => return Err(missing(&format!("the definition `{}`", form.definition))),
            };
            revisions.insert(number, Arc::new(form.revision(number, definition)));
        }
        let mut registry = self.registry();
        for (arn, form) in news.state_machines {
            show_state_machine(&mut registry, arn, form, &revisions)?;
        }
        for (arn, form) in news.activities {
            match form {
                Some(form) => drop(registry.activities.insert(arn, form.activity())),
                None => drop(registry.activities.remove(&arn)),
            }
        }
        Ok(())
    }

    /// A revision of a number, which no state machine may have any more.
    pub(in crate::server) async fn revision_in(cluster: &Cluster, number: u64) -> Result<Arc<Revision>, StoreError> {
        let (key, mut documents) = (number.to_string(), Documents::default());
        let text = cluster.document(REVISION, &key).await?;
        let form: RevisionForm = read_text(&text, "a revision of a state machine")?;
        documents.0.insert((REVISION.to_owned(), key), text);
        let text = cluster.document(DEFINITION, &form.definition).await?;
        documents.0.insert((DEFINITION.to_owned(), form.definition), text);
        read_revision(&documents, number)
    }
}

impl News {
    fn add_revision(&mut self, documents: &Documents, number: u64) -> Result<(), StoreError> {
        let what = format!("the revision {number}");
        let text = documents.text(REVISION, &number.to_string())?;
        let form: RevisionForm = read_text(&text.ok_or_else(|| missing(&what))?, &what)?;
        let key = form.definition.clone();
        let text = documents.text(DEFINITION, &key)?;
        let text = text.ok_or_else(|| missing(&format!("the definition `{key}`")))?;
        self.definitions.insert(key, text);
        self.revisions.insert(number, form);
        Ok(())
    }
}

fn show_state_machine(
    registry: &mut Registry,
    arn: String,
    form: Option<StateMachineForm>,
    new: &HashMap<u64, Arc<Revision>>,
) -> Result<(), StoreError> {
    let Some(form) = form else {
        registry.state_machines.remove(&arn);
        return Ok(());
    };
    let mut revisions = HashMap::new();
    for number in form.revisions() {
        let revision = new.get(&number).cloned().or_else(|| registry.revision(&arn, number));
        revisions.insert(
            number,
            revision.ok_or_else(|| missing(&format!("the revision {number}")))?,
        );
    }
    let machine = form.state_machine(&arn, &revisions)?;
    registry.state_machines.insert(arn, machine);
    Ok(())
}
