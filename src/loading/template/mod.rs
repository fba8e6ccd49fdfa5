//! The state machines of a file: a definition in JSON or YAML, or a SAM or CloudFormation template with any number of
//! them (`Definition`, `DefinitionString`, `DefinitionUri`, `DefinitionSubstitutions`), a file of the Serverless Framework
//! with the plugin serverless-step-functions, or one of Terraform with `aws_sfn_state_machine`.
//!
//! The ARN of a template's function has the region and account of AWS's documentation, `us-east-1` and `123456789012`.
//! A value that only a deployment knows, such as an import, is taken for a function's ARN where one may stand; elsewhere
//! it is not judged. A parameter has the value that the loader has for its name, or its default; without either it is a
//! placeholder without a value, as `${Name}` is.

mod deployment;
mod duplicates;
mod embedded;
mod serverless;
mod terraform;

use super::report::Report;
use super::{json, yaml};
use crate::data::json::{Node, Object, Substitutions};
use crate::definition::{Code, Diagnostic, InvalidDefinition, StateMachine};
use crate::loading::Loader;
use embedded::Template;
use serverless::Serverless;

/// The format of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// JSON
    Json,
    /// YAML
    Yaml,
    /// Terraform's language, HCL
    Terraform,
}

impl Format {
    /// The format by the ending of the file's name, else by the beginning of its text.
    pub fn of(file_name: &str, source: &str) -> Self {
        let ending = file_name.rsplit('.').next().map(str::to_ascii_lowercase);
        match ending.as_deref() {
            Some("yaml" | "yml") => Self::Yaml,
            Some("json" | "asl") => Self::Json,
            Some("tf") => Self::Terraform,
            _ if source.trim_start().starts_with('{') => Self::Json,
            _ => Self::Yaml,
        }
    }
}

/// A state machine of a file.
#[derive(Debug)]
#[non_exhaustive]
pub struct Found {
    /// Its logical id in the template; `None` for a definition.
    pub name: Option<String>,
    /// The file of its definition, as in `DefinitionUri`, if it is another file.
    pub file: Option<String>,
    /// The machine with its warnings, or its problems, with the lines of that file.
    pub machine: Result<StateMachine, InvalidDefinition>,
}

/// Every state machine of a file, in the order of the file; none of a template without one.
///
/// `open` reads the file of a `DefinitionUri`. Errors with the problems of a template that is not JSON or YAML.
///
/// ```
/// use asl_engine::loading::Loader;
/// use asl_engine::loading::template::{self, Format};
///
/// let source = "
/// Resources:
///   Greeter:
///     Type: AWS::Serverless::StateMachine
///     Properties:
///       Definition:
///         StartAt: Greet
///         States:
///           Greet: { Type: Task, Resource: !GetAtt GreetFunction.Arn, End: true }
///   GreetFunction:
///     Type: AWS::Serverless::Function
/// ";
/// let found = template::machines(&Loader::new(), source, Format::Yaml, &mut |_| Err("no file".to_owned())).unwrap();
/// assert_eq!(found[0].name.as_deref(), Some("Greeter"));
/// assert!(found[0].machine.is_ok());
/// ```
pub fn machines(
    loader: &Loader,
    source: &str,
    format: Format,
    open: &mut dyn FnMut(&str) -> Result<String, String>,
) -> Result<Vec<Found>, Vec<Diagnostic>> {
    if format == Format::Terraform {
        return Ok(terraform::machines(loader, source, open));
    }
    if !names_machines(source) && !is_template(source, format) {
        return Ok(vec![Found {
            name: None,
            file: None,
            machine: definition(loader, source, format),
        }]);
    }
    let mut report = Report::new(source);
    let parsed = match format {
        Format::Json => json::parse_with_duplicates(source, &mut report),
        Format::Yaml | Format::Terraform => yaml::parse_with_duplicates(source, &mut report),
    };
    let Some((mut root, duplicates)) = parsed else {
        return Err(json::finish(report, source, None).0);
    };
    if !duplicates.is_empty() {
        root.keep_last_of_duplicates();
    }
    let template = Template::of(&root, loader.values());
    let serverless = Serverless::of(&root, loader.values());
    if template.is_none() && serverless.is_none() {
        return Ok(vec![Found {
            name: None,
            file: None,
            machine: definition(loader, source, format),
        }]);
    }
    let code = match format {
        Format::Json => Code::InvalidJsonDescription,
        Format::Yaml | Format::Terraform => Code::InvalidYaml,
    };
    duplicates::judge(&duplicates, code, &root, &mut report);
    if report.has_errors() {
        return Err(json::finish(report, source, Some(&root)).0);
    }
    let mut found = Vec::new();
    if let Some(serverless) = serverless {
        found.extend(serverless.machines(loader, source, open));
    }
    if let Some(template) = template {
        found.extend(template.machines(loader, source, open));
    }
    let (warnings, _) = json::finish(report, source, Some(&root));
    if let Some(first) = found.iter_mut().find(|found| found.file.is_none()) {
        first.warn(warnings);
    }
    Ok(found)
}

impl Found {
    /// Adds warnings about the template.
    fn warn(&mut self, warnings: Vec<Diagnostic>) {
        match &mut self.machine {
            Ok(machine) => machine.warnings.extend(warnings),
            Err(invalid) => invalid.diagnostics.extend(warnings),
        }
    }
}

fn definition(loader: &Loader, source: &str, format: Format) -> Result<StateMachine, InvalidDefinition> {
    match format {
        Format::Json => loader.parse(source),
        Format::Yaml | Format::Terraform => loader.parse_yaml(source),
    }
}

/// The problems that keep a machine from being read.
fn refused(report: Report, source: &str) -> Result<StateMachine, InvalidDefinition> {
    let (diagnostics, omitted) = report.finish(source, |_| None);
    Err(InvalidDefinition { diagnostics, omitted })
}

/// The tree of a text, without replacing `${Name}`. Problems go to the report.
fn read_tree(source: &str, format: Format, report: &mut Report) -> Option<Node> {
    match format {
        Format::Json => json::parse_verbatim(source, report),
        Format::Yaml | Format::Terraform => yaml::parse(source, report),
    }
}

/// A field by the first of its names that is present.
fn field<'n>(node: &'n Node, names: &[&str]) -> Option<&'n Node> {
    names.iter().find_map(|name| node.field(name))
}

const SERVERLESS: &str = "AWS::Serverless::StateMachine";
const STEP_FUNCTIONS: &str = "AWS::StepFunctions::StateMachine";

/// A quick check whether a text may be a template with state machines; it rules out most definitions.
fn names_machines(source: &str) -> bool {
    source.contains(SERVERLESS) || source.contains(STEP_FUNCTIONS) || names_plugin(source)
}

/// Whether a text may be a file of the Serverless Framework with state machines.
fn names_plugin(source: &str) -> bool {
    source.contains("stepFunctions") && source.contains("stateMachines")
}

/// An object without members.
static NOTHING: Object = Object { members: Vec::new() };

/// Whether a text is a definition, or a template with state machines.
#[cfg(feature = "cli")]
pub(crate) fn has_machines(source: &str, format: Format) -> bool {
    if format == Format::Terraform {
        return source.contains(terraform::RESOURCE);
    }
    let is_named = names_machines(source) || (source.contains("StartAt") && source.contains("States"));
    // One that names state machines and cannot be read is not passed over.
    is_named
        && tree(source, format).is_none_or(|root| {
            let has = |name| root.field(name).is_some();
            let has_plugin = root
                .field("stepFunctions")
                .is_some_and(|plugin| plugin.field("stateMachines").is_some());
            (has("StartAt") && has("States")) || has_plugin || (has("Resources") && names_machines(source))
        })
}

/// The tree of a text whose problems are told elsewhere.
fn tree(source: &str, format: Format) -> Option<Node> {
    let mut untold = Report::new(source);
    match format {
        Format::Json => json::parse(source, &Substitutions::new(), &mut untold),
        Format::Yaml | Format::Terraform => yaml::parse(source, &mut untold),
    }
}

/// Whether a text without state machines is a template all the same.
fn is_template(source: &str, format: Format) -> bool {
    let is_named = source.contains("Resources") && source.contains("AWS::");
    is_named
        && tree(source, format)
            .is_some_and(|root| Template::of(&root, &Substitutions::new()).is_some() && root.field("States").is_none())
}

#[cfg(test)]
mod tests;
