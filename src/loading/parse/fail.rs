//! Fail states.

use super::{Fields, values};
use crate::definition::{FailData, FailState, FailText, JsonataValue, QueryLanguage};
use crate::loading::report::Reported;

pub(super) fn fail_state(mut fields: Fields<'_, '_>, language: QueryLanguage) -> Result<FailState, Reported> {
    let comment = fields.comment();
    let data = match language {
        QueryLanguage::JsonPath => json_path(&mut fields),
        QueryLanguage::Jsonata => jsonata(&mut fields),
    };
    Ok(FailState {
        comment: comment?,
        data: data?,
    })
}

fn json_path(fields: &mut Fields<'_, '_>) -> Result<FailData, Reported> {
    let error = fail_text(fields, "Error", "ErrorPath");
    let cause = fail_text(fields, "Cause", "CausePath");
    Ok(FailData::JsonPath {
        error: error?,
        cause: cause?,
    })
}

fn fail_text(fields: &mut Fields<'_, '_>, literal: &str, path: &str) -> Result<Option<FailText>, Reported> {
    let text = fields.optional(literal, values::text);
    let expression = fields.expression(path);
    let (text, expression) = (text?, expression?);
    let text = text.map(|text| FailText::Literal(text.to_owned()));
    Ok(text.or(expression.map(FailText::Expression)))
}

fn jsonata(fields: &mut Fields<'_, '_>) -> Result<FailData, Reported> {
    let error = text(fields, "Error");
    let cause = text(fields, "Cause");
    Ok(FailData::Jsonata {
        error: error?,
        cause: cause?,
    })
}

fn text(fields: &mut Fields<'_, '_>, name: &str) -> Result<Option<JsonataValue<String>>, Reported> {
    fields.jsonata_value(name, |node, reading| values::text(node, reading).map(str::to_owned))
}
