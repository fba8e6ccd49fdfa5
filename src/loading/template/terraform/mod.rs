//! State machines of Terraform: the resources `aws_sfn_state_machine` whose definition can be read without Terraform.
//!
//! A definition is a heredoc, `jsonencode({ … })`, `file("…")` or `templatefile("…", { … })`, or a local value that is one
//! of them. A variable has its default, from this file or `variables.tf` beside it. Every other expression inside is a
//! placeholder: it is known only to Terraform. The registry's module for state machines, with a `definition`, is one too.

mod expression;
mod in_json;
mod reader;

use std::cell::Cell;

use super::embedded::moved;
use super::{Contents, Format, Found, definition, refused};
use crate::data::json::{Kind, Node, Place, Span, Substitutions, TextMap};
use crate::definition::{Code, Diagnostic, InvalidDefinition, StateMachine, WorkflowType};
use crate::loading::Loader;
use crate::loading::report::Report;
use expression::{Block, Expression, Part, Scope, interpolated};
pub(super) use in_json::{is_terraform as is_in_json, machines as machines_in_json};
use reader::Reader;

/// The type of the resource.
pub(super) const RESOURCE: &str = "aws_sfn_state_machine";

/// The registry's module of state machines.
pub(super) const MODULE: &str = "terraform-aws-modules/step-functions";

/// The file of variables, by convention.
const VARIABLES: &str = "variables.tf";

/// How many local values a definition may have.
const MAX_LOCALS: usize = 1_000;

/// How deep local values may name each other.
const MAX_LOCALS_INSIDE: usize = 8;

type Machine = Result<StateMachine, InvalidDefinition>;

/// A file of Terraform.
struct Module<'s> {
    source: &'s str,
    blocks: Vec<Block<'s>>,
    /// The blocks of the file of variables.
    beside: Vec<Block<'s>>,
    /// Where blocks begin that cannot be read.
    unreadable: Vec<Span>,
}

/// The state machines of a file, in its order, and warnings about the file.
pub(super) fn machines(
    loader: &Loader,
    source: &str,
    open: &mut dyn FnMut(&str) -> Result<String, String>,
) -> Contents {
    let (blocks, unreadable) = Reader::new(source).blocks();
    let variables = variables_beside(source, open);
    let module = Module {
        source,
        blocks,
        beside: Reader::new(&variables).blocks().0,
        unreadable,
    };
    let machines = module.blocks.iter().filter(|block| is_machine(block)).map(|block| {
        let (file, machine) = module.machine(block, loader, open);
        Found {
            name: block.labels.last().cloned(),
            file,
            machine,
        }
    });
    Contents {
        machines: machines.collect(),
        diagnostics: module.warnings(),
    }
}

/// The text of the file of variables, if the source names some.
fn variables_beside(source: &str, open: &mut dyn FnMut(&str) -> Result<String, String>) -> String {
    let text = source.contains("var.").then(|| open(VARIABLES).ok()).flatten();
    text.unwrap_or_default()
}

/// Whether a text may have state machines.
#[cfg(feature = "cli")]
pub(super) fn may_have_machines(source: &str) -> bool {
    source.contains(RESOURCE) || source.contains(MODULE)
}

fn is_machine(block: &Block<'_>) -> bool {
    match block.kind {
        "resource" => block.labels.first().is_some_and(|label| label == RESOURCE),
        "module" => {
            let source = block.attribute("source").map(|attribute| &attribute.value);
            let is_known = matches!(source, Some(Expression::Text(node)) if node.as_str().is_some_and(|text| text.contains(MODULE)));
            is_known && block.attribute("definition").is_some()
        }
        _ => false,
    }
}

impl<'s> Module<'s> {
    /// Tells of state machines in blocks that cannot be read.
    fn warnings(&self) -> Vec<Diagnostic> {
        let mut report = Report::new(self.source);
        for span in self
            .unreadable
            .iter()
            .filter(|span| self.text(**span).contains(RESOURCE))
        {
            report
                .warning(
                    Code::NotSupported,
                    Place::at(*span).nowhere(),
                    "this block cannot be read, and is not looked at",
                )
                .help("`terraform validate` tells whether a bracket or a quote is missing");
        }
        report.finish(self.source, |_| None).0
    }

    fn machine(
        &self,
        block: &Block<'s>,
        loader: &Loader,
        open: &mut dyn FnMut(&str) -> Result<String, String>,
    ) -> (Option<String>, Machine) {
        let mut report = Report::new(self.source);
        let kind = block.attribute("type").map(|attribute| &attribute.value);
        let loader = match kind {
            Some(Expression::Text(node)) if node.as_str() == Some("EXPRESS") => {
                loader.clone().workflow_type(WorkflowType::Express)
            }
            _ => loader.clone(),
        };
        let Some(attribute) = block.attribute("definition") else {
            report
                .schema(Place::at(block.span).nowhere(), "the state machine has no definition")
                .help("give it `definition`");
            return (None, refused(report, self.source));
        };
        match self.without_locals(&attribute.value, &self.scope(&loader)) {
            Expression::Heredoc(span) => (None, self.heredoc(*span, &loader, report)),
            Expression::Call { name, arguments, span } => match (*name, arguments.as_slice()) {
                ("jsonencode", [definition]) => (None, self.encoded(definition, &loader, report)),
                ("file", [Expression::Text(path)]) => self.file(path, None, &loader, report, open),
                ("templatefile", [Expression::Text(path), values]) => {
                    self.file(path, Some(values), &loader, report, open)
                }
                _ => (None, self.not_read(*span, report)),
            },
            other => (None, self.not_read(other.span(), report)),
        }
    }

    /// What the expressions of the file may name.
    fn scope<'e>(&'e self, loader: &'e Loader) -> Scope<'e, 's> {
        let locals = self.blocks.iter().filter(|block| block.kind == "locals");
        let own = self.blocks.iter().filter_map(Block::default_of_variable);
        // A heredoc has its text from its own file.
        let beside = self.beside.iter().filter_map(Block::default_of_variable);
        let beside = beside.filter(|(_, value)| !matches!(value, Expression::Heredoc(_)));
        Scope {
            variables: own.chain(beside).collect(),
            source: self.source,
            given: loader.values(),
            locals: locals.flat_map(Block::attributes).collect(),
            room: Cell::new(MAX_LOCALS),
        }
    }

    /// The value of a `local.NAME` or `var.NAME`, if there is one; else the expression itself.
    fn without_locals<'e>(&'e self, mut value: &'e Expression<'s>, scope: &Scope<'e, 's>) -> &'e Expression<'s> {
        while let Expression::Other(span) = value {
            match scope.known(self.text(*span).trim()) {
                Some(known) => value = known,
                None => break,
            }
        }
        value
    }

    fn text(&self, span: Span) -> &'s str {
        self.source.get(span.start..span.end).unwrap_or_default()
    }

    fn not_read(&self, span: Span, mut report: Report) -> Machine {
        report
            .warning(
                Code::NotSupported,
                Place::at(span).nowhere(),
                "only Terraform knows this definition, and it is not looked at",
            )
            .help("a heredoc, `jsonencode({ … })`, `file(\"…\")` and `templatefile(\"…\", { … })` are read");
        refused(report, self.source)
    }

    /// `jsonencode({ … })`
    fn encoded(&self, value: &Expression<'s>, loader: &Loader, mut report: Report) -> Machine {
        let node = value.node(&self.scope(loader), MAX_LOCALS_INSIDE, &mut report);
        loader.parse_node(Some(&node), self.source, report)
    }

    fn heredoc(&self, span: Span, loader: &Loader, report: Report) -> Machine {
        let scope = self.scope(loader);
        let Some(template) = Template::of(self.text(span), span.start, &|name| scope.constant(name)) else {
            return self.not_read(span, report);
        };
        let text = template.text();
        let machine = definition(&loader.with_more(&template.names), text, Format::of("", text));
        moved(machine, &report, self.source, |offset| template.node.source_of(offset))
    }

    /// The file of a definition; `values` are those of its template.
    fn file(
        &self,
        path: &Node,
        values: Option<&Expression<'s>>,
        loader: &Loader,
        mut report: Report,
        open: &mut dyn FnMut(&str) -> Result<String, String>,
    ) -> (Option<String>, Machine) {
        let named = path.as_str().unwrap_or_default();
        let relative = named.replace("${path.module}/", "").replace("${path.root}/", "");
        if relative.contains("${") {
            return (None, self.not_read(path.span, report));
        }
        let text = match open(&relative) {
            Ok(text) => text,
            Err(error) => {
                let message = format!("`{relative}` cannot be read: {error}");
                report
                    .error(Code::UnresolvedReference, Place::value(path).nowhere(), message)
                    .help("the path begins in the folder of the file");
                return (None, refused(report, self.source));
            }
        };
        let Some(values) = values else {
            let machine = definition(loader, &text, Format::of(&relative, &text));
            return (Some(relative), machine);
        };
        let scope = self.scope(loader);
        let value_of = |name: &str| {
            let value = value_of(values, name)?;
            match value {
                Expression::Text(node) if !node.unresolved => node.as_str().map(str::to_owned),
                Expression::Constant(node) => Some(node.to_value().to_string()),
                other => scope.constant(self.text(other.span()).trim()),
            }
        };
        let Some(template) = Template::of(&text, 0, &value_of) else {
            return (None, self.not_read(path.span, report));
        };
        let replaced = template.text();
        let machine = definition(&loader.with_more(&template.names), replaced, Format::of("", replaced));
        let report = Report::new(&text);
        let machine = moved(machine, &report, &text, |offset| template.node.source_of(offset));
        (Some(relative), machine)
    }
}

/// The value of a name in a template: a member of its values, or of an object among them.
fn value_of<'e, 's>(values: &'e Expression<'s>, name: &str) -> Option<&'e Expression<'s>> {
    name.split('.').try_fold(values, |value, key| match value {
        Expression::Object(members, _) => Some(&members.iter().find(|member| member.name == key)?.value),
        _ => None,
    })
}

/// The text of a template in which constants have their values, and other expressions are placeholders.
struct Template {
    node: Node,
    /// The placeholders whose expressions are no names.
    names: Substitutions,
}

impl Template {
    /// A template that begins at `start` of its file; `None` if it has directives such as `%{ if … }`.
    fn of(source: &str, start: usize, value_of: &dyn Fn(&str) -> Option<String>) -> Option<Self> {
        let mut map = TextMap::default().unquoted(true);
        map.add(0, 0, start, start);
        let node = Node {
            span: Span::new(start, start + source.len()),
            kind: Kind::String(source.to_owned()),
            unresolved: false,
            text_map: Some(Box::new(map)),
        };
        Self::of_text(&node, value_of)
    }

    /// The same of a text that stands in a file.
    fn of_text(node: &Node, value_of: &dyn Fn(&str) -> Option<String>) -> Option<Self> {
        let mut names = Substitutions::new();
        let (mut count, mut has_directives) = (0, false);
        let node = interpolated(node, &mut |part| match part {
            Part::Expression(expression) => value_of(expression).or_else(|| {
                if is_name(expression) {
                    return Some(format!("${{{expression}}}"));
                }
                count += 1;
                let name = format!("AWS::Terraform.{count}");
                names = std::mem::take(&mut names).with_written(&name, format!("${{{expression}}}"));
                Some(format!("${{{name}}}"))
            }),
            Part::Directive(_) => {
                has_directives = true;
                None
            }
            Part::Escaped(text) => {
                let name = text.strip_prefix("${").and_then(|text| text.strip_suffix('}'));
                Some(match name.filter(|name| is_name(name)) {
                    Some(name) => format!("${{!{name}}}"),
                    None => text.to_owned(),
                })
            }
        })?;
        (!has_directives).then_some(Self { node, names })
    }

    fn text(&self) -> &str {
        self.node.as_str().unwrap_or_default()
    }
}

fn is_name(expression: &str) -> bool {
    !expression.is_empty() && expression.bytes().all(Substitutions::is_name_byte)
}
