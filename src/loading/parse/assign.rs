//! `Assign`: the names of variables and their values.

use super::{Fields, Reading, payload_template, values};
use crate::data::json::Node;
use crate::definition::Assign;
use crate::loading::outline::variable_name;
use crate::loading::report::Reported;

impl Fields<'_, '_> {
    /// `Assign` of a state, a Choice Rule or a Catcher.
    pub(super) fn assign(&mut self) -> Result<Option<Assign>, Reported> {
        self.optional("Assign", assign)
    }
}

/// An `Assign` field. The rules about variables check the names.
fn assign(node: &Node, reading: &mut Reading) -> Result<Assign, Reported> {
    let template = payload_template::payload_template(node, reading)?;
    let names = values::object(node, reading)?
        .members
        .iter()
        .map(|member| variable_name(&member.key).to_owned())
        .collect();
    Ok(Assign { names, template })
}
