//! Keys that stand twice in a template.

use super::{SERVERLESS, STEP_FUNCTIONS};
use crate::data::json::{Node, Place, Span};
use crate::definition::Code;
use crate::loading::json::{Duplicate, report_duplicate};
use crate::loading::report::Report;

/// Reports the duplicate keys of a template. In a definition they are errors, as AWS refuses it; elsewhere the last one
/// wins, as for SAM and CloudFormation.
pub(super) fn judge(duplicates: &[Duplicate], code: Code, root: &Node, report: &mut Report) {
    if duplicates.is_empty() {
        return;
    }
    let definitions = definitions(root);
    for duplicate in duplicates {
        let Duplicate { key, span, earlier } = duplicate;
        if definitions.iter().any(|definition| within(*span, *definition)) {
            report_duplicate(code, duplicate, report);
            continue;
        }
        let line = report.line_of(earlier.start);
        report
            .warning(code, Place::at(*span).nowhere(), format!("`{key}` stands here twice"))
            .help(format!("the last one counts, not the one in line {line}"));
    }
}

fn within(span: Span, outer: Span) -> bool {
    outer.start <= span.start && span.end <= outer.end
}

/// The places of the definitions that are objects of the template.
fn definitions<'n>(root: &'n Node) -> Vec<Span> {
    let members = |node: Option<&'n Node>| {
        let object = node.and_then(Node::as_object);
        object.map_or(&[][..], |object| &object.members).iter()
    };
    let machines = root
        .field("stepFunctions")
        .and_then(|plugin| plugin.field("stateMachines"));
    let of_serverless = members(machines).filter_map(|member| Some(member.value.field("definition")?.span));
    members(root.field("Resources"))
        .filter(|member| {
            let kind = member.value.field("Type").and_then(Node::as_str);
            matches!(kind, Some(SERVERLESS | STEP_FUNCTIONS))
        })
        .filter_map(|member| Some(member.value.field("Properties")?.field("Definition")?.span))
        .chain(of_serverless)
        .collect()
}
