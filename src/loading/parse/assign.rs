//! `Assign`: the names of variables and their values.

use super::{payload_template, values};
use crate::data::json::Node;
use crate::definition::Assign;
use crate::loading::outline::variable_name;
use crate::loading::report::{Report, Reported};

/// An `Assign` field. The names themselves are the variable rules' to judge.
pub(super) fn assign(node: &Node, report: &mut Report) -> Result<Assign, Reported> {
    let template = payload_template::payload_template(node, report)?;
    let names = values::object(node, report)?
        .members
        .iter()
        .map(|member| variable_name(&member.key).to_owned())
        .collect();
    Ok(Assign { names, template })
}
