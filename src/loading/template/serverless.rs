//! State machines of the Serverless Framework: `stepFunctions.stateMachines`, as the plugin serverless-step-functions reads
//! them.

use std::cell::Cell;

use super::deployment::{ACCOUNT, Deployment, REGION};
use super::{Format, Found, NOTHING, read_tree, refused};
use crate::data::json::{Kind, Node, Object, Place, Substitutions, TextMap};
use crate::definition::{Code, InvalidDefinition, MAX_CHARACTERS, StateMachine, WorkflowType};
use crate::loading::Loader;
use crate::loading::json::substitute;
use crate::loading::report::Report;
use crate::loading::yaml;

/// A file of the framework; only its state machines are read.
pub(super) struct Serverless<'n> {
    root: &'n Node,
    machines: &'n Object,
    deployment: Deployment<'n>,
    /// How much text variables may still add.
    room: Cell<usize>,
}

/// How deep variables are resolved inside of variables.
const MAX_VARIABLES: usize = 16;

impl<'n> Serverless<'n> {
    /// `None` if the text is not a file of the framework with state machines.
    pub(super) fn of(root: &'n Node, given: &'n Substitutions) -> Option<Self> {
        let machines = root.field("stepFunctions")?.field("stateMachines")?.as_object()?;
        let resources = root
            .field("resources")
            .and_then(|resources| resources.field("Resources"));
        let deployment = Deployment {
            resources: resources.and_then(Node::as_object).unwrap_or(&NOTHING),
            parameters: None,
            functions: root.field("functions").and_then(Node::as_object),
            given,
            is_open: true,
        };
        Some(Self {
            root,
            machines,
            deployment,
            room: Cell::new(MAX_CHARACTERS),
        })
    }

    /// Its state machines, in the order of the file.
    pub(super) fn machines(
        &self,
        loader: &Loader,
        source: &str,
        open: &mut dyn FnMut(&str) -> Result<String, String>,
    ) -> Vec<Found> {
        let members = self.machines.members.iter();
        members
            .map(|member| {
                let (file, machine) = self.machine(&member.value, loader, source, open);
                Found {
                    name: Some(member.key.clone()),
                    file,
                    machine,
                }
            })
            .collect()
    }

    fn machine(
        &self,
        machine: &Node,
        loader: &Loader,
        source: &str,
        open: &mut dyn FnMut(&str) -> Result<String, String>,
    ) -> (Option<String>, Result<StateMachine, InvalidDefinition>) {
        let mut report = Report::new(source);
        let mut loader = loader.with_more(&Deployment::known());
        if machine.field("type").and_then(Node::as_str) == Some("EXPRESS") {
            loader = loader.workflow_type(WorkflowType::Express);
        }
        let Some(definition) = machine.field("definition") else {
            report.warning(
                Code::NotSupported,
                Place::opening(machine),
                "the state machine has no `definition` here, and is not looked at",
            );
            return (None, refused(report, source));
        };
        let Some((path, keys)) = definition.as_str().and_then(file) else {
            return (None, self.judged(definition, &loader, source, report));
        };
        match open(path) {
            Ok(text) => (Some(path.to_owned()), self.of_file(path, &text, keys, &loader)),
            Err(error) => {
                let message = format!("`{path}` cannot be read: {error}");
                report
                    .error(Code::UnresolvedReference, Place::value(definition), message)
                    .help("the path begins in the folder of the file");
                (None, refused(report, source))
            }
        }
    }

    /// The definition in another file, or the part of it that `keys` lead to.
    fn of_file(&self, path: &str, text: &str, keys: &str, loader: &Loader) -> Result<StateMachine, InvalidDefinition> {
        let mut report = Report::new(text);
        let Some(root) = read_tree(text, Format::of(path, text), &mut report) else {
            return refused(report, text);
        };
        let mut keys_in_order = keys.split('.').filter(|key| !key.is_empty());
        if let Some(definition) = keys_in_order.try_fold(&root, step) {
            return self.judged(definition, loader, text, report);
        }
        let message = format!("the file has no `{keys}`");
        report.error(Code::UnresolvedReference, Place::value(&root).nowhere(), message);
        refused(report, text)
    }

    fn judged(
        &self,
        definition: &Node,
        loader: &Loader,
        source: &str,
        mut report: Report,
    ) -> Result<StateMachine, InvalidDefinition> {
        let mut node = definition.clone();
        self.resolve(&mut node, MAX_VARIABLES, &mut report);
        self.deployment.resolve_below(&mut node, &mut report);
        substitute(&mut node, source, loader.values(), &mut report, &yaml::plain);
        loader.parse_node(Some(&node), source, report)
    }

    /// Replaces the framework's variables below `node`, such as `${self:custom.nap}`.
    fn resolve(&self, node: &mut Node, depth: usize, report: &mut Report) {
        match &mut node.kind {
            Kind::Array(elements) => {
                for element in elements {
                    self.resolve(element, depth, report);
                }
            }
            Kind::Object(object) => {
                for member in &mut object.members {
                    self.resolve(&mut member.value, depth, report);
                }
            }
            Kind::String(text) if text.contains("${") || text.contains("#{") => {
                let text = pseudo_parameters(text);
                self.resolve_text(node, &text, depth, report);
            }
            _ => {}
        }
    }

    fn resolve_text(&self, node: &mut Node, text: &str, depth: usize, report: &mut Report) {
        if let Some(value) = whole(text).and_then(|variable| self.value(variable, depth)) {
            node.kind = value;
            if let Some(text) = node.as_str() {
                node.text_map = Some(Box::new(TextMap::of_all(text, node.span.start, node.span.end)));
            } else if let Some(depth) = depth.checked_sub(1) {
                node.stamp(node.span);
                self.resolve(node, depth, report);
            }
            return;
        }
        let mut resolved = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, variable, after)) = next_variable(rest) {
            resolved.push_str(before);
            if let Some(value) = self.value(variable, depth).as_ref().and_then(scalar) {
                resolved.push_str(&value);
            } else {
                // What is a name is found, and told, where all placeholders are.
                if !variable.bytes().all(Substitutions::is_name_byte) {
                    node.unresolved = true;
                    report.placeholders().add(variable.to_owned(), node.span);
                }
                resolved.push_str("${");
                resolved.push_str(variable);
                resolved.push('}');
            }
            rest = after;
        }
        resolved.push_str(rest);
        let unquoted = node.text_map.as_ref().is_some_and(|map| map.unquoted);
        let map = TextMap::of_all(&resolved, node.span.start, node.span.end).unquoted(unquoted);
        node.text_map = Some(Box::new(map));
        node.kind = Kind::String(resolved);
    }

    /// The value of a variable, which is the first of its sources that has one; `None` if only a deployment knows it.
    fn value(&self, variable: &str, depth: usize) -> Option<Kind> {
        let value = self.value_within(variable, depth.checked_sub(1)?)?;
        // Values that name each other could fill the memory.
        self.room.set(self.room.get().checked_sub(size(&value))?);
        Some(value)
    }

    fn value_within(&self, variable: &str, depth: usize) -> Option<Kind> {
        if let Some(given) = self.deployment.given.value(variable) {
            return Some(yaml::plain(given).unwrap_or_else(|| Kind::String(given.to_owned())));
        }
        let variable = self.without_inner_variables(variable, depth)?;
        sources(&variable).find_map(|source| self.of_source(source, depth))
    }

    /// The text of a variable whose inner variables have their values.
    fn without_inner_variables(&self, variable: &str, depth: usize) -> Option<String> {
        let mut text = String::with_capacity(variable.len());
        let mut rest = variable;
        while let Some((before, inner, after)) = next_variable(rest) {
            text.push_str(before);
            text.push_str(&scalar(&self.value(inner, depth)?)?);
            rest = after;
        }
        text.push_str(rest);
        Some(text)
    }

    fn of_source(&self, source: &str, depth: usize) -> Option<Kind> {
        for quote in ['\'', '"'] {
            if let Some(text) = source.strip_prefix(quote).and_then(|text| text.strip_suffix(quote)) {
                return Some(Kind::String(text.to_owned()));
            }
        }
        if !source.contains(':') {
            return yaml::plain(source);
        }
        let (kind, name) = source.split_once(':')?;
        let found = match (kind, name) {
            ("self", path) => path.split('.').try_fold(self.root, step)?,
            ("sls", "stage") => match self.root.field("provider").and_then(|provider| provider.field("stage")) {
                Some(stage) => stage,
                None => return Some(Kind::String("dev".to_owned())),
            },
            ("aws", "region") => return Some(Kind::String(REGION.to_owned())),
            ("aws", "accountId") => return Some(Kind::String(ACCOUNT.to_owned())),
            _ => return None,
        };
        match &found.kind {
            Kind::String(text) if text.contains("${") => match whole(text) {
                Some(variable) => self.value(variable, depth),
                None => self.without_inner_variables(text, depth).map(Kind::String),
            },
            kind => Some(kind.clone()),
        }
    }
}

/// The value of a key or an index.
fn step<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    match &node.kind {
        Kind::Array(elements) => elements.get(key.parse::<usize>().ok()?),
        _ => node.field(key),
    }
}

/// The path in `${file(path)}`, with the keys behind it.
fn file(text: &str) -> Option<(&str, &str)> {
    let (path, keys) = whole(text)?.strip_prefix("file(")?.split_once(')')?;
    Some((path.trim(), keys.trim_start_matches([':', '.'])))
}

/// The variable that a text consists of.
fn whole(text: &str) -> Option<&str> {
    match next_variable(text.trim())? {
        ("", variable, "") => Some(variable),
        _ => None,
    }
}

/// The first variable of a text, with the text before and after it. `${AWS::Region}` and `${Name}` are CloudFormation's.
fn next_variable(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    while let Some(at) = text.get(from..)?.find("${").map(|at| from + at) {
        let inner = text.get(at + 2..)?;
        let end = end_of_variable(inner)?;
        let variable = inner.get(..end)?;
        let is_of_framework = !variable.starts_with("AWS::") && variable.contains([':', '(']);
        if is_of_framework {
            return Some((text.get(..at)?, variable, inner.get(end + 1..)?));
        }
        from = at + 2;
    }
    None
}

/// The offset of the bracket that closes a variable.
fn end_of_variable(inner: &str) -> Option<usize> {
    let mut open = 0_usize;
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            b'{' => open += 1,
            b'}' if open == 0 => return Some(at),
            b'}' => open -= 1,
            _ => {}
        }
    }
    None
}

/// The sources of a variable: `opt:stage, 'dev'` has two.
fn sources(variable: &str) -> impl Iterator<Item = &str> {
    variable.split(',').map(str::trim)
}

/// `#{AWS::Region}`, as the plugin serverless-pseudo-parameters reads it.
fn pseudo_parameters(text: &str) -> String {
    text.replace("#{AWS::", "${AWS::")
}

fn scalar(value: &Kind) -> Option<String> {
    match value {
        Kind::String(text) => Some(text.clone()),
        Kind::Number(number) => Some(number.to_string()),
        Kind::Boolean(value) => Some(value.to_string()),
        _ => None,
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
