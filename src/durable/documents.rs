//! Documents that all processes of a cluster share: an object that writes them one after the other.
//!
//! The API keeps its state machines and activities so. Whoever writes says what it has read last, and is refused if another has
//! written since: it reads what is new, and looks again.

use restate_sdk::endpoint::ContextInternal;
use restate_sdk::errors::TerminalError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

use super::messages::Message;
use super::services::{Handler, Kind, handler};
use super::{RestateClient, names};
use crate::error::Error;

const WRITE: &str = "write";
const READ: &str = "read";
const READ_ONE: &str = "read_one";

/// The key of what was written last.
const LAST: &str = "last";
const DOCUMENT_PREFIX: &str = "document ";

/// So many changes are known one by one. Who has read less reads all.
const RECENT: usize = 1_000;

/// So many bytes are read at once, and the rest of a document: an answer is one message, of 32 MB at most.
const BYTES: usize = 4 * 1024 * 1024;

/// So many documents are read at once: each is a step of the object.
const DOCUMENTS: usize = 200;

/// A document; `None` if it was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SharedDocument {
    pub(crate) kind: String,
    pub(crate) key: String,
    pub(crate) text: Option<String>,
}

/// What has changed.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// The number of the last write in it.
    pub(crate) version: u64,
    /// Whether these are all documents that there are, and all others are gone.
    pub(crate) is_whole: bool,
    pub(crate) documents: Vec<SharedDocument>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Write {
    /// The write that was read last.
    after: u64,
    documents: Vec<SharedDocument>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Read {
    /// The write that was read last.
    after: u64,
    /// Where the last page ended, of the write that it was of.
    page: Option<(u64, String)>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Page {
    version: u64,
    is_whole: bool,
    documents: Vec<SharedDocument>,
    /// Where it ended, if there is more.
    end: Option<String>,
}

/// What was written last.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Last {
    version: u64,
    /// The keys of documents with the writes that changed them, the latest at the end.
    recent: Vec<(u64, String)>,
}

impl RestateClient {
    /// What was written to the documents of a place since a write; 0 is before the first.
    pub(crate) async fn documents_after(&self, place: &str, after: u64) -> Result<Changes, Error> {
        let mut changes = Changes::default();
        let mut page = None;
        loop {
            let read = Read { after, page };
            let got: Page = self.call_object((names::DOCUMENTS, place, READ), &read).await?;
            if got.version != changes.version || got.is_whole != changes.is_whole {
                // Another has written meanwhile: what was read before is of then.
                changes.documents.clear();
            }
            changes.version = got.version;
            changes.is_whole = got.is_whole;
            changes.documents.extend(got.documents);
            let Some(end) = got.end else { return Ok(changes) };
            page = Some((got.version, end));
        }
    }

    /// A document of a place; `None` if there is none.
    pub(crate) async fn document(&self, place: &str, kind: &str, key: &str) -> Result<Option<String>, Error> {
        let wanted = key_of(kind, key);
        let found: Option<SharedDocument> = self.call_object((names::DOCUMENTS, place, READ_ONE), &wanted).await?;
        Ok(found.and_then(|document| document.text))
    }

    /// Writes documents together. Returns the number of the write, or `None` if something was written after the one that is
    /// given, and nothing is written now.
    pub(crate) async fn write_documents(
        &self,
        place: &str,
        after: u64,
        documents: Vec<SharedDocument>,
    ) -> Result<Option<u64>, Error> {
        let write = Write { after, documents };
        self.call_object_once((names::DOCUMENTS, place, WRITE), &write).await
    }
}

/// The handlers of the service.
pub(super) fn handlers() -> Vec<Handler> {
    vec![
        handler(WRITE, Kind::Exclusive, write),
        handler(READ, Kind::Shared, read),
        handler(READ_ONE, Kind::Shared, read_one),
    ]
}

async fn write(context: ContextInternal) -> Result<Option<u64>, TerminalError> {
    let (Message(Write { after, documents }), _) = context.input::<Message<Write>>().await;
    let mut last = last(&context).await?;
    if last.version != after {
        return Ok(None);
    }
    last.version += 1;
    for document in documents {
        let key = key_of(&document.kind, &document.key);
        if document.text.is_some() {
            context.set(&key, Message(document));
        } else {
            context.clear(&key);
        }
        last.recent.push((last.version, key));
    }
    // A write is known whole or not at all.
    let too_many = last.recent.len().saturating_sub(RECENT);
    if let Some((version, _)) = too_many.checked_sub(1).and_then(|index| last.recent.get(index)) {
        let version = *version;
        last.recent.retain(|(known, _)| *known > version);
    }
    let version = last.version;
    context.set(LAST, Message(last));
    Ok(Some(version))
}

async fn read(context: ContextInternal) -> Result<Page, TerminalError> {
    let (Message(Read { after, page }), _) = context.input::<Message<Read>>().await;
    let Last { version, recent } = last(&context).await?;
    let is_known = after == version || recent.first().is_some_and(|(first, _)| *first <= after + 1);
    let is_whole = !is_known || after > version;
    let keys: BTreeSet<String> = if is_whole {
        let keys = context.get_keys().await?;
        keys.into_iter()
            .filter(|key| key.starts_with(DOCUMENT_PREFIX))
            .collect()
    } else {
        let new = recent.into_iter().filter(|(version, _)| *version > after);
        new.map(|(_, key)| key).collect()
    };
    let from = page.filter(|(of, _)| *of == version).map(|(_, end)| end);
    let mut keys = keys
        .into_iter()
        .filter(|key| from.as_ref().is_none_or(|from| key > from))
        .peekable();
    let (mut documents, mut bytes, mut end) = (Vec::new(), 0, None);
    while let Some(key) = keys.next() {
        let document = match context.get::<Message<SharedDocument>>(&key).await? {
            Some(Message(document)) => document,
            None => removed(&key),
        };
        bytes += key.len() + document.text.as_ref().map_or(0, String::len);
        documents.push(document);
        if (bytes >= BYTES || documents.len() >= DOCUMENTS) && keys.peek().is_some() {
            end = Some(key);
            break;
        }
    }
    Ok(Page {
        version,
        is_whole,
        documents,
        end,
    })
}

async fn read_one(context: ContextInternal) -> Result<Option<SharedDocument>, TerminalError> {
    let (Message(key), _) = context.input::<Message<String>>().await;
    let document = context.get::<Message<SharedDocument>>(&key).await?;
    Ok(document.map(|Message(document)| document))
}

async fn last(context: &ContextInternal) -> Result<Last, TerminalError> {
    let last = context.get::<Message<Last>>(LAST).await?;
    Ok(last.map(|Message(last)| last).unwrap_or_default())
}

/// No kind has a space.
fn key_of(kind: &str, key: &str) -> String {
    format!("{DOCUMENT_PREFIX}{kind} {key}")
}

fn removed(key: &str) -> SharedDocument {
    let named = key.strip_prefix(DOCUMENT_PREFIX).unwrap_or(key);
    let (kind, key) = named.split_once(' ').unwrap_or((named, ""));
    SharedDocument {
        kind: kind.to_owned(),
        key: key.to_owned(),
        text: None,
    }
}
