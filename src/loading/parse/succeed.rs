//! Succeed states.

use super::Fields;
use crate::definition::{QueryLanguage, SucceedData, SucceedState};
use crate::loading::report::Reported;

pub(super) fn succeed_state(mut fields: Fields<'_, '_>, language: QueryLanguage) -> Result<SucceedState, Reported> {
    let comment = fields.comment();
    let data = match language {
        QueryLanguage::JsonPath => json_path(&mut fields),
        QueryLanguage::Jsonata => fields.jsonata("Output").map(|output| SucceedData::Jsonata { output }),
    };
    Ok(SucceedState {
        comment: comment?,
        data: data?,
    })
}

fn json_path(fields: &mut Fields<'_, '_>) -> Result<SucceedData, Reported> {
    let input_path = fields.input_output_path("InputPath");
    let output_path = fields.input_output_path("OutputPath");
    Ok(SucceedData::JsonPath {
        input_path: input_path?,
        output_path: output_path?,
    })
}
