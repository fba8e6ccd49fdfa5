//! `Catch`: its Catchers.

use super::{Fields, Reading, retry};
use crate::data::json::Node;
use crate::definition::{Catcher, CatcherData, JsonPathCatcher, QueryLanguage};
use crate::loading::report::Reported;

impl Fields<'_, '_> {
    /// `Catch`
    pub(super) fn catch(&mut self, language: QueryLanguage) -> Result<Vec<Catcher>, Reported> {
        self.elements("Catch", |node, reading| catcher(node, language, reading))
    }
}

fn catcher(node: &Node, language: QueryLanguage, reading: &mut Reading) -> Result<Catcher, Reported> {
    let mut fields = Fields::of(node, reading)?;
    let comment = fields.comment();
    let error_equals = retry::error_equals(&mut fields);
    let next = fields.required_string("Next");
    let data = match language {
        QueryLanguage::JsonPath => json_path(&mut fields).map(CatcherData::JsonPath),
        QueryLanguage::Jsonata => fields.exit().map(CatcherData::Jsonata),
    };
    Ok(Catcher {
        error_equals: error_equals?,
        next: next?,
        data: data?,
        comment: comment?,
    })
}

fn json_path(fields: &mut Fields<'_, '_>) -> Result<JsonPathCatcher, Reported> {
    let result_path = fields.result_path();
    let assign = fields.assign();
    Ok(JsonPathCatcher {
        result_path: result_path?,
        assign: assign?,
    })
}
