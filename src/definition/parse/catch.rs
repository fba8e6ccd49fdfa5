//! `Catch`: its Catchers.

use super::{Fields, Report, Reported, retry};
use crate::definition::Catcher;
use crate::definition::json::Node;

pub(super) fn catcher(node: &Node, report: &mut Report) -> Result<Catcher, Reported> {
    let mut fields = Fields::of(node, report)?;
    let comment = fields.comment();
    let error_equals = retry::error_equals(&mut fields);
    let next = fields.required_string("Next");
    let result_path = fields.result_path();
    let assign = fields.assign();
    Ok(Catcher {
        error_equals: error_equals?,
        next: next?,
        result_path: result_path?,
        assign: assign?,
        comment: comment?,
    })
}
