//! What a Map state has in its distributed mode.

use serde::{Deserialize, Serialize};

use crate::data::{ItemFormat, JsonataTemplate, PayloadTemplate, ReferencePath};
use crate::definition::{JsonataValue, Resource, WorkflowType};

/// The fields of a Map state whose items run as executions of their own (developer guide, "Distributed mode").
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DistributedMap {
    /// `ExecutionType`: the type of the child executions.
    pub execution_type: WorkflowType,
    /// What the ARNs of its child executions and Map Runs are known by; made up where there is none.
    pub label: Option<String>,
    /// Where the items come from, if not from the input.
    pub item_reader: Option<ItemReader>,
    /// How many items one child execution gets; without it one.
    pub item_batcher: Option<ItemBatcher>,
    /// What becomes of the results.
    pub result_writer: Option<ResultWriter>,
}

/// `ItemReader`: the items are read from objects of S3.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ItemReader {
    /// `s3:getObject` or `s3:listObjectsV2`: the driver answers such a request as it answers those of Tasks.
    pub resource: Resource,
    /// The request's bucket with its key or prefix.
    pub arguments: Arguments,
    /// What is read.
    pub reads: Reads,
    /// The most items; without it, and where it is 0, all.
    pub max_items: Option<Amount>,
}

/// What an [`ItemReader`] makes items of.
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
        /// `s3:getObject`, by which each is asked for.
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
    /// What every batch gets besides its items.
    pub batch_input: Option<Arguments>,
}

/// `ResultWriter`: how results look, and the objects of S3 that they are written to.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ResultWriter {
    /// `s3:putObject` with the bucket and prefix; without it the results are the state's.
    pub export: Option<(Resource, Arguments)>,
    /// What is told of each child execution.
    pub transformation: Transformation,
    /// How they are written.
    pub output_type: OutputType,
}

/// `WriterConfig.Transformation`. What failed is always told of as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Transformation {
    /// `NONE`: all there is to say about the execution.
    None,
    /// `COMPACT`: the execution's output.
    Compact,
    /// `FLATTEN`: the same, but the elements of an output that is an array.
    Flatten,
}

/// `WriterConfig.OutputType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputType {
    /// `JSON`: one array.
    Json,
    /// `JSONL`: a line for each.
    JsonLines,
}

/// A field that both query languages compute, each in its way.
#[derive(Debug, Clone)]
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
