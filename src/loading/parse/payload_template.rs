//! `Parameters`, `ResultSelector`, `ItemSelector`, `Assign`, `Credentials`: payload templates, checked field by field.

use std::collections::HashSet;

use super::{Fields, Reading, values};
use crate::data::PayloadTemplate;
use crate::data::json::{Kind, Member, Node, Object, Place};
use crate::loading::report::Reported;

impl Fields<'_, '_> {
    /// `ResultSelector` and others that must be objects.
    pub(super) fn payload_template(&mut self, name: &str) -> Result<Option<PayloadTemplate>, Reported> {
        self.optional(name, payload_template)
    }

    /// `Parameters` and `ItemSelector`, which AWS takes as any JSON but null, with computed fields in the objects inside.
    pub(super) fn payload_template_of_any_type(&mut self, name: &str) -> Result<Option<PayloadTemplate>, Reported> {
        self.optional(name, |node, reading| match node.kind {
            Kind::Null => payload_template(node, reading),
            _ => compiled(node, reading),
        })
    }
}

/// A payload template, which is an object.
pub(super) fn payload_template(node: &Node, reading: &mut Reading) -> Result<PayloadTemplate, Reported> {
    if let Some(text) = node.as_str().filter(|text| !node.unresolved && text.starts_with('$')) {
        let help = format!("a template is an object with fields such as `\"order.$\": \"{text}\"`");
        reading
            .report
            .schema(Place::value(node), "Expected value of type Object")
            .help(help);
        return Err(Reported);
    }
    values::object(node, reading)?;
    compiled(node, reading)
}

fn compiled(node: &Node, reading: &mut Reading) -> Result<PayloadTemplate, Reported> {
    if !is_well_formed(node, node, reading) {
        return Err(Reported);
    }
    if node.has_unknown() {
        return Err(reading.not_judged_inside(node));
    }
    let compiled = PayloadTemplate::compile_with(&node.to_value(), &mut |text| reading.expressions.path_or_call(text));
    compiled.map_err(|errors| {
        for error in errors {
            reading.report.schema(Place::value(node), error.to_string());
        }
        Reported
    })
}

/// Whether all the computed fields of `node`, a part of `template`, are well formed.
///
/// Compiling would find errors too, but without their places.
fn is_well_formed(node: &Node, template: &Node, reading: &mut Reading) -> bool {
    let mut well_formed = true;
    match &node.kind {
        Kind::Array(elements) => {
            for element in elements {
                well_formed &= is_well_formed(element, template, reading);
            }
        }
        Kind::Object(Object { members }) => {
            let names: HashSet<&str> = members.iter().map(|member| member.key.as_str()).collect();
            for member in members {
                well_formed &= match member.key.strip_suffix(".$").filter(|name| !name.is_empty()) {
                    None => is_well_formed(&member.value, template, reading),
                    Some(name) if names.contains(name) => is_there_twice(name, member, template, reading),
                    Some(_) => is_computed(member, template, reading),
                };
            }
        }
        _ => {}
    }
    well_formed
}

fn is_there_twice(name: &str, member: &Member, template: &Node, reading: &mut Reading) -> bool {
    let message = format!("the field `{name}` stands here twice");
    let help = format!(
        "the value of `{}` becomes `{name}`, which has a value already",
        member.key
    );
    reading
        .report
        .schema(Place::key(member).about(template), message)
        .help(help);
    false
}

fn is_computed(member: &Member, template: &Node, reading: &mut Reading) -> bool {
    let node = &member.value;
    if node.unresolved {
        reading.not_judged(node);
        return false;
    }
    let message = values::no_expression(&member.key);
    let Some(text) = node.as_str() else {
        let name = member.key.trim_end_matches(".$");
        let help = format!("it is {}: a constant stands in `{name}`, without `.$`", node.describe());
        reading
            .report
            .schema(Place::value(node).about(template), message)
            .help(help);
        return false;
    };
    let Err(error) = reading.expressions.path_or_call(text) else {
        return true;
    };
    let help = match values::not_a_path(text) {
        Some(path) if !text.starts_with("States.") => format!("{path}; a constant stands in a field without `.$`"),
        _ => values::expression_help(text, &error, reading),
    };
    reading
        .report
        .schema(
            Place::inside(node, values::offset(text, &error)).about(template),
            message,
        )
        .help(help);
    false
}
