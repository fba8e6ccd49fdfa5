//! `asl validate`

mod github;
mod human;
mod json;
mod sarif;

use std::path::Path;
use std::process::ExitCode;

use super::arguments::{Loading, read_file};
use super::definitions::{Checked, CheckedMachine};
use super::failure::Failure;
use super::output::Output;
use super::paths::{self, Wanted, is_test_file};
use crate::definition::Severity;
use crate::loading::template::{self, Format};

/// Validate definitions, and the state machines inside SAM and CloudFormation templates
///
/// Reads JSON and YAML. In a template, every `AWS::Serverless::StateMachine` and `AWS::StepFunctions::StateMachine` is
/// validated, whether its definition stands in `Definition`, `DefinitionString` or the file of `DefinitionUri`;
/// `DefinitionSubstitutions`, `!Sub`, `!Ref`, `!GetAtt` and `!Join` get values as in a deployment.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Definitions and templates, folders, or patterns such as 'machines/**/*.json'; `-` is standard input
    #[arg(required = true, value_name = "PATH")]
    files: Vec<String>,
    /// Output format of the problems
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: OutputFormat,
    /// Treat warnings as errors
    #[arg(long)]
    deny_warnings: bool,
    #[command(flatten)]
    loading: Loading,
}

/// What is validated in a folder.
const WANTED: Wanted = Wanted {
    takes: holds_machines,
    name: "state machines",
    help: "definitions and templates are `.json`, `.yaml`, `.yml`, `.asl` and `.template` files",
};

/// Whether a file of a folder is a definition or a template with state machines: by its name, else by what it holds.
fn holds_machines(path: &Path) -> bool {
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .to_ascii_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    if is_test_file(&name) || !ends(&[".json", ".yaml", ".yml", ".asl", ".template"]) {
        return false;
    }
    ends(&[".asl.json", ".asl.yaml", ".asl.yml", ".asl"])
        || read_file(&path.display().to_string())
            .is_ok_and(|text| template::has_machines(&text, Format::of(&name, &text)))
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum OutputFormat {
    /// For people: each problem with its line, a caret and help
    Human,
    /// One JSON document
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Workflow commands, which annotate pull requests on GitHub
    Github,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<ExitCode, Failure> {
    let mut checked = Vec::new();
    let (files, mut unreadable) = paths::files(&arguments.files, &WANTED);
    for file in files {
        match Checked::read(&file, &arguments.loading) {
            Ok(file) => checked.push(file),
            Err(failure) => unreadable.push(failure),
        }
    }
    match arguments.format {
        OutputFormat::Human if checked.is_empty() => {}
        OutputFormat::Human => human::print(&checked, output)?,
        OutputFormat::Json => output.line(json::document(&checked))?,
        OutputFormat::Sarif => output.line(sarif::document(&checked))?,
        OutputFormat::Github => github::print(&checked, output)?,
    }
    let errors = count(&checked, Severity::Error);
    let warnings = count(&checked, Severity::Warning);
    // The process ends now: freeing the tree of a 1 MB definition would take an eighth of the whole time.
    std::mem::forget(checked);
    if let Some(failure) = Failure::joined(unreadable) {
        return Err(failure);
    }
    let is_wrong = errors > 0 || (arguments.deny_warnings && warnings > 0);
    Ok(ExitCode::from(u8::from(is_wrong)))
}

fn count(checked: &[Checked], severity: Severity) -> usize {
    machines(checked).map(|(_, machine)| machine.count(severity)).sum()
}

fn machines(checked: &[Checked]) -> impl Iterator<Item = (&Checked, &CheckedMachine)> {
    checked
        .iter()
        .flat_map(|checked| checked.machines.iter().map(move |machine| (checked, machine)))
}

/// The file of a machine's diagnostics, with its text.
fn place<'c>(checked: &'c Checked, machine: &'c CheckedMachine) -> (&'c str, &'c str) {
    match &machine.elsewhere {
        Some((file, text)) => (file, text),
        None => (&checked.file, &checked.source),
    }
}
