//! `Parameters`, `ResultSelector`, `ItemSelector`, `Assign`, `Credentials`: payload templates, checked field by field.

use std::collections::HashSet;

use super::fields::within;
use super::{Place, Report, fields};
use crate::data::{Expression, PayloadTemplate};
use crate::definition::json::{Kind, Member, Node};

/// A payload template, which is an object.
pub(super) fn payload_template(node: &Node, report: &mut Report) -> Option<PayloadTemplate> {
    fields::object(node, report)?;
    if !check(node, node, report) || node.has_unresolved() {
        return None;
    }
    match PayloadTemplate::compile(&node.to_value()) {
        Ok(template) => Some(template),
        Err(errors) => {
            for error in errors {
                report.schema(Place::value(node), error.to_string());
            }
            None
        }
    }
}

/// Whether all the computed fields of `node`, a part of `template`, are well formed.
fn check(node: &Node, template: &Node, report: &mut Report) -> bool {
    match &node.kind {
        Kind::Array(elements) => elements
            .iter()
            .fold(true, |valid, element| check(element, template, report) && valid),
        Kind::Object(object) => {
            let names: HashSet<&str> = object.members.iter().map(|member| member.key.as_str()).collect();
            object.members.iter().fold(true, |valid, member| {
                let Some(name) = member.key.strip_suffix(".$").filter(|name| !name.is_empty()) else {
                    return check(&member.value, template, report) && valid;
                };
                if !names.contains(name) {
                    return computed(member, template, report) && valid;
                }
                report
                    .schema(
                        Place::key(member).about(template),
                        format!("the field `{name}` stands here twice"),
                    )
                    .help(format!(
                        "the value of `{}` becomes `{name}`, which has a value already",
                        member.key
                    ));
                false
            })
        }
        _ => true,
    }
}

fn computed(member: &Member, template: &Node, report: &mut Report) -> bool {
    let node = &member.value;
    if node.unresolved {
        return false;
    }
    let message = format!(
        "The value for the field '{}' must be a valid JSONPath or a valid intrinsic function call",
        member.key
    );
    let Some(text) = node.as_str() else {
        report
            .schema(Place::value(node).about(template), message)
            .help(format!("it is {}", node.describe()));
        return false;
    };
    match Expression::parse(text) {
        Ok(_) => true,
        Err(error) => {
            let help = match fields::not_a_path(text) {
                Some(path) if !text.starts_with("States.") => {
                    format!("{path}; a constant stands in a field without `.$`")
                }
                _ => fields::expression_help(text, &error, report),
            };
            report.schema(within(node, &error).about(template), message).help(help);
            false
        }
    }
}
