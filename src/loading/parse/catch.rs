//! `Catch`: its Catchers.

use super::{Fields, retry};
use crate::data::json::Node;
use crate::definition::{Catcher, CatcherData, JsonPathCatcher, QueryLanguage};
use crate::loading::report::{Report, Reported};

impl Fields<'_, '_> {
    /// `Catch`
    pub(super) fn catch(&mut self, language: QueryLanguage) -> Result<Vec<Catcher>, Reported> {
        self.elements("Catch", |node, report| catcher(node, language, report))
    }
}

fn catcher(node: &Node, language: QueryLanguage, report: &mut Report) -> Result<Catcher, Reported> {
    let mut fields = Fields::of(node, report)?;
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
