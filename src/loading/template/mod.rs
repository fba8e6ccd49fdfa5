//! The state machines of a file: a definition in JSON or YAML, or a SAM or CloudFormation template with any number of
//! them (`Definition`, `DefinitionString`, `DefinitionUri`, `DefinitionSubstitutions`), a file of the Serverless Framework
//! with the plugin serverless-step-functions, or one of Terraform, also in JSON, with `aws_sfn_state_machine`.
//!
//! The ARN of a template's function has the region and account of AWS's documentation, `us-east-1` and `123456789012`.
//! A value that only a deployment knows, such as an import, is taken for a function's ARN where one may stand; elsewhere
//! it is not judged. A parameter has the value that the loader has for its name, or its default; without either it is a
//! placeholder without a value, as `${Name}` is.

mod deployment;
mod duplicates;
mod embedded;
mod loops;
mod machines;
mod rewriting;
mod serverless;
mod terraform;
mod variants;

use super::report::Report;
use super::{json, yaml};
#[cfg(feature = "cli")]
use crate::data::json::Substitutions;
use crate::data::json::{Kind, Node, Object};
use crate::definition::{Code, Diagnostic, InvalidDefinition, StateMachine};
use crate::loading::Loader;
use embedded::Template;
use machines::Reading;
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

/// The state machines of a file, and what is said of the file itself.
#[derive(Debug)]
#[non_exhaustive]
pub struct Contents {
    /// The machines, in the order of the file; none of a template without one.
    pub machines: Vec<Found>,
    /// What is said of the file itself: a key that stands twice, a part that may hold other machines and is not looked at, a
    /// file of machines that cannot be read.
    pub diagnostics: Vec<Diagnostic>,
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

/// Every state machine of a file.
///
/// `open` reads the file of a `DefinitionUri`, and `variables.tf` beside a file of Terraform. Errors with the problems of a template that is not JSON or YAML.
///
/// A machine with `Fn::If` is judged in every variant that a deployment may give it. One for which conditions choose among
/// several files is found once for each of them.
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
/// assert_eq!(found.machines[0].name.as_deref(), Some("Greeter"));
/// assert!(found.machines[0].machine.is_ok());
/// ```
pub fn machines(
    loader: &Loader,
    source: &str,
    format: Format,
    open: &mut dyn FnMut(&str) -> Result<String, String>,
) -> Result<Contents, Vec<Diagnostic>> {
    if format == Format::Terraform {
        return Ok(terraform::machines(loader, source, open));
    }
    if !may_be_template(source) {
        return Ok(Contents::of_definition(loader, source, format));
    }
    let mut report = Report::new(source);
    let parsed = match format {
        Format::Json => json::parse_with_duplicates(source, &mut report),
        Format::Yaml | Format::Terraform => yaml::parse_with_duplicates(source, &mut report),
    };
    let Some((mut root, duplicates)) = parsed else {
        let names_machines = [SERVERLESS, STEP_FUNCTIONS, "stateMachines"]
            .iter()
            .any(|name| source.contains(name));
        if !names_machines {
            return Ok(Contents::of_definition(loader, source, format));
        }
        return Err(json::finish(report, source, None).0);
    };
    if !duplicates.is_empty() {
        root.keep_last_of_duplicates();
    }
    if terraform::is_in_json(&root) {
        return Ok(Contents {
            machines: terraform::machines_in_json(loader, source, &root),
            diagnostics: json::finish(report, source, Some(&root)).0,
        });
    }
    if is_definition(&root) || !is_template(&root) {
        return Ok(Contents::of_definition(loader, source, format));
    }
    let code = match format {
        Format::Json => Code::InvalidJsonDescription,
        Format::Yaml | Format::Terraform => Code::InvalidYaml,
    };
    duplicates::judge(&duplicates, code, &root, &mut report);
    if report.has_errors() {
        return Err(json::finish(report, source, Some(&root)).0);
    }
    let expanded = source.contains(loops::LOOP).then(|| {
        let mut expanded = root.clone();
        loops::expand(&mut expanded, loader.values());
        expanded
    });
    let template = expanded.as_ref().unwrap_or(&root);
    let mut reading = Reading { loader, source, open };
    let mut machines = Vec::new();
    if let Some(serverless) = Serverless::of(template, loader.values()) {
        machines.extend(serverless.machines(&mut reading, &mut report));
    }
    if let Some(template) = Template::of(template, loader.values()) {
        template.report_unknown(&mut report);
        machines.extend(template.machines(&mut reading, &mut report));
    }
    let (diagnostics, _) = json::finish(report, source, Some(&root));
    Ok(Contents { machines, diagnostics })
}

impl Contents {
    fn of_definition(loader: &Loader, source: &str, format: Format) -> Self {
        let found = Found {
            name: None,
            file: None,
            machine: definition(loader, source, format),
        };
        Self {
            machines: vec![found],
            diagnostics: Vec::new(),
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

/// A quick check whether a text may be a template: it rules out most definitions.
fn may_be_template(source: &str) -> bool {
    [RESOURCES, PLUGIN, VERSION, terraform::RESOURCE, terraform::MODULE]
        .iter()
        .any(|key| source.contains(key))
}

const RESOURCES: &str = "Resources";
const PLUGIN: &str = "stepFunctions";
const VERSION: &str = "AWSTemplateFormatVersion";

/// Whether a text is a definition.
fn is_definition(root: &Node) -> bool {
    root.field("StartAt").is_some() && root.field("States").is_some()
}

/// Whether a text is a template, with state machines or without.
fn is_template(root: &Node) -> bool {
    let has_resources = root
        .field(RESOURCES)
        .is_some_and(|resources| resources.as_object().is_some());
    has_resources || root.field(PLUGIN).is_some() || root.field(VERSION).is_some()
}

/// An object without members.
static NOTHING: Object = Object { members: Vec::new() };

/// Whether a text is a definition, or a template that has state machines or may have them.
#[cfg(feature = "cli")]
pub(crate) fn has_machines(source: &str, format: Format) -> bool {
    if format == Format::Terraform {
        return terraform::may_have_machines(source);
    }
    let names_machines = source.contains(SERVERLESS) || source.contains(STEP_FUNCTIONS);
    let includes = source.contains(RESOURCES) && source.contains("Fn::Transform");
    let names_states = source.contains("StartAt") && source.contains("States");
    let is_terraform = terraform::may_have_machines(source);
    if !names_machines && !names_states && !includes && !source.contains(PLUGIN) && !is_terraform {
        return false;
    }
    // One that names state machines and cannot be read is not passed over.
    let Some(root) = tree(source, format) else {
        return names_machines || names_states || source.contains("stateMachines");
    };
    let resources = root.field(RESOURCES);
    let includes = includes && resources.is_some_and(|resources| resources.field("Fn::Transform").is_some());
    is_definition(&root)
        || terraform::is_in_json(&root)
        || root.field(PLUGIN).is_some()
        || includes
        || (names_machines && resources.is_some())
}

/// The tree of a text whose problems are told elsewhere.
#[cfg(feature = "cli")]
fn tree(source: &str, format: Format) -> Option<Node> {
    let mut untold = Report::new(source);
    match format {
        Format::Json => json::parse(source, &Substitutions::new(), &mut untold),
        Format::Yaml | Format::Terraform => yaml::parse(source, &mut untold),
    }
}

/// The size of a value, roughly in bytes.
fn size(value: &Kind) -> usize {
    match value {
        Kind::String(text) => text.len() + 1,
        Kind::Array(elements) => elements.iter().map(|element| size(&element.kind)).sum::<usize>() + 1,
        Kind::Object(object) => {
            let members = object.members.iter();
            members
                .map(|member| member.key.len() + size(&member.value.kind))
                .sum::<usize>()
                + 1
        }
        _ => 1,
    }
}

#[cfg(test)]
mod tests;
