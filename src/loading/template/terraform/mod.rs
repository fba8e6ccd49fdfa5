//! State machines of Terraform: the resources `aws_sfn_state_machine` whose definition can be read without Terraform.
//!
//! A definition is a heredoc, `jsonencode({ … })`, `file("…")` or `templatefile("…", { … })`, or a local value that is one
//! of them. Every other expression inside is a placeholder: it is known only to Terraform.

mod expression;
mod reader;

use std::cell::Cell;

use super::{Format, Found, definition, embedded::moved, refused};
use crate::data::json::{Node, Place, Span, Substitutions};
use crate::definition::{Code, InvalidDefinition, StateMachine, WorkflowType};
use crate::loading::Loader;
use crate::loading::report::Report;
use expression::{Attribute, Block, Expression, Scope};
use reader::Reader;

/// The type of the resource.
pub(super) const RESOURCE: &str = "aws_sfn_state_machine";

/// How many local values a definition may have.
const MAX_LOCALS: usize = 1_000;

/// How deep local values may name each other.
const MAX_LOCALS_INSIDE: usize = 8;

type Machine = Result<StateMachine, InvalidDefinition>;

/// A file of Terraform.
struct Module<'s> {
    source: &'s str,
    blocks: Vec<Block<'s>>,
}

/// The state machines of a file, in its order.
pub(super) fn machines(
    loader: &Loader,
    source: &str,
    open: &mut dyn FnMut(&str) -> Result<String, String>,
) -> Vec<Found> {
    let module = Module {
        source,
        blocks: Reader::new(source).blocks(),
    };
    let resources = module
        .blocks
        .iter()
        .filter(|block| block.kind == "resource" && block.labels.first().is_some_and(|label| label == RESOURCE));
    resources
        .map(|block| {
            let (file, machine) = module.machine(block, loader, open);
            Found {
                name: block.labels.get(1).cloned(),
                file,
                machine,
            }
        })
        .collect()
}

impl<'s> Module<'s> {
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
        Scope {
            source: self.source,
            given: loader.values(),
            locals: locals.flat_map(Block::attributes).collect(),
            room: Cell::new(MAX_LOCALS),
        }
    }

    /// The value of a `local.NAME`, if the file has it; else the expression itself.
    fn without_locals<'e>(&'e self, mut value: &'e Expression<'s>, scope: &Scope<'e, 's>) -> &'e Expression<'s> {
        while let Expression::Other(span) = value {
            match scope.local(self.text(*span).trim()) {
                Some(local) => value = local,
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
        let Some(text) = template_text(self.text(span)) else {
            return self.not_read(span, report);
        };
        let machine = definition(loader, &text, Format::of("", &text));
        moved(machine, &report, self.source, |offset| span.start + offset)
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
        let Some(text) = template_text(&text) else {
            return (None, self.not_read(path.span, report));
        };
        let loader = loader.with_more(&constants(values));
        let machine = definition(&loader, &text, Format::of("", &text));
        (Some(relative), machine)
    }
}

/// The values of a template that are constants.
fn constants(values: &Expression<'_>) -> Substitutions {
    let Expression::Object(members, _) = values else {
        return Substitutions::new();
    };
    let known = members.iter().filter_map(|Attribute { name, value, .. }| match value {
        Expression::Text(node) if !node.unresolved => Some((name.clone(), node.as_str()?.to_owned())),
        Expression::Constant(node) => Some((name.clone(), node.to_value().to_string())),
        _ => None,
    });
    known.collect()
}

/// The text of a template with placeholders in place of expressions, byte for byte; `None` if it has directives such as
/// `%{ if … }`.
fn template_text(template: &str) -> Option<String> {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find("${").or_else(|| rest.find("%{")) {
        let (before, expression) = rest.split_at_checked(at)?;
        if before.contains("%{") || expression.starts_with("%{") {
            return None;
        }
        let end = expression::end_of_interpolation(expression)?;
        let (expression, after) = expression.split_at_checked(end)?;
        if let Some(before) = before.strip_suffix('$') {
            // `$${Name}` is the text `${Name}`.
            text.push_str(before);
            text.push_str("${!");
            text.push_str(expression.get(2..)?);
        } else {
            text.push_str(before);
            text.push_str("${");
            let inner = expression.get(2..end - 1)?;
            text.extend(inner.bytes().map(|byte| {
                if Substitutions::is_name_byte(byte) {
                    char::from(byte)
                } else {
                    '_'
                }
            }));
            text.push('}');
        }
        rest = after;
    }
    text.push_str(rest);
    Some(text)
}
