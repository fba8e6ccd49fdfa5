//! The local doubles of services in a simulation: how a test fills them and reads them afterwards.

use super::{Run, Simulation};
use crate::services::s3::Objects;

impl Simulation {
    /// Puts an object into S3, for the `ItemReader` of a distributed Map: the text of a CSV, JSON or JSON Lines file.
    /// Objects written by a `ResultWriter` join it; read them with [`Run::object`].
    ///
    /// Without any object, the requests `arn:aws:states:::s3:getObject`, `s3:listObjectsV2` and `s3:putObject` are
    /// scripted like Tasks, with S3's responses as answers: `{"Body": "…"}`, `{"Contents": [{"Key": "…"}]}`, `{}`.
    #[must_use]
    pub fn object(mut self, bucket: &str, key: &str, body: impl Into<String>) -> Self {
        let objects = self.doubles.s3.get_or_insert_default();
        objects.put(bucket, key, body.into(), self.start);
        self
    }
}

impl Run {
    /// The text of an object in S3 at the end.
    pub fn object(&self, bucket: &str, key: &str) -> Option<&str> {
        self.doubles.s3.as_ref()?.get(bucket, key)
    }

    /// The buckets and keys of all objects in S3, sorted.
    pub fn objects(&self) -> impl Iterator<Item = (&str, &str)> {
        self.doubles.s3.iter().flat_map(Objects::iter)
    }
}
