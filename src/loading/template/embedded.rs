//! State machines as resources of a template.

use super::deployment::Deployment;
use super::{Format, Found, SERVERLESS, STEP_FUNCTIONS, definition, field, refused};
use crate::data::json::{Kind, Node, Object, Span};
use crate::data::json::{Place, Substitutions};
use crate::definition::{Code, InvalidDefinition, StateMachine, WorkflowType};
use crate::loading::Loader;
use crate::loading::json::substitute;
use crate::loading::report::Report;

/// A template; only its state machines are read.
pub(super) struct Template<'n> {
    resources: &'n Object,
    deployment: Deployment<'n>,
}

type Machine = Result<StateMachine, InvalidDefinition>;

impl<'n> Template<'n> {
    /// `None` if the text is not a template.
    pub(super) fn of(root: &'n Node, given: &'n Substitutions) -> Option<Self> {
        let resources = root.field("Resources")?.as_object()?;
        let parameters = root.field("Parameters").and_then(Node::as_object);
        Some(Self {
            resources,
            deployment: Deployment {
                resources,
                parameters,
                functions: None,
                given,
                is_open: false,
            },
        })
    }

    /// Its state machines, in the order of the template.
    pub(super) fn machines(
        &self,
        loader: &Loader,
        source: &str,
        open: &mut dyn FnMut(&str) -> Result<String, String>,
    ) -> Vec<Found> {
        let resources = self.resources.members.iter().filter(|member| {
            let kind = member.value.field("Type").and_then(Node::as_str);
            matches!(kind, Some(SERVERLESS | STEP_FUNCTIONS))
        });
        resources
            .map(|member| {
                let properties = member.value.field("Properties").unwrap_or(&member.value);
                let (file, machine) = self.machine(properties, loader, source, open);
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
        properties: &Node,
        loader: &Loader,
        source: &str,
        open: &mut dyn FnMut(&str) -> Result<String, String>,
    ) -> (Option<String>, Machine) {
        let mut report = Report::new(source);
        let substitutions = self.substitutions(properties, &mut report);
        let kind = field(properties, &["Type", "StateMachineType"]).and_then(Node::as_str);
        let loader = match kind {
            Some("EXPRESS") => loader.clone().workflow_type(WorkflowType::Express),
            _ => loader.clone(),
        };
        let loader = loader.with_more(&substitutions).with_more(&Deployment::stand_ins());
        if let Some(inline) = properties.field("Definition") {
            return (None, self.inline(inline, &loader, source, report));
        }
        if let Some(text) = properties.field("DefinitionString") {
            return (None, self.text(text, &loader, source, report));
        }
        let Some(uri) = field(properties, &["DefinitionUri", "DefinitionS3Location"]) else {
            report
                .schema(Place::opening(properties), "the state machine has no definition")
                .help("give it `Definition`, `DefinitionString` or `DefinitionUri`");
            return (None, refused(report, source));
        };
        let Some(path) = uri.as_str().filter(|path| !path.starts_with("s3://")) else {
            report.warning(
                Code::NotSupported,
                Place::value(uri),
                "the definition lies in a bucket, and is not looked at",
            );
            return (None, refused(report, source));
        };
        match open(path) {
            Ok(_) if report.has_errors() => (None, refused(report, source)),
            Ok(text) => (
                Some(path.to_owned()),
                definition(&loader, &text, Format::of(path, &text)),
            ),
            Err(error) => {
                let message = format!("`{path}` cannot be read: {error}");
                report
                    .error(Code::UnresolvedReference, Place::value(uri), message)
                    .help("the path begins in the folder of the template");
                (None, refused(report, source))
            }
        }
    }

    /// `DefinitionSubstitutions` with their values as in a deployment.
    fn substitutions(&self, properties: &Node, report: &mut Report) -> Substitutions {
        let members = properties
            .field("DefinitionSubstitutions")
            .and_then(Node::as_object)
            .map_or(&[][..], |object| &object.members);
        members.iter().fold(Substitutions::new(), |values, member| {
            match self.deployment.text(&member.value, report) {
                Some(text) => self.deployment.add(values, &member.key, &text),
                None => values,
            }
        })
    }

    /// `Definition`: an object of the template.
    fn inline(&self, node: &Node, loader: &Loader, source: &str, mut report: Report) -> Machine {
        let mut node = node.clone();
        self.deployment.resolve_below(&mut node, &mut report);
        // The definition becomes JSON first, in which all these texts are in quotes.
        substitute(&mut node, source, loader.values(), &mut report, &|_| None);
        loader.parse_node(Some(&node), source, report)
    }

    /// `DefinitionString`: a text, possibly in `Fn::Sub` or joined from parts.
    fn text(&self, node: &Node, loader: &Loader, source: &str, mut report: Report) -> Machine {
        let sub = node.field("Fn::Sub");
        let (template, values) = match sub.map(|sub| &sub.kind) {
            Some(Kind::Array(parts)) => (parts.first(), parts.get(1)),
            _ => (sub, None),
        };
        let text_node = template.unwrap_or(node);
        let mut loader = loader.clone();
        let text = if let Some(text) = text_node.as_str() {
            if sub.is_some() {
                loader = loader.with_more(&self.deployment.names_in(text, values, &mut report));
            }
            Some(text.to_owned())
        } else {
            self.deployment.text(node, &mut report)
        };
        let Some(text) = text.filter(|_| !report.has_errors()) else {
            if !report.has_errors() {
                report.schema(Place::opening(node), "the definition is no text");
            }
            return refused(report, source);
        };
        let is_verbatim = text_node.as_str().is_some();
        let place = |offset: usize| {
            if is_verbatim {
                text_node.source_of(offset)
            } else {
                node.span.start
            }
        };
        moved(
            definition(&loader, &text, Format::of("", &text)),
            &report,
            source,
            place,
        )
    }
}

/// The machine of a text embedded in `source`, with its diagnostics placed in `source`.
pub(super) fn moved(machine: Machine, report: &Report, source: &str, place: impl Fn(usize) -> usize) -> Machine {
    let relocated = |diagnostics: Vec<_>| {
        diagnostics
            .into_iter()
            .map(|diagnostic: crate::definition::Diagnostic| {
                let start = place(diagnostic.span.start);
                let end = place(diagnostic.span.end).max(start);
                report.relocated(diagnostic, Span::new(start, end), source)
            })
            .collect()
    };
    match machine {
        Ok(mut machine) => {
            machine.warnings = relocated(std::mem::take(&mut machine.warnings));
            Ok(machine)
        }
        Err(invalid) => Err(InvalidDefinition {
            diagnostics: relocated(invalid.diagnostics),
            omitted: invalid.omitted,
        }),
    }
}
