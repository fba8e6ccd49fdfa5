//! State machines as resources of a template.

use super::deployment::{Deployment, is_deployed, makes_anything, stay_text, without_dynamic_references};
use super::loops::LOOP;
use super::machines::{Judged, Reading, named};
use super::rewriting::with_values;
use super::variants::merged;
use super::{Format, Found, SERVERLESS, STEP_FUNCTIONS, definition, field, refused};
use crate::data::json::{Kind, Member, Node, Object, Place, Span, Substitutions};
use crate::definition::{Code, Diagnostic, InvalidDefinition, StateMachine, WorkflowType};
use crate::loading::Loader;
use crate::loading::json::substitute;
use crate::loading::report::Report;

/// A template; only its state machines are read.
pub(super) struct Template<'n> {
    root: &'n Node,
    resources: &'n Object,
    deployment: Deployment<'n>,
}

type Machine = Result<StateMachine, InvalidDefinition>;

/// The macros of AWS that add no state machines, and change none.
const MACROS_OF_AWS: [&str; 5] = [
    "AWS::Serverless",
    "AWS::LanguageExtensions",
    "AWS::CodeDeployBlueGreen",
    "AWS::SecretsManager",
    "AWS::ServiceCatalog",
];

impl<'n> Template<'n> {
    /// `None` if the text is not a template.
    pub(super) fn of(root: &'n Node, given: &'n Substitutions) -> Option<Self> {
        let resources = root.field("Resources")?.as_object()?;
        let section = |name| root.field(name).and_then(Node::as_object);
        let is_open = |object: &Object| object.members.iter().any(|member| makes_anything(&member.key));
        let mut open = root
            .as_object()
            .into_iter()
            .chain([resources])
            .chain(section("Conditions"));
        Some(Self {
            root,
            resources,
            deployment: Deployment {
                resources,
                parameters: section("Parameters"),
                conditions: section("Conditions"),
                functions: None,
                given,
                is_open: open.any(is_open) || unknown_macros(root).next().is_some(),
            },
        })
    }

    /// Reports what may hold other state machines, and is not looked at.
    pub(super) fn report_unknown(&self, report: &mut Report) {
        for name in unknown_macros(self.root) {
            let message = "what this macro makes of the template is not looked at";
            report
                .warning(Code::NotSupported, Place::value(name).nowhere(), message)
                .help("the template is judged as it is written");
        }
        let members = self.root.as_object().into_iter().chain([self.resources]);
        for member in members.flat_map(|object| &object.members) {
            let (message, help) = if member.key == "Fn::Transform" {
                (
                    "state machines that a macro adds here are not looked at",
                    "name the file that it includes, to have its definitions validated",
                )
            } else if member.key.starts_with(LOOP) && has_machine(&member.value) {
                (
                    "state machines of this loop are not looked at: its list is known only after a deployment",
                    "`-s NAME=A,B` gives a parameter its values",
                )
            } else {
                continue;
            };
            let place = Place::key(member).nowhere();
            report.warning(Code::NotSupported, place, message).help(help);
        }
    }

    /// Its state machines, in the order of the template.
    pub(super) fn machines(&self, reading: &mut Reading<'_>, report: &mut Report) -> Vec<Found> {
        let machines = self.resources.members.iter().filter(|member| is_machine(&member.value));
        machines
            .flat_map(|member| named(&member.key, self.variants(&member.value, reading, report)))
            .collect()
    }

    /// The machine in all of its variants.
    fn variants(&self, resource: &'n Node, reading: &mut Reading<'_>, report: &mut Report) -> Vec<Judged> {
        let own = resource.field("Condition").and_then(Node::as_str);
        let found = self.deployment.variants(resource, own);
        if found.has_more {
            let message = format!("only {} variants of this machine are looked at", found.variants.len());
            report
                .warning(Code::NotSupported, Place::opening(resource).nowhere(), message)
                .help("`-s NAME=VALUE` gives the parameters of its conditions their values");
        }
        let judged = found.variants.iter().map(|variant| {
            let mut resource = resource.clone();
            variant.apply(&mut resource);
            self.machine(&resource, reading)
        });
        let judged = judged.collect();
        merged(&found.variants, judged)
    }

    fn machine(&self, resource: &Node, reading: &mut Reading<'_>) -> Judged {
        let mut report = Report::new(reading.source);
        let properties = resource.field("Properties").unwrap_or(resource);
        let substitutions = self.substitutions(properties, &mut report);
        let kind = field(properties, &["Type", "StateMachineType"]);
        let loader = match kind.and_then(|kind| self.deployment.text(kind, &mut report)).as_deref() {
            Some("EXPRESS") => reading.loader.clone().workflow_type(WorkflowType::Express),
            Some(unknown) if unknown.contains("${") => {
                let message = "only a deployment knows the type of this workflow; it is judged as a Standard Workflow";
                let place = Place::value(kind.unwrap_or(properties)).nowhere();
                report
                    .warning(Code::NotSupported, place, message)
                    .help("`-s NAME=VALUE` gives a parameter its value");
                reading.loader.clone()
            }
            _ => reading.loader.clone(),
        };
        let loader = loader.with_more(&substitutions).with_more(&Deployment::stand_ins());
        if let Some(inline) = properties.field("Definition") {
            return Judged::here(self.inline(inline, &loader, reading.source, report));
        }
        if let Some(text) = properties.field("DefinitionString") {
            let own = properties.field("DefinitionSubstitutions").and_then(Node::as_object);
            return Judged::here(self.text(text, own, &loader, reading.source, report));
        }
        if let Some(uri) = field(properties, &["DefinitionUri", "DefinitionS3Location"]) {
            return self.elsewhere(uri, &loader, report, reading);
        }
        match unknown_member(properties).or(unknown_member(resource)) {
            Some(unknown) => {
                let message = "the definition is what a macro makes, and is not looked at";
                report.warning(Code::NotSupported, Place::key(unknown), message);
            }
            None => {
                report
                    .schema(Place::opening(properties), "the state machine has no definition")
                    .help("give it `Definition`, `DefinitionString` or `DefinitionUri`");
            }
        }
        Judged::here(refused(report, reading.source))
    }

    /// `DefinitionUri`: the definition in a file.
    fn elsewhere(&self, uri: &Node, loader: &Loader, mut report: Report, reading: &mut Reading<'_>) -> Judged {
        let not_looked_at = |message: &str, mut report: Report| {
            report.warning(Code::NotSupported, Place::value(uri), message);
            Judged::here(refused(report, reading.source))
        };
        if uri.field("Bucket").is_some() {
            return not_looked_at("the definition lies in a bucket, and is not looked at", report);
        }
        let Some(path) = self.deployment.text(uri, &mut report) else {
            return Judged::here(refused(report, reading.source));
        };
        if path.starts_with("s3://") {
            return not_looked_at("the definition lies in a bucket, and is not looked at", report);
        }
        if is_deployed(&path) || path.contains("${") {
            let message = "only a deployment knows where the definition lies, and it is not looked at";
            return not_looked_at(message, report);
        }
        match (reading.open)(&path) {
            Ok(_) if report.has_errors() => Judged::here(refused(report, reading.source)),
            Ok(text) => Judged::of_file(&path, definition(loader, &text, Format::of(&path, &text))),
            Err(error) => {
                let message = format!("`{path}` cannot be read: {error}");
                report
                    .error(Code::UnresolvedReference, Place::value(uri), message)
                    .help("the path begins in the folder of the template");
                Judged::here(refused(report, reading.source))
            }
        }
    }

    /// `DefinitionSubstitutions` with their values as in a deployment.
    fn substitutions(&self, properties: &Node, report: &mut Report) -> Substitutions {
        let members = properties
            .field("DefinitionSubstitutions")
            .and_then(Node::as_object)
            .map_or(&[][..], |object| &object.members);
        let members = members.iter().filter(|member| !makes_anything(&member.key));
        members.fold(Substitutions::new(), |values, member| {
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
        substitute(&mut node, source, loader.values(), &mut report, &|_, _| None);
        mark_values(&mut node, source);
        loader.parse_node(Some(&node), source, report)
    }

    /// `DefinitionString`: a text, possibly in `Fn::Sub` or joined from parts, or the text of an object. `own` are its
    /// `DefinitionSubstitutions`.
    fn text(&self, node: &Node, own: Option<&Object>, loader: &Loader, source: &str, mut report: Report) -> Machine {
        if let Some(object) = node.field("Fn::ToJsonString") {
            return self.inline(object, loader, source, report);
        }
        let sub = node.field("Fn::Sub");
        let (template, values) = match sub.map(|sub| &sub.kind) {
            Some(Kind::Array(parts)) => (parts.first(), parts.get(1)),
            _ => (sub, None),
        };
        let text_node = template.unwrap_or(node);
        let known = without_dynamic_references(text_node);
        let mut text_node = known.as_ref().unwrap_or(text_node);
        let mut loader = loader.clone();
        let unescaped;
        if sub.is_some() && text_node.as_str().is_some() {
            loader = loader.with_more(&self.deployment.names_in(text_node, values, &mut report));
            // `Fn::Sub` makes `${Name}` of `${!Name}`, and the substitutions put their values in after it.
            let is_own = |name: &str| own.is_some_and(|own| own.contains(name));
            unescaped = with_values(text_node, "${!", "}", |name| {
                is_own(name).then(|| format!("${{{name}}}"))
            });
            text_node = unescaped.as_ref().unwrap_or(text_node);
        }
        let text = if let Some(text) = text_node.as_str() {
            Some(text.to_owned())
        } else {
            self.deployment.text(node, &mut report)
        };
        let Some(text) = text else {
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
        let machine = definition(&loader, &text, Format::of("", &text));
        with_problems(moved(machine, &report, source, place), report, source)
    }
}

/// Notes which texts are values of placeholders.
fn mark_values(node: &mut Node, source: &str) {
    match &mut node.kind {
        Kind::Array(elements) => elements.iter_mut().for_each(|element| mark_values(element, source)),
        Kind::Object(object) => {
            for member in &mut object.members {
                mark_values(&mut member.value, source);
            }
        }
        Kind::String(_) => {
            let written = source.get(node.span.start..node.span.end);
            if written.is_some_and(|written| written.contains("${")) {
                stay_text(node);
            }
        }
        _ => {}
    }
}

/// The machine with what a report has about the template around it.
fn with_problems(machine: Machine, report: Report, source: &str) -> Machine {
    let is_refused = report.has_errors();
    let (mut diagnostics, omitted) = report.finish(source, |_| None);
    match machine {
        Ok(mut machine) if !is_refused => {
            diagnostics.append(&mut machine.warnings);
            machine.warnings = diagnostics;
            Ok(machine)
        }
        Ok(mut machine) => {
            diagnostics.append(&mut machine.warnings);
            Err(InvalidDefinition { diagnostics, omitted })
        }
        Err(mut invalid) => {
            diagnostics.append(&mut invalid.diagnostics);
            Err(InvalidDefinition {
                diagnostics,
                omitted: omitted + invalid.omitted,
            })
        }
    }
}

/// Whether a resource is a state machine.
fn is_machine(resource: &Node) -> bool {
    let kind = resource.field("Type").and_then(Node::as_str);
    matches!(kind, Some(SERVERLESS | STEP_FUNCTIONS))
}

/// Whether a resource below `node` is a state machine.
fn has_machine(node: &Node) -> bool {
    match &node.kind {
        Kind::Array(elements) => elements.iter().any(has_machine),
        Kind::Object(object) => is_machine(node) || object.members.iter().any(|member| has_machine(&member.value)),
        _ => false,
    }
}

/// A member that a macro or a loop may replace by any others.
fn unknown_member(node: &Node) -> Option<&Member> {
    let mut members = node.as_object().into_iter().flat_map(|object| &object.members);
    members.find(|member| makes_anything(&member.key))
}

/// The names of the macros that make anything of the whole template.
fn unknown_macros(root: &Node) -> impl Iterator<Item = &Node> {
    let transform = root.field("Transform");
    let macros = transform.map_or(&[][..], |transform| match transform.as_array() {
        Some(macros) => macros,
        None => std::slice::from_ref(transform),
    });
    let names = macros.iter().map(|one| one.field("Name").unwrap_or(one));
    names.filter(|name| {
        let is_known = |text: &str| MACROS_OF_AWS.iter().any(|known| text.starts_with(known));
        !name.as_str().is_some_and(is_known)
    })
}

/// The machine of a text embedded in `source`, with its diagnostics placed in `source`.
pub(super) fn moved(machine: Machine, report: &Report, source: &str, place: impl Fn(usize) -> usize) -> Machine {
    let relocated = |diagnostics: Vec<_>| {
        diagnostics
            .into_iter()
            .map(|diagnostic: Diagnostic| {
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
