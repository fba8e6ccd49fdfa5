//! State machines of the Serverless Framework: `stepFunctions.stateMachines`, as the plugin serverless-step-functions reads
//! them.

mod syntax;
mod value;
mod variables;

use super::deployment::Deployment;
use super::embedded::moved;
use super::machines::{Judged, Reading, named};
use super::variants::merged;
use super::{Format, Found, NOTHING, PLUGIN, definition, refused};
use crate::data::json::{Node, Place, Span, Substitutions};
use crate::definition::{Code, InvalidDefinition, StateMachine, WorkflowType};
use crate::loading::Loader;
use crate::loading::json::substitute;
use crate::loading::report::Report;
use crate::loading::yaml;
use value::{Located, Value};
use variables::Variables;

/// A file of the framework; only its state machines are read.
pub(super) struct Serverless<'n> {
    root: &'n Node,
    plugin: &'n Node,
    deployment: Deployment<'n>,
}

impl<'n> Serverless<'n> {
    /// `None` if the text is not a file of the framework with the plugin.
    pub(super) fn of(root: &'n Node, given: &'n Substitutions) -> Option<Self> {
        let resources = root.field("resources");
        let section = |name| resources.and_then(|resources| resources.field(name)?.as_object());
        Some(Self {
            root,
            plugin: root.field(PLUGIN)?,
            deployment: Deployment {
                resources: section("Resources").unwrap_or(&NOTHING),
                parameters: None,
                conditions: section("Conditions"),
                functions: root.field("functions").and_then(Node::as_object),
                given,
                is_open: true,
            },
        })
    }

    /// Its state machines, in the order of the file.
    pub(super) fn machines(&self, reading: &mut Reading<'_>, report: &mut Report) -> Vec<Found> {
        let Reading { loader, source, open } = reading;
        let variables = Variables::of(self.root, self.deployment.given, open);
        let mut found = Vec::new();
        for plugin in parts(Located::here(self.plugin), &variables, self.plugin.span, report) {
            let Some(machines) = plugin.node.field("stateMachines") else {
                continue;
            };
            let span = if plugin.file.is_none() {
                machines.span
            } else {
                self.plugin.span
            };
            for part in parts(plugin.at(machines), &variables, span, report) {
                let members = part.node.as_object().map_or(&[][..], |object| &object.members);
                for member in members {
                    let machine = Machine {
                        located: part.at(&member.value),
                        span: if part.file.is_none() { member.value.span } else { span },
                        loader,
                        source,
                        variables: &variables,
                        deployment: &self.deployment,
                    };
                    found.extend(named(&variables.name(&member.key), machine.judged()));
                }
            }
        }
        found
    }
}

/// The values of a list, or the value itself, without variables. What is not known is reported, at `span`.
fn parts(located: Located, variables: &Variables<'_>, span: Span, report: &mut Report) -> Vec<Located> {
    match variables.resolved(located) {
        Value::Known(located) => match located.node.as_array() {
            Some(elements) => {
                let elements = elements.iter().map(|element| located.at(element));
                elements
                    .flat_map(|element| parts(element, variables, span, report))
                    .collect()
            }
            None => vec![located],
        },
        unknown => {
            unknown.report("state machines are", span, report);
            Vec::new()
        }
    }
}

/// A member of `stateMachines`.
struct Machine<'m, 'n, 'a> {
    located: Located,
    /// Its place in the file of the framework.
    span: Span,
    loader: &'m Loader,
    source: &'m str,
    variables: &'m Variables<'a>,
    deployment: &'m Deployment<'n>,
}

impl Machine<'_, '_, '_> {
    fn judged(self) -> Vec<Judged> {
        let machine = match self.variables.resolved(self.located.clone()) {
            Value::Known(machine) => machine,
            unknown => return vec![self.not_judged(&unknown, self.span)],
        };
        let mut loader = self.loader.with_more(&Deployment::known());
        let kind = machine
            .node
            .field("type")
            .map(|kind| self.variables.resolved(machine.at(kind)));
        if let Some(Value::Known(kind)) = kind
            && kind.node.as_str() == Some("EXPRESS")
        {
            loader = loader.workflow_type(WorkflowType::Express);
        }
        let Some(node) = machine.node.field("definition") else {
            let mut report = Report::new(self.source);
            let message = "the state machine has no `definition` here, and is not looked at";
            report.warning(Code::NotSupported, Place::at(self.span).nowhere(), message);
            return vec![Judged::here(refused(report, self.source))];
        };
        let definition = match self.variables.resolved(machine.at(node)) {
            Value::Known(definition) => definition,
            unknown => {
                let span = if machine.file.is_none() { node.span } else { self.span };
                return vec![self.not_judged(&unknown, span)];
            }
        };
        let found = self.deployment.variants(&definition.node, None);
        let judged = found.variants.iter().map(|variant| {
            let mut node = definition.node.clone();
            variant.apply(&mut node);
            let (source, path) = match &definition.file {
                Some(file) => (file.text.as_str(), Some(file.path.clone())),
                None => (self.source, None),
            };
            Judged {
                file: path,
                machine: self.definition(node, &loader, source),
            }
        });
        let judged = judged.collect();
        merged(&found.variants, judged)
    }

    /// The machine of a definition that is a part of `source`: an object, or the text of one.
    fn definition(&self, mut node: Node, loader: &Loader, source: &str) -> Result<StateMachine, InvalidDefinition> {
        let mut report = Report::new(source);
        if node.as_str().is_some() {
            let loader = loader.with_more(&self.variables.put_in_definition(&mut node));
            let text = node.as_str().unwrap_or_default();
            let machine = definition(&loader, text, Format::of("", text));
            return moved(machine, &report, source, |offset| node.source_of(offset));
        }
        self.variables.put_in(&mut node, &mut report);
        self.deployment.resolve_below(&mut node, &mut report);
        substitute(&mut node, source, loader.values(), &mut report, &yaml::plain);
        loader.parse_node(Some(&node), source, report)
    }

    fn not_judged(&self, unknown: &Value, span: Span) -> Judged {
        let mut report = Report::new(self.source);
        unknown.report("the definition is", span, &mut report);
        Judged::here(refused(report, self.source))
    }
}
