//! `Catch`: its Catchers.

use super::{Fields, Report, retry};
use crate::definition::Catcher;
use crate::definition::json::Node;

pub(super) fn catcher(node: &Node, report: &mut Report) -> Option<Catcher> {
    let mut fields = Fields::of(node, report)?;
    let comment = fields.comment();
    let error_equals = retry::error_equals(&mut fields);
    let next = fields.string("Next");
    let result_path = fields.result_path();
    let assign = fields.assign();
    Some(Catcher {
        error_equals: error_equals?,
        next: next??.to_owned(),
        result_path: result_path?,
        assign: assign?,
        comment: comment?,
    })
}
