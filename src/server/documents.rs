//! State machines, activities and redrives as a store keeps them.
//!
//! | kind | key | content |
//! |---|---|---|
//! | `stateMachine` | its ARN | its versions, aliases and tags; its revisions by their numbers |
//! | `revision` | its number | role and configurations; its definition by its key |
//! | `definition` | workflow type and hash | the text as given |
//! | `activity` | its ARN | all of it |
//! | `redriveTokens` | the ARN of an execution | its client tokens |
//!
//! Executions name their revision too, so one stays after its state machine is gone. It goes at an opening of the store, when
//! neither a state machine nor an execution can have it.

mod forms;

use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::sync::Arc;

pub(super) use self::forms::{ActivityForm, RevisionForm, StateMachineForm};

use self::forms::DefinitionForm;
use super::change::Change;
use super::state_machine::type_name;
use crate::services::step_functions::{Definition, RedriveTokens, Revision};
use crate::store::{ExecutionStore, Record, StoreError, StoreErrorKind, read_text, written_text};

pub(super) const STATE_MACHINE: &str = "stateMachine";
pub(super) const REVISION: &str = "revision";
pub(super) const DEFINITION: &str = "definition";
pub(super) const ACTIVITY: &str = "activity";
pub(super) const REDRIVE_TOKENS: &str = "redriveTokens";

/// The records of changes, which are written together.
pub(super) fn records(changes: &[Change]) -> Vec<Record> {
    let mut records = Vec::new();
    for change in changes {
        match change {
            Change::StateMachine(machine) => {
                let text = written_text(&StateMachineForm::of(machine));
                records.push(document(STATE_MACHINE, machine.arn(), Some(text)));
            }
            Change::NoStateMachine(arn) => records.push(removed_state_machine(arn)),
            Change::Activity(arn, activity) => {
                let text = written_text(&ActivityForm::of(activity));
                records.push(document(ACTIVITY, arn, Some(text)));
            }
            Change::NoActivity(arn) => records.push(document(ACTIVITY, arn, None)),
            Change::Revision {
                revision,
                has_known_definition,
            } => {
                let key = key_of(&revision.definition);
                if !has_known_definition {
                    let text = written_text(&DefinitionForm::of(&revision.definition));
                    records.push(document(DEFINITION, &key, Some(text)));
                }
                let text = written_text(&RevisionForm::of(revision, key));
                records.push(document(REVISION, &revision.number.to_string(), Some(text)));
            }
        }
    }
    records
}

pub(super) fn removed_state_machine(arn: &str) -> Record {
    document(STATE_MACHINE, arn, None)
}

/// The client tokens of an execution.
pub(super) fn redrive_tokens(arn: &str, tokens: &RedriveTokens) -> Record {
    document(REDRIVE_TOKENS, arn, Some(written_text(tokens)))
}

pub(super) fn no_redrive_tokens(arn: &str) -> Record {
    document(REDRIVE_TOKENS, arn, None)
}

/// Where documents are.
pub(super) trait Source {
    /// The text of a document.
    fn text(&self, kind: &str, key: &str) -> Result<Option<String>, StoreError>;
}

impl Source for &dyn ExecutionStore {
    fn text(&self, kind: &str, key: &str) -> Result<Option<String>, StoreError> {
        Ok(self.document(kind, key)?.map(|document| document.text))
    }
}

/// The revision of a number. Errors if it is not there.
pub(super) fn read_revision(documents: &impl Source, number: u64) -> Result<Arc<Revision>, StoreError> {
    let text = documents.text(REVISION, &number.to_string())?;
    let text = text.ok_or_else(|| missing(&format!("the revision {number}")))?;
    let form: RevisionForm = read_text(&text, "a revision of a state machine")?;
    let definition = read_definition(documents, &form.definition)?;
    Ok(Arc::new(form.revision(number, definition)))
}

/// The definition of a key. Errors if it is not there.
pub(super) fn read_definition(documents: &impl Source, key: &str) -> Result<Arc<Definition>, StoreError> {
    let text = documents.text(DEFINITION, key)?;
    let text = text.ok_or_else(|| missing(&format!("the definition `{key}`")))?;
    definition_of(&text)
}

/// The definition in a document.
pub(super) fn definition_of(text: &str) -> Result<Arc<Definition>, StoreError> {
    let form: DefinitionForm = read_text(text, "a definition")?;
    form.definition()
}

/// Differs for definitions that differ, and for the two workflow types.
fn key_of(definition: &Definition) -> String {
    let workflow_type = type_name(definition.program.machine().workflow_type);
    let mut key = format!("{workflow_type} ");
    for byte in Sha256::digest(&definition.text) {
        // Writing into a text does not fail.
        let _ = write!(key, "{byte:02x}");
    }
    key
}

pub(super) fn document(kind: &str, key: &str, text: Option<String>) -> Record {
    Record::Document {
        kind: kind.to_owned(),
        key: key.to_owned(),
        text,
    }
}

pub(super) fn missing(what: &str) -> StoreError {
    let message = format!("{what} is not in the store, though a state machine or an execution has it");
    StoreError::new(StoreErrorKind::Damaged, message)
}
