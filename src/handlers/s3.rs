//! `arn:aws:states:::s3:getObject`, `s3:listObjectsV2` and `s3:putObject` over objects in memory, for the `ItemReader`
//! and the `ResultWriter` of distributed Maps.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Handler, TaskContext};
use crate::TaskError;
use crate::error::predefined_errors;
use crate::services::s3::{Objects, S3Action};

/// The resources that it serves.
pub(crate) const S3_RESOURCES: [&str; 3] = [
    "arn:aws:states:::s3:getObject",
    "arn:aws:states:::s3:listObjectsV2",
    "arn:aws:states:::s3:putObject",
];

/// S3 in memory: text objects by bucket and key. Clones share their objects.
///
/// It answers `{"Body": "…"}` to `getObject`, `{"Contents": [{"Key": "…", …}], "NextContinuationToken": "…"}` to
/// `listObjectsV2`, a thousand objects at a time, and `{"ETag": "…"}` to `putObject`; a custom handler
/// for these resources must do the same.
///
/// ```
/// use asl_engine::handlers::LocalS3;
/// use asl_engine::{Interpreter, StateMachine};
/// use serde_json::{Value, json};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let machine: StateMachine = r#"{
///   "StartAt": "Orders",
///   "States": {
///     "Orders": {
///       "Type": "Map",
///       "ItemReader": {
///         "Resource": "arn:aws:states:::s3:getObject",
///         "ReaderConfig": { "InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW" },
///         "Parameters": { "Bucket": "shop", "Key": "orders.csv" }
///       },
///       "ItemProcessor": {
///         "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
///         "StartAt": "Note",
///         "States": { "Note": { "Type": "Pass", "End": true } }
///       },
///       "End": true
///     }
///   }
/// }"#.parse()?;
///
/// let s3 = LocalS3::new();
/// s3.put("shop", "orders.csv", "id,pizza\n7,funghi\n");
/// let interpreter = Interpreter::new().s3(&s3);
/// let output: Value = interpreter.run(&machine, json!({})).await?;
/// assert_eq!(output, json!([{ "id": "7", "pizza": "funghi" }]));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct LocalS3(Arc<Mutex<Objects>>);

impl LocalS3 {
    /// An S3 without objects.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts an object, replacing an existing one.
    pub fn put(&self, bucket: &str, key: &str, body: impl Into<String>) {
        self.objects().put(bucket, key, body.into(), now());
    }

    /// The text of an object.
    pub fn get(&self, bucket: &str, key: &str) -> Option<String> {
        self.objects().get(bucket, key).map(str::to_owned)
    }

    /// The keys of a bucket's objects, sorted.
    pub fn keys(&self, bucket: &str) -> Vec<String> {
        let objects = self.objects();
        let of_bucket = objects.iter().filter(|(other, _)| *other == bucket);
        of_bucket.map(|(_, key)| key.to_owned()).collect()
    }

    fn objects(&self) -> MutexGuard<'_, Objects> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Handler for LocalS3 {
    async fn call(&self, input: Value, context: TaskContext) -> Result<Value, TaskError> {
        let Some(action) = S3Action::of(&context.resource) else {
            let cause = format!("{} is no request to S3", context.resource);
            return Err(TaskError::new(predefined_errors::TASK_FAILED, cause));
        };
        self.objects().answer(action, &input, now())
    }
}

/// The time at which an object is written.
#[expect(clippy::disallowed_methods, reason = "an S3 has a clock of its own")]
fn now() -> DateTime<Utc> {
    Utc::now()
}
