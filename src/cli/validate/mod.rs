//! `asl validate`

mod files;
mod findings;
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
use findings::Findings;

/// Validate definitions and the state machines inside templates
///
/// Reads JSON and YAML, templates of SAM, CloudFormation, CDK and the Serverless Framework, and Terraform. In a template,
/// every `AWS::Serverless::StateMachine` and `AWS::StepFunctions::StateMachine` is validated, whether its definition stands
/// in `Definition`, `DefinitionString` or the file of `DefinitionUri`; `DefinitionSubstitutions`, `!Sub`, `!Ref`, `!GetAtt`
/// and `!Join` get values as in a deployment. What has no value is not judged; a warning says so.
///
/// The exit code is 1 if a definition has errors, with `--deny-warnings` also for warnings.
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
    let (checked, unreadable) = files::check_all(&arguments.files, &arguments.loading);
    match arguments.format {
        OutputFormat::Human if checked.is_empty() => {}
        OutputFormat::Human => human::print(&checked, output)?,
        OutputFormat::Json => output.line(json::document(&checked))?,
        OutputFormat::Sarif => output.line(sarif::document(&checked))?,
        OutputFormat::Github => github::print(&checked, output)?,
    }
    let findings = Findings::of(&checked);
    let (errors, warnings) = (findings.count(Severity::Error), findings.count(Severity::Warning));
    drop(findings);
    // The process ends now: freeing the tree of a 1 MB definition would take an eighth of the whole time.
    std::mem::forget(checked);
    if let Some(failure) = Failure::joined(unreadable) {
        return Err(failure);
    }
    let is_wrong = errors > 0 || (arguments.deny_warnings && warnings > 0);
    Ok(ExitCode::from(u8::from(is_wrong)))
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
