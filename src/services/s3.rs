//! S3 as needed by distributed Maps: text objects by bucket and key.

use chrono::{DateTime, SecondsFormat, Utc};
use md5::{Digest, Md5};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::ops::Bound;

use super::parameters::required_text;
use crate::TaskError;
use crate::definition::Resource;

/// The most objects on a page of a listing, as on AWS.
const MOST_LISTED: usize = 1_000;

/// Objects in memory.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Objects(BTreeMap<(String, String), Object>);

#[derive(Debug, Clone, PartialEq)]
struct Object {
    body: String,
    last_modified: DateTime<Utc>,
}

/// A request to S3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum S3Action {
    GetObject,
    ListObjectsV2,
    PutObject,
}

impl S3Action {
    /// The request of a resource, if it is one of S3's.
    pub(crate) fn of(resource: &Resource) -> Option<Self> {
        match resource.service()? {
            ("s3", "getObject") => Some(Self::GetObject),
            ("s3", "listObjectsV2") => Some(Self::ListObjectsV2),
            ("s3", "putObject") => Some(Self::PutObject),
            _ => None,
        }
    }
}

impl Objects {
    pub(crate) fn put(&mut self, bucket: &str, key: &str, body: String, now: DateTime<Utc>) {
        let place = (bucket.to_owned(), key.to_owned());
        let last_modified = now;
        self.0.insert(place, Object { body, last_modified });
    }

    pub(crate) fn get(&self, bucket: &str, key: &str) -> Option<&str> {
        let place = (bucket.to_owned(), key.to_owned());
        self.0.get(&place).map(|object| object.body.as_str())
    }

    /// The buckets and keys of all objects, sorted.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.keys().map(|(bucket, key)| (bucket.as_str(), key.as_str()))
    }

    /// Answers a request, in the spelling of Step Functions.
    pub(crate) fn answer(&mut self, action: S3Action, input: &Value, now: DateTime<Utc>) -> Result<Value, TaskError> {
        let bucket = required_text(input, "Bucket")?;
        match action {
            S3Action::GetObject => {
                let key = required_text(input, "Key")?;
                let body = self.get(bucket, key);
                let missing = || TaskError::new("S3.NoSuchKeyException", "The specified key does not exist.");
                body.map(|body| json!({ "Body": body })).ok_or_else(missing)
            }
            S3Action::ListObjectsV2 => Ok(self.list(bucket, input)),
            S3Action::PutObject => {
                let key = required_text(input, "Key")?.to_owned();
                let body = required_text(input, "Body")?.to_owned();
                let etag = etag(&body);
                self.put(bucket, &key, body, now);
                Ok(json!({ "ETag": etag }))
            }
        }
    }

    /// A page of a listing, sorted by key.
    fn list(&self, bucket: &str, input: &Value) -> Value {
        let text = |name: &str| input.get(name).and_then(Value::as_str);
        let prefix = text("Prefix").unwrap_or_default();
        let start = match text("ContinuationToken") {
            Some(last) => Bound::Excluded((bucket.to_owned(), last.to_owned())),
            None => Bound::Included((bucket.to_owned(), prefix.to_owned())),
        };
        let mut found = self.0.range((start, Bound::Unbounded));
        let of_prefix = |place: &(String, String)| place.0 == bucket && place.1.starts_with(prefix);
        let mut contents = Vec::new();
        let mut last = None;
        for ((_, key), object) in found.by_ref().take_while(|(place, _)| of_prefix(place)) {
            if contents.len() == MOST_LISTED {
                let mut listing = Map::new();
                listing.insert("Contents".into(), contents.into());
                listing.insert("IsTruncated".into(), true.into());
                listing.insert("NextContinuationToken".into(), last.into());
                return Value::Object(listing);
            }
            last = Some(key.clone());
            contents.push(json!({
                "ETag": etag(&object.body),
                "LastModified": object.last_modified.to_rfc3339_opts(SecondsFormat::Secs, true),
                "Key": key,
                "Size": object.body.len(),
                "StorageClass": "STANDARD",
            }));
        }
        json!({ "Contents": contents, "IsTruncated": false })
    }
}

/// The digest of an object in quotes, in S3's form.
fn etag(body: &str) -> String {
    let digest = Md5::digest(body.as_bytes());
    let digits = digest
        .iter()
        .fold(0_u128, |digits, byte| digits << 8 | u128::from(*byte));
    format!("\"{digits:032x}\"")
}

#[cfg(test)]
mod tests {
    use super::{Objects, S3Action};
    use chrono::DateTime;
    use serde_json::json;

    #[test]
    fn a_long_listing_comes_in_parts() {
        let mut objects = Objects::default();
        for i in 0..1_500 {
            objects.put("b", &format!("in/{i:04}"), String::new(), DateTime::UNIX_EPOCH);
        }
        objects.put("b", "other", String::new(), DateTime::UNIX_EPOCH);
        objects.put("c", "in/0", String::new(), DateTime::UNIX_EPOCH);
        let mut request = json!({ "Bucket": "b", "Prefix": "in/" });
        let mut list = |request: &_| objects.answer(S3Action::ListObjectsV2, request, DateTime::UNIX_EPOCH);
        let first = list(&request).unwrap();
        assert_eq!(first["Contents"].as_array().unwrap().len(), 1_000);
        request["ContinuationToken"] = first["NextContinuationToken"].clone();
        let second = list(&request).unwrap();
        assert_eq!(second["Contents"].as_array().unwrap().len(), 500);
        assert_eq!(second["IsTruncated"], false);
    }
}
