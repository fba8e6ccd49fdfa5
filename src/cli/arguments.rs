//! Arguments shared by several commands.

use clap::Args;
use serde_json::Value;
use std::io::{self, Read};
use std::path::Path;

use super::failure::Failure;
use super::substitutions::{self, Values};
use crate::data::json_value;
use crate::definition::WorkflowType;
use crate::loading::{Loader, Substitutions};

/// Options for loading definitions.
#[derive(Args, Clone)]
pub(super) struct Loading {
    /// Value of a `${NAME}` placeholder in the definitions; may be given more than once
    #[arg(short, long = "substitution", value_name = "NAME=VALUE", value_parser = pair)]
    pub(super) substitutions: Vec<(String, String)>,
    /// File with values of placeholders: lines `NAME=VALUE`, or a JSON object; `--substitution` goes first
    #[arg(long = "substitutions", value_name = "FILE", value_parser = values)]
    pub(super) substitution_files: Vec<Values>,
    /// Refuse a definition with a placeholder that has no value
    #[arg(long)]
    pub(super) deny_placeholders: bool,
    /// Workflow type; a template sets it itself
    #[arg(long = "type", value_name = "TYPE", default_value = "standard")]
    pub(super) workflow_type: TypeOfWorkflow,
}

#[derive(Clone, Copy, clap::ValueEnum)]
pub(super) enum TypeOfWorkflow {
    Standard,
    Express,
}

impl Loading {
    pub(super) fn loader(&self) -> Loader {
        let of_files = self.substitution_files.iter().flat_map(|file| &file.0);
        let substitutions: Substitutions = of_files.chain(&self.substitutions).cloned().collect();
        let loader = Loader::new()
            .substitutions(substitutions)
            .workflow_type(match self.workflow_type {
                TypeOfWorkflow::Standard => WorkflowType::Standard,
                TypeOfWorkflow::Express => WorkflowType::Express,
            });
        if self.deny_placeholders {
            return loader.deny_placeholders();
        }
        loader
    }
}

/// `NAME=VALUE`
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write it as NAME=VALUE".to_owned()),
    }
}

/// The values in a file of substitutions.
fn values(file: &str) -> Result<Values, String> {
    let text = read_file(file).map_err(|failure| failure.to_string())?;
    substitutions::read(&text)
}

/// A JSON value, given directly, as `@FILE`, or as `-` for standard input.
pub(super) fn json_argument(argument: &str, text: &str) -> Result<Value, Failure> {
    let (text, place) = match text.strip_prefix('@') {
        Some(file) => (read_file(file)?, format!("`{file}`")),
        None if text == "-" => (read_file("-")?, "standard input".to_owned()),
        None => (text.to_owned(), format!("the value of `{argument}`")),
    };
    json_value(&text).map_err(|error| {
        Failure::new(format!("{place} is no JSON: {error}"))
            .help(format!("a text stands in double quotes: {argument} '\"text\"'"))
    })
}

/// Larger files are refused: no file of a state machine is that large.
const LARGEST_FILE: u64 = 256 << 20;

/// The text of a file; `-` is standard input.
pub(super) fn read_file(file: &str) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let failed = |error: io::Error| Failure::of_file("read", file, &error);
    if file == "-" {
        let stdin = io::stdin().lock();
        stdin.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(failed)?;
    } else {
        let opened = std::fs::File::open(Path::new(file)).map_err(failed)?;
        opened.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(failed)?;
    }
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(Failure::new(format!(
            "`{file}` has more than {} MB",
            LARGEST_FILE >> 20
        )));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Failure::new(format!("`{file}` is no UTF-8 text: byte {at} begins no character"))
    })?;
    // Editors on Windows write a byte order mark.
    Ok(match text.strip_prefix('\u{feff}') {
        Some(text) => text.to_owned(),
        None => text,
    })
}
