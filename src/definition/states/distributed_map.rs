//! The fields of a Map state in distributed mode.

use serde::{Deserialize, Serialize};

use crate::data::{ItemFormat, JsonataTemplate, PayloadTemplate, ReferencePath};
use crate::definition::{JsonataValue, Resource, WorkflowType};

/// The fields of a Map state whose items run as executions of their own (developer guide, "Distributed mode").
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DistributedMap {
    /// `ExecutionType`: the type of the child executions.
    pub execution_type: WorkflowType,
    /// The label in the ARNs of its child executions and Map Runs; generated if absent.
    pub label: Option<String>,
    /// The source of the items, if it is not the input.
    pub item_reader: Option<ItemReader>,
    /// The number of items per child execution; one if absent.
    pub item_batcher: Option<ItemBatcher>,
    /// The form and destination of the results.
    pub result_writer: Option<ResultWriter>,
}

/// `ItemReader`: reads the items from objects in S3.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ItemReader {
    /// `s3:getObject` or `s3:listObjectsV2`; the driver answers the request like that of a Task.
    pub resource: Resource,
    /// The request's bucket with its key or prefix.
    pub arguments: Arguments,
    /// The format of the source.
    pub reads: Reads,
    /// The most items; all if it is absent or 0.
    pub max_items: Option<Amount>,
}

/// The source format of an [`ItemReader`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reads {
    /// The items in one object.
    Object(ItemFormat),
    /// The objects of a bucket, each an item: its `Etag`, `LastModified`, `Key`, `Size` and `StorageClass`.
    Listing,
    /// `"Transformation": "LOAD_AND_FLATTEN"`: the items in all the objects of a bucket.
    ListedObjects {
        /// How each object holds its items.
        format: ItemFormat,
        /// `s3:getObject`, which reads each object.
        get_object: Resource,
    },
}

/// `ItemBatcher`: a child execution gets `{ "BatchInput": …, "Items": [ … ] }`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ItemBatcher {
    /// The most items of a batch.
    pub max_items_per_batch: Option<Amount>,
    /// The most bytes of a batch.
    pub max_input_bytes_per_batch: Option<Amount>,
    /// The `BatchInput` of every batch.
    pub batch_input: Option<Arguments>,
}

/// `ResultWriter`: the form of the results and the objects in S3 to which they are written.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ResultWriter {
    /// `s3:putObject` with the bucket and prefix; if absent, the results become the state's result.
    pub export: Option<(Resource, Arguments)>,
    /// The form of each child execution's result.
    pub transformation: Transformation,
    /// The format of the output.
    pub output_type: OutputType,
}

/// `WriterConfig.Transformation`. Failed child executions are always described in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Transformation {
    /// `NONE`: the full description of the execution.
    None,
    /// `COMPACT`: the execution's output.
    Compact,
    /// `FLATTEN`: the same, but the elements of an output that is an array.
    Flatten,
}

/// `WriterConfig.OutputType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OutputType {
    /// `JSON`: one array.
    Json,
    /// `JSONL`: a line for each.
    JsonLines,
}

/// A field that each query language computes in its own way.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Arguments {
    /// In JSONPath.
    JsonPath(PayloadTemplate),
    /// In JSONata.
    Jsonata(JsonataTemplate),
}

/// A whole number: constant, by a path, or by an expression.
#[derive(Debug, Clone)]
pub enum Amount {
    /// Constant, or an expression.
    Value(JsonataValue<u32>),
    /// Read from the effective input.
    Path(Box<ReferencePath>),
}
