use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::VecDeque;

use super::Items;
use crate::data::{ItemFormat, ItemLimits, ItemsError, Payload, held_size, parse_timestamp};
use crate::definition::{ItemReader, Reads, Resource};

/// The most items of a reader (developer guide, "Quotas").
const MOST_ITEMS: usize = 100_000_000;
/// The most pages of a listing; S3 lists a thousand objects on each.
const MOST_PARTS: usize = MOST_ITEMS / 1_000;

/// An `ItemReader` at work, one request at a time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Reading {
    /// The unanswered request.
    pub(crate) asked: Option<Asked>,
    limits: (usize, usize),
    bucket: String,
    /// The objects still to be read.
    keys: VecDeque<String>,
    /// The object being read.
    key: Option<String>,
    read: Vec<Value>,
    /// Whether the items are the members of an object.
    are_pairs: bool,
    bytes: usize,
    /// The number of pages of the listing so far.
    #[serde(default)]
    parts: usize,
    sources: Vec<(usize, String)>,
}

/// An unanswered request to a service, like that of a Task.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) generation: u32,
    pub(crate) input: Payload,
}

/// The next step after an answer.
pub(crate) enum Step {
    /// Another request.
    Ask(Payload),
    /// All items are read.
    Done(Items),
}

impl Reading {
    /// Begins to read with the first request. `max_items` 0 reads all; `bytes` limits the size of the items.
    pub(crate) fn begin(arguments: &Payload, max_items: i64, bytes: usize) -> Self {
        let most = match usize::try_from(max_items) {
            Ok(0) | Err(_) => MOST_ITEMS,
            Ok(max_items) => max_items.min(MOST_ITEMS),
        };
        let text = |name: &str| {
            arguments
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        Self {
            asked: None,
            limits: (most, bytes),
            bucket: text("Bucket"),
            keys: VecDeque::new(),
            key: Some(text("Key")),
            read: Vec::new(),
            are_pairs: false,
            bytes: 0,
            parts: 0,
            sources: Vec::new(),
        }
    }

    /// The unanswered request's arguments.
    pub(crate) fn resource<'r>(&self, reader: &'r ItemReader) -> &'r Resource {
        match &reader.reads {
            Reads::ListedObjects { get_object, .. } if self.key.is_some() && self.asks_for_an_object() => get_object,
            _ => &reader.resource,
        }
    }

    fn asks_for_an_object(&self) -> bool {
        self.asked
            .as_ref()
            .is_some_and(|asked| asked.input.get("Key").is_some())
    }

    /// Handles the answer to the request; an error becomes the cause of `States.ItemReaderFailed`.
    pub(crate) fn answered(&mut self, reader: &ItemReader, answer: Value) -> Result<Step, String> {
        let was_object = self.asks_for_an_object();
        let asked = self.asked.take();
        match &reader.reads {
            Reads::Object(format) => {
                self.read_object(format, &answer)?;
                Ok(Step::Done(self.done()))
            }
            Reads::ListedObjects { format, .. } if was_object => {
                let source = format!("s3://{}/{}", self.bucket, self.key.take().unwrap_or_default());
                self.sources.push((self.read.len(), source));
                self.read_object(format, &answer)?;
                Ok(self.next_object())
            }
            Reads::Listing | Reads::ListedObjects { .. } => {
                let flattens = matches!(reader.reads, Reads::ListedObjects { .. });
                self.list(answer, flattens, asked)
            }
        }
    }

    fn read_object(&mut self, format: &ItemFormat, answer: &Value) -> Result<(), String> {
        let body = answer.get("Body").and_then(Value::as_str);
        let body = body.ok_or("The answer to the request has no `Body` that is a text.")?;
        let (items, bytes) = self.limits;
        let limits = ItemLimits {
            items: items.saturating_sub(self.read.len()),
            bytes: bytes.saturating_sub(self.bytes),
        };
        let read = format.read(body, limits).map_err(|error| error.to_string())?;
        self.are_pairs = read.are_pairs;
        self.bytes = read.items.iter().map(held_size).fold(self.bytes, usize::saturating_add);
        self.read.extend(read.items);
        Ok(())
    }

    /// The objects on a page of a listing.
    fn list(&mut self, mut answer: Value, flattens: bool, asked: Option<Asked>) -> Result<Step, String> {
        let contents = match answer.get_mut("Contents").map(Value::take) {
            Some(Value::Array(contents)) => contents,
            // The bucket has no such objects.
            None | Some(Value::Null) => Vec::new(),
            Some(_) => return Err("The answer to the request has `Contents` that are no array.".into()),
        };
        self.parts += 1;
        if self.parts > MOST_PARTS {
            return Err(format!("The listing has more than {MOST_PARTS} parts."));
        }
        for object in contents {
            if !flattens {
                if self.read.len() < self.limits.0 {
                    let item = listed(&object);
                    self.take(held_size(&item))?;
                    self.read.push(item);
                }
            } else if let Some(key) = object.get("Key").and_then(Value::as_str) {
                self.take(key.len() + size_of::<String>())?;
                self.keys.push_back(key.to_owned());
            }
        }
        let token = answer.get_mut("NextContinuationToken").map(Value::take);
        if let (Some(Value::String(token)), Some(asked)) = (token, asked)
            && self.read.len() < self.limits.0
        {
            let mut again = asked.input.into_value();
            if let Value::Object(members) = &mut again {
                members.insert("ContinuationToken".into(), token.into());
            }
            return Ok(Step::Ask(Payload::from(again)));
        }
        if !flattens {
            self.sources.push((0, format!("s3://{}", self.bucket)));
        }
        Ok(self.next_object())
    }

    /// Counts kept data.
    fn take(&mut self, bytes: usize) -> Result<(), String> {
        let limit = self.limits.1;
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > limit {
            return Err(ItemsError::TooLarge { limit }.to_string());
        }
        Ok(())
    }

    /// The request for the next object, if more items are to be read.
    fn next_object(&mut self) -> Step {
        if self.read.len() < self.limits.0
            && let Some(key) = self.keys.pop_front()
        {
            let mut request = Map::new();
            request.insert("Bucket".into(), self.bucket.clone().into());
            request.insert("Key".into(), key.clone().into());
            self.key = Some(key);
            return Step::Ask(Payload::from(Value::Object(request)));
        }
        Step::Done(self.done())
    }

    fn done(&mut self) -> Items {
        let read = std::mem::take(&mut self.read);
        Items::listed(
            Payload::from(Value::Array(read)),
            self.are_pairs,
            std::mem::take(&mut self.sources),
        )
    }

    /// All data in it.
    pub(crate) fn values(&self) -> impl Iterator<Item = &Value> {
        let asked = self.asked.as_ref().map(|asked| asked.input.value());
        self.read.iter().chain(asked)
    }
}

/// An object in a listing, as an item.
fn listed(object: &Value) -> Value {
    let member = |names: &[&str]| {
        names
            .iter()
            .find_map(|name| object.get(name))
            .cloned()
            .unwrap_or_default()
    };
    let last_modified = match member(&["LastModified"]) {
        Value::String(text) => parse_timestamp(&text).map_or(Value::String(text), |time| time.timestamp().into()),
        other => other,
    };
    let mut item = Map::new();
    item.insert("Etag".into(), member(&["ETag", "Etag"]));
    item.insert("LastModified".into(), last_modified);
    item.insert("Key".into(), member(&["Key"]));
    item.insert("Size".into(), member(&["Size"]));
    item.insert("StorageClass".into(), member(&["StorageClass"]));
    Value::Object(item)
}
