//! `asl validate`

mod github;
mod human;
mod json;
mod sarif;

use std::process::ExitCode;

use super::arguments::Loading;
use super::definitions::{Checked, CheckedMachine};
use super::failure::Failure;
use super::output::Output;
use crate::definition::Severity;

/// Validate definitions, and the state machines inside SAM and CloudFormation templates
///
/// Reads JSON and YAML. In a template, every `AWS::Serverless::StateMachine` and `AWS::StepFunctions::StateMachine` is
/// validated, whether its definition stands in `Definition`, `DefinitionString` or the file of `DefinitionUri`;
/// `DefinitionSubstitutions`, `!Sub`, `!Ref`, `!GetAtt` and `!Join` get values as in a deployment.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Definitions and templates; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Output format of the problems
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
    /// Treat warnings as errors
    #[arg(long)]
    deny_warnings: bool,
    #[command(flatten)]
    loading: Loading,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
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
    let mut unreadable = Vec::new();
    for file in &arguments.files {
        match Checked::read(file, &arguments.loading) {
            Ok(file) => checked.push(file),
            Err(failure) => unreadable.push(failure),
        }
    }
    match arguments.format {
        Format::Human if checked.is_empty() => {}
        Format::Human => human::print(&checked, output)?,
        Format::Json => output.line(json::document(&checked))?,
        Format::Sarif => output.line(sarif::document(&checked))?,
        Format::Github => github::print(&checked, output)?,
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
