//! Terraform's language as JSON (`.tf.json`), as the CDK for Terraform writes it: its texts are templates.

use super::{MODULE, Machine, RESOURCE, Template, moved, refused};
use crate::data::json::{Kind, Member, Node, Place};
use crate::definition::{Code, WorkflowType};
use crate::loading::Loader;
use crate::loading::report::Report;
use crate::loading::template::Format;
use crate::loading::template::{Found, definition};

/// Whether a tree is one of Terraform that has state machines.
pub(in crate::loading::template) fn is_terraform(root: &Node) -> bool {
    resources(root).next().is_some()
}

/// The state machines of a file.
pub(in crate::loading::template) fn machines(loader: &Loader, source: &str, root: &Node) -> Vec<Found> {
    let found = resources(root).map(|member| Found {
        name: Some(member.key.clone()),
        file: None,
        machine: machine(loader, source, root, &member.value),
    });
    found.collect()
}

/// The resources and modules of state machines.
fn resources(root: &Node) -> impl Iterator<Item = &Member> {
    let all = members(root, "resource").filter(|member| member.key == RESOURCE);
    let resources = all.flat_map(|member| parts(&member.value));
    let modules = members(root, "module").filter(|member| {
        let source = member.value.field("source").and_then(Node::as_str);
        source.is_some_and(|source| source.contains(MODULE)) && member.value.field("definition").is_some()
    });
    resources.chain(modules)
}

/// The members of a field, which is an object or a list of objects.
fn members<'n>(root: &'n Node, field: &str) -> impl Iterator<Item = &'n Member> {
    root.field(field).into_iter().flat_map(parts)
}

fn parts(node: &Node) -> impl Iterator<Item = &Member> {
    let elements = match &node.kind {
        Kind::Array(elements) => elements.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let objects = elements.iter().filter_map(Node::as_object);
    objects.flat_map(|object| &object.members)
}

fn machine(loader: &Loader, source: &str, root: &Node, resource: &Node) -> Machine {
    let mut report = Report::new(source);
    let loader = match resource.field("type").and_then(Node::as_str) {
        Some("EXPRESS") => loader.clone().workflow_type(WorkflowType::Express),
        _ => loader.clone(),
    };
    let Some(text) = resource.field("definition") else {
        report
            .schema(Place::opening(resource), "the state machine has no definition")
            .help("give it `definition`");
        return refused(report, source);
    };
    let value_of = |expression: &str| {
        let given = loader.values().value(expression).map(str::to_owned);
        given.or_else(|| {
            let name = expression.strip_prefix("var.")?;
            let variable = members(root, "variable").find(|variable| variable.key == name)?;
            constant(variable.value.field("default")?)
        })
    };
    // One expression alone is a call that gives the whole definition.
    let is_call = text.as_str().is_none_or(|text| text.trim_start().starts_with("${"));
    let Some(template) = (!is_call).then(|| Template::of_text(text, &value_of)).flatten() else {
        report
            .warning(
                Code::NotSupported,
                Place::value(text).nowhere(),
                "only Terraform knows this definition, and it is not looked at",
            )
            .help("a definition that is written as a text is read");
        return refused(report, source);
    };
    let replaced = template.text();
    let machine = definition(&loader.with_more(&template.names), replaced, Format::of("", replaced));
    moved(machine, &report, source, |offset| template.node.source_of(offset))
}

/// The text of a constant; null is none.
fn constant(value: &Node) -> Option<String> {
    match &value.kind {
        Kind::String(text) => Some(text.clone()),
        Kind::Null => None,
        _ => Some(value.to_value().to_string()),
    }
}
