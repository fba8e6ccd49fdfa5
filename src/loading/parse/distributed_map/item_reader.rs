//! The field `ItemReader` of a distributed Map.

use super::{MOST_ITEMS, amount, missing, not_read, one_of, required_arguments, resource};
use crate::data::json::{Node, Place};
use crate::data::{CsvFormat, ItemFormat};
use crate::definition::{ItemReader, QueryLanguage, Reads, Resource};
use crate::loading::parse::{Fields, Reading, values};
use crate::loading::report::Reported;

/// The most characters of `ItemsPointer`.
const LONGEST_POINTER: usize = 2_000;

pub(super) fn item_reader(node: &Node, language: QueryLanguage, reading: &mut Reading) -> Result<ItemReader, Reported> {
    const ACTIONS: [&str; 2] = ["s3:getObject", "s3:listObjectsV2"];
    let mut fields = Fields::of(node, reading)?;
    let resource = resource(&mut fields, node, &ACTIONS);
    let arguments = required_arguments(&mut fields, node, language);
    let resource = resource?;
    let lists = resource.arn().ends_with(":s3:listObjectsV2");
    let (reads, max_items) = match fields.node("ReaderConfig") {
        None if lists => (Ok(Reads::Listing), Ok(None)),
        None => {
            missing("ReaderConfig", node, fields.reading);
            return Err(Reported);
        }
        Some(config) => {
            let mut config_fields = Fields::of(config, fields.reading)?;
            let max_items = amount(&mut config_fields, "MaxItems", 0, MOST_ITEMS, language);
            (reads(config, &resource, lists, fields.reading), max_items)
        }
    };
    Ok(ItemReader {
        resource,
        arguments: arguments?,
        reads: reads?,
        max_items: max_items?,
    })
}

fn reads(config: &Node, resource: &Resource, lists: bool, reading: &mut Reading) -> Result<Reads, Reported> {
    const TRANSFORMATIONS: [(&str, bool); 2] = [("NONE", false), ("LOAD_AND_FLATTEN", true)];
    let mut fields = Fields::of(config, reading)?;
    let flattens = fields.optional("Transformation", |node, reading| {
        one_of("Transformation", node, &TRANSFORMATIONS, reading)
    })?;
    if let Some(manifest) = fields.node("ManifestType") {
        // AWS reports a missing source first, and then nothing about the other fields.
        let listed = config
            .field("InputType")
            .map(|_| item_format(config, reading))
            .transpose()?;
        if let Some(ItemFormat::Json { .. }) = listed {
            // The rule about distributed Maps reports it.
            return Err(Reported);
        }
        not_read(manifest, "a manifest is not read here: the Map fails", reading);
        return Ok(Reads::Object(ItemFormat::Manifest));
    }
    match (lists, flattens.unwrap_or(false)) {
        (true, false) => Ok(Reads::Listing),
        (true, true) => {
            let format = item_format(config, reading)?;
            let arn = resource.arn().replace(":s3:listObjectsV2", ":s3:getObject");
            let get_object = Resource::of_map(&arn, &["s3:getObject"]).ok_or(Reported)?;
            Ok(Reads::ListedObjects { format, get_object })
        }
        (false, false) => item_format(config, reading).map(Reads::Object),
        (false, true) => {
            let help = "one object is read as it is: `LOAD_AND_FLATTEN` is for `s3:listObjectsV2`";
            let place = Place::value(config.field("Transformation").unwrap_or(config));
            reading
                .report
                .schema(place, "Field 'Transformation' is not supported")
                .help(help);
            Err(Reported)
        }
    }
}

fn item_format(config: &Node, reading: &mut Reading) -> Result<ItemFormat, Reported> {
    #[derive(Clone, Copy)]
    enum Input {
        Csv,
        Json,
        JsonLines,
        Parquet,
        Manifest,
    }
    const INPUT_TYPES: [(&str, Input); 5] = [
        ("CSV", Input::Csv),
        ("JSON", Input::Json),
        ("JSONL", Input::JsonLines),
        ("PARQUET", Input::Parquet),
        ("MANIFEST", Input::Manifest),
    ];
    let Some(node) = config.field("InputType") else {
        missing("InputType", config, reading);
        return Err(Reported);
    };
    match one_of("InputType", node, &INPUT_TYPES, reading)? {
        Input::Csv => csv(config, reading).map(ItemFormat::Csv),
        Input::Json => {
            let pointer = Fields::of(config, reading)?.optional("ItemsPointer", items_pointer)?;
            Ok(ItemFormat::Json { pointer })
        }
        Input::JsonLines => Ok(ItemFormat::JsonLines),
        Input::Parquet => {
            not_read(node, "a Parquet file is not read here: the Map fails", reading);
            Ok(ItemFormat::Parquet)
        }
        Input::Manifest => {
            not_read(node, "a manifest is not read here: the Map fails", reading);
            Ok(ItemFormat::Manifest)
        }
    }
}

fn csv(config: &Node, reading: &mut Reading) -> Result<CsvFormat, Reported> {
    const DELIMITERS: [(&str, u8); 5] = [
        ("COMMA", b','),
        ("PIPE", b'|'),
        ("SEMICOLON", b';'),
        ("SPACE", b' '),
        ("TAB", b'\t'),
    ];
    const LOCATIONS: [(&str, bool); 2] = [("FIRST_ROW", false), ("GIVEN", true)];
    let Some(location) = config.field("CSVHeaderLocation") else {
        missing("CSVHeaderLocation", config, reading);
        return Err(Reported);
    };
    let is_given = one_of("CSVHeaderLocation", location, &LOCATIONS, reading)?;
    let mut fields = Fields::of(config, reading)?;
    let delimiter = fields.optional("CSVDelimiter", |node, reading| {
        one_of("CSVDelimiter", node, &DELIMITERS, reading)
    });
    let headers = match fields.node("CSVHeaders") {
        None if is_given => {
            reading
                .report
                .schema(Place::opening(config), "These fields are required: [CSVHeaders]")
                .help("`\"CSVHeaderLocation\": \"GIVEN\"` says that the definition names the columns");
            return Err(Reported);
        }
        None => None,
        Some(node) => {
            let header = |node: &Node, reading: &mut Reading| values::string(node, reading).map(str::to_owned);
            Some(values::elements(node, header, reading)?)
        }
    };
    Ok(CsvFormat {
        headers: headers.filter(|_| is_given),
        delimiter: delimiter?.unwrap_or(b','),
    })
}

fn items_pointer(node: &Node, reading: &mut Reading) -> Result<String, Reported> {
    let text = values::string(node, reading)?;
    if !text.is_empty() && !text.starts_with('/') {
        let message = format!("Invalid input: JSON Pointer expression must start with '/': \"{text}\"");
        reading
            .report
            .schema(Place::value(node), message)
            .help("a JSON Pointer is written `/orders/open`");
        return Err(Reported);
    }
    if text.chars().count() > LONGEST_POINTER {
        let message = format!("Maximum length is {LONGEST_POINTER}");
        reading.report.schema(Place::value(node), message);
        return Err(Reported);
    }
    Ok(text.to_owned())
}
