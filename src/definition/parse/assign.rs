//! `Assign`: the names of variables and their values.

use super::{Report, Reported, payload_template, values};
use crate::definition::Assign;
use crate::definition::json::Node;

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

/// The variable that a field of `Assign` names in JSONPath.
pub(super) fn variable_name(key: &str) -> &str {
    key.strip_suffix(".$").filter(|name| !name.is_empty()).unwrap_or(key)
}
