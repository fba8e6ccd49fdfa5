//! The fields of a Map state in distributed mode. The rule of the same name checks which of them are present.

mod item_reader;

use self::item_reader::item_reader;
use super::{Fields, Reading, values};
use crate::data::json::{Node, Place};
use crate::definition::{
    Amount, Arguments, Code, DistributedMap, ItemBatcher, JsonataValue, OutputType, QueryLanguage, Resource,
    ResultWriter, Transformation, WorkflowType,
};
use crate::loading::outline::is_distributed;
use crate::loading::report::Reported;

/// The most items of a reader and of a Map Run (developer guide, "Quotas").
const MOST_ITEMS: u32 = 100_000_000;
/// The most bytes of a batch, the same as of an input.
const MOST_BYTES: u32 = 262_144;
/// The most characters of a label.
const LONGEST_LABEL: usize = 40;

/// The fields of the distributed mode; `None` in inline mode.
pub(super) fn distributed_map(
    fields: &mut Fields<'_, '_>,
    item_processor: Option<&Node>,
    language: QueryLanguage,
) -> Result<Option<Box<DistributedMap>>, Reported> {
    let Some(processor) = item_processor.filter(|processor| is_distributed(processor)) else {
        return Ok(None);
    };
    let execution_type = execution_type(processor, fields.reading);
    let label = fields.optional("Label", label);
    let item_reader = fields.optional("ItemReader", |node, reading| item_reader(node, language, reading));
    let item_batcher = fields.optional("ItemBatcher", |node, reading| item_batcher(node, language, reading));
    let result_writer = fields.optional("ResultWriter", |node, reading| result_writer(node, language, reading));
    Ok(Some(Box::new(DistributedMap {
        execution_type: execution_type?,
        label: label?,
        item_reader: item_reader?,
        item_batcher: item_batcher?,
        result_writer: result_writer?,
    })))
}

fn execution_type(processor: &Node, reading: &mut Reading) -> Result<WorkflowType, Reported> {
    let Some(config) = processor.field("ProcessorConfig") else {
        return Err(Reported);
    };
    let Some(node) = config.field("ExecutionType") else {
        reading
            .report
            .schema(Place::opening(config), "The field 'ExecutionType' is required")
            .help("the child executions are `STANDARD` or `EXPRESS`");
        return Err(Reported);
    };
    one_of(
        "ExecutionType",
        node,
        &[("STANDARD", WorkflowType::Standard), ("EXPRESS", WorkflowType::Express)],
        reading,
    )
}

fn label(node: &Node, reading: &mut Reading) -> Result<String, Reported> {
    let text = values::string(node, reading)?;
    // The label becomes part of ARNs.
    let is_forbidden = |c: char| c.is_whitespace() || c.is_control() || "?*<>{}[]:;,\\|^~$#%&`\"/".contains(c);
    let problem = if text.is_empty() {
        "it is empty"
    } else if text.chars().count() > LONGEST_LABEL {
        "it has more than 40 characters"
    } else if text.contains(is_forbidden) {
        "it has neither blanks nor any of ? * < > { } [ ] : ; , \\ | ^ ~ $ # % & ` \" /"
    } else {
        return Ok(text.to_owned());
    };
    reading
        .report
        .error(
            Code::InvalidLabelName,
            Place::value(node),
            format!("Invalid Label name: '{text}'"),
        )
        .help(problem);
    Err(Reported)
}

fn item_batcher(node: &Node, language: QueryLanguage, reading: &mut Reading) -> Result<ItemBatcher, Reported> {
    let mut fields = Fields::of(node, reading)?;
    let max_items = amount(&mut fields, "MaxItemsPerBatch", 1, MOST_ITEMS, language);
    let max_bytes = amount(&mut fields, "MaxInputBytesPerBatch", 1, MOST_BYTES, language);
    let batch_input = arguments(&mut fields, "BatchInput", language);
    let (max_items, max_bytes) = (max_items?, max_bytes?);
    if max_items.is_none() && max_bytes.is_none() {
        let message = "These fields are required: [MaxItemsPerBatch, MaxInputBytesPerBatch]";
        reading
            .report
            .schema(Place::opening(node), message)
            .help("a batch has a most number of items, of bytes, or both");
        return Err(Reported);
    }
    Ok(ItemBatcher {
        max_items_per_batch: max_items,
        max_input_bytes_per_batch: max_bytes,
        batch_input: batch_input?,
    })
}

fn result_writer(node: &Node, language: QueryLanguage, reading: &mut Reading) -> Result<ResultWriter, Reported> {
    const TRANSFORMATIONS: [(&str, Transformation); 3] = [
        ("NONE", Transformation::None),
        ("COMPACT", Transformation::Compact),
        ("FLATTEN", Transformation::Flatten),
    ];
    const OUTPUT_TYPES: [(&str, OutputType); 2] = [("JSON", OutputType::Json), ("JSONL", OutputType::JsonLines)];
    let mut fields = Fields::of(node, reading)?;
    let name = arguments_name(language);
    let export = match (fields.node("Resource"), fields.node(name)) {
        (None, None) => Ok(None),
        (None, Some(_)) => {
            missing("Resource", node, fields.reading);
            Err(Reported)
        }
        (Some(_), _) => {
            let resource = resource(&mut fields, node, &["s3:putObject"]);
            let arguments = required_arguments(&mut fields, node, language);
            resource.and_then(|resource| Ok(Some((resource, arguments?))))
        }
    }?;
    let config = fields.node("WriterConfig");
    let (transformation, output_type) = match config {
        None if export.is_none() => {
            reading
                .report
                .schema(Place::value(node), "Value cannot be empty")
                .help("it has a `WriterConfig`, a `Resource` with its bucket, or all");
            return Err(Reported);
        }
        None => (None, None),
        Some(config) => {
            let mut fields = Fields::of(config, fields.reading)?;
            let transformation = fields.optional("Transformation", |node, reading| {
                one_of("Transformation", node, &TRANSFORMATIONS, reading)
            });
            let output_type = fields.optional("OutputType", |node, reading| {
                one_of("OutputType", node, &OUTPUT_TYPES, reading)
            });
            (transformation?, output_type?)
        }
    };
    let output_type = output_type.unwrap_or(OutputType::Json);
    if export.is_none() && output_type == OutputType::JsonLines {
        let place = config.and_then(|config| config.field("OutputType")).unwrap_or(node);
        reading
            .report
            .error(
                Code::NotSupported,
                Place::value(place),
                "JSON Lines are written to S3 only",
            )
            .help("give the `ResultWriter` a `Resource` with its bucket, or write `\"OutputType\": \"JSON\"`");
        return Err(Reported);
    }
    Ok(ResultWriter {
        transformation: transformation.unwrap_or(if export.is_some() {
            Transformation::None
        } else {
            Transformation::Compact
        }),
        export,
        output_type,
    })
}

fn resource(fields: &mut Fields<'_, '_>, owner: &Node, actions: &[&str]) -> Result<Resource, Reported> {
    let Some(node) = fields.node("Resource") else {
        missing("Resource", owner, fields.reading);
        return Err(Reported);
    };
    let text = values::string(node, fields.reading)?;
    Resource::of_map(text, actions).ok_or_else(|| {
        let resources: Vec<String> = actions.iter().map(|action| format!("`arn:aws:states:::{action}`")).collect();
        let message = format!("The resource provided {text} is not recognized. The value is not a valid resource ARN, or the resource is not available in this region.");
        fields
            .reading
            .report
            .schema(Place::value(node), message)
            .help(format!("it is {}", resources.join(" or ")));
        Reported
    })
}

/// The arguments of a resource, by language.
pub(crate) fn arguments_name(language: QueryLanguage) -> &'static str {
    match language {
        QueryLanguage::JsonPath => "Parameters",
        QueryLanguage::Jsonata => "Arguments",
    }
}

fn required_arguments(
    fields: &mut Fields<'_, '_>,
    owner: &Node,
    language: QueryLanguage,
) -> Result<Arguments, Reported> {
    let name = arguments_name(language);
    let found = arguments(fields, name, language)?;
    found.ok_or_else(|| {
        let message = format!("These fields are required: [{name}]");
        fields.reading.report.schema(Place::opening(owner), message);
        Reported
    })
}

fn arguments(fields: &mut Fields<'_, '_>, name: &str, language: QueryLanguage) -> Result<Option<Arguments>, Reported> {
    Ok(match language {
        QueryLanguage::JsonPath => fields.payload_template(name)?.map(Arguments::JsonPath),
        QueryLanguage::Jsonata => fields.jsonata(name)?.map(Arguments::Jsonata),
    })
}

fn amount(
    fields: &mut Fields<'_, '_>,
    name: &str,
    minimum: u32,
    maximum: u32,
    language: QueryLanguage,
) -> Result<Option<Amount>, Reported> {
    if language == QueryLanguage::Jsonata {
        return Ok(fields.jsonata_integer(name, minimum, maximum)?.map(Amount::Value));
    }
    let constant = fields.integer(name, minimum, maximum);
    let path_name = format!("{name}Path");
    let path = fields.reference_path(&path_name);
    match (constant?, path?) {
        (Some(_), Some(_)) => {
            let message = format!("You cannot have both '{name}' and '{path_name}' defined");
            let place = fields.node(&path_name).map_or_else(Place::document, Place::value);
            fields
                .reading
                .report
                .schema(place, message)
                .help("leave one of them away");
            Err(Reported)
        }
        (Some(constant), None) => Ok(Some(Amount::Value(JsonataValue::Constant(constant)))),
        (None, path) => Ok(path.map(|path| Amount::Path(Box::new(path)))),
    }
}

fn one_of<T: Copy>(field: &str, node: &Node, values: &[(&str, T)], reading: &mut Reading) -> Result<T, Reported> {
    let text = values::string(node, reading)?;
    let found = values.iter().find(|(name, _)| *name == text);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
        let message = format!(
            "The field '{field}' should have one of these values: [{}]",
            names.join(", ")
        );
        let help = reading
            .report
            .similar(text, names)
            .map(|similar| format!("did you mean `{similar}`?"));
        reading.report.schema(Place::value(node), message).maybe_help(help);
        Reported
    })
}

fn missing(field: &str, owner: &Node, reading: &mut Reading) {
    reading
        .report
        .schema(Place::opening(owner), format!("The field '{field}' is required"));
}

/// Formats that AWS reads and this crate does not.
/// Warns of a format that AWS reads and this version does not.
fn not_read(node: &Node, message: &str, reading: &mut Reading) {
    reading
        .report
        .warning(Code::NotSupported, Place::value(node), message)
        .help("objects of CSV, JSON and JSON Lines are read, and listings of a bucket");
}
